"""The noisy scale-space and its two limits (NSS-GAN, section 4): scale-space and noise-space.

The paper iterates Phi_t = k * Phi_{t-1} + eps_t (equation 3). With half-sample symmetric borders the DCT-II diagonalises
the smoothing, so the law of Phi_t has a closed form at any real t >= 0. With the kernel's eigenvalues `lam` at each
frequency and white noise `xi`,

    DCT(Phi_t) = lam^t DCT(y) + stddev sqrt((1 - lam^2t) / (1 - lam^2)) xi,

where the root is sqrt(t) at lam = 1. The smoothing is separable, which leaves two matrix products for the images (and
two for their gradient) and two for the noise, whatever t is.
"""

import functools
import math
import numbers
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import scipy.fft
from keras import ops

from tfnss import random

# Above this width the 3-tap kernel's response at the Nyquist frequency is negative and has no real power t.
MAX_KERNEL_STDDEV = 1 / math.sqrt(2 * math.log(2))


class _Space(keras.layers.Layer):
    """What the three spaces share: time, precision, and the identity at time 0."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.autocast = False  # time stays exact under 16-bit policies
        self.built = True

    def __call__(self, images: Any, time: Any, **kwargs: Any) -> Any:
        return super().__call__(images, time=time, **kwargs)  # Keras takes plain numbers as keywords only

    def call(self, images: Any, time: Any) -> Any:
        if len(images.shape) != 4:
            raise ValueError(
                f"{self.name} takes images [batch, height, width, channels]. Received shape: {images.shape}"
            )
        if isinstance(time, numbers.Real) and not 0 <= float(time) < math.inf:
            raise ValueError(f"`time` must be a finite number >= 0. Received: time={time}")
        images = ops.cast(images, self.compute_dtype)
        time = ops.cast(time, "float32")
        if len(time.shape) != 0:
            raise ValueError(f"`time` must be one number for the whole batch. Received shape: {time.shape}")
        evolved = ops.cast(self._evolve(ops.cast(images, "float32"), time), self.compute_dtype)
        return ops.where(time > 0, evolved, images)

    def _evolve(self, images: Any, time: Any) -> Any:
        raise NotImplementedError

    def compute_output_shape(self, images_shape: tuple, time_shape: tuple | None = None) -> tuple:
        return images_shape


@keras.saving.register_keras_serializable("tfnss")
class ScaleSpace(_Space):
    """Smooths images by `time` passes of a 3x3 Gaussian kernel (NSS-GAN, equation 7), exactly and in O(1) in time.

    Args:
        kernel_stddev: Standard deviation of the kernel in pixels, in [0, 0.849]. The paper does not state it; 0.5 keeps
            the variance of natural images under the paper's noise (figure 2).

    Call arguments:
        images: Floats `[batch, height, width, channels]` with static height and width.
        time: Real number or scalar tensor >= 0. 0 returns the images unchanged.

    Returns:
        Floats, shaped as the images.

    Raises:
        ValueError: For a width, images or a time outside these; the value of a tensor is not looked at.

    Reference: Nakamura, Korman and Hong, Generative Adversarial Networks via a Composite Annealing of Noise and Diffusion.
    """

    def __init__(self, kernel_stddev: float = 0.5, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kernel_stddev = _check_kernel_stddev(kernel_stddev)

    def _evolve(self, images: Any, time: Any) -> Any:
        planes = ops.transpose(images, (0, 3, 1, 2))
        return ops.transpose(self._smooth(planes, time), (0, 2, 3, 1))

    def _smooth(self, planes: Any, time: Any) -> Any:
        """`planes` [..., height, width] after `time` passes of the kernel."""
        height, width = planes.shape[-2:]
        if None in (height, width):
            raise ValueError(f"{self.name} takes images of static height and width. Received: {height} and {width}")
        rows = _smoothing_matrix(height, self.kernel_stddev, time)
        columns = _smoothing_matrix(width, self.kernel_stddev, time)
        return ops.matmul(ops.matmul(rows, planes), columns)  # both symmetric

    def get_config(self) -> dict:
        return {**super().get_config(), "kernel_stddev": self.kernel_stddev}


@keras.saving.register_keras_serializable("tfnss")
class NoisyScaleSpace(ScaleSpace):
    """Smooths images and adds noise, `time` times over (NSS-GAN, equation 3), exactly in law and in O(1) in time.

    Args:
        stddev: Standard deviation of the noise that each pass adds, >= 0, for images in [-1, 1].
        kernel_stddev: Standard deviation of the 3x3 Gaussian kernel in pixels, in [0, 0.849].
        seed: Seed of the noise. Under `tfnss.training.GAN` the run's seed and clock decide instead.

    Call arguments:
        images: Floats `[batch, height, width, channels]` with static height and width.
        time: Real number or scalar tensor >= 0. 0 returns the images unchanged.

    Returns:
        Floats, shaped as the images.

    Raises:
        ValueError: For a `stddev`, a width, images or a time outside these; the value of a tensor is not looked at.

    Example:

    ```python
    layer = NoisyScaleSpace(stddev=0.15)
    layer(np.zeros((2, 64, 64, 3), "float32"), 16.0).shape  # [2, 64, 64, 3]
    ```

    Reference: Nakamura, Korman and Hong, Generative Adversarial Networks via a Composite Annealing of Noise and Diffusion.
    """

    def __init__(
        self, stddev: float = 0.15, kernel_stddev: float = 0.5, seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(kernel_stddev, **kwargs)
        self.stddev = _check_stddev(stddev)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def _evolve(self, images: Any, time: Any) -> Any:
        planes = ops.transpose(images, (0, 3, 1, 2))
        smooth = self._smooth(planes, time)
        noise = _noise_if(time, ops.shape(planes), random.stream(self.seed_generator), self._colour)
        return ops.transpose(smooth + self.stddev * noise, (0, 2, 3, 1))

    def _colour(self, white: Any, time: Any) -> Any:
        """What `time` passes make of unit noise added after each, from as much white noise [..., height, width]."""
        height, width = white.shape[-2:]
        coefficients = white * ops.sqrt(_noise_variance(height, width, self.kernel_stddev, time))
        return ops.matmul(ops.matmul(_dct(height).T, coefficients), _dct(width))

    def get_config(self) -> dict:
        return {**super().get_config(), "stddev": self.stddev, "seed": self.seed}


@keras.saving.register_keras_serializable("tfnss")
class NoiseSpace(_Space):
    """Adds white noise `time` times over: variance `time * stddev**2` (NSS-GAN, equations 4 and 5).

    Args:
        stddev: Standard deviation of the noise that each pass adds, >= 0, for images in [-1, 1].
        seed: Seed of the noise. Under `tfnss.training.GAN` the run's seed and clock decide instead.

    Call arguments:
        images: Floats `[batch, height, width, channels]`.
        time: Real number or scalar tensor >= 0. 0 returns the images unchanged.

    Returns:
        Floats, shaped as the images.

    Raises:
        ValueError: For a `stddev`, images or a time outside these; the value of a tensor is not looked at.

    Reference: Nakamura, Korman and Hong, Generative Adversarial Networks via a Composite Annealing of Noise and Diffusion.
    """

    def __init__(self, stddev: float = 0.15, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.stddev = _check_stddev(stddev)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def _evolve(self, images: Any, time: Any) -> Any:
        stream = random.stream(self.seed_generator)
        return images + self.stddev * _noise_if(time, ops.shape(images), stream, lambda white, t: white * ops.sqrt(t))

    def get_config(self) -> dict:
        return {**super().get_config(), "stddev": self.stddev, "seed": self.seed}


def preserving_stddev(images: Any, time: float, kernel_stddev: float = 0.5) -> float:
    """The noise `stddev` at which the noisy scale-space keeps these images' variance at `time` (NSS-GAN, section 4.1).

    The variance is that of the pixels of one image and channel, averaged over images and channels.

    Args:
        images: Real images `[count, height, width, channels]`, an array or tensor: uint8, or floats in the range in which
            the noise is to be added, usually [-1, 1].
        time: Real number > 0.
        kernel_stddev: Standard deviation of the 3x3 Gaussian kernel in pixels, in [0, 0.849].

    Returns:
        The `stddev` for images in that range; for uint8 images, in [-1, 1].

    Raises:
        ValueError: For arguments outside these ranges.
    """
    if not 0 < time < math.inf:
        raise ValueError(f"`time` must be a finite number > 0. Received: time={time}")
    images = ops.convert_to_numpy(images)
    images = images / 127.5 - 1 if images.dtype == np.uint8 else images.astype("float64")
    if len(images.shape) != 4:
        raise ValueError(f"`images` must be [count, height, width, channels]. Received shape: {images.shape}")
    log_eigenvalues = _log_eigenvalues_2d(images.shape[1], images.shape[2], _check_kernel_stddev(kernel_stddev))
    energy = np.mean(scipy.fft.dctn(images, axes=(1, 2), norm="ortho") ** 2, axis=(0, 3))
    energy[0, 0] = 0  # the mean of an image is no variance
    lost = np.sum(energy * -np.expm1(2 * time * log_eigenvalues))
    gain = np.where(
        log_eigenvalues < 0, np.expm1(2 * time * log_eigenvalues) * _geometric_factor(log_eigenvalues), time
    )
    gain[0, 0] = 0
    return float(np.sqrt(lost / max(np.sum(gain), np.finfo("float64").tiny)))


def _noise_if(time: Any, shape: tuple, stream: random.Stream, colour: Callable) -> Any:
    """Noise of `shape`, or zeros at time 0: most of a run needs none."""
    noise = ops.cond(time > 0, lambda: colour(stream.normal(shape), time), lambda: ops.zeros(shape, "float32"))
    return ops.stop_gradient(noise)


def _check_stddev(stddev: float) -> float:
    if not 0 <= stddev < math.inf:
        raise ValueError(f"`stddev` must be a finite number >= 0. Received: stddev={stddev}")
    return float(stddev)


def _check_kernel_stddev(kernel_stddev: float) -> float:
    if not 0 <= kernel_stddev <= MAX_KERNEL_STDDEV:
        raise ValueError(
            f"`kernel_stddev` must lie in [0, {MAX_KERNEL_STDDEV:.4f}], where the 3-tap kernel has no negative frequency "
            f"response. Received: kernel_stddev={kernel_stddev}"
        )
    return float(kernel_stddev)


def gaussian_taps(kernel_stddev: float) -> tuple[float, float, float]:
    """The 3 taps of the kernel along one axis; they sum to 1."""
    side = math.exp(-0.5 / kernel_stddev**2) if kernel_stddev > 0.01 else 0.0  # as it is there in float64
    return side / (1 + 2 * side), 1 / (1 + 2 * side), side / (1 + 2 * side)


@functools.cache
def _dct(size: int) -> np.ndarray:
    """The orthonormal DCT-II [size, size]: frequencies in rows."""
    return scipy.fft.dct(np.eye(size), axis=0, norm="ortho").astype("float32")


@functools.cache
def _log_eigenvalues(size: int, kernel_stddev: float) -> np.ndarray:
    """Log of the kernel's response along an axis of `size` at each DCT frequency, float64."""
    side, centre, _ = gaussian_taps(kernel_stddev)
    response = centre + 2 * side * np.cos(np.pi * np.arange(size) / size)
    response[0] = 1.0  # exactly: smoothing keeps the mean
    return np.log(np.maximum(response, 1e-30))


def _log_eigenvalues_2d(height: int, width: int, kernel_stddev: float) -> np.ndarray:
    return _log_eigenvalues(height, kernel_stddev)[:, None] + _log_eigenvalues(width, kernel_stddev)


def _geometric_factor(log_eigenvalues: np.ndarray) -> np.ndarray:
    """1 / (lam^2 - 1), and 0 where lam = 1."""
    return np.divide(1, np.expm1(2 * log_eigenvalues), out=np.zeros_like(log_eigenvalues), where=log_eigenvalues < 0)


def _smoothing_matrix(size: int, kernel_stddev: float, time: Any) -> Any:
    """The matrix [size, size] of `time` passes of the kernel along one axis."""
    dct = _dct(size)
    gain = ops.exp(time * _log_eigenvalues(size, kernel_stddev).astype("float32"))
    return ops.stop_gradient(ops.matmul(ops.multiply(dct.T, gain), dct))  # no game differentiates time


def _noise_variance(height: int, width: int, kernel_stddev: float, time: Any) -> Any:
    """Variance [height, width] of each DCT coefficient of the noise after `time` passes (sum of lam^2j, j < time)."""
    log_eigenvalues = _log_eigenvalues_2d(height, width, kernel_stddev)
    factor = _geometric_factor(log_eigenvalues).astype("float32")
    series = ops.expm1(2 * time * log_eigenvalues.astype("float32")) * factor
    return ops.where(log_eigenvalues < 0, series, time)
