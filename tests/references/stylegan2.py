"""The StyleGAN2 networks once more: float64 NumPy, written from the papers' formulas and nothing else.

The reference for the tests of `models.StyleGAN2`. It prefers the definition to the fast form: kernels are modulated and
demodulated sample by sample, upsampling inserts zeros, groups are gathered by index.

Weights are dicts `{"<layer>/<weight>": array}` as stored, before the equalised learning rate. Images and features are
[N, H, W, C]. Kernels are [h, w, in, out] of a correlation, those of up-convolutions too (TensorFlow's orientation of
the official networks, arXiv:1912.04958); dense kernels are [in, out]; the affine biases include the styles' +1.
"""

import math

import numpy as np

EPSILON = 1e-8
TAPS = np.array([1.0, 3.0, 3.0, 1.0]) / 8
MAPPING_MULTIPLIER = 0.01  # of the learning rate


# Primitives


def resolutions(resolution):
    """4, 8, ..., resolution."""
    return [2**level for level in range(2, int(math.log2(resolution)) + 1)]


def leaky_relu(features, clamp=None):
    """sqrt(2) lrelu(x), slope 0.2, then the clamp."""
    return clip(math.sqrt(2) * np.where(features > 0, features, 0.2 * features), clamp)


def clip(features, clamp):
    return features if clamp is None else np.clip(features, -clamp, clamp)


def normalize(vectors):
    """Vectors of unit second moment."""
    return vectors / np.sqrt(np.mean(np.square(vectors), axis=-1, keepdims=True) + EPSILON)


def dense(weights, layer, inputs, multiplier=1.0):
    """Fully connected layer with the equalised learning rate."""
    kernel = np.asarray(weights[f"{layer}/kernel"], "float64")
    bias = np.asarray(weights[f"{layer}/bias"], "float64")
    return inputs @ (kernel * multiplier / math.sqrt(kernel.shape[0])) + bias * multiplier


def pad(images, before, after):
    return np.pad(images, ((0, 0), (before, after), (before, after), (0, 0)))


def correlate(images, kernel, stride=1):
    """Correlation without padding ('valid') of [N, H, W, I] with [h, w, I, O]."""
    height = images.shape[1] - kernel.shape[0] + 1
    width = images.shape[2] - kernel.shape[1] + 1
    result = np.zeros((images.shape[0], height, width, kernel.shape[3]))
    for row in range(kernel.shape[0]):
        for column in range(kernel.shape[1]):
            result += images[:, row : row + height, column : column + width] @ kernel[row, column]
    return result[:, ::stride, ::stride]


def insert_zeros(images):
    """A zero row and column after each: [N, H, W, C] -> [N, 2H, 2W, C]."""
    n, height, width, channels = images.shape
    result = np.zeros((n, 2 * height, 2 * width, channels))
    result[:, ::2, ::2] = images
    return result


def fir(images, taps):
    """The separable filter on every channel, without padding."""
    height, width = images.shape[1] - len(taps) + 1, images.shape[2] - len(taps) + 1
    rows = sum(tap * images[:, index : index + height] for index, tap in enumerate(taps))
    return sum(tap * rows[:, :, index : index + width] for index, tap in enumerate(taps))


def upsample(images):
    """Twice the size by zero insertion and the filter [1, 3, 3, 1]; zeros outside."""
    return fir(pad(insert_zeros(images), 2, 1), 2 * TAPS)


def downsample(images):
    """Half the size by the filter [1, 3, 3, 1] and every second pixel; zeros outside."""
    return fir(pad(images, 1, 1), TAPS)[:, ::2, ::2]


def convolve(images, kernel, up=False, down=False):
    """Convolution with a kernel of 1 x 1 or 3 x 3, scaled already, that keeps, doubles or halves the size."""
    if kernel.shape[0] == 1:
        images = downsample(images) if down else images
        images = correlate(images, kernel)
        return upsample(images) if up else images
    if up:
        images = correlate(pad(insert_zeros(images), 2, 1), kernel)  # 2H + 3 -> 2H + 1
        return fir(pad(images, 1, 1), 2 * TAPS)
    if down:
        return correlate(fir(pad(images, 2, 2), TAPS), kernel, stride=2)
    return correlate(pad(images, 1, 1), kernel)


def equalized(kernel):
    """Kernel / sqrt(fan-in)."""
    kernel = np.asarray(kernel, "float64")
    return kernel / math.sqrt(np.prod(kernel.shape[:-1]))


def modulated_kernel(kernel, style, demodulate=True):
    """The kernel of one sample (arXiv:1912.04958, equations 1 and 3).

    Args:
        kernel: stored [h, w, I, O].
        style: [I].
        demodulate: to unit norm over h, w and I.
    """
    modulated = equalized(kernel) * np.asarray(style, "float64")[:, None]
    if not demodulate:
        return modulated
    return modulated / np.sqrt(np.sum(np.square(modulated), axis=(0, 1, 2)) + EPSILON)


def modulated_conv(images, kernel, styles, demodulate=True, up=False):
    """Each sample convolved with its own kernel: [N, H, W, I], [h, w, I, O], [N, I] -> [N, H or 2H, W or 2W, O]."""
    images = np.asarray(images, "float64")
    samples = [
        convolve(images[index : index + 1], modulated_kernel(kernel, styles[index], demodulate), up=up)
        for index in range(len(images))
    ]
    return np.concatenate(samples)


# Noise


def noise_map(noise):
    """[H, W], [N, H, W] or [N, H, W, C] -> broadcastable to features; None is 0."""
    noise = np.asarray(0.0 if noise is None else noise, "float64")
    if noise.ndim == 2:
        return noise[None, :, :, None]
    return noise[..., None] if noise.ndim == 3 else noise


def euclidean_noise(weights, layer, features, noise):
    """features + strength * noise."""
    return features + float(weights[f"{layer}/strength"]) * noise_map(noise)


def riemannian_sigma(features, scale, offset, alpha, norm="rms"):
    """The coefficient map sigma [N, H, W, 1] (Feng et al., ICML 2021, equations 13 to 16).

    Args:
        features: mu [N, H, W, C].
        scale: A, [H, W] or scalar.
        offset: b, [H, W] or scalar.
        alpha: the mixing weight itself, scalar.
        norm: of equation 16 over a sample's pixels: "l2" as printed, "rms" = l2 / sqrt(HW).
    """
    maps = []
    for sample in np.asarray(features, "float64"):
        semantic = np.sum(sample, axis=-1)
        centred = semantic - np.mean(semantic)
        coefficient = centred / (np.max(np.abs(centred)) + EPSILON)
        mixed = alpha * (np.squeeze(scale) * coefficient + np.squeeze(offset)) + (1 - alpha)
        mean_or_sum = {"rms": np.mean, "l2": np.sum}[norm]
        maps.append(mixed / np.sqrt(mean_or_sum(np.square(mixed)) + EPSILON))
    return np.stack(maps)[..., None]


def riemannian_noise(features, noise, scale, offset, alpha, radius, gain=1.0, norm="rms"):
    """r sigma mu + r sigma (gain epsilon) (equation 17, there with gain = 1)."""
    sigma = riemannian_sigma(features, scale, offset, alpha, norm)
    return radius * sigma * features + radius * sigma * gain * noise_map(noise)


def riemannian(norm="rms", squash=True):
    """An `inject` for `synthesis` that reads `<layer>/scale` A, `offset` b, `mixing` alpha, `radius` r, perhaps `gain`.

    Args:
        norm: see `riemannian_sigma`.
        squash: alpha is the sigmoid of the stored number rather than the number.
    """

    def inject(weights, layer, features, noise):
        scale, offset, mixing, radius = (
            np.asarray(weights[f"{layer}/{name}"], "float64") for name in ("scale", "offset", "mixing", "radius")
        )
        gain = float(weights.get(f"{layer}/gain", 1.0))
        alpha = 1 / (1 + np.exp(-mixing)) if squash else mixing
        return riemannian_noise(features, noise, scale, offset, alpha, radius, gain, norm)

    return inject


def constant_noise(weights):
    """The stored maps: {layer: [H, W]}."""
    suffix = "/noise_constant"
    return {name.removesuffix(suffix): value for name, value in weights.items() if name.endswith(suffix)}


# Generator


def embed(weights, labels):
    """Labels [N, classes] -> normalised embedding [N, width]."""
    return normalize(dense(weights, "embed", np.asarray(labels, "float64")))


def mapping(weights, latents, labels=None, *, layers):
    """The mapping network: [N, Z] (and one-hot [N, classes]) -> [N, D]."""
    hidden = normalize(np.asarray(latents, "float64"))
    if labels is not None:
        hidden = np.concatenate([hidden, embed(weights, labels)], axis=-1)
    for layer in range(layers):
        hidden = leaky_relu(dense(weights, f"dense{layer}", hidden, MAPPING_MULTIPLIER))
    return hidden


def truncate(styles, average, psi, cutoff=None):
    """average + psi (styles - average) in the slots before the cutoff: [N, slots, D], [D] -> [N, slots, D]."""
    truncated = np.array(styles, "float64")
    for slot in range(truncated.shape[1] if cutoff is None else cutoff):
        truncated[:, slot] = average + psi * (truncated[:, slot] - average)
    return truncated


def affine(weights, layer, style):
    return dense(weights, f"{layer}/affine", np.asarray(style, "float64"))


def styled_conv(weights, layer, features, style, noise, clamp, inject, up=False):
    """Modulated convolution, noise, bias, activation."""
    features = modulated_conv(features, weights[f"{layer}/kernel"], affine(weights, layer, style), up=up)
    features = inject(weights, layer, features, noise)
    return leaky_relu(features + np.asarray(weights[f"{layer}/bias"], "float64"), clamp)


def to_rgb(weights, layer, features, style, clamp):
    kernel, styles = weights[f"{layer}/kernel"], affine(weights, layer, style)
    rgb = modulated_conv(features, kernel, styles, demodulate=False)
    return clip(rgb + np.asarray(weights[f"{layer}/bias"], "float64"), clamp)


def synthesis(weights, styles, resolution, architecture="skip", noise=None, clamp=None, inject=euclidean_noise):
    """The synthesis network: [N, slots, D] -> images [N, R, R, channels].

    Args:
        weights: see above.
        styles: one style for each slot; slots = 2 log2(R) - 2.
        resolution: R.
        architecture: "skip", "resnet" or "orig".
        noise: {layer: map [H, W], [N, H, W] or [N, H, W, C]} of the styled convolutions (absent: 0), e.g.
            `constant_noise(weights)`; None is no noise.
        clamp: of activations and RGB, or None.
        inject: (weights, layer, features, map) -> features.
    """
    noise = noise or {}
    styles = np.asarray(styles, "float64")
    assert all(f"{layer}/affine/kernel" in weights for layer in noise), noise.keys()

    def conv(layer, features, slot, up=False):
        return styled_conv(weights, layer, features, styles[:, slot], noise.get(layer), clamp, inject, up)

    constant = np.asarray(weights["b4_constant/constant"], "float64")
    features = np.stack([constant] * len(styles))
    features = conv("b4_conv", features, slot=0)
    image = None
    if architecture == "skip" or resolution == 4:
        image = to_rgb(weights, "b4_rgb", features, styles[:, 1], clamp)

    for current in resolutions(resolution)[1:]:
        level = int(math.log2(current))
        block = features
        features = conv(f"b{current}_conv0", block, slot=2 * level - 5, up=True)
        features = conv(f"b{current}_conv1", features, slot=2 * level - 4)
        if architecture == "resnet":
            shortcut = convolve(block, equalized(weights[f"b{current}_skip/kernel"]), up=True)
            features = (features + shortcut) / math.sqrt(2)
        if architecture == "skip" or current == resolution:
            rgb = to_rgb(weights, f"b{current}_rgb", features, styles[:, 2 * level - 3], clamp)
            image = rgb if image is None else upsample(image) + rgb
    return image


# Discriminator


def conv_layer(weights, layer, features, clamp, down=False):
    features = convolve(features, equalized(weights[f"{layer}/kernel"]), down=down)
    return leaky_relu(features + np.asarray(weights[f"{layer}/bias"], "float64"), clamp)


def minibatch_stddev(features, group_size):
    """Appends the mean standard deviation of a sample's group; sample i is in group i mod (N / group size)."""
    n, height, width, _ = features.shape
    groups, rest = divmod(n, min(group_size, n))
    assert rest == 0, (n, group_size)
    statistic = np.zeros((n, height, width, 1))
    for group in range(groups):
        members = np.arange(group, n, groups)
        statistic[members] = np.mean(np.sqrt(np.var(features[members], axis=0) + EPSILON))
    return np.concatenate([features, statistic], axis=-1)


def count_layers(weights, prefix):
    return sum(name.startswith(prefix) and name.endswith("/kernel") for name in weights)


def discriminator(weights, images, resolution, architecture="resnet", group_size=4, labels=None, clamp=None):
    """The discriminator: images [N, R, R, channels] (and one-hot [N, classes]) -> logits [N, 1]."""
    image = np.asarray(images, "float64")
    features = conv_layer(weights, f"b{resolution}_from_rgb", image, clamp)
    for current in reversed(resolutions(resolution)[1:]):
        block = features
        features = conv_layer(weights, f"b{current}_conv0", block, clamp)
        features = conv_layer(weights, f"b{current}_conv1", features, clamp, down=True)
        if architecture == "resnet":
            shortcut = convolve(block, equalized(weights[f"b{current}_skip/kernel"]), down=True)
            features = (features + shortcut) / math.sqrt(2)
        if architecture == "skip":
            image = downsample(image)
            features = features + conv_layer(weights, f"b{current // 2}_from_rgb", image, clamp)
    features = minibatch_stddev(features, group_size)
    features = conv_layer(weights, "b4_conv", features, clamp)
    hidden = leaky_relu(dense(weights, "b4_dense", features.reshape(len(features), -1)))
    output = dense(weights, "b4_output", hidden)
    if labels is None:
        return output
    return np.sum(output * label_vectors(weights, labels), axis=-1, keepdims=True) / math.sqrt(output.shape[-1])


def label_vectors(weights, labels):
    """The vectors the conditional discriminator projects on: [N, classes] -> [N, width]."""
    vectors = embed(weights, labels)
    for layer in range(count_layers(weights, "label_dense")):
        vectors = leaky_relu(dense(weights, f"label_dense{layer}", vectors, MAPPING_MULTIPLIER))
    return vectors


# Shapes


def channels_at(resolution, channel_base=32768, channel_max=512):
    return min(channel_base // resolution, channel_max)


def dense_shapes(layer, inputs, outputs):
    return {f"{layer}/kernel": (inputs, outputs), f"{layer}/bias": (outputs,)}


def conv_shapes(layer, size, inputs, outputs):
    return {f"{layer}/kernel": (size, size, inputs, outputs), f"{layer}/bias": (outputs,)}


def mapping_shapes(latent_dim=512, style_dim=512, layers=8, classes=0):
    shapes = dense_shapes("embed", classes, style_dim) if classes else {}
    width = latent_dim + (style_dim if classes else 0)
    for layer in range(layers):
        shapes |= dense_shapes(f"dense{layer}", width, style_dim)
        width = style_dim
    return shapes


def synthesis_shapes(
    resolution, channels=3, style_dim=512, channel_base=32768, channel_max=512, architecture="skip", noise="euclidean"
):
    def styled(layer, current, inputs, outputs):
        shapes = conv_shapes(layer, 3, inputs, outputs) | dense_shapes(f"{layer}/affine", style_dim, inputs)
        if noise == "euclidean":
            shapes |= {f"{layer}/strength": (), f"{layer}/noise_constant": (current, current)}
        if noise == "riemannian":
            shapes |= {f"{layer}/scale": (current, current), f"{layer}/offset": (current, current)}
            shapes |= {f"{layer}/mixing": (), f"{layer}/radius": (), f"{layer}/noise_constant": (current, current)}
        return shapes

    def rgb(layer, inputs):
        return conv_shapes(layer, 1, inputs, channels) | dense_shapes(f"{layer}/affine", style_dim, inputs)

    width = channels_at(4, channel_base, channel_max)
    shapes = {"b4_constant/constant": (4, 4, width)}
    for current in resolutions(resolution):
        inputs, width = width, channels_at(current, channel_base, channel_max)
        if current == 4:
            shapes |= styled("b4_conv", 4, width, width)
        else:
            shapes |= styled(f"b{current}_conv0", current, inputs, width)
            shapes |= styled(f"b{current}_conv1", current, width, width)
        if current > 4 and architecture == "resnet":
            shapes[f"b{current}_skip/kernel"] = (1, 1, inputs, width)
        if architecture == "skip" or current == resolution:
            shapes |= rgb(f"b{current}_rgb", width)
    return shapes


def discriminator_shapes(
    resolution, channels=3, channel_base=32768, channel_max=512, architecture="resnet", classes=0, label_layers=8
):
    width = channels_at(resolution, channel_base, channel_max)
    shapes = conv_shapes(f"b{resolution}_from_rgb", 1, channels, width)
    for current in reversed(resolutions(resolution)[1:]):
        inputs, width = width, channels_at(current // 2, channel_base, channel_max)
        shapes |= conv_shapes(f"b{current}_conv0", 3, inputs, inputs)
        shapes |= conv_shapes(f"b{current}_conv1", 3, inputs, width)
        if architecture == "resnet":
            shapes[f"b{current}_skip/kernel"] = (1, 1, inputs, width)
        if architecture == "skip":
            shapes |= conv_shapes(f"b{current // 2}_from_rgb", 1, channels, width)
    shapes |= conv_shapes("b4_conv", 3, width + 1, width)
    shapes |= dense_shapes("b4_dense", 16 * width, width)
    shapes |= dense_shapes("b4_output", width, width if classes else 1)
    if classes:
        shapes |= dense_shapes("embed", classes, width)
        for layer in range(label_layers):
            shapes |= dense_shapes(f"label_dense{layer}", width, width)
    return shapes


def random_weights(shapes, seed=0):
    """Standard normal weights everywhere, so that no term is hidden by a zero."""
    random = np.random.default_rng(seed)
    return {name: random.standard_normal(shape) for name, shape in shapes.items()}


def count(shapes):
    """Numbers in the trainable weights."""
    return sum(math.prod(shape) for name, shape in shapes.items() if not name.endswith("/noise_constant"))


def parameter_counts(
    resolution,
    channels=3,
    latent_dim=512,
    style_dim=512,
    mapping_layers=8,
    channel_base=32768,
    channel_max=512,
    generator_architecture="skip",
    discriminator_architecture="resnet",
    noise="euclidean",
    classes=0,
    label_layers=8,
):
    """Trainable parameters: {"generator", "mapping", "synthesis", "discriminator"}."""
    sizes = {"channels": channels, "channel_base": channel_base, "channel_max": channel_max}
    of_mapping = count(mapping_shapes(latent_dim, style_dim, mapping_layers, classes))
    of_synthesis = count(
        synthesis_shapes(resolution, style_dim=style_dim, architecture=generator_architecture, noise=noise, **sizes)
    )
    of_discriminator = count(
        discriminator_shapes(
            resolution, architecture=discriminator_architecture, classes=classes, label_layers=label_layers, **sizes
        )
    )
    return {
        "generator": of_mapping + of_synthesis,
        "mapping": of_mapping,
        "synthesis": of_synthesis,
        "discriminator": of_discriminator,
    }
