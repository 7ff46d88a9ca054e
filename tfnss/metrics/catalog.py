"""The metrics that an `Evaluation` knows, by name."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from tfnss.generators import has_styles
from tfnss.metrics.condition import condition_numbers, mean_conditions
from tfnss.metrics.frechet import frechet_distance
from tfnss.metrics.kernel import BLOCK_SIZE, kernel_distance_and_error
from tfnss.metrics.names import FACES, PATH_LENGTHS
from tfnss.metrics.path_length import perceptual_path_length
from tfnss.metrics.precision_recall import precision_recall
from tfnss.metrics.spectrum import spectral_distance, spectrum_gap
from tfnss.metrics.statistics import STATISTICS

MIN_IMAGES = 2  # of each set, for any metric
_PR_IMAGES = 4
_PAIRS_PER_TOP = 50  # TTMC is the mean of the top 1,000 of 50,000
Values = dict[str, float]


def _any_counts(real_images: int, fake_images: int) -> None:
    """Raises nothing."""


@dataclass(frozen=True)
class ImageMetric:
    """A metric of two sets of images.

    Args:
        statistics: What it needs of each set, keys of `STATISTICS`.
        result: Its values by name, from the statistics of the reals and the fakes.
        check: Raises a ValueError for numbers of reals and fakes that it cannot do with.
        real: Whether it looks at the reals.
        classes: Whether it needs a feature network with classes.
        inception: Whether the literature measures it under Inception, if it looks through a feature network.
    """

    statistics: tuple[str, ...]
    result: Callable[[dict[str, Any], dict[str, Any]], Values]
    check: Callable[[int, int], None] = _any_counts
    real: bool = True
    classes: bool = False
    inception: bool = True

    @property
    def network(self) -> bool:
        """Whether it needs a feature network."""
        return any(STATISTICS[kind].network for kind in self.statistics)

    @property
    def real_images(self) -> bool:
        """Whether it needs more of the reals than the mean and covariance of their activations."""
        return self.real and any(kind != "moments" for kind in self.statistics)


@dataclass(frozen=True)
class GeneratorMetric:
    """A metric of a generator.

    Args:
        result: Its values by name, from a generator, a function of two batches of images (or None) and the keyword arguments
            `reals` (what results call them), `count`, `batch_size`, `seed`, `latent_dim` and `progress`.
        paths: Whether it needs that function, a perceptual distance.
    """

    result: Callable[..., Values]
    paths: bool = False


# -- of images ---


def _frechet(real: dict[str, Any], fake: dict[str, Any]) -> Values:
    return {"fid": frechet_distance(real["moments"], fake["moments"])}


def _inception_score(real: dict[str, Any], fake: dict[str, Any]) -> Values:
    score = fake["score"].result()
    mean, spread = score if isinstance(score, tuple) else (score, 0.0)
    return {"is": mean, "is_std": spread}


def _kernel(real: dict[str, Any], fake: dict[str, Any]) -> Values:
    return _named(("kid", "kid_error"), kernel_distance_and_error(real["activations"].array, fake["activations"].array))


def _check_kernel(real_images: int, fake_images: int) -> None:
    if min(real_images, fake_images) < MIN_IMAGES * -(-max(real_images, fake_images) // BLOCK_SIZE):
        raise ValueError(
            f"kid needs {MIN_IMAGES} images of each set per {BLOCK_SIZE} of the larger one: take fewer of that "
            f"(`fake_images`, `real_images`, --images, --reals). Received: {real_images} real and {fake_images} fake"
        )


def _precision_recall(real: dict[str, Any], fake: dict[str, Any]) -> Values:
    return _named(("precision", "recall"), precision_recall(real["activations"].array, fake["activations"].array))


def _check_precision_recall(real_images: int, fake_images: int) -> None:
    least = min(real_images, fake_images)
    if least < _PR_IMAGES:
        raise ValueError(f"pr needs at least {_PR_IMAGES} real and {_PR_IMAGES} fake images. Received: {least}")


def _spectrum(real: dict[str, Any], fake: dict[str, Any]) -> Values:
    return {
        "spectral_distance_db": spectral_distance(real["spectra"], fake["spectra"]),
        "spectrum_gap": spectrum_gap(real["spectra"], fake["spectra"])[1],
    }


def _named(names: Sequence[str], values: Sequence[float]) -> Values:
    return dict(zip(names, values, strict=True))


IMAGE_METRICS = {
    "fid": ImageMetric(("moments",), _frechet),
    "is": ImageMetric(("score",), _inception_score, real=False, classes=True),
    "kid": ImageMetric(("activations",), _kernel, _check_kernel),
    "pr": ImageMetric(("activations",), _precision_recall, _check_precision_recall, inception=False),  # under VGG16
    "spectrum": ImageMetric(("spectra",), _spectrum),
}

# -- of generators ---


def _path_length(name: str, generator: Any, distance: Callable, reals: str, batch_size: int, **options: Any) -> Values:
    """At the function's own batch size: the activations of a perceptual distance are large."""
    return {name: perceptual_path_length(generator, distance, **PATH_LENGTHS[name], **options)}


def _own_path_length(generator: Any, distance: Callable, reals: str, **options: Any) -> Values:
    """As in StyleGAN2's tables: in W where there is one, else in Z; cropped for aligned faces, and for no other images."""
    styles = has_styles(getattr(generator, "generator_ema", generator))
    faces = any(name in reals.lower() for name in FACES)
    name = f"{'ppl' if faces else 'ppl2'}_{'w' if styles else 'z'}end"
    return _path_length(name, generator, distance, reals=reals, **options)


def _condition(generator: Any, distance: Any, reals: str, **options: Any) -> Values:
    numbers = condition_numbers(generator, **options)
    top = max(1, len(numbers) // _PAIRS_PER_TOP)
    return {**_named(("mc", "ttmc"), mean_conditions(numbers, top)), "ttmc_of": top}


GENERATOR_METRICS = {
    "ppl": GeneratorMetric(_own_path_length, paths=True),
    **{name: GeneratorMetric(partial(_path_length, name), paths=True) for name in PATH_LENGTHS},
    "condition": GeneratorMetric(_condition),
}


def of_images(metrics: Iterable[str]) -> Iterator[ImageMetric]:
    """Those of these metrics that compare images."""
    return (IMAGE_METRICS[name] for name in metrics if name in IMAGE_METRICS)


def of_generators(metrics: Iterable[str]) -> dict[str, GeneratorMetric]:
    """Those of these metrics that are properties of a generator, by name."""
    return {name: GENERATOR_METRICS[name] for name in metrics if name in GENERATOR_METRICS}


def needs_network(metrics: Iterable[str]) -> bool:
    """Whether any of these metrics looks at images through a feature network."""
    return any(metric.network for metric in of_images(metrics))


def need_real_images(metrics: Iterable[str]) -> list[str]:
    """Those of these metrics that need more of the reals than a `Reference` holds."""
    return [name for name in metrics if name in IMAGE_METRICS and IMAGE_METRICS[name].real_images]


def needs_classes(metrics: Iterable[str]) -> bool:
    """Whether any of these metrics needs a feature network with classes."""
    return any(metric.classes for metric in of_images(metrics))


def needs_paths(metrics: Iterable[str]) -> bool:
    """Whether any of these metrics needs a perceptual distance."""
    return any(metric.paths for metric in of_generators(metrics).values())


def under_inception(metrics: Iterable[str]) -> bool:
    """Whether the literature measures all of these metrics that look through a feature network under Inception."""
    return all(metric.inception for metric in of_images(metrics) if metric.network)
