"""Arrays of our networks, by our names and in our layouts."""

import numpy as np

WIDTHS = {4: 4, 8: 4, 16: 2}  # min(32 // resolution, 4)
LATENT, STYLE = 7, 5


def drawn(shapes):
    """Multiples of 1/64, so that adding 1 is exact."""
    draw = np.random.default_rng(0)
    return {name: np.float32(draw.integers(-512, 512, shape) / 64) for name, shape in shapes.items()}


def our_generator(architecture="skip", classes=0, noise=True, widths=WIDTHS, channels=3, layers=2, style=STYLE):
    shapes = {"average_style": (style,), "b4_constant/constant": (4, 4, widths[4])}

    def dense(name, inputs, units):
        shapes.update({f"{name}/kernel": (inputs, units), f"{name}/bias": (units,)})

    def styled(name, kernel, inputs, units):
        shapes.update({f"{name}/kernel": (kernel, kernel, inputs, units), f"{name}/bias": (units,)})
        dense(f"{name}/affine", style, inputs)

    if classes:
        dense("embed", classes, style)
    for layer in range(layers):
        dense(f"dense{layer}", style if layer else LATENT + (style if classes else 0), style)
    for size, width in widths.items():
        for layer in ("conv",) if size == 4 else ("conv0", "conv1"):
            styled(f"b{size}_{layer}", 3, widths[size // 2] if layer == "conv0" else width, width)
            if noise:
                shapes.update({f"b{size}_{layer}/strength": (), f"b{size}_{layer}/noise_constant": (size, size)})
        if architecture == "skip" or size == max(widths):
            styled(f"b{size}_rgb", 1, width, channels)
        if architecture == "resnet" and size > 4:
            shapes[f"b{size}_skip/kernel"] = (1, 1, widths[size // 2], width)
    return drawn(shapes)


def our_discriminator(architecture="resnet", classes=0, label_layers=0, widths=WIDTHS, channels=3):
    first, shapes = widths[4], {}

    def layer(name, *kernel):
        shapes.update({f"{name}/kernel": kernel, f"{name}/bias": kernel[-1:]})

    for size, width in widths.items():
        if architecture == "skip" or size == max(widths):
            layer(f"b{size}_from_rgb", 1, 1, channels, width)
        if size > 4:
            layer(f"b{size}_conv0", 3, 3, width, width)
            layer(f"b{size}_conv1", 3, 3, width, widths[size // 2])
            if architecture == "resnet":
                shapes[f"b{size}_skip/kernel"] = (1, 1, width, widths[size // 2])
    layer("b4_conv", 3, 3, first + 1, first)
    layer("b4_dense", 16 * first, first)
    layer("b4_output", first, first if classes else 1)
    if classes:
        layer("embed", classes, first)
    for number in range(label_layers):
        layer(f"label_dense{number}", first, first)
    return drawn(shapes)
