"""StyleGAN's networks (configuration A) in official checkpoints: names, layouts, shapes and settings.

Kernels that double images to 128x128 and more are stored rotated by 180 degrees: the official code applies them there in a
fused form, which rotates them again.
"""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from models.stylegan2.checkpoints import names, shapes
from models.stylegan2.checkpoints.names import NUMBER, Arrays, Leaves, Rule

GENERATOR_FUNCTION = "G_style"
CHANNEL_BASE = 16384  # where a file states none

# Settings that our networks do not have, and the values they imply.
FIXED = {
    "use_styles": True,
    "const_input_layer": True,
    "use_noise": True,
    "use_instance_norm": True,
    "use_wscale": True,
    "use_pixel_norm": False,
    "blur_filter": [1, 2, 1],
    "fused_scale": "auto",
}


def _rotated(kernel: np.ndarray) -> np.ndarray:
    if kernel.ndim != 4:
        raise ValueError
    return kernel[::-1, ::-1]


def _noise_layer(match: re.Match[str]) -> str:
    """Maps are numbered from the input, two at each resolution from 4x4 on."""
    index = int(match[1])
    if index > 32:
        raise ValueError(f"it holds a noise map of number {index}")
    resolution = 4 << index // 2
    at_4 = ("b4_epilogue", "b4_conv")
    return f"{at_4[index] if index < 2 else f'b{resolution}_conv{index % 2}'}/noise_constant"


_KERNEL: Leaves = {"weight": ("kernel", names.same)}
_ROTATED: Leaves = {"weight": ("kernel", _rotated)}
_EPILOGUE: Leaves = {
    "Noise/weight": ("strength", names.same),
    "bias": ("bias", names.same),
    "StyleMod/weight": ("affine/kernel", names.same),
    "StyleMod/bias": ("affine/bias", names.same),
}
_BIAS: Leaves = {"bias": ("bias", names.same)}
_SIZE = rf"{NUMBER}x\1"

GENERATOR = [
    Rule("lod", "lod", names.same),
    Rule("dlatent_avg", "average_style", names.same),
    Rule("synthesis/4x4/Const/const", "b4_constant/constant", names.without_batch),
    Rule("synthesis/noise([0-9]{1,4})", _noise_layer, names.map_of_noise),
    *names.rules({f"mapping/Dense{NUMBER}/": r"dense\1"}, _KERNEL | _BIAS),
    *names.rules({"synthesis/4x4/Const/": "b4_epilogue"}, _EPILOGUE),
    *names.rules(
        {
            "synthesis/4x4/Conv/": "b4_conv",
            r"synthesis/(8|16|32|64)x\1/Conv0_up/": r"b\1_conv0",
            f"synthesis/{_SIZE}/Conv1/": r"b\1_conv1",
        },
        _KERNEL | _EPILOGUE,
    ),
    *names.rules({f"synthesis/{_SIZE}/Conv0_up/": r"b\1_conv0"}, _ROTATED | _EPILOGUE),
    *names.rules({f"synthesis/{_SIZE}/ToRGB/": r"b\1_rgb"}, _KERNEL | _BIAS),
]

DISCRIMINATOR = [*names.TF_DISCRIMINATOR, *names.rules({"4x4/Dense1/": "b4_output"}, _KERNEL | _BIAS)]


def generator_arguments(arrays: Arrays, base: Any = None, maximum: Any = None) -> dict[str, Any]:
    """The arguments of a generator with these arrays; see `shapes.generator_arguments`."""
    resolutions = shapes.resolutions_of(arrays)
    widths = {r: shapes.shape_of(arrays, f"b{r}_conv{1 if r > 4 else ''}/kernel", 4)[3] for r in resolutions}
    latent_dim, style_dim = shapes.shape_of(arrays, "dense0/kernel", 2)
    channels = shapes.shape_of(arrays, f"b{resolutions[-1]}_rgb/kernel", 4)[3]
    arguments = {
        "resolution": resolutions[-1],
        "channels": channels,
        "latent_dim": latent_dim,
        "style_dim": style_dim,
        "mapping_layers": shapes.count_of(arrays, "dense"),
        **shapes.channel_rule(widths, CHANNEL_BASE if base is None else base, maximum),
        "noise": "euclidean",
        "classes": 0,
    }
    shapes.check(arrays, dict(_shapes(arguments, widths)))
    return arguments


def _shapes(arguments: Mapping[str, Any], widths: Mapping[int, int]) -> shapes.Shapes:
    style_dim = arguments["style_dim"]

    def epilogue(name: str, size: int, width: int) -> shapes.Shapes:
        yield f"{name}/strength", (width,)
        yield f"{name}/bias", (width,)
        yield f"{name}/affine/kernel", (style_dim, 2 * width)
        yield f"{name}/affine/bias", (2 * width,)
        yield f"{name}/noise_constant", (size, size)

    for layer in range(arguments["mapping_layers"]):
        yield from shapes.dense(f"dense{layer}", style_dim if layer else arguments["latent_dim"], style_dim)
    yield "lod", ()
    yield "average_style", (style_dim,)
    yield "b4_constant/constant", (4, 4, widths[4])
    yield from epilogue("b4_epilogue", 4, widths[4])
    for size, width in widths.items():
        inputs = widths[max(size // 2, 4)]
        for name, before in (
            {"b4_conv": width}.items() if size == 4 else [(f"b{size}_conv0", inputs), (f"b{size}_conv1", width)]
        ):
            yield f"{name}/kernel", (3, 3, before, width)
            yield from epilogue(name, size, width)
        yield f"b{size}_rgb/kernel", (1, 1, width, arguments["channels"])
        yield f"b{size}_rgb/bias", (arguments["channels"],)


def discriminator_arguments(arrays: Arrays, base: Any = None, maximum: Any = None) -> dict[str, Any]:
    """The same of a discriminator."""
    base = CHANNEL_BASE if base is None else base
    arguments = shapes.discriminator_arguments(arrays, base, maximum, grows=True)
    return {name: value for name, value in arguments.items() if name != "architecture"}
