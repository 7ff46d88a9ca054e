"""Reads official checkpoints: those of TensorFlow (StyleGAN, StyleGAN2, StyleGAN2-ADA) and of PyTorch (StyleGAN2-ADA)."""

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from models.stylegan2.checkpoints import names, shapes, stylegan
from models.stylegan2.checkpoints.growing import by_resolution
from models.stylegan2.checkpoints.stand_ins import WHITELIST, Network, NumpyArray
from models.stylegan2.checkpoints.unpickling import interpret

MAX_BYTES = 4 << 30  # ten times the largest official checkpoint
GROUP_SIZE = 4  # of the minibatch's standard deviation, where a file states none

# Beginnings of files that are no pickles, and what to do about them.
OTHER_FORMATS = {
    b"PK": "a zip archive (PyTorch's newer format, or a packed file), which the official checkpoints are not. If it is "
    "an archive of one, extract that",
    b"\x1f\x8b": "compressed by gzip. Decompress it first",
    b"\x89HDF": "an HDF5 file, such as Keras writes",
    b"<": "a web page or XML, probably instead of a download. Download it again",
    b"version https://git-lfs": "a pointer of Git LFS. Fetch the file that it points to",
}

# Parts of names of TensorFlow's arrays that tell networks which ours cannot represent.
OTHER_NETWORKS = {
    "LabelConcat": "a conditional network of StyleGAN or of the first StyleGAN2 release, which embed labels otherwise",
}

# Settings that our networks do not have, and the values they imply.
FIXED = {
    "mapping_lrmul": 0.01,
    "lr_multiplier": 0.01,
    "resample_kernel": [1, 3, 3, 1],
    "resample_filter": [1, 3, 3, 1],
    "fmap_decay": 1.0,
    "mbstd_num_features": 1,
    "mbstd_num_channels": 1,
    "normalize_latents": True,
    "activation": "lrelu",
    "nonlinearity": "lrelu",
    "mapping_nonlinearity": "lrelu",
}


@dataclass(frozen=True)
class Checkpoint:
    """The networks of an official checkpoint.

    Attributes:
        generator: The averaged generator's arrays, float32, by `<layer>/<weight>` of `StyleGAN2Generator`, such as
            "b8_conv0/kernel"; "average_style" belongs to the generator itself.
        discriminator: The same for `StyleGAN2Discriminator`; empty if the file holds none.
        model: `stylegan` or `stylegan2`: of which model's networks these are.
        config: "generator" and "discriminator": the constructors' arguments that fit the arrays ("discriminator" is None if
            the file holds none).
    """

    generator: names.Arrays
    discriminator: names.Arrays
    config: dict[str, Any]
    model: str = "stylegan2"


def read_checkpoint(path: str | Path) -> Checkpoint:
    """Reads the networks of an official StyleGAN, StyleGAN2 or StyleGAN2-ADA checkpoint, executing nothing of the file.

    Args:
        path: A pickle `(G, D, Gs)` of the TensorFlow releases (configurations A to F; A to D also while they grow), one of
            four networks with Gs last, as SSD-StyleGAN has them, or `{"G_ema": ..., "D": ...}` of the PyTorch release.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is no such checkpoint, of a network that ours cannot represent, damaged, or hostile.
    """
    path = Path(path)
    try:
        contents = interpret(io.BytesIO(_bytes(path)), WHITELIST)
        if isinstance(contents, tuple | list) and len(contents) in (3, 4):
            return _tensorflow(contents)
        if isinstance(contents, dict) and "G_ema" in contents:
            return _pytorch(contents)
        raise ValueError("it holds neither (G, D, Gs), or four networks with Gs last, nor a dictionary with G_ema")
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError) as error:
        reason = str(error)[:400] if isinstance(error, ValueError) else f"{type(error).__name__} while it was read"
        raise ValueError(
            f"{path} is not a StyleGAN2 checkpoint that can be read: {' '.join(reason.split())}. Nothing of it was "
            "executed. Take an official, undamaged file of StyleGAN, StyleGAN2 or StyleGAN2-ADA."
        ) from error


def _bytes(path: Path) -> bytes:
    if not path.exists():
        raise FileNotFoundError(f"There is no file {path}.")
    if not path.is_file():
        raise ValueError("it is not a file")
    if path.stat().st_size > MAX_BYTES:
        raise ValueError(f"its {path.stat().st_size} bytes are more than any checkpoint has")
    contents = path.read_bytes()
    if not contents:
        raise ValueError("it is empty")
    for beginning, meaning in OTHER_FORMATS.items():
        if contents.startswith(beginning):
            raise ValueError(f"it is {meaning}")
    return contents


@dataclass(frozen=True)
class Found:
    """One network of a file: its arrays, its settings under PyTorch's names, its clamp, and whether it grows."""

    arrays: names.Arrays
    settings: Mapping[str, Any]
    clamp: Any
    grows: bool = False


def _checkpoint(generator: Found, discriminator: Found | None, model: str = "stylegan2") -> Checkpoint:
    def arguments(deduce: Callable[..., dict[str, Any]], found: Found) -> dict[str, Any]:
        _check_settings(found.settings)
        grows = {} if model == "stylegan" else {"grows": found.grows}
        deduced = deduce(found.arrays, found.settings.get("channel_base"), found.settings.get("channel_max"), **grows)
        return {**deduced, "clamp": _positive(found.clamp, "conv_clamp")}

    deduce = stylegan if model == "stylegan" else shapes
    config: dict[str, Any] = {"generator": arguments(deduce.generator_arguments, generator), "discriminator": None}
    if discriminator is not None:
        # Files without a group size come from networks trained with 4.
        group_size = _positive(discriminator.settings.get("mbstd_group_size"), "mbstd_group_size") or GROUP_SIZE
        config["discriminator"] = {
            **arguments(deduce.discriminator_arguments, discriminator),
            "group_size": int(group_size),
        }
    return Checkpoint(generator.arrays, discriminator.arrays if discriminator else {}, config, model)


def _check_settings(settings: Mapping[str, Any], fixed: Mapping[str, Any] = FIXED) -> None:
    for name, value in fixed.items():
        if settings.get(name, value) not in (value, None):
            raise ValueError(f"its {name} is {ascii(settings[name])[:60]}; supported is {value}")


def _positive(value: Any, name: str) -> Any:
    if value is not None and (type(value) not in (int, float) or not 0 < value < float("inf")):
        raise ValueError(f"its {name} is {ascii(value)[:60]}, not a positive number")
    return value


def _expect_dictionary(value: Any, what: str) -> dict[Any, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{what} is of type {type(value).__name__}, not a dictionary")
    return value


# --- TensorFlow ---------------------------------------------------------------------------------------------------


def _tensorflow(networks: Sequence[Any]) -> Checkpoint:
    averaged, discriminator = networks[-1], networks[1]
    if len(networks) == 4:  # the order of the others is stated nowhere
        discriminator = next((n for n in networks[:3] if str(_state(n).get("build_func_name")).startswith("D_")), None)
    first = _state(averaged).get("build_func_name") == stylegan.GENERATOR_FUNCTION
    rules = (stylegan.GENERATOR, stylegan.DISCRIMINATOR) if first else (names.TF_GENERATOR, names.TF_DISCRIMINATOR)
    generator = _tensorflow_network(averaged, rules[0], first)
    judge = None if discriminator is None else _tensorflow_network(discriminator, rules[1], first)
    return _checkpoint(generator, judge, "stylegan" if first else "stylegan2")


def _tensorflow_network(network: Any, rules: list[names.Rule], first: bool) -> Found:
    version = _state(network).get("version")
    least = 2 if first else 4
    if type(version) is not int or version < least:
        raise ValueError(
            f"its networks are of version {ascii(version)[:40]}; StyleGAN's are of 2 and above, StyleGAN2's of 4 and above"
        )
    settings = _tensorflow_settings(network)
    if first:
        _check_settings(settings, stylegan.FIXED)
    arrays, grows = by_resolution(dict(_variables(network)))
    if first and not grows:
        raise ValueError("it lacks StyleGAN's layers to or from RGB (ToRGB_lod0, FromRGB_lod0)")
    return Found(names.translate(arrays, rules), settings, settings.get("conv_clamp"), grows)


def _state(network: Any) -> dict[Any, Any]:
    if not isinstance(network, Network):
        raise ValueError(f"it holds an object of type {type(network).__name__} in place of a network")
    return _expect_dictionary(network.state, "a network's state")


def _tensorflow_settings(network: Any) -> dict[str, Any]:
    settings = dict(_expect_dictionary(_state(network).get("static_kwargs", {}), "a network's static_kwargs"))
    base = settings.get("fmap_base")
    return {
        **settings,
        "channel_base": 2 * int(base) if isinstance(base, int | float) else None,  # TensorFlow's base is half of ours
        "channel_max": settings.get("fmap_max"),
    }


def _variables(network: Any, prefix: str = "") -> Iterator[tuple[str, np.ndarray]]:
    state = _state(network)
    for name, value in state["variables"]:
        for part, meaning in OTHER_NETWORKS.items():
            if part in name:
                raise ValueError(f"it holds {meaning}, which is not supported")
        array = value.value if isinstance(value, NumpyArray) else value
        if not isinstance(array, np.ndarray | int | float):  # TensorFlow gives scalar variables as numbers
            raise ValueError(f"its variable {name[:100]!a} is not an array")
        yield prefix + name, np.asarray(array)
    if not prefix:  # components have none of their own
        for name, component in _expect_dictionary(state.get("components", {}), "a network's components").items():
            yield from _variables(component, f"{name}/")


# --- PyTorch ------------------------------------------------------------------------------------------------------


def _pytorch(contents: dict[Any, Any]) -> Checkpoint:
    generator, discriminator = contents["G_ema"], contents.get("D")
    if "input" in _modules(_child(generator, "synthesis")):
        raise ValueError("it holds a StyleGAN3 network, which is not supported")
    return _checkpoint(
        _pytorch_network(generator, names.PYTORCH_GENERATOR, ("synthesis", "b4", "conv1")),
        None if discriminator is None else _pytorch_network(discriminator, names.PYTORCH_DISCRIMINATOR, ("b4", "conv")),
    )


def _pytorch_network(module: Any, rules: list[names.Rule], clamped: tuple[str, ...]) -> Found:
    """`clamped` is the way to a convolution: its own clamp is the one that applies."""
    settings = _pytorch_settings(module)
    convolution = module
    for name in clamped:
        convolution = _child(convolution, name)
    clamp = _module_state(convolution).get("conv_clamp", settings.get("conv_clamp"))
    statistics = _modules(_child(module, clamped[0])).get("mbstd")
    if statistics is not None:
        settings["mbstd_group_size"] = _module_state(statistics).get("group_size")
        settings["mbstd_num_channels"] = _module_state(statistics).get("num_channels")
    return Found(names.translate(dict(_tensors(module)), rules), settings, clamp)


def _module_state(module: Any) -> dict[Any, Any]:
    return _expect_dictionary(_expect_dictionary(module, "a module").get("state"), "a module's state")


def _modules(module: Any) -> dict[Any, Any]:
    return _expect_dictionary(_module_state(module).get("_modules"), "a module's list of modules")


def _child(module: Any, name: str) -> Any:
    if name not in _modules(module):
        raise ValueError(f"a module lacks {name}, which a StyleGAN2 network has")
    return _modules(module)[name]


def _tensors(module: Any) -> Iterator[tuple[str, np.ndarray]]:
    pending, seen = [("", module)], set()
    while pending:
        prefix, module = pending.pop()
        if id(module) in seen:
            raise ValueError(f"its module {prefix[:100]!a} appears twice")
        seen.add(id(module))
        for kind in ("_parameters", "_buffers"):
            for name, tensor in _expect_dictionary(_module_state(module).get(kind), f"a module's {kind}").items():
                if isinstance(tensor, np.ndarray):
                    yield f"{prefix}{name}", tensor
                elif tensor is not None:
                    raise ValueError(f"{f'{prefix}{name}'[:100]!a} is not a tensor")
        pending += [(f"{prefix}{name}.", child) for name, child in _modules(module).items()]


def _pytorch_settings(module: Any) -> dict[str, Any]:
    """The constructor's keywords of a network and of its direct parts, with those in nested dictionaries."""
    settings: dict[str, Any] = {}
    for part in (*_modules(module).values(), module):
        keywords = _expect_dictionary(_module_state(part).get("_init_kwargs", {}), "a module's _init_kwargs")
        for name, value in keywords.items():
            settings.update(value if isinstance(value, dict) else {name: value})
    return settings
