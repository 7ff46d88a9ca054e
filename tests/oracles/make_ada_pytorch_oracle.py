"""Writes ada_pytorch_tiny.pkl: a tiny network pair pickled by PyTorch in the way of the official checkpoints.

It runs in an environment of its own, with PyTorch alone. The numbers of a tensor rise from the CRC-32 of its name modulo
100 by 1/64 each, so that a reader can be tested without PyTorch.
"""

import pickle
import sys
import types
import zlib
from pathlib import Path

import torch

RESOLUTION, WIDTH, STYLE, LATENT = 8, 2, 3, 4


class EasyDict(dict):
    """A dictionary under the official name."""


def _reconstruct_persistent_obj(meta):
    raise NotImplementedError


EasyDict.__module__, _reconstruct_persistent_obj.__module__ = "dnnlib.util", "torch_utils.persistence"


class Module(torch.nn.Module):
    """A module that is pickled as its description."""

    def __init__(self, name, parts=(), parameters=(), buffers=(), keywords=(), **attributes):
        super().__init__()
        self.class_name, self._init_args, self._init_kwargs = name, (), EasyDict(keywords)
        self.__dict__.update(attributes)
        for key, part in dict(parts).items():
            setattr(self, key, part)
        for key, shape in dict(parameters).items():
            self.register_parameter(key, torch.nn.Parameter(torch.empty(shape)))
        for key, shape in dict(buffers).items():
            self.register_buffer(key, torch.empty(shape))

    def __reduce__(self):
        meta = EasyDict(
            type="class",
            version=6,
            module_src="raise SystemExit('executed')",
            class_name=self.class_name,
            state=self.__dict__,
        )
        return _reconstruct_persistent_obj, (meta,)


def fill(network):
    for name, tensor in (*network.named_parameters(), *network.named_buffers()):
        values = zlib.crc32(name.encode()) % 100 + torch.arange(tensor.numel()).reshape(tensor.shape) / 64
        strided = tensor.ndim == 4 and tensor.shape[2] == 3
        tensor.data = values.to(memory_format=torch.channels_last) if strided else values
    return network


def dense(inputs, units):
    return Module("FullyConnectedLayer", parameters={"weight": (units, inputs), "bias": (units,)})


def styled(resolution, size, units, noise=True):
    return Module(
        "SynthesisLayer",
        {"affine": dense(STYLE, WIDTH)},
        {"weight": (units, WIDTH, size, size), "bias": (units,), **({"noise_strength": ()} if noise else {})},
        {"noise_const": (resolution, resolution)} if noise else {},
        conv_clamp=256,
    )


def convolution(size, inputs, units):
    return Module("Conv2dLayer", parameters={"weight": (units, inputs, size, size), "bias": (units,)}, conv_clamp=256)


def networks():
    mapping = Module("MappingNetwork", {"fc0": dense(LATENT, STYLE)}, buffers={"w_avg": (STYLE,)})
    b4 = Module(
        "SynthesisBlock",
        {"conv1": styled(4, 3, WIDTH)},
        {"const": (WIDTH, 4, 4)},
    )
    b8 = Module(
        "SynthesisBlock",
        {"conv0": styled(8, 3, WIDTH), "conv1": styled(8, 3, WIDTH), "torgb": styled(8, 1, 3, noise=False)},
    )
    keywords = EasyDict(synthesis_kwargs=EasyDict(channel_base=16, channel_max=WIDTH, conv_clamp=256))
    generator = Module(
        "Generator",
        {"mapping": mapping, "synthesis": Module("SynthesisNetwork", {"b4": b4, "b8": b8})},
        keywords=keywords,
    )
    first = Module(
        "DiscriminatorBlock",
        {
            "fromrgb": convolution(1, 3, WIDTH),
            "conv0": convolution(3, WIDTH, WIDTH),
            "conv1": convolution(3, WIDTH, WIDTH),
            "skip": Module("Conv2dLayer", parameters={"weight": (WIDTH, WIDTH, 1, 1)}),
        },
    )
    last = Module(
        "DiscriminatorEpilogue",
        {
            "mbstd": Module("MinibatchStdLayer", group_size=2, num_channels=1),
            "conv": convolution(3, WIDTH + 1, WIDTH),
            "fc": dense(16 * WIDTH, WIDTH),
            "out": dense(WIDTH, 1),
        },
    )
    return generator, Module("Discriminator", {"b8": first, "b4": last})


def main() -> None:
    modules = {
        "dnnlib": types.ModuleType("dnnlib"),
        "dnnlib.util": types.SimpleNamespace(EasyDict=EasyDict),
        "torch_utils": types.ModuleType("torch_utils"),
        "torch_utils.persistence": types.SimpleNamespace(_reconstruct_persistent_obj=_reconstruct_persistent_obj),
    }
    sys.modules.update(modules)
    generator, discriminator = map(fill, networks())
    with (Path(__file__).parent / "ada_pytorch_tiny.pkl").open("wb") as file:
        pickle.dump({"training_set_kwargs": None, "D": discriminator, "G_ema": generator}, file, protocol=4)


if __name__ == "__main__":
    main()
