"""A convolution of images that were enlarged by repeating their pixels, at the cost of a transposed convolution."""

from typing import Any

import keras
from keras import ops

from tfnss.layers.convolution import conv2d_transpose
from tfnss.layers.pooled_convolution import FACTOR, summed_neighbours


@keras.saving.register_keras_serializable("tfnss")
class ResizeConv2D(keras.layers.Conv2D):
    """Doubles height and width by repeating pixels (nearest neighbour), then convolves with "same" padding.

    Every pixel of the result has the same number of taps, so that initial weights draw no checkerboard, as those of a
    strided transposed convolution do. The two steps are one transposed convolution at stride 2, whose kernel is this
    layer's summed over 2x2 neighbours: the large images are never made.

    Args:
        filters: Channels of the results.
        kernel_size: Taps along an axis, an odd number.
        **kwargs: `activation`, `use_bias`, initializers, regularizers and constraints as for `keras.layers.Conv2D`.

    Call arguments:
        inputs: Floats `[batch, height, width, in]`.

    Returns:
        Floats `[batch, 2 * height, 2 * width, filters]`.

    Raises:
        ValueError: For an even kernel, and for whatever the Keras layer refuses.

    Reference: Odena, Dumoulin and Olah, Deconvolution and Checkerboard Artifacts, 2016.
    """

    def __init__(self, filters: int, kernel_size: int = 3, **kwargs: Any) -> None:
        fixed = {"strides": 1, "padding": "same", "data_format": "channels_last", "dilation_rate": 1, "groups": 1}
        for name in fixed.keys() & kwargs.keys():
            value = kwargs.pop(name)
            if value != fixed[name] and value not in ((fixed[name],) * 2, [fixed[name]] * 2):
                raise ValueError(f"`{name}` of ResizeConv2D is always {fixed[name]!r}. Received: {value!r}")
        super().__init__(filters, kernel_size, **fixed, **kwargs)
        if self.kernel_size[0] % 2 == 0 or self.kernel_size[0] != self.kernel_size[1]:
            raise ValueError(f"`kernel_size` must be one odd number. Received: {kernel_size}")

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        batch, *size, _ = input_shape
        return (batch, *(pixels and FACTOR * pixels for pixels in size), self.filters)

    def call(self, inputs: Any) -> Any:
        kernel = ops.transpose(ops.cast(self.kernel, inputs.dtype), (0, 1, 3, 2))
        outputs = conv2d_transpose(inputs, summed_neighbours(kernel, turned=True), FACTOR, "same")
        outputs = outputs + self.bias if self.use_bias else outputs
        return outputs if self.activation is None else self.activation(outputs)
