"""Convolutions whose gradients are fast where XLA compiles for a CPU.

There, XLA takes twice the time of the forward pass for the input gradient of a strided convolution, which is also the
transposed convolution. A convolution at stride 2 is one at stride 1 of 2x2 blocks of pixels, with a kernel of blocks of
taps, and so its gradients are at stride 1 too. With many channels, these take Winograd's fewer products; with few, they are
one product with the patches of the images.

So it is in what TensorFlow has XLA compile and, for stride 2 alone, on JAX, whose own gradients of transposed convolutions
take 40 times as long. Elsewhere, on GPUs and TPUs, in TensorFlow's graphs (whose kernels know strides) and on PyTorch, the
backend's own convolutions compute. The numbers are the same to rounding.
"""

import math
from typing import Any

import keras
from keras import ops

from tfnss.layers.patches import patches_conv2d, patches_conv2d_transpose
from tfnss.layers.winograd import SIZES, winograd_conv2d, winograd_conv2d_transpose

_STRIDE = 2
# Winograd's form is worth its sums, and the time to compile it, from so many channels in and out and so many pixels in a
# batch, by size of the kernel.
_CHANNELS = {2: 64, 3: 128}
_PIXELS = {2: 1, 3: 1024}
_FEW_CHANNELS = 16  # of blocks, with which XLA's own convolutions are slower than the product with patches


def conv2d(images: Any, kernel: Any, strides: int = 1, padding: str = "same") -> Any:
    """As `keras.ops.conv` of images with the channels last.

    Args:
        images: Floats `[batch, height, width, in]`.
        kernel: Floats `[size, size', in, out]`, of the images' dtype.
        strides: Pixels from one result to the next, >= 1.
        padding: "same" or "valid".

    Returns:
        `[batch, height', width', out]`.
    """
    images, kernel = ops.convert_to_tensor(images), ops.convert_to_tensor(kernel)
    whole = padding == "valid" or all(pixels and pixels % strides == 0 for pixels in images.shape[1:3])
    if not whole or not _by_blocks(images, kernel, strides):
        return ops.conv(images, kernel, strides=strides, padding=padding, data_format="channels_last")
    size = images.shape[1:3]
    height, width = (_result(pixels, kernel.shape[0], strides, padding) for pixels in size)
    results = height, width
    before = _zeros_before(size, results, kernel.shape[0], strides) if padding == "same" else 0
    if strides == 1:
        return _dense(images, kernel, before, results)
    blocks = _blocks(images, before, _block_count(results, kernel))
    return _dense(blocks, _kernel_blocks(kernel), 0, results)


def conv2d_transpose(images: Any, kernel: Any, strides: int = 2, padding: str = "same") -> Any:
    """As `keras.ops.conv_transpose` of images with the channels last.

    Args:
        images: Floats `[batch, height, width, in]`.
        kernel: Floats `[size, size', out, in]`, of the images' dtype.
        strides: Factor of height and width, >= 1.
        padding: "same" or "valid".

    Returns:
        `[batch, height', width', out]`.
    """
    images, kernel = ops.convert_to_tensor(images), ops.convert_to_tensor(kernel)
    taps = kernel.shape[0]
    if strides != _STRIDE or taps < strides or not _by_blocks(images, kernel, strides):
        return ops.conv_transpose(images, kernel, strides=strides, padding=padding, data_format="channels_last")
    results = images.shape[1:3]
    extra = 0 if padding == "same" else taps - strides
    size = tuple(strides * pixels + extra for pixels in results)
    before = _zeros_before(size, results, taps, strides) if padding == "same" else 0
    count = _block_count(results, kernel)
    blocks = _dense_transpose(images, _kernel_blocks(kernel), count)
    return _pixels(blocks)[:, before : before + size[0], before : before + size[1]]


def _by_blocks(images: Any, kernel: Any, strides: int) -> bool:
    """Whether the forms of this file are the faster ones here."""
    if keras.backend.standardize_dtype(images.dtype) != "float32":
        return False
    if None in images.shape[1:3] or kernel.shape[0] != kernel.shape[1]:
        return False
    if strides == _STRIDE:
        return kernel.shape[0] % _STRIDE == 0 and (_on_jax_for_cpu() or _in_tensorflow_for_cpu())
    return strides == 1 and _by_winograd(images, kernel) and _in_tensorflow_for_cpu()


def _in_tensorflow_for_cpu() -> bool:
    """Whether XLA compiles for a CPU what TensorFlow traces now."""
    if keras.backend.backend() != "tensorflow":
        return False
    from tfnss import xla

    return xla.compiling_for_cpu()


def _on_jax_for_cpu() -> bool:
    """Whether the backend is JAX, which always compiles by XLA, on a machine without a GPU or TPU."""
    if keras.backend.backend() != "jax":
        return False
    import jax

    return jax.default_backend() == "cpu"


def _by_winograd(images: Any, kernel: Any) -> bool:
    """Whether a dense convolution with the kernel, or its transpose, is faster in Winograd's form."""
    size = kernel.shape[0]
    if size not in SIZES or min(kernel.shape[2:]) < _CHANNELS[size]:
        return False
    return images.shape[0] is None or math.prod(images.shape[:3]) >= _PIXELS[size]


def _by_patches(kernel: Any) -> bool:
    """Whether a dense convolution with the kernel is faster as a product with patches."""
    return kernel.shape[0] == _STRIDE and min(kernel.shape[2:]) <= _FEW_CHANNELS


def _dense(images: Any, kernel: Any, before: int, results: tuple[int, int]) -> Any:
    """The convolution at stride 1 with so many zeros before, and zeros behind as the results need."""
    if _by_winograd(images, kernel):
        return winograd_conv2d(images, kernel, before, results)
    after = [r + kernel.shape[0] - 1 - before - n for r, n in zip(results, images.shape[1:3], strict=True)]
    if before or any(after):
        images = ops.pad(images, ((0, 0), (before, after[0]), (before, after[1]), (0, 0)))
    if _by_patches(kernel):
        return patches_conv2d(images, kernel)
    return ops.conv(images, kernel, padding="valid", data_format="channels_last")


def _dense_transpose(images: Any, kernel: Any, size: tuple[int, int]) -> Any:
    """The transpose of the convolution `[batch, *size, channels]` without zeros around, at stride 1."""
    if _by_winograd(images, kernel):
        return winograd_conv2d_transpose(images, kernel, 0, size)
    if _by_patches(kernel):
        return patches_conv2d_transpose(images, kernel)
    turned = ops.transpose(ops.flip(kernel, axis=(0, 1)), (0, 1, 3, 2))
    return _dense(images, turned, kernel.shape[0] - 1, size)


def _result(pixels: int, taps: int, strides: int, padding: str) -> int:
    return -(-pixels // strides) if padding == "same" else (pixels - taps) // strides + 1


def _zeros_before(size: tuple, results: tuple, taps: int, strides: int) -> int:
    """Zeros that "same" puts before the first pixel of either axis: sizes are multiples of the strides."""
    return max((results[0] - 1) * strides + taps - size[0], 0) // 2


def _block_count(results: tuple, kernel: Any) -> tuple[int, int]:
    """Blocks along the axes that the results read."""
    return tuple(r + kernel.shape[0] // _STRIDE - 1 for r in results)


def _blocks(images: Any, before: int, count: tuple[int, int]) -> Any:
    """`[batch, *count, 4 * channels]`: 2x2 blocks of pixels, after so many zeros above and left."""
    channels = images.shape[3]
    sizes = [_STRIDE * n for n in count]
    images = images[:, : sizes[0] - before, : sizes[1] - before]  # the rest, nothing reads
    after = [n - before - pixels for n, pixels in zip(sizes, images.shape[1:3], strict=True)]
    images = ops.pad(images, ((0, 0), (before, after[0]), (before, after[1]), (0, 0)))
    blocks = ops.reshape(images, (-1, count[0], _STRIDE, count[1], _STRIDE, channels))
    return ops.reshape(ops.transpose(blocks, (0, 1, 3, 2, 4, 5)), (-1, *count, _STRIDE**2 * channels))


def _pixels(blocks: Any) -> Any:
    """The transpose of `_blocks`, with the zeros in place."""
    _, height, width, depth = blocks.shape
    channels = depth // _STRIDE**2
    pixels = ops.reshape(blocks, (-1, height, width, _STRIDE, _STRIDE, channels))
    pixels = ops.transpose(pixels, (0, 1, 3, 2, 4, 5))
    return ops.reshape(pixels, (-1, _STRIDE * height, _STRIDE * width, channels))


def _kernel_blocks(kernel: Any) -> Any:
    """`[size / 2, size / 2, 4 * in, out]`: the taps, of an even size, as 2x2 blocks."""
    taps, _, channels, filters = kernel.shape
    half = taps // _STRIDE
    blocks = ops.reshape(kernel, (half, _STRIDE, half, _STRIDE, channels, filters))
    return ops.reshape(ops.transpose(blocks, (0, 2, 1, 3, 4, 5)), (half, half, _STRIDE**2 * channels, filters))


@keras.saving.register_keras_serializable("tfnss")
class Conv2D(keras.layers.Conv2D):
    """`keras.layers.Conv2D`, in the same arguments, weights and numbers, faster where XLA compiles for a CPU.

    Call arguments:
        inputs: Floats `[batch, height, width, in]`.

    Returns:
        Floats `[batch, height', width', filters]`.

    Raises:
        ValueError: For whatever the Keras layer refuses.
    """

    def convolution_op(self, inputs: Any, kernel: Any) -> Any:
        strides = plain_strides(self)
        if strides is None or self.groups != 1 or self.padding not in ("same", "valid"):
            return super().convolution_op(inputs, kernel)
        return conv2d(inputs, kernel, strides, self.padding)


@keras.saving.register_keras_serializable("tfnss")
class Conv2DTranspose(keras.layers.Conv2DTranspose):
    """`keras.layers.Conv2DTranspose`, in the same arguments, weights and numbers, faster where XLA compiles for a CPU.

    Call arguments:
        inputs: Floats `[batch, height, width, in]`.

    Returns:
        Floats `[batch, height', width', filters]`.

    Raises:
        ValueError: For whatever the Keras layer refuses.
    """

    def call(self, inputs: Any) -> Any:
        strides = plain_strides(self)
        if strides is None or self.output_padding is not None:
            return super().call(inputs)
        outputs = conv2d_transpose(inputs, self.kernel, strides, self.padding)
        outputs = outputs + self.bias if self.use_bias else outputs
        return outputs if self.activation is None else self.activation(outputs)


def plain_strides(layer: keras.layers.Layer) -> int | None:
    """The strides of a layer with the channels last, without dilation, that strides alike along both axes; else None."""
    rows, columns = layer.strides
    plain = rows == columns and tuple(layer.dilation_rate) == (1, 1) and layer.data_format == "channels_last"
    return rows if plain else None
