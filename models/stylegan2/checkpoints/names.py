"""Names and layouts of the official checkpoints' arrays, and how they become those of our networks.

Ours: kernels `[height, width, in, out]` and `[in, out]`, applied as correlations also where they upsample; images
`[height, width, channels]`; the affine biases of the styles with their initial 1; all before equalised-learning-rate
scaling. TensorFlow's files hold the affine biases without the 1. PyTorch's hold `[out, in, ...]`, and the kernels that
upsample rotated by 180 degrees.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

Arrays = dict[str, np.ndarray]
Conversion = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Rule:
    """Arrays whose whole name matches `pattern` become `target`, or nothing where there is none."""

    pattern: str
    target: str | Callable[[re.Match[str]], str] | None
    convert: Conversion


def translate(arrays: Mapping[str, np.ndarray], rules: list[Rule]) -> Arrays:
    """Our names and layouts of a network's arrays, as float32.

    Raises:
        ValueError: For a name that no rule matches, a rank that its rule does not expect, and arrays of no numbers.
    """
    translated: Arrays = {}
    for name, array in arrays.items():
        rule, match = _rule(name, rules)
        if rule.target is None:
            continue
        target = match.expand(rule.target) if isinstance(rule.target, str) else rule.target(match)
        try:
            with np.errstate(all="ignore"):  # what float32 cannot hold is found with what is not finite
                translated[target] = np.array(rule.convert(array), "float32", order="C")
        except ValueError:
            raise ValueError(f"{name!a} has the unexpected shape {array.shape}") from None
    return translated


def _rule(name: str, rules: list[Rule]) -> tuple[Rule, re.Match[str]]:
    for rule in rules:
        match = re.fullmatch(rule.pattern, name)
        if match:
            return rule, match
    raise ValueError(f"it holds {ascii(name)[:100]}, which a StyleGAN2 network has no use for")


def same(array: np.ndarray) -> np.ndarray:
    return array


def _add_one(array: np.ndarray) -> np.ndarray:
    return array + np.float32(1)


def _channels_last(array: np.ndarray) -> np.ndarray:
    return np.transpose(array, (1, 2, 0))


def without_batch(array: np.ndarray) -> np.ndarray:
    return _channels_last(np.squeeze(array, 0))


def map_of_noise(array: np.ndarray) -> np.ndarray:
    return np.squeeze(array, (0, 1))


def _transposed(array: np.ndarray) -> np.ndarray:
    return np.transpose(array, (1, 0))


def _from_oihw(array: np.ndarray) -> np.ndarray:
    return np.transpose(array, (2, 3, 1, 0))


def _from_rotated_oihw(array: np.ndarray) -> np.ndarray:
    return _from_oihw(array)[::-1, ::-1]


def _flattening_channels_last(kernel: np.ndarray) -> np.ndarray:
    """Rows in the order channel, y, x of 4x4 images become rows in the order y, x, channel."""
    rows, width = kernel.shape
    return kernel.reshape(rows // 16, 4, 4, width).transpose(1, 2, 0, 3).reshape(rows, width)


def _flattening_channels_last_transposed(kernel: np.ndarray) -> np.ndarray:
    return _flattening_channels_last(_transposed(kernel))


Leaves = dict[str, tuple[str, Conversion]]
NUMBER = "([0-9]+)"


def rules(layers: dict[str, str], leaves: Leaves) -> list[Rule]:
    """A rule for each layer and each of its arrays; `layers` are patterns that end before the array's name."""
    return [
        Rule(layer + re.escape(leaf), f"{target}/{weight}", convert)
        for layer, target in layers.items()
        for leaf, (weight, convert) in leaves.items()
    ]


def _noise_layer(match: re.Match[str]) -> str:
    """TensorFlow's maps are numbered from the input: one at 4x4, then two at each resolution."""
    index = int(match[1])
    if index > 32:
        raise ValueError(f"it holds a noise map of number {index}")
    resolution = 2 ** ((index + 1) // 2 + 2)
    layer = "b4_conv" if index == 0 else f"b{resolution}_conv{(index + 1) % 2}"
    return f"{layer}/noise_constant"


_TF: Leaves = {"weight": ("kernel", same), "bias": ("bias", same)}
_TF_AFFINE: Leaves = {"mod_weight": ("affine/kernel", same), "mod_bias": ("affine/bias", _add_one)}
_TF_SIZE = rf"{NUMBER}x\1"

TF_GENERATOR = [
    Rule("lod", "lod", same),
    Rule("dlatent_avg", "average_style", same),
    Rule("synthesis/4x4/Const/const", "b4_constant/constant", without_batch),
    Rule("synthesis/noise([0-9]{1,4})", _noise_layer, map_of_noise),
    *rules({f"mapping/Dense{NUMBER}/": r"dense\1", "mapping/LabelEmbed/": "embed"}, _TF),
    *rules(
        {
            "synthesis/4x4/Conv/": "b4_conv",
            f"synthesis/{_TF_SIZE}/Conv0_up/": r"b\1_conv0",
            f"synthesis/{_TF_SIZE}/Conv1/": r"b\1_conv1",
        },
        _TF | _TF_AFFINE | {"noise_strength": ("strength", same)},
    ),
    *rules({f"synthesis/{_TF_SIZE}/ToRGB/": r"b\1_rgb"}, _TF | _TF_AFFINE),
    Rule(f"synthesis/{_TF_SIZE}/Skip/weight", r"b\1_skip/kernel", same),
]

TF_DISCRIMINATOR = [
    Rule("4x4/Dense0/weight", "b4_dense/kernel", _flattening_channels_last),
    Rule(f"{_TF_SIZE}/Skip/weight", r"b\1_skip/kernel", same),
    *rules(
        {
            f"{_TF_SIZE}/FromRGB/": r"b\1_from_rgb",
            f"{_TF_SIZE}/Conv0/": r"b\1_conv0",
            f"{_TF_SIZE}/Conv1_down/": r"b\1_conv1",
            "4x4/Conv/": "b4_conv",
            "4x4/Dense0/": "b4_dense",
            "Output/": "b4_output",
            "LabelEmbed/": "embed",
            f"Mapping{NUMBER}/": r"label_dense\1",
        },
        _TF,
    ),
]

_DENSE: Leaves = {"weight": ("kernel", _transposed), "bias": ("bias", same)}
_CONVOLUTION: Leaves = {"weight": ("kernel", _from_oihw), "bias": ("bias", same)}
_AFFINE: Leaves = {"affine.weight": ("affine/kernel", _transposed), "affine.bias": ("affine/bias", same)}
_NOISE: Leaves = {"noise_strength": ("strength", same), "noise_const": ("noise_constant", same)}
_FILTER = Rule(r".*\.resample_filter", None, same)

PYTORCH_GENERATOR = [
    _FILTER,
    Rule(r"mapping\.w_avg", "average_style", same),
    Rule(r"synthesis\.b4\.const", "b4_constant/constant", _channels_last),
    *rules({rf"mapping\.fc{NUMBER}\.": r"dense\1", r"mapping\.embed\.": "embed"}, _DENSE),
    *rules(
        {r"synthesis\.b4\.conv1\.": "b4_conv", rf"synthesis\.b{NUMBER}\.conv1\.": r"b\1_conv1"},
        _CONVOLUTION | _AFFINE | _NOISE,
    ),
    *rules(
        {rf"synthesis\.b{NUMBER}\.conv0\.": r"b\1_conv0"},
        _CONVOLUTION | _AFFINE | _NOISE | {"weight": ("kernel", _from_rotated_oihw)},
    ),
    *rules({rf"synthesis\.b{NUMBER}\.torgb\.": r"b\1_rgb"}, _CONVOLUTION | _AFFINE),
    Rule(rf"synthesis\.b{NUMBER}\.skip\.weight", r"b\1_skip/kernel", _from_oihw),
]

PYTORCH_DISCRIMINATOR = [
    _FILTER,
    Rule(r"b4\.fc\.weight", "b4_dense/kernel", _flattening_channels_last_transposed),
    *rules(
        {
            r"b4\.fc\.": "b4_dense",
            r"b4\.out\.": "b4_output",
            r"mapping\.embed\.": "embed",
            rf"mapping\.fc{NUMBER}\.": r"label_dense\1",
        },
        _DENSE,
    ),
    *rules(
        {
            r"b4\.conv\.": "b4_conv",
            rf"b{NUMBER}\.fromrgb\.": r"b\1_from_rgb",
            rf"b{NUMBER}\.conv0\.": r"b\1_conv0",
            rf"b{NUMBER}\.conv1\.": r"b\1_conv1",
        },
        _CONVOLUTION,
    ),
    Rule(rf"b{NUMBER}\.skip\.weight", r"b\1_skip/kernel", _from_oihw),
]
