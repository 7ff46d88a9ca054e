"""The layer: which operations, in which order."""

import math
import numbers
from typing import Any

import keras
from keras import ops

from tfnss import random
from tfnss.layers.augment import bands, colour, corruptions, diffaugment, geometry
from tfnss.layers.augment.parameters import NORMALS, UNIFORMS, from_draws

_BLIT = ("flip", "quarter_turns", "shift")
_GEOMETRY = ("scale", "first_rotation", "stretch", "second_rotation", "offset")
_COLOUR = ("brightness", "contrast", "luma_flip", "hue", "saturation")
_BANDS = ("bands",)
_NOISE = ("noise",)
_CUTOUT = ("cutout",)

PIPELINES = {
    "blit": _BLIT,
    "geom": _GEOMETRY,
    "color": _COLOUR,
    "filter": _BANDS,
    "noise": _NOISE,
    "cutout": _CUTOUT,
    "bg": _BLIT + _GEOMETRY,
    "bgc": _BLIT + _GEOMETRY + _COLOUR,
    "bgcf": _BLIT + _GEOMETRY + _COLOUR + _BANDS,
    "bgcfn": _BLIT + _GEOMETRY + _COLOUR + _BANDS + _NOISE,
    "bgcfnc": _BLIT + _GEOMETRY + _COLOUR + _BANDS + _NOISE + _CUTOUT,
    "r3gan": _BLIT + _GEOMETRY + _COLOUR + _CUTOUT,
    **diffaugment.PIPELINES,
}
SHARES = {"r3gan": dict.fromkeys(_COLOUR, 0.5)}  # of the probability, for the operations that have not all of it


@keras.saving.register_keras_serializable("tfnss")
class Augment(keras.layers.Layer):
    """The augmentations of adaptive discriminator augmentation (StyleGAN2-ADA, section 2 and appendix B), and DiffAugment.

    Each operation happens to each image with the given probability, independently and with parameters of its own, in the
    order of the table. Probabilities above 1 act as 1.

    | pipeline | operations |
    | --- | --- |
    | `blit` | horizontal flips, quarter turns, integer translations |
    | `geom` | isotropic scaling, rotation, anisotropic scaling, rotation, fractional translations |
    | `color` | brightness, contrast, luma flips, hue, saturation |
    | `filter` | gains of four frequency bands |
    | `noise` | white noise |
    | `cutout` | a rectangle set to zero |
    | `bg`, `bgc`, `bgcf`, `bgcfn`, `bgcfnc` | the first two, three, four, five, six of these |
    | `r3gan` | the first three, colour operations with half the probability, and cutout (R3GAN) |
    | `diffaugment` | DiffAugment's three policies, each of which happens as a whole; at probability 1 this is the paper |
    | `diffaugment-color` | its first: brightness + U(-0.5, 0.5), then saturation x U(0, 2), then contrast x U(0.5, 1.5) |
    | `diffaugment-translation` | its second: by whole pixels, up to an eighth of the side each way; zeros enter |
    | `diffaugment-cutout` | its third: a rectangle of half the sides set to zero, its centre anywhere in the image |
    | `diffaugment-color-cutout`, ... | two of the three, in this order |

    ADA's geometric operations are carried out together, by one resampling with wavelet filters of the image continued by
    reflection (see `tfnss.layers.augment.geometry`); it takes place at probability 0 too, where it keeps the image up to
    rounding.

    Args:
        pipeline: Name of a pipeline in the table.
        seed: Seed of the parameters. Under `tfnss.training.GAN` the run's seed and clock decide instead.

    Call arguments:
        images: Floats `[batch, height, width, 1, 3 or 4]`, nominally in [-1, 1], with static height and width of at least 4.
            Results may leave that range. Colour operations keep the fourth channel, alpha, as it is; all others treat
            channels alike.
        probability: Real number or scalar tensor >= 0: the paper's p.

    Returns:
        Floats, shaped as the images.

    Raises:
        ValueError: For an unknown pipeline, images of another shape or a negative probability.

    Example:

    ```python
    layer = Augment("bgc")
    layer(np.zeros((2, 64, 64, 3), "float32"), 0.5).shape  # [2, 64, 64, 3]
    ```

    References: Karras et al. 2020, Training Generative Adversarial Networks with Limited Data; Zhao et al. 2020,
    Differentiable Augmentation for Data-Efficient GAN Training; Huang et al. 2024, The GAN is dead; long live the GAN! A
    Modern GAN Baseline.
    """

    def __init__(self, pipeline: str = "bgc", seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if pipeline not in PIPELINES:
            raise ValueError(f"`pipeline` must be one of {', '.join(PIPELINES)}. Received: pipeline={pipeline!r}")
        self.pipeline = pipeline
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.autocast = False  # the probability stays exact under 16-bit policies
        self.built = True

    def __call__(self, images: Any, probability: Any, **kwargs: Any) -> Any:
        return super().__call__(images, probability=probability, **kwargs)  # plain numbers as keywords only

    def call(self, images: Any, probability: Any) -> Any:
        self._check(images, probability)
        images = ops.cast(images, "float32")
        probability = ops.cast(probability, "float32")
        policies = diffaugment.PIPELINES.get(self.pipeline)
        images = self._adaptive(images, probability) if policies is None else self._diff(images, probability, policies)
        return ops.cast(images, self.compute_dtype)

    def _diff(self, images: Any, probability: Any, policies: tuple[str, ...]) -> Any:
        uniform = random.stream(self.seed_generator).uniform((ops.shape(images)[0], diffaugment.UNIFORMS))
        return diffaugment.augment(images, uniform, probability, policies)

    def _adaptive(self, images: Any, probability: Any) -> Any:
        operations = PIPELINES[self.pipeline]
        batch, height, width, _ = ops.shape(images)
        uniform = random.stream(self.seed_generator).uniform((batch, UNIFORMS))
        normal = random.stream(self.seed_generator).normal((batch, NORMALS))
        parameters = from_draws(uniform, normal, probability, operations, SHARES.get(self.pipeline, {}))
        if any(operation in operations for operation in _BLIT + _GEOMETRY):
            images = geometry.resample(images, geometry.inverse_matrix(parameters, height, width))
        if any(operation in operations for operation in _COLOUR):
            images = colour.recolour(images, colour.matrix(parameters))
        if "bands" in operations:
            images = bands.amplify(images, bands.gains(parameters.bands))
        if "noise" in operations:
            white = random.stream(self.seed_generator).normal(ops.shape(images))
            images = corruptions.add_noise(images, parameters.noise, white)
        if "cutout" in operations:
            images = corruptions.cut_out(images, parameters.cutout, parameters.cutout_x, parameters.cutout_y)
        return images

    def _check(self, images: Any, probability: Any) -> None:
        shape = tuple(images.shape)
        if len(shape) != 4 or shape[3] not in (1, 3, 4) or any(size is None or size < 4 for size in shape[1:3]):
            raise ValueError(
                f"{self.name} takes images [batch, height, width, 1, 3 or 4] with static height and width of at least 4. "
                f"Received shape: {shape}"
            )
        if isinstance(probability, numbers.Real) and not 0 <= float(probability) < math.inf:
            raise ValueError(f"`probability` must be a finite number >= 0. Received: probability={probability}")
        if len(getattr(probability, "shape", ())) != 0:
            raise ValueError(
                f"`probability` must be one number for the whole batch. Received shape: {probability.shape}"
            )

    def compute_output_shape(self, images_shape: tuple, probability_shape: tuple | None = None) -> tuple:
        return images_shape

    def get_config(self) -> dict:
        return {**super().get_config(), "pipeline": self.pipeline, "seed": self.seed}
