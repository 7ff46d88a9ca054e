"""All metrics of a generator or a set of images against real ones, each set read once."""

import os
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import tensorflow as tf

from tfnss.metrics import catalog, networks
from tfnss.metrics.catalog import GENERATOR_METRICS, IMAGE_METRICS, MIN_IMAGES, ImageMetric
from tfnss.metrics.image_sets import FixedImages, GeneratedImages, ImageSet, as_image_set
from tfnss.metrics.names import check_names
from tfnss.metrics.reference import Reference
from tfnss.metrics.statistics import Size, gather

_MAX_SEED = 2**31


class Evaluation:
    """Metrics against one set of real images, whose statistics are computed once and kept between runs.

    Args:
        reals: Real images: an array, `tfnss.data.Images`, the path of a folder of images of one size, or an `ImageSet`; or
            a `Reference` in place of them, for metrics that need no more.
        metrics: Names in `tfnss.metrics.NAMES`.
        network: Feature network; None for metrics that need none.
        fake_images: Number of samples of a generator, and of paths and pairs of latents.
        real_images: Most real images to compare with; None for all of them (mirrored ones are none). It does not go with a
            `Reference`, whose images are counted already.
        batch_size: Images at a time.
        seed: Seed of the samples.
        perceptual_distance: Function of two batches of images for path lengths: an `LPIPS`.
        progress: Whether to show progress lines.

    Raises:
        ValueError: For an unknown metric, a lack of what a metric needs, fewer than 2 images, or a `Reference` of another
            network.

    Example:

    ```python
    evaluate = Evaluation("~/faces", metrics=("fid", "kid"), network=networks.load("inception"))
    evaluate(gan)  # {"fid": ..., "kid": ..., "kid_error": ..., "network": "inception", "fake_images": 50000, ...}
    ```
    """

    def __init__(
        self,
        reals: Any,
        metrics: Iterable[str] = ("fid",),
        network: networks.FeatureNetwork | None = None,
        fake_images: int = 50_000,
        real_images: int | None = 50_000,
        batch_size: int = 64,
        seed: int = 0,
        perceptual_distance: Callable[[tuple], Any] | None = None,
        progress: bool = False,
    ) -> None:
        self.metrics = check_names(metrics)
        self.reals = reals if isinstance(reals, Reference) else as_image_set(reals, "reals")
        self.network = network
        self.fake_images, self.batch_size, self.seed, self.progress = fake_images, batch_size, seed, progress
        self.real_images = _number(self.reals, real_images)
        self.perceptual_distance = perceptual_distance
        known = [count for count in (fake_images, self.real_images) if count is not None]
        if min(known) < MIN_IMAGES or batch_size < 1:
            raise ValueError(
                f"metrics need at least {MIN_IMAGES} real and {MIN_IMAGES} fake images, and a batch size >= 1. Received: "
                f"{self.real_images} of {self.reals.name}, fake_images={fake_images}, batch_size={batch_size}"
            )
        if not 0 <= seed < _MAX_SEED:
            raise ValueError(f"the seed must lie in [0, 2**31). Received: seed={seed}")
        self._check_reals()
        self._check_counts(fake_images)
        if catalog.needs_network(self.metrics) and network is None:
            raise ValueError(f"{', '.join(self.metrics)} need a feature network: networks.load('inception')")
        if catalog.needs_classes(self.metrics) and network is not None and not network.has_classes:
            raise ValueError(
                f"the Inception score needs classes, which the network {network.name} has not; use inception"
            )
        if catalog.needs_paths(self.metrics) and perceptual_distance is None:
            raise ValueError("path lengths need `perceptual_distance`: tfnss.metrics.LPIPS()")
        self._real = self._of_reference() if isinstance(self.reals, Reference) else None
        self._generated: tuple[Any, int | None, GeneratedImages] | None = None  # of the last generator, compiled
        self.spectra: tuple[Any, Any] = (None, None)  # of the reals and the last fakes, for pictures

    def prepare(self) -> None:
        """Computes the reals' statistics, unless they are there: the first evaluation does so otherwise."""
        if self._real is None:
            assert not isinstance(self.reals, Reference)
            assert self.real_images is not None
            kinds = self._kinds(lambda metric: metric.real)
            self._real = self._gather(self.reals, self.real_images, kinds, keep=True)

    def reference(self) -> Reference:
        """The reals' statistics, to be saved and used in place of the images.

        Raises:
            ValueError: If `fid`, which needs them, is not among the metrics.
        """
        if isinstance(self.reals, Reference):
            return self.reals
        if "fid" not in self.metrics:
            raise ValueError(f"a reference is what fid needs, which is not among the metrics {', '.join(self.metrics)}")
        self.prepare()
        assert self._real is not None
        assert self.network is not None
        moments, (height, width, _) = self._real["moments"], self._real["size"].shape
        return Reference(
            moments.mean,
            moments.covariance,
            moments.count,
            self.network.name,
            self.network.key,
            self.network.resize,
            (height, width),
            self.reals.name,
            self._labels(),
        )

    def __call__(self, fakes: Any, latent_dim: int | None = None) -> dict[str, Any]:
        """The metrics of `fakes`.

        Args:
            fakes: A generator (a `tfnss.GAN`, a Keras model, or a function from latents `[batch, latent_dim]` to images,
                float32 for images and float64 for `condition` and `ppl*`) or a set of images as for `reals`.
            latent_dim: Width of the latents, for a function.

        Returns:
            The values by name, and what they depend on (`CONDITIONS`): `network`, `comparable` (whether it is that of the
            literature, for each of these metrics that needs one), `resize`, `perceptual_network`, `reals`, `reference` (the
            file of statistics that stands in for them), `real_images` (None where that file does not tell it),
            `fake_images`, `classes` (how a conditional generator's were chosen), `size` (height and width), `seed`, and
            `batch_size`, on which the noise of generators that draw any depends.
        """
        generator = None if _is_images(fakes) else fakes
        if generator is None:
            images = as_image_set(fakes, "fakes")
            self._check_no_generator_metrics()
        else:
            images = self._samples(generator, latent_dim)
        count = min(self.fake_images, len(images))
        if count < MIN_IMAGES:
            raise ValueError(f"metrics need at least {MIN_IMAGES} images. Received: {count} of {images.name}")
        self._check_counts(count)
        self.prepare()
        fake = self._gather(images, count, self._kinds(lambda metric: True))
        self._check_sizes(fake)
        options: dict[str, Any] = {"count": self.fake_images, "batch_size": self.batch_size, "seed": self.seed}
        options |= {"latent_dim": latent_dim, "progress": self.progress, "reals": self.reals.name}
        values: dict[str, Any] = {}
        for name in self.metrics:
            if name in IMAGE_METRICS:
                values |= IMAGE_METRICS[name].result(self._real or {}, fake)
            else:
                values |= GENERATOR_METRICS[name].result(generator, self._distance, **options)
        self.spectra = (self._real or {}).get("spectra"), fake.get("spectra")
        classes = images.classes if isinstance(images, GeneratedImages) else None
        return values | self._conditions(count, fake, classes)

    def _samples(self, generator: Any, latent_dim: int | None) -> GeneratedImages:
        if self._generated is None or self._generated[0] is not generator or self._generated[1] != latent_dim:
            images = GeneratedImages(generator, self.fake_images, latent_dim, self.seed, self._labels())
            self._generated = generator, latent_dim, images
        return self._generated[2]

    def _labels(self) -> np.ndarray | None:
        """Of the reals, where they have any."""
        if isinstance(self.reals, Reference):
            return self.reals.labels
        if isinstance(self.reals, FixedImages) and self.real_images is not None:
            return self.reals.labels(self.real_images)
        return None

    def _of_reference(self) -> dict[str, Any]:
        """What a reference holds, as it would be gathered of its images."""
        reference = self.reals
        assert isinstance(reference, Reference)
        if "fid" in self.metrics and self.network is not None:
            reference.check(self.network)
        found: dict[str, Any] = {"moments": reference}
        return found | ({"size": Size((*reference.size, 0))} if reference.size else {})

    def _check_reals(self) -> None:
        lacking = catalog.need_real_images(self.metrics)
        if isinstance(self.reals, Reference) and lacking:
            raise ValueError(
                f"{self.reals.called} holds the mean and covariance of real images alone, and {', '.join(lacking)} cannot "
                "do without the real images: name --data"
            )

    def _check_counts(self, fake_images: int) -> None:
        for metric in catalog.of_images(self.metrics):
            if self.real_images is not None:
                metric.check(self.real_images, fake_images)

    def _check_no_generator_metrics(self) -> None:
        for name in catalog.of_generators(self.metrics):
            raise ValueError(f"{name} is a property of a generator, not of a set of images")

    def _check_sizes(self, fake: dict[str, Any]) -> None:
        real = self._real or {}
        if "size" in fake and "size" in real and fake["size"].shape[:2] != real["size"].shape[:2]:
            (height, width), (fake_height, fake_width) = (x["size"].shape[:2] for x in (real, fake))
            name = self.reals.called if isinstance(self.reals, Reference) else self.reals.name
            raise ValueError(
                f"images differ in size: {name} are {width}x{height}, the fakes {fake_width}x{fake_height}; "
                "bring them to one size"
            )

    def _kinds(self, chosen: Callable[[ImageMetric], bool]) -> list[str]:
        kinds = [kind for metric in catalog.of_images(self.metrics) if chosen(metric) for kind in metric.statistics]
        return [*kinds, "size"] if kinds else []

    def _gather(self, images: ImageSet, count: int, kinds: list[str], keep: bool = False) -> dict[str, Any]:
        return gather(images, count, kinds, self.network, self.batch_size, keep, self.progress)

    def _distance(self, *pair: Any) -> Any:
        assert self.perceptual_distance is not None
        return self.perceptual_distance(pair)

    def _conditions(self, count: int, fake: dict[str, Any], classes: str | None) -> dict[str, Any]:
        network = self.network if catalog.needs_network(self.metrics) else None
        reference = self.reals if isinstance(self.reals, Reference) else None
        foreign = reference is not None and reference.foreign
        resize = network.resize if network else None
        comparable = network.comparable and catalog.under_inception(self.metrics) and not foreign if network else None
        return {
            "network": network.name if network else None,
            "resize": f"fakes: {resize}; reals: not known" if foreign else resize,
            "comparable": comparable,
            "perceptual_network": getattr(self.perceptual_distance, "key", None)
            if catalog.needs_paths(self.metrics)
            else None,
            "reals": self.reals.name,
            "reference": reference.described if reference else None,
            "real_images": self.real_images,
            "fake_images": count,
            "classes": classes,
            "size": "x".join(map(str, fake["size"].shape[:2])) if "size" in fake else None,
            "seed": self.seed,
            "batch_size": self.batch_size,
        }


def _number(reals: ImageSet | Reference, most: int | None) -> int | None:
    """Of real images to compare with; None where it is not known."""
    if isinstance(reals, Reference):
        return reals.count
    return len(reals) if most is None else min(most, len(reals))


def _is_images(fakes: Any) -> bool:
    arrays = isinstance(fakes, (np.ndarray, str, os.PathLike)) or tf.is_tensor(fakes)
    return arrays or hasattr(fakes, "batches") or hasattr(fakes, "array")
