"""The pip package stylegan2-torch (1.3.0, PyTorch) on the CPU, the rival of `benchmarks.stylegan2_step`.

The package compiles CUDA code as it is imported, and its `upfirdn2d` has no CPU path. The stand-in for it here is ours: the
operation's definition as a depthwise convolution, the fastest of the forms that we tried in PyTorch. The operation's
gradients stay the package's, which takes them by the same operation. The leaky ReLU has a CPU path of its own.

The package's images are grey. Their layers get three colours here, and the networks then have as many parameters as ours.
"""

import types
from collections.abc import Callable
from unittest import mock

import torch
import torch.utils.cpp_extension


def upfirdn2d(
    x: torch.Tensor, kernel: torch.Tensor, up_x: int, up_y: int, down_x: int, down_y: int, *pad: int
) -> torch.Tensor:
    """Images [n, 1, height, width] with zeros after each pixel, padded (left, right, top, bottom), filtered, thinned out."""
    n, _, height, width = x.shape
    if up_x > 1 or up_y > 1:
        spread = x.new_zeros(n, height, up_y, width, up_x)
        spread[:, :, 0, :, 0] = x[:, 0]
        x = spread
    x = torch.nn.functional.pad(x.reshape(1, n, height * up_y, width * up_x), pad)
    kernels = kernel.flip(0, 1).expand(n, 1, *kernel.shape)  # PyTorch's convolution is a correlation
    return torch.nn.functional.conv2d(x, kernels, stride=(down_y, down_x), groups=n).transpose(0, 1)


with mock.patch("torch.utils.cpp_extension.load", return_value=types.SimpleNamespace(upfirdn2d=upfirdn2d)):
    import stylegan2_torch
    from stylegan2_torch.discriminator.blocks import ConvBlock
    from stylegan2_torch.utils import mixing_noise


def networks(resolution: int, widths: dict[int, int]) -> tuple[torch.nn.Module, torch.nn.Module]:
    """Generator and discriminator of the package, of these channels by resolution, for three colours."""
    generator = stylegan2_torch.Generator(resolution, channels=widths)
    for layer in generator.to_rgbs:
        layer.weight = torch.nn.Parameter(torch.randn(1, 3, *layer.weight.shape[2:]))
        layer.bias = torch.nn.Parameter(torch.zeros(1, 3, 1, 1))
    discriminator = stylegan2_torch.Discriminator(resolution, channels=widths)
    discriminator.blocks[0] = ConvBlock(3, widths[resolution], 1)
    return generator, discriminator


def parameter_count(network: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def phases(
    generator: torch.nn.Module, discriminator: torch.nn.Module, batch: int, resolution: int
) -> dict[str, Callable[[], tuple[torch.Tensor, ...]]]:
    """Functions that take the gradients of each phase by all of the player's parameters, with the package's own losses.

    Constant factors of the losses are left out. Styles are mixed for nine batches in ten, and path lengths are taken of half
    of the batch, as the package's notes on its loss say and as ours are.
    """
    real = 2 * torch.rand(batch, 3, resolution, resolution) - 1

    def latents(count: int) -> tuple[torch.Tensor, ...]:
        return mixing_noise(count, generator.latent_dim, 0.9, "cpu")

    def gradients(loss: torch.Tensor, player: torch.nn.Module) -> tuple[torch.Tensor, ...]:
        return torch.autograd.grad(loss, list(player.parameters()), materialize_grads=True)

    def discriminator_step() -> tuple[torch.Tensor, ...]:
        with torch.no_grad():
            fake = generator(latents(batch))
        return gradients(stylegan2_torch.d_loss(discriminator(real), discriminator(fake)), discriminator)

    def r1() -> tuple[torch.Tensor, ...]:
        images = real.clone().requires_grad_()
        return gradients(stylegan2_torch.d_reg_loss(discriminator(images), images), discriminator)

    def generator_step() -> tuple[torch.Tensor, ...]:
        return gradients(stylegan2_torch.g_loss(discriminator(generator(latents(batch)))), generator)

    def path_length() -> tuple[torch.Tensor, ...]:
        images, styles = generator(latents(batch // 2), return_latents=True)
        penalty, _, _ = stylegan2_torch.g_reg_loss(images, styles, torch.zeros(()))
        return gradients(penalty, generator)

    return {"D": discriminator_step, "R1": r1, "G": generator_step, "path length": path_length}
