"""The constructor arguments of our networks that fit a checkpoint's arrays, and the check that every array fits them."""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from models.stylegan2.checkpoints.names import Arrays

Shapes = Iterator[tuple[str, tuple[int, ...]]]
CHANNEL_BASE, CHANNEL_MAX = 32768, 512


def generator_arguments(arrays: Arrays, base: Any = None, maximum: Any = None, grows: bool = False) -> dict[str, Any]:
    """The arguments of a generator with these arrays.

    Args:
        arrays: The generator's arrays by our names and in our layouts.
        base: The file's own `channel_base`, where it has one; the default and then the arrays' widths follow.
        maximum: The same for `channel_max`.
        grows: Whether it is a network that grows.

    Raises:
        ValueError: If no generator of ours has exactly these arrays.
    """
    resolutions = resolutions_of(arrays)
    widths = {size: shape_of(arrays, f"b{size}_conv{1 if size > 4 else ''}/kernel", 4)[3] for size in resolutions}
    inputs, style_dim = shape_of(arrays, "dense0/kernel", 2)
    classes = arrays["embed/kernel"].shape[0] if "embed/kernel" in arrays else 0
    arguments = {
        "resolution": resolutions[-1],
        "channels": shape_of(arrays, f"b{resolutions[-1]}_rgb/kernel", 4)[3],
        "latent_dim": inputs - (style_dim if classes else 0),
        "style_dim": style_dim,
        "mapping_layers": count_of(arrays, "dense"),
        **channel_rule(widths, base, maximum),
        "architecture": "grown" if grows else _architecture(arrays, "b4_rgb/kernel"),
        "noise": "euclidean" if "b4_conv/strength" in arrays else None,
        "classes": classes,
    }
    check(arrays, dict(_generator_shapes(arguments, widths)))
    return arguments


def discriminator_arguments(
    arrays: Arrays, base: Any = None, maximum: Any = None, grows: bool = False
) -> dict[str, Any]:
    """The arguments of a discriminator with these arrays; see `generator_arguments`."""
    resolutions = resolutions_of(arrays)
    widths = {size: shape_of(arrays, f"b{size}_conv{0 if size > 4 else ''}/kernel", 4)[3] for size in resolutions}
    classes = arrays["embed/kernel"].shape[0] if "embed/kernel" in arrays else 0
    arguments = {
        "resolution": resolutions[-1],
        "channels": shape_of(arrays, f"b{resolutions[-1]}_from_rgb/kernel", 4)[2],
        **channel_rule(widths, base, maximum),
        "architecture": "grown" if grows else _architecture(arrays, "b4_from_rgb/kernel"),
        "classes": classes,
        "label_layers": count_of(arrays, "label_dense"),
    }
    check(arrays, dict(_discriminator_shapes(arguments, widths)))
    return arguments


def resolutions_of(arrays: Arrays) -> list[int]:
    found = {int(match[1]) for match in (re.match("b([0-9]{1,5})_", name) for name in arrays) if match}
    resolutions = [2**power for power in range(2, 2 + len(found))]
    if not found or found != set(resolutions):
        raise ValueError(f"it has blocks of the resolutions {sorted(found)}, not of 4, 8, 16 and so on")
    return resolutions


def shape_of(arrays: Arrays, name: str, rank: int) -> tuple[int, ...]:
    if name not in arrays or arrays[name].ndim != rank or 0 in arrays[name].shape:
        raise ValueError(f"it lacks {name} of rank {rank}")
    return arrays[name].shape


def count_of(arrays: Arrays, layer: str) -> int:
    return sum(bool(re.fullmatch(f"{layer}[0-9]+/kernel", name)) for name in arrays)


def _architecture(arrays: Arrays, rgb_at_4: str) -> str:
    if "b8_skip/kernel" in arrays:
        return "resnet"
    return "skip" if rgb_at_4 in arrays else "orig"


def channel_rule(widths: Mapping[int, int], base: Any, maximum: Any) -> dict[str, int]:
    """`channel_base` and `channel_max` with min(channel_base // resolution, channel_max) the widths."""
    widest = max(widths.values())
    narrower = [size * width for size, width in widths.items() if width < widest]
    measured = (max(narrower, default=max(widths) * widest), widest)
    stated = (base if type(base) is int else CHANNEL_BASE, maximum if type(maximum) is int else CHANNEL_MAX)
    for channel_base, channel_max in (stated, measured):
        if all(width == min(channel_base // size, channel_max) for size, width in widths.items()):
            return {"channel_base": channel_base, "channel_max": channel_max}
    raise ValueError(
        f"its widths by resolution are {dict(widths)}, not the smaller of base // resolution and a maximum"
    )


def check(arrays: Arrays, expected: dict[str, tuple[int, ...]]) -> None:
    for name in [*expected, *arrays]:
        if name not in arrays:
            raise ValueError(f"it lacks {name} {expected[name]}")
        if name not in expected:
            raise ValueError(f"its other arrays leave no place for {name}")
        if arrays[name].shape != expected[name]:
            raise ValueError(f"{name} has the shape {arrays[name].shape}, its other arrays ask for {expected[name]}")
        if not np.isfinite(arrays[name]).all():
            raise ValueError(f"{name} has values that are not finite")


def dense(name: str, inputs: int, units: int) -> Shapes:
    yield f"{name}/kernel", (inputs, units)
    yield f"{name}/bias", (units,)


def _convolution(name: str, size: int, inputs: int, filters: int) -> Shapes:
    yield f"{name}/kernel", (size, size, inputs, filters)
    yield f"{name}/bias", (filters,)


def _styled(name: str, size: int, inputs: int, filters: int, style_dim: int) -> Shapes:
    yield from _convolution(name, size, inputs, filters)
    yield from dense(f"{name}/affine", style_dim, inputs)


def _generator_shapes(arguments: Mapping[str, Any], widths: Mapping[int, int]) -> Shapes:
    style_dim, classes = arguments["style_dim"], arguments["classes"]
    for layer in range(arguments["mapping_layers"]):
        inputs = style_dim if layer else arguments["latent_dim"] + (style_dim if classes else 0)
        yield from dense(f"dense{layer}", inputs, style_dim)
    if classes:
        yield from dense("embed", classes, style_dim)
    yield "average_style", (style_dim,)
    if arguments["architecture"] == "grown":
        yield "lod", ()
    yield "b4_constant/constant", (4, 4, widths[4])
    for size, width in widths.items():
        before = widths[max(size // 2, 4)]
        layers = {"b4_conv": width} if size == 4 else {f"b{size}_conv0": before, f"b{size}_conv1": width}
        for name, inputs in layers.items():
            yield from _styled(name, 3, inputs, width, style_dim)
            if arguments["noise"]:
                yield f"{name}/strength", ()
                yield f"{name}/noise_constant", (size, size)
        if arguments["architecture"] in ("skip", "grown") or size == arguments["resolution"]:
            yield from _styled(f"b{size}_rgb", 1, width, arguments["channels"], style_dim)
        if arguments["architecture"] == "resnet" and size > 4:
            yield f"b{size}_skip/kernel", (1, 1, before, width)


def _discriminator_shapes(arguments: Mapping[str, Any], widths: Mapping[int, int]) -> Shapes:
    classes, code = arguments["classes"], widths[4]
    for size, width in widths.items():
        if arguments["architecture"] in ("skip", "grown") or size == arguments["resolution"]:
            yield from _convolution(f"b{size}_from_rgb", 1, arguments["channels"], width)
        if size > 4:
            yield from _convolution(f"b{size}_conv0", 3, width, width)
            yield from _convolution(f"b{size}_conv1", 3, width, widths[size // 2])
            if arguments["architecture"] == "resnet":
                yield f"b{size}_skip/kernel", (1, 1, width, widths[size // 2])
    yield from _convolution("b4_conv", 3, code + 1, code)  # one channel is the minibatch's standard deviation
    yield from dense("b4_dense", math.prod((4, 4, code)), code)
    yield from dense("b4_output", code, code if classes else 1)
    if classes:
        yield from dense("embed", classes, code)
    for layer in range(arguments["label_layers"]):
        yield from dense(f"label_dense{layer}", code, code)
