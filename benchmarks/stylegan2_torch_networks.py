"""The networks of StyleGAN2 in PyTorch, written from the paper (Karras et al. 2020), as rivals of `benchmarks.networks_jax`.

A generator of the architecture `skip` and a discriminator of `resnet` (the paper's figure 7), on weights of ours by name.
Styles scale the input channels and demodulation the output channels, the cheaper form of the paper's section 2.2; filters
are depthwise convolutions.
"""

import math
from typing import Any

import numpy as np
import torch
from torch import nn

from benchmarks import torch_rival

_conv2d = nn.functional.conv2d


class _Network(nn.Module):
    """Weights by name, kernels as PyTorch has them."""

    def __init__(self, weights: dict[str, np.ndarray]) -> None:
        super().__init__()
        order = {4: (3, 2, 0, 1), 2: (1, 0)}
        self.weights = nn.ParameterDict()
        for name, array in weights.items():
            kernel = name.endswith("/kernel")
            value = torch_rival.tensor(array.transpose(order[array.ndim]) if kernel else array)
            self.weights[_key(name)] = nn.Parameter(value, not name.endswith(("noise_constant", "average_style")))
        self.resolutions = [2**n for n in range(2, 11) if any(name.startswith(f"b{2**n}_") for name in weights)]

    def weight(self, name: str) -> Any:
        """A weight, or None."""
        return self.weights.get(_key(name), None)

    def dense(self, x: torch.Tensor, name: str, rate: float = 1.0) -> torch.Tensor:
        """A layer whose learning rate is equalised."""
        kernel = self.weight(f"{name}/kernel")
        return nn.functional.linear(x, kernel * (rate / math.sqrt(kernel.shape[1])), self.weight(f"{name}/bias") * rate)

    def kernel(self, name: str) -> torch.Tensor:
        """The kernel `[out, in, size, size]` in use."""
        kernel = self.weight(f"{name}/kernel")
        return kernel / math.sqrt(math.prod(kernel.shape[1:]))


class Generator(_Network):
    """From latents to images; noise is the stored one."""

    def forward(self, latents: torch.Tensor) -> torch.Tensor:
        styles = latents * torch.rsqrt(latents.square().mean(dim=1, keepdim=True) + 1e-8)
        for number in range(sum(name.startswith("dense") and name.endswith("kernel") for name in self.weights)):
            styles = _leaky(self.dense(styles, f"dense{number}", 0.01))
        x = self.weight("b4_constant/constant").permute(2, 0, 1)[None].expand(len(styles), -1, -1, -1)
        x = x.contiguous(memory_format=torch_rival.LAST)
        image = None
        for resolution in self.resolutions:
            for name in ["conv"] if resolution == 4 else ["conv0", "conv1"]:
                x = self._styled(x, styles, f"b{resolution}_{name}", up=name == "conv0")
            colours = self._modulated(x, styles, f"b{resolution}_rgb", demodulated=False, up=False)
            colours = colours + self.weight(f"b{resolution}_rgb/bias")[:, None, None]
            image = colours if image is None else _filtered(_spread(image), (2, 1), gain=4) + colours
        return image

    def _styled(self, x: torch.Tensor, styles: torch.Tensor, name: str, up: bool) -> torch.Tensor:
        x = self._modulated(x, styles, name, demodulated=True, up=up)
        x = x + self.weight(f"{name}/strength") * self.weight(f"{name}/noise_constant")
        return _leaky(x + self.weight(f"{name}/bias")[:, None, None])

    def _modulated(self, x: Any, styles: Any, name: str, demodulated: bool, up: bool) -> torch.Tensor:
        scales, kernel = self.dense(styles, f"{name}/affine"), self.kernel(name)
        x = x * scales[:, :, None, None]
        if up:  # a transposed convolution places the kernel itself, a correlation its mirror image
            x = nn.functional.conv_transpose2d(x, kernel.flip(2, 3).transpose(0, 1), stride=2)
            x = _filtered(x, (1, 1), gain=4)
        else:
            x = _conv2d(x, kernel, padding=kernel.shape[2] // 2)
        if not demodulated:
            return x
        power = scales.square() @ kernel.square().sum(dim=(2, 3)).T
        return x * torch.rsqrt(power + 1e-8)[:, :, None, None]


class Discriminator(_Network):
    """From images to logits.

    Args:
        weights: By name.
        group_size: Images in a group of the minibatch standard deviation.
    """

    def __init__(self, weights: dict[str, np.ndarray], group_size: int) -> None:
        super().__init__(weights)
        self.group_size = group_size

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        x = self._layer(images, f"b{self.resolutions[-1]}_from_rgb")
        for resolution in self.resolutions[:0:-1]:
            shortcut = _conv2d(_filtered(x, (1, 1), stride=2), self.kernel(f"b{resolution}_skip"))
            x = self._layer(x, f"b{resolution}_conv0")
            x = self._layer(_filtered(x, (2, 2)), f"b{resolution}_conv1", stride=2)
            x = (x + shortcut) * math.sqrt(0.5)
        x = self._layer(torch.cat([x, self._deviations(x)], dim=1), "b4_conv")
        x = x.permute(0, 2, 3, 1).flatten(1)  # our order
        return self.dense(_leaky(self.dense(x, "b4_dense")), "b4_output")

    def _layer(self, x: torch.Tensor, name: str, stride: int = 1) -> torch.Tensor:
        kernel = self.kernel(name)
        padding = kernel.shape[2] // 2 if stride == 1 else 0
        return _leaky(_conv2d(x, kernel, self.weight(f"{name}/bias"), stride, padding))

    def _deviations(self, x: torch.Tensor) -> torch.Tensor:
        """One map per image: the mean deviation of the features in its group."""
        group = min(self.group_size, len(x))
        grouped = x.reshape(group, len(x) // group, *x.shape[1:])
        deviations = ((grouped - grouped.mean(dim=0)).square().mean(dim=0) + 1e-8).sqrt()
        means = deviations.mean(dim=(1, 2, 3)).repeat(group)
        return means[:, None, None, None].expand(-1, 1, *x.shape[2:])


def _key(name: str) -> str:
    return name.replace("/", "_")


def _leaky(x: torch.Tensor) -> torch.Tensor:
    return nn.functional.leaky_relu(x, 0.2) * math.sqrt(2)


def _spread(x: torch.Tensor) -> torch.Tensor:
    """A zero after each pixel."""
    n, channels, height, width = x.shape
    spread = x.new_zeros(n, channels, height, 2, width, 2)
    spread[:, :, :, 0, :, 0] = x
    return spread.reshape(n, channels, 2 * height, 2 * width)


def _filtered(x: torch.Tensor, zeros: tuple[int, int], stride: int = 1, gain: float = 1.0) -> torch.Tensor:
    """The filter (1, 3, 3, 1) along both axes, after so many zeros before and behind."""
    taps = torch.tensor([1.0, 3.0, 3.0, 1.0], device=x.device)
    kernel = (taps[:, None] * taps * (gain / 64)).expand(x.shape[1], 1, 4, 4)
    return _conv2d(nn.functional.pad(x, (*zeros, *zeros)), kernel, stride=stride, groups=x.shape[1])
