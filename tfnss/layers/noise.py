"""Noise injection into the features of a generator: Euclidean, as in StyleGAN2, and Riemannian.

Reference: Feng, Zhao and Zha 2021, Understanding Noise Injection in GANs, section 4.3.
"""

from typing import Any

import keras
from keras import ops

from tfnss import random

_FLOAT16_MAX = 65504.0
_ROUNDING = 1e-5  # of float32 sums, relative to their terms


class _NoiseInjection(keras.layers.Layer):
    """What both kinds share: float32 arithmetic, and where the noise comes from."""

    def __init__(self, per_channel: bool = False, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.autocast = False
        self.per_channel = per_channel
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, images: Any, noise: Any = None) -> Any:
        precise = keras.backend.result_type(self.compute_dtype, "float32")
        outputs = self._inject(ops.cast(images, precise), ops.cast(self._noise_for(images, noise), precise))
        if self.compute_dtype == "float16":
            outputs = ops.clip(outputs, -_FLOAT16_MAX, _FLOAT16_MAX)
        return ops.cast(outputs, self.compute_dtype)

    def _inject(self, images: Any, noise: Any) -> Any:
        raise NotImplementedError

    def _noise_for(self, images: Any, noise: Any) -> Any:
        batch, height, width, channels = ops.shape(images)
        if noise is None:
            shape = (batch, height, width, channels if self.per_channel else 1)
            return random.stream(self.seed_generator).normal(shape)
        noise = ops.convert_to_tensor(noise)
        if len(noise.shape) not in (2, 4):
            raise ValueError(
                f"`noise` must be [height, width] or [batch, height, width, 1 or channels]. Received: {noise.shape}"
            )
        return noise[None, :, :, None] if len(noise.shape) == 2 else noise

    def _add_scalar(self, name: str, value: float) -> Any:
        return self.add_weight(name=name, shape=(), initializer=keras.initializers.Constant(value))

    def compute_output_shape(self, images_shape: tuple, noise_shape: tuple | None = None) -> tuple:
        return images_shape

    def get_config(self) -> dict:
        return {**super().get_config(), "per_channel": self.per_channel, "seed": self.seed}


@keras.saving.register_keras_serializable("tfnss")
class EuclideanNoise(_NoiseInjection):
    """Adds noise of a learnable strength to every feature: x + strength * noise (equation 18). StyleGAN2's noise.

    Args:
        strength_per_channel: Whether each channel has a strength of its own, as in StyleGAN; else one is that of all.
        per_channel: Whether each channel gets noise of its own; else all share one map per image, as in StyleGAN2.
        seed: Seed of the noise. Under `tfnss.training.GAN` the run's seed and clock decide instead.

    Call arguments:
        images: Floats `[batch, height, width, channels]`.
        noise: Instead of random noise: `[height, width]` for all images, or `[batch, height, width, 1 or channels]`.

    Returns:
        Floats, shaped as the images.

    Raises:
        ValueError: For noise of another rank.

    Reference: Karras et al. 2020, Analyzing and Improving the Image Quality of StyleGAN; a strength for each channel:
    Karras et al. 2019, A Style-Based Generator Architecture for Generative Adversarial Networks; the equation: Feng et al.
    2021.
    """

    def __init__(
        self, per_channel: bool = False, seed: int | None = None, strength_per_channel: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(per_channel, seed, **kwargs)
        self.strength_per_channel = strength_per_channel

    def build(self, images_shape: tuple) -> None:
        shape = (images_shape[-1],) if self.strength_per_channel else ()
        self.strength = self.add_weight(name="strength", shape=shape, initializer="zeros")

    def _inject(self, images: Any, noise: Any) -> Any:
        return images + ops.cast(self.strength, images.dtype) * noise

    def get_config(self) -> dict:
        return {**super().get_config(), "strength_per_channel": self.strength_per_channel}


@keras.saving.register_keras_serializable("tfnss")
class RiemannianNoise(_NoiseInjection):
    """Scales features and noise by a map made of the features themselves (equations 13 to 17).

    Sample by sample, with the sum over channels S, and its deviation over its greatest, s = (S - mean S) / max|S - mean S|,

        sigma = normalised(alpha (scale * s + shift) + 1 - alpha),    output = strength * sigma * (images + noise).

    The weights are `scale` and `shift`, one per pixel, from 1 and 0; `strength` from 1; and `mixing` from 0, whose
    sigmoid is alpha. A map of no variation beyond rounding has s = 0. As alpha goes to 0, sigma becomes constant and
    the layer, with strength 1 and a noise gain, `EuclideanNoise`.

    Args:
        normalization: "rms" gives sigma a mean square of 1 at every resolution. "l2", the paper's letter, gives it a sum
            of squares of 1, which shrinks the features by the root of the number of pixels.
        noise_gain: None weights noise and features alike, as in the paper. A number is the start of a learnable factor of
            the noise: without one, features of unit variance get noise as strong as they are.
        per_channel: Whether each channel gets noise of its own; else all share one map per image, as in StyleGAN2.
        seed: Seed of the noise. Under `tfnss.training.GAN` the run's seed and clock decide instead.

    Call arguments:
        images: Floats `[batch, height, width, channels]` with static height and width.
        noise: Instead of random noise: `[height, width]` for all images, or `[batch, height, width, 1 or channels]`.

    Returns:
        Floats, shaped as the images.

    Raises:
        ValueError: For another `normalization`, images of unknown size or noise of another rank.

    Reference: Feng, Zhao and Zha 2021, Understanding Noise Injection in GANs.
    """

    def __init__(
        self,
        normalization: str = "rms",
        noise_gain: float | None = None,
        per_channel: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(per_channel, seed, **kwargs)
        if normalization not in ("rms", "l2"):
            raise ValueError(f"`normalization` must be 'rms' or 'l2'. Received: normalization={normalization!r}")
        self.normalization = normalization
        self.noise_gain = noise_gain

    def build(self, images_shape: tuple) -> None:
        _, height, width, _ = images_shape
        if height is None or width is None:
            raise ValueError(f"`images` must have static height and width. Received: shape={images_shape}")
        self.scale = self.add_weight(name="scale", shape=(1, height, width, 1), initializer="ones")
        self.shift = self.add_weight(name="shift", shape=(1, height, width, 1), initializer="zeros")
        self.mixing = self._add_scalar("mixing", 0.0)
        self.strength = self._add_scalar("strength", 1.0)
        self.gain = None if self.noise_gain is None else self._add_scalar("noise_gain", self.noise_gain)

    def _inject(self, images: Any, noise: Any) -> Any:
        if self.gain is not None:
            noise = ops.cast(self.gain, images.dtype) * noise
        return ops.cast(self.strength, images.dtype) * self._geometry(images) * (images + noise)

    def _geometry(self, images: Any) -> Any:
        """sigma [batch, height, width, 1] of equation 16."""
        scale, shift, mixing = (ops.cast(w, images.dtype) for w in (self.scale, self.shift, self.mixing))
        alpha = ops.sigmoid(mixing)
        mixed = alpha * (scale * _semantics(images) + shift) + (1 - alpha)
        reduce = ops.mean if self.normalization == "rms" else ops.sum
        return mixed * ops.rsqrt(reduce(ops.square(mixed), axis=(1, 2), keepdims=True) + 1e-8)

    def get_config(self) -> dict:
        return {**super().get_config(), "normalization": self.normalization, "noise_gain": self.noise_gain}


NOISES = {"euclidean": EuclideanNoise, "riemannian": RiemannianNoise}


def noise_injection(kind: str | None, **kwargs: Any) -> keras.layers.Layer | None:
    """A noise layer by name, `euclidean` or `riemannian`; None for None.

    Raises:
        ValueError: For another name.
    """
    if kind is None:
        return None
    if kind not in NOISES:
        raise ValueError(f"`noise` must be one of {', '.join(NOISES)} or None. Received: noise={kind}")
    return NOISES[kind](**kwargs)


def _semantics(images: Any) -> Any:
    """s [batch, height, width, 1] of equation 14, in [-1, 1]; 0, with no gradient, where only rounding varies."""
    sums = ops.sum(images, axis=-1, keepdims=True)
    deviations = sums - ops.mean(sums, axis=(1, 2), keepdims=True)
    greatest = ops.max(ops.abs(deviations), axis=(1, 2), keepdims=True)
    magnitude = ops.max(ops.sum(ops.abs(images), axis=-1, keepdims=True), axis=(1, 2), keepdims=True)
    varies = greatest > _ROUNDING * magnitude
    return ops.where(varies, deviations, 0.0) / ops.where(varies, greatest, 1.0)
