"""Spectral realness: how real the spectrum of an image is, and what that adds to a discriminator's judgement (SSD-GAN)."""

import math
from typing import Any

import keras
from keras import ops

from tfnss.layers.spectrum import azimuthal_spectrum, spectrum_length


@keras.saving.register_keras_serializable("tfnss")
class SpectralRealness(keras.layers.Layer):
    """The spectral classifier C of SSD-GAN, and the mixture of its logits c with a discriminator's logits d.

    C is linear in `azimuthal_spectrum(images)`, with a weight of norm 1 (its spectral normalisation) and a bias. It
    learns from a loss of its own on `classify(profile(images))`; no gradient flows from the mixture into C, nor through
    the spectrum into the images, so that C only modulates what the discriminator and the generator learn.

    The mixture D_ss = lambda D + (1 - lambda) C of equation 6 is, as a logit,

    - "logit": lambda d + (1 - lambda) c, the official code's and the one for hinge and Wasserstein losses. There it leaves
      a generator's gradient as it is but for the factor lambda.
    - "probability": that of lambda sigmoid(d) + (1 - lambda) sigmoid(c), the paper's. The losses on logits then have the
      gradients of equations 11 and 12, and the generator's is small where d is low and c is not.

    Args:
        spatial_share: The paper's lambda, the discriminator's share, in [0, 1]. With 1 the mixture is the discriminator's.
        mixing: "logit" or "probability".
        seed: Seed of the initial weights.

    Call arguments:
        images: `[batch, height, width, 1, 3 or 4]` with static height and width of at least 8.

    Returns:
        C's logits `[batch, 1]`.

    Raises:
        ValueError: For arguments outside these.

    Reference: Chen et al. 2021, SSD-GAN: Measuring the Realness in the Spatial and Spectral Domains, equations 5, 6.
    """

    def __init__(
        self, spatial_share: float = 0.5, mixing: str = "logit", seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        if not 0 <= spatial_share <= 1:
            raise ValueError(f"`spatial_share` (lambda) must lie in [0, 1]. Received: spatial_share={spatial_share}")
        if mixing not in ("logit", "probability"):
            raise ValueError(f"`mixing` must be 'logit' or 'probability'. Received: mixing={mixing!r}")
        self.autocast = False
        self.spatial_share = spatial_share
        self.mixing = mixing
        self.seed = seed

    def build(self, images_shape: tuple) -> None:
        length = spectrum_length(*images_shape[1:3])
        bound = 1 / math.sqrt(length)
        bias_seed = None if self.seed is None else self.seed + 1
        self.kernel = self._add("kernel", (length, 1), keras.initializers.GlorotUniform(self.seed))
        self.bias = self._add("bias", (1,), keras.initializers.RandomUniform(-bound, bound, bias_seed))

    def _add(self, name: str, shape: tuple, initializer: keras.initializers.Initializer) -> Any:
        return self.add_weight(name=name, shape=shape, initializer=initializer, dtype="float32", autocast=False)

    def call(self, images: Any) -> Any:
        return ops.cast(self.classify(self.profile(images))[:, None], self.compute_dtype)

    def profile(self, images: Any) -> Any:
        """phi(images), float32 `[batch, length]`, without a gradient (see `azimuthal_spectrum`)."""
        return ops.stop_gradient(azimuthal_spectrum(images))

    def classify(self, profiles: Any) -> Any:
        """C's logits of profiles, float32 `[batch]`."""
        kernel = self.kernel[:, 0]
        direction = kernel * ops.rsqrt(ops.maximum(ops.sum(ops.square(kernel)), 1e-12))
        products = ops.multiply(profiles, direction)  # not a product of matrices, which GPUs round
        return ops.sum(products, axis=-1) + self.bias

    def mix(self, spatial_logits: Any, spectral_logits: Any) -> Any:
        """The logits of D_ss (equation 6).

        Args:
            spatial_logits: The discriminator's, `[batch, ...]`.
            spectral_logits: C's, `[batch]`, constants.

        Returns:
            float32, shaped as the spatial logits.
        """
        d = ops.cast(spatial_logits, "float32")
        c = ops.stop_gradient(ops.cast(spectral_logits, "float32"))
        c = ops.broadcast_to(ops.reshape(c, (-1,) + (1,) * (len(d.shape) - 1)), ops.shape(d))
        if self.mixing == "logit" or self.spatial_share in (0, 1):
            return self.spatial_share * d + (1 - self.spatial_share) * c
        return self._log_mixture(d, c) - self._log_mixture(-d, -c)

    def _log_mixture(self, d: Any, c: Any) -> Any:
        """log(lambda sigmoid(d) + (1 - lambda) sigmoid(c))."""
        shares = math.log(self.spatial_share), math.log1p(-self.spatial_share)
        terms = [share + ops.log_sigmoid(x) for share, x in zip(shares, (d, c), strict=True)]
        return ops.logsumexp(ops.stack(terms), axis=0)

    def compute_output_shape(self, images_shape: tuple) -> tuple:
        return (images_shape[0], 1)

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "spatial_share": self.spatial_share,
            "mixing": self.mixing,
            "seed": self.seed,
        }
