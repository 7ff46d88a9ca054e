"""The official names and layouts of our arrays, in index notation."""

import numpy as np


def rows_to_channels_first(kernel):
    """Rows of ours are (y * 4 + x) * C + c, the official ones (c * 4 + y) * 4 + x."""
    official, channels = np.empty_like(kernel), len(kernel) // 16
    for c in range(channels):
        for y in range(4):
            for x in range(4):
                official[(c * 4 + y) * 4 + x] = kernel[(y * 4 + x) * channels + c]
    return official


def rotated(kernel):
    """kernel[y, x] at [size - 1 - y, size - 1 - x]."""
    official = np.empty_like(kernel)
    for y in range(len(kernel)):
        for x in range(len(kernel)):
            official[len(kernel) - 1 - y, len(kernel) - 1 - x] = kernel[y, x]
    return official


def tf_name(name):
    """(layer, weight) of TensorFlow's file for a name of ours."""
    layer, _, weight = name.partition("/")
    size = layer[1:].partition("_")[0]
    layers = {
        "b4_conv": "4x4/Conv",
        f"b{size}_conv0": f"{size}x{size}/Conv0_up",
        f"b{size}_conv1": f"{size}x{size}/Conv1",
        f"b{size}_rgb": f"{size}x{size}/ToRGB",
        f"b{size}_skip": f"{size}x{size}/Skip",
    }
    weights = {
        "affine/kernel": "mod_weight",
        "affine/bias": "mod_bias",
        "strength": "noise_strength",
        "kernel": "weight",
    }
    return layers[layer], weights.get(weight, weight)


def tf_generator(ours):
    """The arrays of the generator itself, of its mapping and of its synthesis."""
    parts = ({}, {}, {})
    for name, array in ours.items():
        layer, _, weight = name.partition("/")
        if name == "average_style":
            parts[0]["dlatent_avg"] = array
        elif layer.startswith(("dense", "embed")):
            parts[1][f"{layer.replace('dense', 'Dense').replace('embed', 'LabelEmbed')}/{tf_weight(weight)}"] = array
        elif weight == "constant":
            parts[2]["4x4/Const/const"] = np.einsum("yxc->cyx", array)[None]
        elif weight == "noise_constant":
            order = ["b4_conv", *(f"b{2**level}_conv{i}" for level in range(3, 11) for i in (0, 1))]
            parts[2][f"noise{order.index(layer)}"] = array[None, None]
        else:
            parts[2]["/".join(tf_name(name))] = array - 1 if weight == "affine/bias" else array
    return parts


def tf_weight(weight):
    return weight.replace("kernel", "weight")


def tf_discriminator(ours):
    arrays = {}
    for name, array in ours.items():
        layer, _, weight = name.partition("/")
        size = layer[1:].partition("_")[0]
        names = {
            "b4_conv": "4x4/Conv",
            "b4_dense": "4x4/Dense0",
            "b4_output": "Output",
            "embed": "LabelEmbed",
            "label_dense0": "Mapping0",
            f"b{size}_from_rgb": f"{size}x{size}/FromRGB",
            f"b{size}_conv0": f"{size}x{size}/Conv0",
            f"b{size}_conv1": f"{size}x{size}/Conv1_down",
            f"b{size}_skip": f"{size}x{size}/Skip",
        }
        official = rows_to_channels_first(array) if name == "b4_dense/kernel" else array
        arrays[f"{names[layer]}/{tf_weight(weight)}"] = official
    return arrays


def pytorch_arrays(ours):
    """The tensors of a network of PyTorch, of the generator (which has an average style) or the discriminator."""
    generates = "average_style" in ours
    return dict(pytorch_array(name, array, generates) for name, array in ours.items())


def pytorch_array(name, array, generates):
    layer, _, weight = name.partition("/")
    size = layer[1:].partition("_")[0]
    weight = {"strength": "noise_strength", "noise_constant": "noise_const"}.get(weight, tf_weight(weight)).replace(
        "/", "."
    )
    if name == "average_style":
        return "mapping.w_avg", array
    if weight == "constant":
        return "synthesis.b4.const", np.einsum("yxc->cyx", array)
    if weight.endswith("weight"):
        if generates and layer.endswith("conv0") and weight == "weight":
            array = rotated(array)
        if layer == "b4_dense":
            array = rows_to_channels_first(array)
        array = np.einsum("yxio->oiyx" if array.ndim == 4 else "io->oi", array)
    if layer.startswith(("dense", "embed", "label_dense")):
        return f"mapping.{layer.replace('label_', '').replace('dense', 'fc')}.{weight}", array
    names = {"from_rgb": "fromrgb", "rgb": "torgb", "dense": "fc", "output": "out"}
    part = layer.partition("_")[2]
    part = "conv1" if generates and layer == "b4_conv" else names.get(part, part)
    return f"{'synthesis.' if generates else ''}b{size}.{part}.{weight}", array
