"""What the rivals in PyTorch share: how they keep images and weights, and how a game is played.

They keep images channels-last, PyTorch's faster layout on CPUs and GPUs, and compute on the GPU where there is one.
"""

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

LAST = torch.channels_last

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # PyTorch's for GPUs says so where there is none
    DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")


def tensor(array: np.ndarray) -> torch.Tensor:
    """An array as it is."""
    return torch.from_numpy(np.ascontiguousarray(array)).to(DEVICE)


def images(array: np.ndarray) -> torch.Tensor:
    """Images `[batch, height, width, channels]` as PyTorch's, in the channels-last layout."""
    return tensor(array).permute(0, 3, 1, 2).contiguous(memory_format=LAST)


def placed(*networks: nn.Module) -> tuple[nn.Module, ...]:
    """Networks on the device, their kernels channels-last."""
    return tuple(network.to(DEVICE, memory_format=LAST) for network in networks)


def weights(network: Any, name: str) -> list[np.ndarray]:
    """The weights of a name of a Keras network, in the order of its layers."""
    return [weight.numpy() for weight in network.weights if weight.name == name]


@torch.no_grad()
def assign(parameters: Sequence[torch.Tensor], arrays: Sequence[np.ndarray]) -> None:
    """Gives each parameter the values of an array of the Keras network: of kernels, the last axis becomes the first."""
    for parameter, array in zip(parameters, arrays, strict=True):
        order = {4: (3, 2, 0, 1), 2: (1, 0), 1: (0,)}[array.ndim]
        parameter.copy_(tensor(array.transpose(order)))


def game(
    generator: nn.Module,
    discriminator: nn.Module,
    losses: tuple[Callable, Callable],
    adam: dict[str, Any],
    latents: int,
    real: torch.Tensor,
    discriminator_steps: int = 1,
) -> Callable[[], float]:
    """One iteration: steps of D, a step of G, both by Adam, and the moving average of G's weights.

    Args:
        generator: From latents to images.
        discriminator: From images to logits.
        losses: Of D, on the logits of reals and fakes; of G, on those of fakes.
        adam: Arguments of the optimizers.
        latents: Their width.
        real: The batch that D always sees.
        discriminator_steps: Steps of D.
    """
    theirs = torch.optim.Adam(discriminator.parameters(), **adam, fused=True)
    ours = torch.optim.Adam(generator.parameters(), **adam, fused=True)
    own = list(generator.parameters())
    averages = [weight.detach().clone() for weight in own]
    of_discriminator, of_generator = losses

    def fakes() -> torch.Tensor:
        return generator(torch.randn(len(real), latents, device=DEVICE))

    def iteration() -> float:
        for _ in range(discriminator_steps):
            with torch.no_grad():
                fake = fakes()
            theirs.zero_grad(set_to_none=True)
            of_discriminator(discriminator(real), discriminator(fake)).backward()
            theirs.step()
        discriminator.requires_grad_(False)
        loss = of_generator(discriminator(fakes()))
        ours.zero_grad(set_to_none=True)
        loss.backward()
        discriminator.requires_grad_(True)
        ours.step()
        torch._foreach_lerp_(averages, [weight.detach() for weight in own], 1e-2)
        return loss.item()  # waits for the device

    return iteration
