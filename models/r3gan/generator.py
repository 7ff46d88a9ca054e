"""R3GAN's generator."""

from typing import Any

import keras
from keras import ops

from models.initializers import Initializers
from models.labels import check_labels
from models.r3gan.basis import GenerativeBasis
from models.r3gan.parts import Sizes, linear
from tfnss.layers import upsample2d
from tfnss.resolution import Resolution


@keras.saving.register_keras_serializable("tfnss")
class R3GANGenerator(keras.Model):
    """A basis of the smallest features, then residual blocks at each resolution, and the filter [1, 3, 3, 1] between them.

    Args:
        resolution: Side of a square, or height and width, in pixels: 3 to 16 times a power of two.
        channels: Colour channels.
        latent_dim: Width of the latents, and of the classes' embedding.
        channel_base: Channels times nominal resolution (`models.sizes`), where that is
        channel_max: at most this many channels.
        blocks: Residual blocks at each resolution.
        expansion: Channels in a block, over those around it.
        group_width: Channels of a group of the blocks' 3x3 convolutions.
        classes: Number of classes; 0 for an unconditional network.
        seed: Seed of the initial weights.

    Call arguments:
        latents: Floats `[batch, latent_dim]`.
        labels: Floats `[batch, classes]`, one-hot, for a conditional network.

    Returns:
        Float32 images `[batch, height, width, channels]`, nominally in [-1, 1] but not clipped.

    Raises:
        ValueError: For values outside these, and labels where there are no classes, or the reverse.

    Reference: Huang et al. 2024, The GAN is dead; long live the GAN! A Modern GAN Baseline.
    """

    def __init__(
        self,
        resolution: Resolution,
        channels: int = 3,
        latent_dim: int = 64,
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
        self._config = {
            "channels": channels,
            "latent_dim": latent_dim,
            "classes": classes,
            "seed": seed,
            **sizes.get_config(),
        }
        self.latent_dim, self.classes, self.pyramid = latent_dim, classes, sizes.pyramid
        seeds, policy = Initializers(seed).seed, self.dtype_policy.name
        self.embed = linear(latent_dim, classes, seeds(), "embed", policy) if classes else None
        self.basis = GenerativeBasis(self.pyramid.smallest, sizes.width(4), seeds(), dtype=policy, name="basis")
        self.basis.build((None, latent_dim * (2 if classes else 1)))
        self.blocks: dict[str, keras.layers.Layer] = {}
        for r in self.pyramid.nominals:
            if r > 4 and sizes.width(r) != sizes.width(r // 2):
                name = f"b{r}_transition"
                self.blocks[name] = linear(sizes.width(r), sizes.width(r // 2), seeds(), name, policy)
            self.blocks |= sizes.stage(r, seeds, policy)
        self.to_image = linear(channels, sizes.width(sizes.pyramid.nominal), seeds(), "to_image", "float32")
        self.built = True

    def call(self, latents: Any, labels: Any = None, training: bool = False) -> Any:
        return self.to_image(list(self.features(latents, labels).values())[-1])

    def features(self, latents: Any, labels: Any = None) -> dict[str, Any]:
        """The output of the last block of each resolution, `[batch, height, width, channels]`, from the lowest on.

        Args:
            latents: As in a call.
            labels: As in a call.

        Returns:
            Features by name: `b4`, `b8` and so on.
        """
        check_labels(labels, self.classes)
        if self.embed is not None:
            latents = ops.concatenate([latents, self.embed(labels)], axis=-1)
        x, outputs = self.basis(latents), {}
        for r in self.pyramid.nominals:
            if f"b{r}_transition" in self.blocks:
                x = self.blocks[f"b{r}_transition"](x)
            x = upsample2d(x) if r > 4 else x
            for index in range(self._config["blocks"]):
                x = self.blocks[f"b{r}_block{index}"](x)
            outputs[f"b{r}"] = x
        return outputs

    def compute_output_shape(self, latents_shape: tuple, **kwargs: Any) -> tuple:
        return (latents_shape[0], *self.pyramid.size, self._config["channels"])

    def get_config(self) -> dict:
        return {"name": self.name, "dtype": self.dtype_policy.name, **self._config}
