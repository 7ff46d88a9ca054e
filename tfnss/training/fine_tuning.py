"""Training that starts from what was trained before: its weights, and what of the discriminator stays as it is."""

import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np

from tfnss.generators import copied
from tfnss.training.callbacks.checkpoint import restore
from tfnss.training.freezing import freeze
from tfnss.training.roles import weights_by_role

Arrays = Mapping[str, Mapping[str, np.ndarray]]


class Taken(NamedTuple):
    """What a network took from another, layer by layer.

    Attributes:
        network: `generator`, `generator_ema` or `discriminator`.
        layers: Number of layers with weights that the network has.
        taken: Layers that have the other's weights now.
        initial: Layers that keep their initial weights, as the other has none like them; and parts of the taken ones.
        unused: Layers of the other that have no place.
    """

    network: str
    layers: int
    taken: list[str]
    initial: list[str]
    unused: list[str]


class Trained(NamedTuple):
    """The weights of trained networks by the roles of their layers, as arrays.

    Attributes:
        name: What messages call them.
        family: The class of their GAN; None where it is not known.
        networks: The weights, by the networks' names in a GAN.
    """

    name: str
    family: str | None
    networks: Mapping[str, Arrays]


class FineTuning:
    """What `GAN` has of it."""

    generator: Any
    generator_ema: Any
    discriminator: Any

    def init_from(self, source: Any, discriminator: keras.Model | None = None) -> list[Taken]:
        """Takes the weights of trained networks, layer by layer as far as they fit. Call it before `fit`.

        Layers match that are the same to their networks (`b8_conv0` of a StyleGAN2; in functional networks, the same layer
        of its kind, counted from the image) and have weights of the same shapes. All others keep their initial weights.
        Optimizers, clock, augmentation and a spectral classifier are left alone.

        Args:
            source: Another `GAN`; a trained generator, which both the generator and its average then start from; or a
                file: the `.weights.h5` of a GAN of just these networks, or a `.keras` file of a GAN or generator (the
                modules of its layers imported).
            discriminator: Where `source` is a generator, a trained discriminator.

        Returns:
            For each network what it took, and what not.

        Raises:
            ValueError: For a source of another family of models, one of which no layer with a kernel fits, and a file that
                is missing, damaged or none of these. Nothing is taken then.

        Example:

        ```python
        gan = StyleGAN2(resolution=64)
        for record in gan.init_from("faces32.keras"):  # of `StyleGAN2(resolution=32)`
            print(record.network, "begins anew in", record.initial)  # the layers at 64x64
        gan.freeze_discriminator(4)  # the layer of colours and one block
        gan.compile(ema_ramp_up=None)
        gan.fit(images, epochs=10)
        ```
        """
        trained = source if isinstance(source, Trained) else self._trained(source, discriminator)
        own, known = type(self).__name__, trained.family not in (None, "GAN")
        if known and own not in ("GAN", trained.family):
            raise ValueError(f"{trained.name} is a {trained.family}, from which no {own} can start")
        moves: dict[str, tuple[keras.Variable, np.ndarray]] = {}
        records = []
        for network, arrays in trained.networks.items():
            weights = weights_by_role(getattr(self, network), image_last=network != "discriminator")
            new, taken = _matched(network, weights, arrays)
            moves |= new
            records.append(taken)
        if not any(array.ndim > 1 for _, array in moves.values()):
            raise ValueError(f"no layer of {trained.name} fits this {own}: all are of other kinds or shapes")
        bad = next((key for key, (_, array) in moves.items() if not np.isfinite(array).all()), None)
        if bad is not None:
            raise ValueError(f"{trained.name} has values that are not finite ({bad})")
        with self.distribute_strategy.scope():  # type: ignore[attr-defined]
            for weight, array in moves.values():
                weight.assign(array)
        return records

    def freeze_discriminator(self, layers: int) -> None:
        """Leaves the first layers of the discriminator, counted from the image, as they are (FreezeD).

        They keep their weights, the statistics of batch normalisation (which they then use) and the vectors of spectral
        normalisation. The gradient to the generator passes through them as ever, and checkpoints hold the same variables.

        Args:
            layers: Number of layers with kernels, each with the normalisation that follows it; 0 for none. Call it again
                for another number, and for a GAN that was loaded from a `.keras` file.

        Raises:
            ValueError: For more layers than there are before the last, fewer than 0, and a discriminator that is neither a
                functional model nor has a list of `freezable_layers`.

        Reference: Mo, Cho and Shin 2020, Freeze the Discriminator: a Simple Baseline for Fine-Tuning GANs; the count is
        that of StyleGAN2-ADA's `--freezed`.
        """
        freeze(self.discriminator, layers)
        gan: Any = self
        if gan.compiled:
            gan._gradients = gan._build_gradients(gan._compile_arguments()["jit_compile"])
            gan.train_function = None

    def _trained(self, source: Any, discriminator: keras.Model | None) -> Trained:
        if not isinstance(source, str | os.PathLike):
            return trained_of(source, discriminator)
        path = Path(source)
        if path.name.endswith(".weights.h5"):
            networks = _Networks(self)
            restore(networks, path)
            return trained_of(networks, name=str(path))
        if path.suffix == ".keras":
            return trained_of(open_keras_file(path), name=str(path))
        raise ValueError(f"{path} is neither a .weights.h5 nor a .keras file")


def trained_of(source: Any, discriminator: keras.Model | None = None, name: str = "the source") -> Trained:
    """The weights of a GAN, or of a generator and perhaps a discriminator; `name` is what messages call it.

    Raises:
        ValueError: For anything else.
    """
    if isinstance(source, FineTuning | _Networks):
        networks = {part: getattr(source, part) for part in ("generator", "generator_ema", "discriminator")}
    elif isinstance(source, keras.Model):
        networks = {"generator": source, "generator_ema": source}
        networks |= {} if discriminator is None else {"discriminator": discriminator}
    else:
        raise ValueError(f"`source` must be a GAN, a generator or a file. Received: {type(source).__name__}")
    arrays = {
        part: {
            role: {key: keras.ops.convert_to_numpy(weight) for key, weight in weights.items()}
            for role, weights in weights_by_role(network, image_last=part != "discriminator").items()
        }
        for part, network in networks.items()
    }
    return Trained(name, type(source).__name__ if isinstance(source, FineTuning) else None, arrays)


def open_keras_file(path: Path) -> keras.Model:
    """The model in a `.keras` file. Nothing in it is executed: its classes are Keras' own and registered ones.

    Raises:
        ValueError: For a file that is missing, damaged or of classes that are not imported. The message names it.
    """
    if not path.is_file():
        raise ValueError(f"{path} is not a file")
    try:
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except (OSError, KeyError, ValueError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        reason = " ".join(str(error).split())[:200]
        raise ValueError(f"{path} is damaged or no Keras file of ours ({reason})") from error


class _Networks(keras.Model):
    """The networks of a GAN without the rest, into which its checkpoints can be read."""

    def __init__(self, gan: Any) -> None:
        super().__init__()
        self.generator, self.generator_ema, self.discriminator = map(
            copied, (gan.generator, gan.generator_ema, gan.discriminator)
        )
        self.built = True

    def load_own_variables(self, store: Any) -> None:
        """Nothing: the clock and the like are no networks."""


def _matched(
    network: str, weights: Mapping[str, Mapping[str, keras.Variable]], arrays: Arrays
) -> tuple[dict[str, tuple[keras.Variable, np.ndarray]], Taken]:
    """The weights of a network that can be taken, each with its array, and the record of them."""
    moves: dict[str, tuple[keras.Variable, np.ndarray]] = {}
    taken, initial = [], []
    for role, own in weights.items():
        theirs = arrays.get(role, {})
        common = [name for name in own if name in theirs]
        if not common or any(tuple(own[name].shape) != theirs[name].shape for name in common):
            initial.append(role)
            continue
        taken.append(role)
        initial += dict.fromkeys(f"{role}/{name.split('(')[0]}" for name in own if name not in theirs)
        moves |= {f"{network}/{role}/{name}": (own[name], theirs[name]) for name in common}
    return moves, Taken(network, len(weights), taken, initial, [role for role in arrays if role not in taken])
