"""R3GAN's discriminator."""

import math
from typing import Any

import keras
from keras import ops

from models.initializers import Initializers
from models.labels import check_labels
from models.r3gan.basis import DiscriminativeBasis
from models.r3gan.parts import Sizes, linear
from tfnss.layers import downsample2d
from tfnss.resolution import Resolution


@keras.saving.register_keras_serializable("tfnss")
class R3GANDiscriminator(keras.Model):
    """The generator's mirror image: residual blocks at each resolution, and at the end a basis of the smallest features.

    A conditional one gives the inner product of what the basis gives with an embedding of the class.

    Args:
        resolution: Side of a square, or height and width, in pixels: 3 to 16 times a power of two.
        channels: Colour channels.
        channel_base: Channels times nominal resolution (`models.sizes`), where that is
        channel_max: at most this many channels.
        blocks: Residual blocks at each resolution.
        expansion: Channels in a block, over those around it.
        group_width: Channels of a group of the blocks' 3x3 convolutions.
        classes: Number of classes; 0 for an unconditional network.
        seed: Seed of the initial weights.

    Call arguments:
        images: Floats `[batch, height, width, channels]` in [-1, 1].
        labels: Floats `[batch, classes]`, one-hot, for a conditional network.

    Returns:
        Float32 logits `[batch, 1]`.

    Raises:
        ValueError: For values outside these, and labels where there are no classes, or the reverse.

    Reference: Huang et al. 2024, The GAN is dead; long live the GAN! A Modern GAN Baseline.
    """

    def __init__(
        self,
        resolution: Resolution,
        channels: int = 3,
        channel_base: int = 24576,
        channel_max: int = 768,
        blocks: int = 2,
        expansion: int = 2,
        group_width: int = 16,
        classes: int = 0,
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        sizes = Sizes(resolution, channel_base, channel_max, blocks, expansion, group_width)
        self._config = {"channels": channels, "classes": classes, "seed": seed, **sizes.get_config()}
        self.classes, self.pyramid = classes, sizes.pyramid
        seeds, policy = Initializers(seed).seed, self.dtype_policy.name
        self.blocks: dict[str, keras.layers.Layer] = {
            "from_image": linear(sizes.width(sizes.pyramid.nominal), channels, seeds(), "from_image", policy)
        }
        for r in self.pyramid.nominals[::-1]:
            self.blocks |= sizes.stage(r, seeds, policy)
            if r > 4 and sizes.width(r) != sizes.width(r // 2):
                name = f"b{r}_transition"
                self.blocks[name] = linear(sizes.width(r // 2), sizes.width(r), seeds(), name, policy)
        width = sizes.width(4)
        units = width if classes else 1  # of the embedding too
        self.basis = DiscriminativeBasis(units, seeds(), dtype="float32", name="basis")
        self.basis.build((None, *self.pyramid.smallest, width))
        self.embed = None
        if classes:
            self.embed = linear(units, classes, seeds(), "embed", "float32", gain=1 / math.sqrt(units))
        self.built = True

    def call(self, images: Any, labels: Any = None, training: bool = False) -> Any:
        check_labels(labels, self.classes)
        x = self.blocks["from_image"](images)
        for r in self.pyramid.nominals[::-1]:
            for index in range(self._config["blocks"]):
                x = self.blocks[f"b{r}_block{index}"](x)
            x = downsample2d(x) if r > 4 else x
            if f"b{r}_transition" in self.blocks:
                x = self.blocks[f"b{r}_transition"](x)
        logits = self.basis(x)
        if self.embed is None:
            return logits
        return ops.sum(logits * self.embed(labels), axis=1, keepdims=True)

    @property
    def freezable_layers(self) -> list[keras.layers.Layer]:
        """All but the basis and the embedding, in the order in which images pass."""
        return list(self.blocks.values())

    def compute_output_shape(self, images_shape: tuple, **kwargs: Any) -> tuple:
        return (images_shape[0], 1)

    def get_config(self) -> dict:
        return {"name": self.name, "dtype": self.dtype_policy.name, **self._config}
