"""Progressive growing: which resolution, batch and learning rate a run has at its place (Karras et al. 2018 and 2019)."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import keras
import tensorflow as tf

# Images in the global batch from a resolution on. StyleGAN2's code takes these on any number of GPUs for StyleGAN too,
BATCH_SIZES = {8: 256, 16: 128, 32: 64, 64: 32}
# and StyleGAN's own code these, by the number of GPUs.
STYLEGAN_BATCH_SIZES = {
    1: {8: 128, 16: 128, 32: 64, 64: 32, 128: 16, 256: 8, 512: 4},
    2: {8: 256, 16: 128, 32: 64, 64: 32, 128: 16, 256: 8},
    4: {8: 256, 16: 128, 32: 64, 64: 32, 128: 16},
    8: {8: 256, 16: 128, 32: 64, 64: 32},
}
# The learning rate of both players from a resolution on, in both.
LEARNING_RATES = {8: 0.001, 128: 0.0015, 256: 0.002, 512: 0.003}


@dataclass(frozen=True)
class Stage:
    """A part of a run with one resolution, batch and learning rate. A run that does not grow is one stage.

    Attributes:
        first: Images seen when it begins,
        end: and when it ends; None for never.
        halvings: How many times the sides of the images are halved.
        batch_size: Images in the global batch; None for that of the data.
        learning_rate: The learning rate of both players; None for that of their optimizers.
        reset: Whether the optimizers begin anew with it.
        fade_from: Images seen where the fade into this resolution was to begin,
        fade_until: and end; None for both where there is none. After the fade it has the same two as in it.
        iterations: Iterations before it.
        hold: Iterations in a row that have one fade.
    """

    first: int = 0
    end: int | None = None
    halvings: int = 0
    batch_size: int | None = None
    learning_rate: float | None = None
    reset: bool = False
    fade_from: int | None = None
    fade_until: int | None = None
    iterations: int = 0
    hold: int = 1

    def iteration(self, images_seen: Any, batch_size: int) -> Any:
        """Number of the iteration that begins where the clock stands: an integer, or a tensor as `images_seen` is one."""
        return self.iterations + (images_seen - self.first) // batch_size

    def fade(self, images_seen: Any) -> Any:
        """The weight of the next lower resolution, a float32 scalar tensor in [0, 1]; None where there never is one."""
        if self.fade_from is None or self.fade_until is None or self.batch_size is None:
            return None
        block = self.hold * self.batch_size
        begun = self.first + (images_seen - self.first) // block * block
        done = tf.cast(begun - self.fade_from, tf.float64) / (self.fade_until - self.fade_from)
        return tf.cast(tf.clip_by_value(1 - done, 0, 1), tf.float32)

    def lod(self, images_seen: Any) -> Any:
        """Halvings and fade as one number, a float32 scalar tensor."""
        fade = self.fade(images_seen)
        return tf.constant(self.halvings, tf.float32) + (0.0 if fade is None else fade)


@keras.saving.register_keras_serializable("tfnss")
class Growth:
    """Trains at a low resolution first and doubles it on the way: what `compile(growth=...)` takes for networks that can.

    Each resolution is trained for `stable_kimg`, then the next one fades in over `fade_kimg`, and so on; after the last
    doubling the run stays at the full resolution. Resolution, batch and learning rate change when a fade begins. The
    schedule is looked at every `hold` iterations, so that its stages begin at the first of these moments after their time.
    Adam begins anew at the start and at the end of each fade. All of it is a function of the images seen.

    A table has a value for some resolutions, each of which holds up to the next one named. Of images that are not square the
    resolution is 4 * 2^n, where 2^n divides both sides.

    Args:
        initial_resolution: The first resolution, a power of two of at least 8.
        stable_kimg: Thousands of images at each resolution alone.
        fade_kimg: Thousands of images in which a resolution fades in; 0 for none.
        batch_sizes: Images in the global batch, by resolution; by default StyleGAN2's for any number of GPUs.
            `tfnss.training.growth.STYLEGAN_BATCH_SIZES` has StyleGAN's own, by the number of GPUs.
        learning_rates: Learning rate of both players, by resolution, as `compile` would be given it; None for those of the
            optimizers throughout. By default those of the papers. A rate that a callback sets holds to the end of a stage.
        hold: Iterations from one look at the schedule to the next.

    Raises:
        ValueError: For values outside these.

    Example:

    ```python
    gan.compile(growth=tfnss.Growth(stable_kimg=20, fade_kimg=20, batch_sizes={8: 64, 32: 32}))
    gan.fit(tfnss.data.load("photos", resolution=64, batch_size=32), epochs=10)
    ```

    Reference: Karras et al. 2019, A Style-Based Generator Architecture for Generative Adversarial Networks, appendix C, and
    its official code.
    """

    def __init__(
        self,
        initial_resolution: int = 8,
        stable_kimg: float = 600.0,
        fade_kimg: float = 600.0,
        batch_sizes: Mapping[Any, int] | None = None,
        learning_rates: Mapping[Any, float] | None = LEARNING_RATES,
        hold: int = 4,
    ) -> None:
        if not _power_of_two(initial_resolution) or initial_resolution < 8:
            raise ValueError(
                f"`initial_resolution` must be a power of two of at least 8. Received: {initial_resolution}"
            )
        for name, kimg in (("stable_kimg", stable_kimg), ("fade_kimg", fade_kimg)):
            if not 0 <= kimg < math.inf:
                raise ValueError(f"`{name}` must be a finite number >= 0. Received: {name}={kimg}")
        if round(1000 * stable_kimg) + round(1000 * fade_kimg) < 1:
            raise ValueError("`stable_kimg` and `fade_kimg` cannot both be 0: nothing would be trained before the end")
        if not isinstance(hold, int) or hold < 1:
            raise ValueError(f"`hold` must be a whole number >= 1. Received: hold={hold}")
        self.initial_resolution, self.hold = initial_resolution, hold
        self.stable_kimg, self.fade_kimg = float(stable_kimg), float(fade_kimg)
        self.batch_sizes = _table("batch_sizes", BATCH_SIZES if batch_sizes is None else batch_sizes, int)
        self.learning_rates = None if learning_rates is None else _table("learning_rates", learning_rates, float)

    def stages(self, resolution: int) -> tuple[Stage, ...]:
        """The stages of a run that ends at a resolution; the last one has no end.

        Args:
            resolution: The full resolution, a power of two.

        Raises:
            ValueError: For a resolution below the initial one, and for one that a table lacks.
        """
        if not _power_of_two(resolution) or resolution < self.initial_resolution:
            raise ValueError(
                f"growing from {self.initial_resolution} cannot end at a resolution of {resolution}: "
                "choose `initial_resolution` no higher than the model's"
            )
        stable, fade = round(1000 * self.stable_kimg), round(1000 * self.fade_kimg)
        found: list[Stage] = []
        first = iterations = 0
        last = (resolution // self.initial_resolution).bit_length() - 1
        for level in range(last + 1):
            side = self.initial_resolution << level
            batch_size = int(_at(self.batch_sizes, side, "batch_sizes"))
            rate = None if self.learning_rates is None else _at(self.learning_rates, side, "learning_rates")
            whole = level * (stable + fade)  # where this resolution is to stand alone
            stage = Stage(
                halvings=last - level,
                batch_size=batch_size,
                learning_rate=rate,
                fade_from=whole - fade if level and fade else None,
                fade_until=whole if level and fade else None,
                hold=self.hold,
            )
            # A fade has begun only after its moment, where it still has its full weight.
            ends: list[int | None] = [whole] if level and fade else []
            ends += [whole + stable + (1 if fade else 0)] if level < last else [None]
            for end in ends:
                if end is not None:
                    end = first + max(0, -(-(end - first) // (self.hold * batch_size))) * self.hold * batch_size
                if end != first:
                    found.append(replace(stage, first=first, end=end, iterations=iterations, reset=bool(found)))
                if end is not None:
                    iterations += (end - first) // batch_size
                    first = end
        return tuple(found)

    def get_config(self) -> dict:
        rates = self.learning_rates
        return {
            "initial_resolution": self.initial_resolution,
            "stable_kimg": self.stable_kimg,
            "fade_kimg": self.fade_kimg,
            "batch_sizes": {str(side): value for side, value in self.batch_sizes.items()},  # keys of JSON
            "learning_rates": None if rates is None else {str(side): rate for side, rate in rates.items()},
            "hold": self.hold,
        }

    @classmethod
    def from_config(cls, config: dict) -> "Growth":
        return cls(**config)


def can_grow(generator: Any) -> bool:
    """Whether a generator has several resolutions: a variable `lod`, which tells how far it has grown."""
    return getattr(generator, "lod", None) is not None


def until(stages: Sequence[Stage], images: int) -> tuple[Stage, ...]:
    """The stages of a run of so many images, which ends with the iterations in a row that reach them."""
    kept = [stage for stage in stages if stage.first < images] or [stages[0]]
    block = kept[-1].hold * (kept[-1].batch_size or 1)
    end = kept[-1].first + -(-max(0, images - kept[-1].first) // block) * block
    return (*kept[:-1], replace(kept[-1], end=end))


def stage_at(stages: Sequence[Stage], images_seen: int) -> Stage:
    """The stage in which an iteration begins."""
    return [stage for stage in stages if stage.first <= images_seen][-1]


def faded(images: Any, fade: Any) -> Any:
    """Images `[batch, height, width, channels]`, of which a share `fade` is the mean over squares of 2x2 pixels."""
    count, height, width, channels = images.shape
    squares = tf.reshape(images, (count, height // 2, 2, width // 2, 2, channels))
    return tf.reshape((1 - fade) * squares + fade * tf.reduce_mean(squares, (2, 4), keepdims=True), images.shape)


def _table(name: str, values: Mapping[Any, Any], kind: type) -> dict[int, Any]:
    try:
        table = {int(side): kind(value) for side, value in sorted(values.items(), key=lambda item: int(item[0]))}
    except (TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"`{name}` must be a mapping of resolutions to numbers. Received: {values}") from error
    if not table or not all(_power_of_two(side) for side in table) or not all(0 < x < math.inf for x in table.values()):
        raise ValueError(f"`{name}` must map powers of two to numbers above 0. Received: {values}")
    return table


def _at(table: Mapping[int, Any], side: int, name: str) -> Any:
    values = [value for known, value in table.items() if known <= side]
    if not values:
        raise ValueError(f"`{name}` tells none for a resolution of {side}. Received: {dict(table)}")
    return values[-1]


def _power_of_two(number: Any) -> bool:
    return isinstance(number, int) and number > 0 and not number & (number - 1)
