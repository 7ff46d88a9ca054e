"""SNGAN for 32x32 in PyTorch, written from the paper (Miyato et al. 2018), as the rival of `benchmarks.sngan_rivals`.

Spectral normalisation is PyTorch's own. Two things are as in our network, and favour the rival: 1x1 convolutions of
shortcuts come where there are fewer pixels, with which they commute, and features are enlarged bilinearly. Shortcuts of D
take what the block's rectifier leaves, as with `models.SNGAN(shortcut="rectified")`.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.nn.utils import parametrizations

from benchmarks import torch_rival

LATENTS, STEPS = 128, 5
LOGITS_IN_TRAINING = False  # PyTorch iterates in another order than the paper
_ADAM = {"lr": 2e-4, "betas": (0.0, 0.9)}
_relu = nn.functional.relu


def _enlarged(x: torch.Tensor) -> torch.Tensor:
    return nn.functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


def _spectral(channels: int, filters: int, size: int) -> nn.Module:
    return parametrizations.spectral_norm(nn.Conv2d(channels, filters, size, padding=size // 2))


class GeneratorBlock(nn.Module):
    """Doubles the features: normalised and rectified before each of two convolutions, beside a shortcut."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.normalizations = nn.ModuleList([nn.BatchNorm2d(width), nn.BatchNorm2d(width)])
        self.convolutions = nn.ModuleList([nn.Conv2d(width, width, 3, padding=1) for _ in range(2)])
        self.shortcut = nn.Conv2d(width, width, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        residual = self.convolutions[0](_enlarged(_relu(self.normalizations[0](x))))
        residual = self.convolutions[1](_relu(self.normalizations[1](residual)))
        return residual + _enlarged(self.shortcut(x))


class Generator(nn.Module):
    """The dense layer to 4x4, blocks that double, and a convolution to colours."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.stem = nn.Linear(LATENTS, 16 * width)
        self.blocks = nn.Sequential(*(GeneratorBlock(width) for _ in range(3)))
        self.normalization, self.head = nn.BatchNorm2d(width), nn.Conv2d(width, 3, 3, padding=1)

    def forward(self, latents: torch.Tensor) -> torch.Tensor:
        x = self.stem(latents).reshape(len(latents), 4, 4, -1).permute(0, 3, 1, 2)
        return torch.tanh(self.head(_relu(self.normalization(self.blocks(x)))))


class DiscriminatorBlock(nn.Module):
    """Two convolutions beside a shortcut; the first block's are on images, which no rectifier may cut."""

    def __init__(self, channels: int, width: int, halves: bool) -> None:
        super().__init__()
        self.first, self.halves = channels == 3, halves
        self.convolutions = nn.ModuleList([_spectral(channels, width, 3), _spectral(width, width, 3)])
        self.shortcut = _spectral(channels, width, 1) if halves or channels != width else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x if self.first else _relu(x)
        residual = self.convolutions[1](_relu(self.convolutions[0](x)))
        if self.halves:
            residual, x = (nn.functional.avg_pool2d(part, 2) for part in (residual, x))
        return residual + (x if self.shortcut is None else self.shortcut(x))


class Discriminator(nn.Module):
    """Four blocks, of which two halve, the sum over the pixels, and one logit."""

    def __init__(self, width: int) -> None:
        super().__init__()
        halves = (True, True, False, False)
        blocks = [DiscriminatorBlock(3 if i == 0 else width, width, half) for i, half in enumerate(halves)]
        self.blocks = nn.Sequential(*blocks)
        self.logits = parametrizations.spectral_norm(nn.Linear(width, 1))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.logits(_relu(self.blocks(images)).sum(dim=(2, 3)))


def networks(resolution: int = 32, width: float = 1.0) -> tuple[nn.Module, nn.Module]:
    """Both, with this factor of the paper's channels."""
    assert resolution == 32, resolution
    return torch_rival.placed(Generator(round(256 * width)), Discriminator(round(128 * width)))


def take_weights(networks: tuple[nn.Module, nn.Module], ours: tuple[Any, Any]) -> None:
    """The weights of our generator and discriminator, and the vectors of the spectral norms."""
    for theirs, network in zip(networks, ours, strict=True):
        named = {layer.name: layer for layer in network.layers if layer.weights}
        for layer, name in _layers(theirs):
            _take(layer, named.pop(name))
        assert not named, named


def _layers(network: nn.Module) -> list[tuple[nn.Module, str]]:
    """The layers with weights, by the names that they have in our network."""
    pairs = [(network.stem, "stem")] if isinstance(network, Generator) else [(network.logits, "logits")]
    for number, block in enumerate(network.blocks):
        parts = [(f"conv{i}", layer) for i, layer in enumerate(block.convolutions)] + [("shortcut", block.shortcut)]
        parts += [(f"normalization{i}", layer) for i, layer in enumerate(getattr(block, "normalizations", []))]
        pairs += [(layer, f"block{number}_{name}") for name, layer in parts if layer is not None]
    if isinstance(network, Generator):
        pairs += [(network.normalization, "head_normalization"), (network.head, "head")]
    return pairs


def _take(theirs: nn.Module, ours: Any) -> None:
    arrays = {weight.name: weight.numpy() for weight in ours.weights}
    if isinstance(theirs, nn.BatchNorm2d):
        torch_rival.assign([theirs.weight, theirs.bias], [arrays["gamma"], arrays["beta"]])
        return
    spectral = hasattr(theirs, "parametrizations")
    kernel = theirs.parametrizations.weight.original if spectral else theirs.weight
    torch_rival.assign([kernel, theirs.bias], [arrays["kernel"], arrays["bias"]])
    if spectral:
        norm = theirs.parametrizations.weight[0]
        u = torch_rival.tensor(arrays["u"])
        norm._u.copy_(u)
        norm._v.copy_(nn.functional.normalize(kernel.detach().flatten(1).T @ u, dim=0))


def iteration(networks: tuple[nn.Module, nn.Module], real: torch.Tensor) -> Callable[[], float]:
    """The paper's game: hinge losses, five steps of D."""
    return torch_rival.game(*networks, (_discriminator_loss, _generator_loss), _ADAM, LATENTS, real, STEPS)


def _discriminator_loss(on_real: torch.Tensor, on_fake: torch.Tensor) -> torch.Tensor:
    return _relu(1 - on_real).mean() + _relu(1 + on_fake).mean()


def _generator_loss(on_fake: torch.Tensor) -> torch.Tensor:
    return -on_fake.mean()
