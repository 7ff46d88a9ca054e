"""StyleGAN's networks, and those of StyleGAN2 that grow, once more: float64 NumPy, from the papers' formulas alone.

Weights are dicts `{"<layer>/<weight>": array}` as stored. StyleGAN's kernels that double images are correlations here; what
its fused form stores at 128x128 and above is their rotation by 180 degrees: see `fused_up`.
"""

import math

import numpy as np

from tests.references import stylegan2 as later

MULTIPLIER = 0.01
GAIN = math.sqrt(2)


def lrelu(features):
    return np.where(features > 0, features, 0.2 * features)


def dense(weights, layer, inputs, gain=GAIN, multiplier=1.0):
    kernel, bias = (np.asarray(weights[f"{layer}/{name}"], "float64") for name in ("kernel", "bias"))
    return inputs @ (kernel * multiplier * gain / math.sqrt(len(kernel))) + bias * multiplier


def kernel_of(weights, layer, gain=GAIN):
    return gain * later.equalized(weights[f"{layer}/kernel"])


def same(features, kernel):
    half = kernel.shape[0] // 2
    return later.correlate(later.pad(features, half, half), kernel)


def doubled(features):
    """Nearest neighbours."""
    return features.repeat(2, axis=1).repeat(2, axis=2)


def averaged(features):
    """Means of 2x2."""
    n, height, width, channels = features.shape
    return features.reshape(n, height // 2, 2, width // 2, 2, channels).mean((2, 4))


def blurred(features):
    rows = later.pad(features, 1, 1)
    rows = (rows[:, :-2] + 2 * rows[:, 1:-1] + rows[:, 2:]) / 4
    return (rows[:, :, :-2] + 2 * rows[:, :, 1:-1] + rows[:, :, 2:]) / 4


def fused_up(features, kernel):
    """The stride-2 transposed convolution: each pixel places the sum of the kernel at four places."""
    wide = np.zeros((4, 4, *kernel.shape[2:]))
    for y in (0, 1):
        for x in (0, 1):
            wide[y : y + 3, x : x + 3] += kernel
    n, height, width, _ = features.shape
    placed = np.zeros((n, 2 * height + 2, 2 * width + 2, kernel.shape[3]))
    for i in range(4):
        for j in range(4):
            placed[:, i : i + 2 * height : 2, j : j + 2 * width : 2] += features @ wide[i, j]
    return placed[:, 1:-1, 1:-1]


def mapping(weights, latents, layers):
    hidden = later.normalize(np.asarray(latents, "float64"))
    for layer in range(layers):
        hidden = lrelu(dense(weights, f"dense{layer}", hidden, multiplier=MULTIPLIER))
    return hidden


def epilogue(weights, layer, features, style, noise):
    if noise is not None:
        features = features + noise[..., None] * weights[f"{layer}/strength"]
    features = lrelu(features + weights[f"{layer}/bias"])
    deviations = features - features.mean((1, 2), keepdims=True)
    normal = deviations / np.sqrt(np.square(deviations).mean((1, 2), keepdims=True) + 1e-8)
    scale, shift = np.split(dense(weights, f"{layer}/affine", style, gain=1.0), 2, axis=-1)
    return normal * (scale[:, None, None] + 1) + shift[:, None, None]


def rgb_outputs(weights, styles, resolution, noise=None):
    """Of a StyleGAN, the output of the layer to RGB at each resolution up to one."""
    noise = noise or {}
    features = np.stack([np.asarray(weights["b4_constant/constant"], "float64")] * len(styles))
    features = epilogue(weights, "b4_epilogue", features, styles[:, 0], noise.get("b4_epilogue"))
    outputs = {}
    for r in later.resolutions(resolution):
        level = int(math.log2(r))
        for slot, layer in (
            [(1, "b4_conv")] if r == 4 else [(2 * level - 4, f"b{r}_conv0"), (2 * level - 3, f"b{r}_conv1")]
        ):
            kernel = kernel_of(weights, layer)
            if layer.endswith("conv0"):
                fused = r >= 128
                features = fused_up(features, kernel[::-1, ::-1]) if fused else same(doubled(features), kernel)
                features = blurred(features)
            else:
                features = same(features, kernel)
            features = epilogue(weights, layer, features, styles[:, slot], noise.get(layer))
        outputs[r] = same(features, kernel_of(weights, f"b{r}_rgb", gain=1.0)) + weights[f"b{r}_rgb/bias"]
    return outputs


def modulated_rgb_outputs(weights, styles, resolution, noise=None):
    """The same of a StyleGAN2 that grows: configurations B to D."""
    return {
        r: later.to_rgb(weights, f"b{r}_rgb", features, styles[:, 2 * int(math.log2(r)) - 3], None)
        for r, features in modulated_features(weights, styles, resolution, noise or {})
    }


def modulated_features(weights, styles, resolution, noise):
    def conv(layer, features, slot, up=False):
        noise_map = noise.get(layer)
        return later.styled_conv(weights, layer, features, styles[:, slot], noise_map, None, later.euclidean_noise, up)

    features = np.stack([np.asarray(weights["b4_constant/constant"], "float64")] * len(styles))
    features = conv("b4_conv", features, 0)
    yield 4, features
    for r in later.resolutions(resolution)[1:]:
        level = int(math.log2(r))
        features = conv(f"b{r}_conv1", conv(f"b{r}_conv0", features, 2 * level - 5, up=True), 2 * level - 4)
        yield r, features


def image(outputs, resolution, fade):
    """The image at a resolution, `fade` of the one below."""
    return (1 - fade) * outputs[resolution] + fade * doubled(outputs[resolution // 2])


def shown(features, times):
    for _ in range(times):
        features = doubled(features)
    return features


def conv_layer(weights, layer, features, first, down=False):
    """Of StyleGAN (`first`) or of StyleGAN2."""
    if not first:
        return later.conv_layer(weights, layer, features, None, down)
    features = same(features, kernel_of(weights, layer))
    features = averaged(features) if down else features
    return lrelu(features + weights[f"{layer}/bias"])


def discriminator(weights, images, fade, first, group_size=4):
    """Scores of images at their own resolution."""
    resolution = images.shape[1]
    features = conv_layer(weights, f"b{resolution}_from_rgb", images, first)
    for r in later.resolutions(resolution)[:0:-1]:
        features = conv_layer(weights, f"b{r}_conv0", features, first)
        features = blurred(features) if first else features
        features = conv_layer(weights, f"b{r}_conv1", features, first, down=True)
        if r == resolution:
            below = conv_layer(weights, f"b{r // 2}_from_rgb", averaged(images), first)
            features = (1 - fade) * features + fade * below
    features = conv_layer(weights, "b4_conv", later.minibatch_stddev(features, group_size), first)
    features = features.reshape(len(features), -1)
    hidden = (
        lrelu(dense(weights, "b4_dense", features))
        if first
        else later.leaky_relu(later.dense(weights, "b4_dense", features))
    )
    return later.dense(weights, "b4_output", hidden)
