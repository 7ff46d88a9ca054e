"""DCGAN in PyTorch, written from the paper (Radford et al. 2016), as the rival of `benchmarks.dcgan_rivals`."""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from benchmarks import torch_rival

LATENTS = 100
LOGITS_IN_TRAINING = True  # batch normalisation makes them
_ADAM = {"lr": 2e-4, "betas": (0.5, 0.999)}
_softplus = nn.functional.softplus


class Generator(nn.Module):
    """The dense layer to 4x4, then batch normalisation, ReLU and a convolution that doubles the image, at every size."""

    def __init__(self, widths: list[int], upsampling: str) -> None:
        super().__init__()
        self.stem = nn.Linear(LATENTS, 16 * widths[0], bias=False)
        layers: list[nn.Module] = []
        for width, out in zip(widths, [*widths[1:], 3], strict=True):
            layers += [nn.BatchNorm2d(width), nn.ReLU()]
            if upsampling == "transposed":
                layers.append(nn.ConvTranspose2d(width, out, 4, 2, 1, bias=False))
            else:  # pixels repeated, as Odena et al. 2016 advise
                layers += [nn.Upsample(scale_factor=2), nn.Conv2d(width, out, 3, padding=1, bias=False)]
        self.layers = nn.Sequential(*layers, nn.Tanh())

    def forward(self, latents: torch.Tensor) -> torch.Tensor:
        x = self.stem(latents)
        return self.layers(x.reshape(len(x), 4, 4, -1).permute(0, 3, 1, 2))


class Discriminator(nn.Module):
    """Convolutions at stride 2, batch normalisation after all but the first, leaky ReLU, and one logit."""

    def __init__(self, widths: list[int]) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for channels, width in zip([3, *widths[:-1]], widths, strict=True):
            layers.append(nn.Conv2d(channels, width, 4, 2, 1, bias=False))
            layers += [] if channels == 3 else [nn.BatchNorm2d(width)]
            layers.append(nn.LeakyReLU(0.2))
        self.layers = nn.Sequential(*layers, nn.Conv2d(widths[-1], 1, 4, bias=False), nn.Flatten())

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.layers(images)


def networks(resolution: int = 64, base_width: int = 64, upsampling: str = "transposed") -> tuple[nn.Module, nn.Module]:
    """Both, for square images of a power of two."""
    widths = [base_width * 2**level for level in range((resolution // 4).bit_length() - 1)]
    return torch_rival.placed(Generator(widths[::-1], upsampling), Discriminator(widths))


def take_weights(networks: tuple[nn.Module, nn.Module], ours: tuple[Any, Any]) -> None:
    """The weights of our generator and discriminator."""
    for theirs, network in zip(networks, ours, strict=True):
        layers = list(theirs.modules())
        convolutions = [layer.weight for layer in layers if isinstance(layer, nn.Linear | nn.modules.conv._ConvNd)]
        torch_rival.assign(convolutions, torch_rival.weights(network, "kernel"))
        normalizations = [layer for layer in layers if isinstance(layer, nn.BatchNorm2d)]
        torch_rival.assign([layer.weight for layer in normalizations], torch_rival.weights(network, "gamma"))
        torch_rival.assign([layer.bias for layer in normalizations], torch_rival.weights(network, "beta"))


def iteration(networks: tuple[nn.Module, nn.Module], real: torch.Tensor) -> Callable[[], float]:
    """The paper's game, with the losses that do not saturate."""
    return torch_rival.game(*networks, (_discriminator_loss, _generator_loss), _ADAM, LATENTS, real)


def _discriminator_loss(on_real: torch.Tensor, on_fake: torch.Tensor) -> torch.Tensor:
    return _softplus(-on_real).mean() + _softplus(on_fake).mean()


def _generator_loss(on_fake: torch.Tensor) -> torch.Tensor:
    return _softplus(-on_fake).mean()
