"""DCGAN in PyTorch, written from the paper (Radford et al. 2016), as the rival of `benchmarks.dcgan_step`.

The networks take the weights of ours, so results can be compared, and keep images in PyTorch's channels-last layout, the
faster one on CPUs.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

_LAST = torch.channels_last


class Generator(nn.Module):
    """The dense layer to 4x4, then batch normalisation, ReLU and transposed convolution at every size."""

    def __init__(self, dense: np.ndarray, kernels: list[np.ndarray]) -> None:
        super().__init__()
        latents, width = dense.shape
        self.stem = nn.Linear(latents, width, bias=False)
        self.stem.weight.data = _tensor(dense.T)
        layers: list[nn.Module] = []
        for kernel in kernels:  # [4, 4, out, in]
            layers += [nn.BatchNorm2d(kernel.shape[3]), nn.ReLU()]
            layers.append(nn.ConvTranspose2d(kernel.shape[3], kernel.shape[2], 4, 2, 1, bias=False))
            layers[-1].weight.data = _tensor(kernel.transpose(3, 2, 0, 1))
        self.layers = nn.Sequential(*layers, nn.Tanh())

    def forward(self, latents: torch.Tensor) -> torch.Tensor:
        x = self.stem(latents)
        return self.layers(x.reshape(len(x), 4, 4, -1).permute(0, 3, 1, 2))


class Discriminator(nn.Module):
    """Convolutions at stride 2, batch normalisation after all but the first, leaky ReLU, and one logit."""

    def __init__(self, kernels: list[np.ndarray]) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for index, kernel in enumerate(kernels[:-1]):  # [4, 4, in, out]
            layers.append(nn.Conv2d(kernel.shape[2], kernel.shape[3], 4, 2, 1, bias=False))
            layers[-1].weight.data = _tensor(kernel.transpose(3, 2, 0, 1))
            layers += [nn.BatchNorm2d(kernel.shape[3])] if index else []
            layers.append(nn.LeakyReLU(0.2))
        layers.append(nn.Conv2d(kernels[-1].shape[2], 1, 4, bias=False))
        layers[-1].weight.data = _tensor(kernels[-1].transpose(3, 2, 0, 1))
        self.layers = nn.Sequential(*layers, nn.Flatten())

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.layers(images)


def networks(gan: Any) -> tuple[Generator, Discriminator]:
    """Both, with the kernels of a square `models.DCGAN` and scales of 1."""
    convolutions = [w.numpy() for w in gan.generator.weights if w.name == "kernel"]
    generator = Generator(convolutions[0], convolutions[1:])
    discriminator = Discriminator([w.numpy() for w in gan.discriminator.weights if w.name == "kernel"])
    return generator.to(memory_format=_LAST), discriminator.to(memory_format=_LAST)


def images(array: np.ndarray) -> torch.Tensor:
    """Images `[batch, height, width, channels]` as PyTorch's, in the channels-last layout."""
    return torch.from_numpy(array).permute(0, 3, 1, 2).contiguous(memory_format=_LAST)


def step(generator: Generator, discriminator: Discriminator, real: torch.Tensor) -> Callable[[], float]:
    """One iteration: a step of D, a step of G, by Adam, and the moving average of G's weights."""
    adam = {"lr": 2e-4, "betas": (0.5, 0.999), "fused": True}
    theirs = torch.optim.Adam(discriminator.parameters(), **adam)
    ours = torch.optim.Adam(generator.parameters(), **adam)
    weights = list(generator.parameters())
    averages = [weight.detach().clone() for weight in weights]
    width = generator.stem.in_features
    softplus = nn.functional.softplus

    def iteration() -> float:
        with torch.no_grad():
            fake = generator(torch.randn(len(real), width))
        loss = softplus(-discriminator(real)).mean() + softplus(discriminator(fake)).mean()
        theirs.zero_grad(set_to_none=True)
        loss.backward()
        theirs.step()
        discriminator.requires_grad_(False)
        loss = softplus(-discriminator(generator(torch.randn(len(real), width)))).mean()
        ours.zero_grad(set_to_none=True)
        loss.backward()
        discriminator.requires_grad_(True)
        ours.step()
        torch._foreach_lerp_(averages, [weight.detach() for weight in weights], 1e-2)
        return loss.item()

    return iteration


def _tensor(array: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(array))
