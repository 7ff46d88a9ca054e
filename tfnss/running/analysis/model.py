"""What is analysed: the networks of a run, of an official pickle of StyleGAN2, or of a `.keras` file."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tfnss.running.catalogue import own_package
from tfnss.running.file_names import CHECKPOINT, SETTINGS
from tfnss.running.hub import SCHEME, called, is_copy
from tfnss.running.stored import (
    check_single,
    check_trained,
    completed,
    load_run,
    official_networks,
    read_settings,
    recipe_of,
)

_WEIGHTS = ".weights.h5"


class Place(NamedTuple):
    """Where a model is.

    Attributes:
        path: As it was named.
        weights: The file of its weights.
        run: The folder of the run that it is of; None for a file of its own.
    """

    path: Path
    weights: Path
    run: Path | None


def place_of(path: Path) -> Place:
    """Finds the model that is meant, without loading it.

    Args:
        path: Folder of a run, one of its checkpoints, a pickle or a `.keras` file.

    Raises:
        ValueError: If there is none. The message says what is there instead.
    """
    if path.name.endswith(_WEIGHTS) and path.is_file():
        run = next((folder for folder in (path.parent, path.parent.parent) if (folder / SETTINGS).is_file()), None)
        if run is None:
            raise ValueError(
                f"{path} is the checkpoint of no run (no {SETTINGS} beside it): name one in its run's folder"
            )
        return Place(path, path, run)
    if (path / SETTINGS).is_file():
        check_single(path)
        check_trained(path)
        return Place(path, path / CHECKPOINT, path)
    if (path / "saved_model.pb").is_file():
        raise ValueError(f"{path} is an exported model, into which nobody can look: name the run that it came from")
    if path.is_file():
        return Place(path, path, None)
    raise ValueError(
        f"{path} is neither the folder of a run, one of its checkpoints, a pickle of StyleGAN2 nor a .keras file"
    )


@dataclass(frozen=True)
class Model:
    """A trained model.

    Attributes:
        name: What legends and titles call it; no two models of an analysis have the same.
        place: Where it is.
        gan: The whole `tfnss.GAN` of a run; None for a pickle and for a file of a generator alone.
        generator: Its generator: the average, where it has one.
        discriminator: Its discriminator; None for a file without one.
        settings: The settings of its run; empty for a file.
    """

    name: str
    place: Place
    gan: Any
    generator: Any
    discriminator: Any
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def spectral_realness(self) -> Any:
        """Its spectral classifier; None where it has none."""
        return getattr(self.gan, "spectral_realness", None)

    @property
    def kimg(self) -> float | None:
        """Thousands of images that it was trained on; None where that is not known."""
        return None if self.gan is None else int(self.gan.images_seen.numpy()) / 1000

    @property
    def classes(self) -> int:
        """Number of its classes; 0 for none."""
        from tfnss.generators import number_of_classes

        return number_of_classes(self.generator)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of its images."""
        from tfnss.generators import image_shape

        _, height, width, channels = image_shape(self.generator)
        return int(height or 0), int(width or 0), int(channels or 0)

    def images(self, count: int, seed: int = 0, batch_size: int = 16) -> np.ndarray:
        """Samples, uint8 `[count, height, width, channels]`, as `GAN.generate` gives them; classes are taken in turn."""
        return np.concatenate(list(self.batches(count, seed, batch_size)))

    def batches(self, count: int, seed: int = 0, batch_size: int = 16) -> Iterator[np.ndarray]:
        """The same a batch at a time, for many large images."""
        from tfnss.training.sampling import sample_batches

        return sample_batches(self.generator, count, None, seed, None, batch_size)


def opened(places: Sequence[Place]) -> list[Model]:
    """The models at places.

    Raises:
        ValueError: For damaged files, and for a place that is named twice. The message names it.
    """
    weights = [place.weights.resolve() for place in places]
    twice = next(
        (called(place.path) for place, file in zip(places, weights, strict=True) if weights.count(file) > 1), None
    )
    if twice is not None:
        raise ValueError(f"{twice} is named twice: each model must be another")
    return [_opened(place, name) for place, name in zip(places, _names(places), strict=True)]


def _names(places: Sequence[Place]) -> list[str]:
    """The last part of each path, or as many as tell all of them apart."""
    parts = [_parts(place.path) for place in places]
    for count in range(1, max(map(len, parts)) + 1):
        names = ["/".join(each[-count:]).removesuffix(_WEIGHTS) for each in parts]
        if len(set(names)) == len(names):
            return names
    return [called(place.path) for place in places]


def _parts(path: Path) -> tuple[str, ...]:
    """What a path is made of; of a run of the Hub it is one part."""
    return (called(path).removeprefix(SCHEME),) if is_copy(path) else path.resolve().parts


def _opened(place: Place, name: str) -> Model:
    if place.run is not None:
        settings = completed(recipe_of(place.run), read_settings(place.run)["settings"])
        gan = load_run(place.run, place.weights)
        return Model(name, place, gan, gan.generator_ema, gan.discriminator, settings)
    if place.weights.suffix == ".keras":
        from tfnss.training.fine_tuning import open_keras_file

        models = own_package("models")
        for family in models.__all__:  # with the layers that such a file can hold
            getattr(models, family)
        found = open_keras_file(place.weights)
        gan = found if hasattr(found, "generator_ema") else None
        return Model(name, place, gan, getattr(found, "generator_ema", found), getattr(found, "discriminator", None))
    generator, discriminator = official_networks(place.weights)
    return Model(name, place, None, generator, discriminator)


# -- what analyses need of a model ---


class Need(NamedTuple):
    """Something that an analysis cannot be made without.

    Attributes:
        met: Whether a model has it.
        lacking: What a model without it is told to have not, after its name; and what has it.
    """

    met: Callable[[Model], bool]
    lacking: str


def _has_styles(model: Model) -> bool:
    from tfnss.generators import has_styles

    return has_styles(model.generator)


def _has_noise(model: Model) -> bool:
    from tfnss.layers import EuclideanNoise, RiemannianNoise

    layers = model.generator._flatten_layers(include_self=False, recursive=True)
    return any(isinstance(layer, (EuclideanNoise, RiemannianNoise)) for layer in layers)


def _has_rgb_layers(model: Model) -> bool:
    from tfnss.analysis import has_rgb_layers

    return has_rgb_layers(model.generator)


def _has_features(model: Model) -> bool:
    return hasattr(getattr(model.generator, "synthesis", None), "features")


NEEDS = {
    "styles": Need(_has_styles, "has no styles (models.StyleGAN2 and models.StyleGAN have)"),
    "noise": Need(_has_noise, "has no noise (train one with --noise eni or --noise rni)"),
    "feature maps": Need(_has_features, "gives no feature maps (models.StyleGAN2 and models.StyleGAN do)"),
    "discriminator": Need(lambda model: model.discriminator is not None, "holds no discriminator (runs do)"),
    "spectral classifier": Need(
        lambda model: model.spectral_realness is not None,
        "has no spectral classifier: train a run with one (--ssd, or --method ssd of the SNGANs)",
    ),
    "RGB layers": Need(
        _has_rgb_layers, "has no RGB layers at several resolutions (StyleGAN2 with --generator skip has)"
    ),
    "run": Need(lambda model: model.place.run is not None, "is not of a run"),
}


def check_needs(models: Sequence[Model], needs: Sequence[str]) -> None:
    """Raises a ValueError for a model that lacks what an analysis needs."""
    for model in models:
        for name in needs:
            if not NEEDS[name].met(model):
                raise ValueError(f"{called(model.place.path)} {NEEDS[name].lacking}; this analysis needs that")
