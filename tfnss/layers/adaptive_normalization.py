"""The adaptive instance normalisation of StyleGAN: a style gives each channel its mean and deviation."""

from typing import Any

import keras
from keras import ops

from tfnss.layers.equalized import EqualizedDense


@keras.saving.register_keras_serializable("tfnss")
class AdaptiveInstanceNormalization(keras.layers.Layer):
    """Normalises each channel of each image, then scales and shifts it as the style says.

    With m and v the mean and the variance of a channel over the pixels of its image, and (s, b) an affine map of the style
    with equalised learning rate, 0 at the start:

        (1 + s) (x - m) / sqrt(v + epsilon) + b.

    The arithmetic is float32, also where the images are of half precision.

    Args:
        epsilon: Added to the variance, > 0.

    Call arguments:
        images: Floats `[batch, height, width, channels]`.
        styles: Floats `[batch, style_dim]`.

    Returns:
        Floats, shaped as the images.

    Raises:
        ValueError: For an `epsilon` that is not > 0.

    Reference: Karras et al. 2019, A Style-Based Generator Architecture for Generative Adversarial Networks, equation 1;
    Huang and Belongie 2017, Arbitrary Style Transfer in Real-time with Adaptive Instance Normalization.
    """

    def __init__(self, epsilon: float = 1e-8, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not epsilon > 0:
            raise ValueError(f"`epsilon` must be > 0. Received: epsilon={epsilon}")
        self.epsilon = epsilon
        self.autocast = False  # styles stay float32

    def build(self, images_shape: tuple, styles_shape: tuple) -> None:
        self.affine = EqualizedDense(2 * images_shape[-1], dtype="float32", name="affine")
        self.affine.build(styles_shape)

    def call(self, images: Any, styles: Any) -> Any:
        x = ops.cast(images, keras.backend.result_type(self.compute_dtype, "float32"))
        x = x - ops.mean(x, axis=(1, 2), keepdims=True)
        x = x * ops.rsqrt(ops.mean(ops.square(x), axis=(1, 2), keepdims=True) + self.epsilon)
        scale, shift = ops.split(ops.cast(self.affine(styles), x.dtype)[:, None, None, :], 2, axis=-1)
        return ops.cast(x * (1 + scale) + shift, self.compute_dtype)

    def compute_output_shape(self, images_shape: tuple, styles_shape: tuple | None = None) -> tuple:
        return images_shape

    def get_config(self) -> dict:
        return {**super().get_config(), "epsilon": self.epsilon}
