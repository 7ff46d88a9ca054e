"""The minibatch standard deviation of progressive growing and StyleGAN2."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("tfnss")
class MinibatchStandardDeviation(keras.layers.Layer):
    """Appends a channel that tells how much the images of a group differ, so that a critic sees a lack of variety.

    The batch falls into n = batch / group_size groups; image i belongs to group i mod n. In each group, the standard
    deviation of every pixel and channel, sqrt(variance + 1e-8), is averaged to one number.

    Args:
        group_size: Images per group, >= 1; at most the batch. The batch must be a multiple.
        features: Number of channels to append, >= 1, each the average over an equal share of the channels.

    Call arguments:
        images: Floats `[batch, height, width, channels]`.

    Returns:
        Floats `[batch, height, width, channels + features]`.

    Raises:
        ValueError: For arguments outside these ranges, channels that `features` does not divide, or a batch that is not
            a multiple of the group; TensorFlow's own error where the size of the batch is known at run time only.

    Reference: Karras et al. 2018, Progressive Growing of GANs, section 3.
    """

    def __init__(self, group_size: int = 4, features: int = 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if group_size < 1:
            raise ValueError(f"`group_size` must be at least 1. Received: group_size={group_size}")
        if features < 1:
            raise ValueError(f"`features` must be at least 1. Received: features={features}")
        self.group_size = group_size
        self.features = features

    def build(self, images_shape: tuple) -> None:
        if images_shape[-1] % self.features:
            raise ValueError(
                "`features` must divide the number of channels. "
                f"Received: features={self.features}, channels={images_shape[-1]}"
            )

    def call(self, images: Any) -> Any:
        batch, height, width, channels = ops.shape(images)
        group = self._group(images.shape[0], batch)
        x = ops.cast(images, keras.backend.result_type(self.compute_dtype, "float32"))
        x = ops.reshape(x, (group, -1, height, width, self.features, channels // self.features))
        centred = x - ops.mean(x, axis=0, keepdims=True)
        deviations = ops.sqrt(ops.mean(ops.square(centred), axis=0) + 1e-8)
        averages = ops.mean(deviations, axis=(1, 2, 4))  # [groups, features]
        maps = ops.tile(averages[:, None, None, :], (group, height, width, 1))
        return ops.concatenate([images, ops.cast(maps, images.dtype)], axis=-1)

    def _group(self, static_batch: int | None, batch: Any) -> Any:
        """The size of a group; a tensor where that of the batch is unknown."""
        if static_batch is None:
            return ops.minimum(self.group_size, batch)
        group = min(self.group_size, static_batch)
        if static_batch % group:
            raise ValueError(
                "The batch must be a multiple of `group_size`. "
                f"Received: batch={static_batch}, group_size={self.group_size}"
            )
        return group

    def compute_output_shape(self, images_shape: tuple) -> tuple:
        return (*images_shape[:-1], images_shape[-1] + self.features)

    def get_config(self) -> dict:
        return {**super().get_config(), "group_size": self.group_size, "features": self.features}
