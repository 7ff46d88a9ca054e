"""The modulated convolution of StyleGAN2 (section 2.2)."""

import math
from typing import Any

import keras
from keras import ops

from tfnss.layers.resampled_convolution import check_resample, resampled_conv2d, resampled_size


@keras.saving.register_keras_serializable("tfnss")
class ModulatedConv2D(keras.layers.Layer):
    """A convolution whose kernel is scaled by a style per sample, and rescaled to unit norm (equations 1 and 3).

    With `w` the kernel over the root of its fan-in, sample by sample

        w'[k, i, o] = styles[i] w[k, i, o],    w'' = w' / sqrt(sum over k and i of w'^2 + 1e-8).

    One kernel serves the whole batch: the styles scale the input channels and the demodulation the output channels,
    which is the same. Learning rates are equalised: the stored kernel starts from N(0, 1).

    Args:
        filters: Number of output channels.
        kernel_size: Height and width of the kernel, odd; 1 or 3 for resampling.
        resample: None, or "up" to double height and width; see `resampled_conv2d`.
        demodulate: Whether the kernel of each sample and output channel gets unit norm.

    Call arguments:
        images: Floats `[batch, height, width, in]`; for resampling with static height and width.
        styles: Floats `[batch, in]`.

    Returns:
        Floats `[batch, height', width', filters]`: as high and wide as the images, or twice as much.

    Raises:
        ValueError: For arguments outside these ranges, styles of another width, and for resampling images of unknown size.

    Reference: Karras et al. 2020, Analyzing and Improving the Image Quality of StyleGAN.
    """

    def __init__(
        self, filters: int, kernel_size: int, resample: str | None = None, demodulate: bool = True, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        if filters < 1:
            raise ValueError(f"`filters` must be at least 1. Received: filters={filters}")
        self.filters = filters
        self.kernel_size = kernel_size
        self.resample = check_resample(resample, kernel_size, choices=(None, "up"))
        self.demodulate = demodulate
        self.autocast = False  # the norms are taken of float32 kernels and styles

    def build(self, images_shape: tuple, styles_shape: tuple) -> None:
        if styles_shape[-1] != images_shape[-1]:
            raise ValueError(
                "`styles` must have as many entries as the images channels. "
                f"Received: images {images_shape}, styles {styles_shape}"
            )
        self.kernel = self.add_weight(
            name="kernel",
            shape=(self.kernel_size, self.kernel_size, images_shape[-1], self.filters),
            initializer=keras.initializers.RandomNormal(stddev=1.0),
        )

    def call(self, images: Any, styles: Any) -> Any:
        precise = keras.backend.result_type(self.compute_dtype, "float32")
        kernel = ops.cast(self.kernel, precise) / math.sqrt(math.prod(self.kernel.shape[:3]))
        styles = ops.cast(styles, precise)
        if not self.demodulate:
            return self._convolve(images, styles, kernel)
        power = ops.matmul(ops.square(styles), ops.sum(ops.square(kernel), axis=(0, 1)))
        factors = ops.rsqrt(power + 1e-8)
        if self.compute_dtype == "float16":
            styles, kernel, factors = self._within_float16(styles, kernel, factors)
        return self._convolve(images, styles, kernel) * self._per_channel(factors)

    def _convolve(self, images: Any, styles: Any, kernel: Any) -> Any:
        scaled = ops.cast(images, self.compute_dtype) * self._per_channel(styles)
        return resampled_conv2d(scaled, ops.cast(kernel, self.compute_dtype), self.resample)

    def _per_channel(self, factors: Any) -> Any:
        return ops.cast(factors, self.compute_dtype)[:, None, None, :]

    def _within_float16(self, styles: Any, kernel: Any, factors: Any) -> tuple:
        """Styles and kernel that cannot overflow; the factors make up for it, so the scales need no gradient."""
        fan_in = math.prod(self.kernel.shape[:3])
        style_scale = ops.max(ops.abs(styles), axis=1, keepdims=True)
        kernel_scale = ops.max(ops.abs(kernel), axis=(0, 1, 2)) * math.sqrt(fan_in)
        style_scale, kernel_scale = (ops.stop_gradient(ops.maximum(x, 1e-12)) for x in (style_scale, kernel_scale))
        return styles / style_scale, kernel / kernel_scale, factors * style_scale * kernel_scale

    def compute_output_shape(self, images_shape: tuple, styles_shape: tuple) -> tuple:
        batch, height, width, _ = images_shape
        return batch, resampled_size(height, self.resample), resampled_size(width, self.resample), self.filters

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "resample": self.resample,
            "demodulate": self.demodulate,
        }
