"""StyleGAN2 on the engine."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from models.precision import layers_of
from models.style_arguments import check_arguments, half_precision
from models.stylegan2.checkpoints import Checkpoint, read_checkpoint
from models.stylegan2.discriminator import StyleGAN2Discriminator
from models.stylegan2.generator import StyleGAN2Generator
from models.stylegan2.optimizers import adam, generator_adam
from models.stylegan2.presets import preset
from models.stylegan2.weights import assign_weights, check_weights, randomize
from tfnss.resolution import Resolution, plain
from tfnss.training import GAN, R1, Growth, PathLength
from tfnss.training.growth import can_grow


@keras.saving.register_keras_serializable("tfnss")
class StyleGAN2(GAN):
    """StyleGAN2 (Karras et al. 2020), with a choice of noise injection.

    Args:
        resolution: Side of a square, or height and width, in pixels: 3 to 16 times one power of two, such as 64 (the papers
            have powers of two), 96 or (384, 640).
        config: `b` to `f` of the paper's table 1 (A is `StyleGAN`), or a preset of StyleGAN2-ADA: `auto`, `stylegan2`,
            `paper256`, `paper512`, `paper1024`, `cifar`. It fixes the widths here, and the defaults of `compile`. Those of
            `b`, `c` and `d` grow.
        channels: Colour channels: 1 (grey), 3 (RGB) or 4 (RGBA).
        generator: Architecture `skip`, `resnet` or `orig` (the paper's figure 7), or `grown`, that of `b` to `d`; by default
            the config's.
        discriminator: The same of the discriminator. Both grow or none does.
        noise: `euclidean` (StyleGAN2's), `riemannian` (Feng et al. 2021) or None.
        classes: Number of classes; 0 for an unconditional model. `fit` then needs labels.
        precision: `float32`; or `float16` or `bfloat16` for the four highest resolutions, with activations clamped to 256.
        latent_dim: Width of latents and styles.
        channel_base: Channels times nominal resolution (`models.sizes`); by default the config's.
        channel_max: Most channels of a layer.
        mapping_layers: By default the config's.
        group_size: Images in a group of the minibatch standard deviation; by default the config's.
        seed: Seed of the initial weights and of everything random in training.
        devices: Number of devices, which `auto` alone asks for: its batch follows from it, and from that the weight of R1,
            the half-life of the average and the groups. By default those of the strategy in whose scope the model is built;
            a saved model keeps the number.

    Raises:
        ValueError: For values outside these.
    """

    def __init__(
        self,
        resolution: Resolution = 64,
        config: str = "f",
        channels: int = 3,
        generator: str | None = None,
        discriminator: str | None = None,
        noise: str | None = "euclidean",
        classes: int = 0,
        precision: str = "float32",
        latent_dim: int = 512,
        channel_base: int | None = None,
        channel_max: int = 512,
        mapping_layers: int | None = None,
        group_size: int | None = None,
        seed: int = 0,
        devices: int | None = None,
        **kwargs: Any,
    ) -> None:
        if devices is None:
            devices = tf.distribute.get_strategy().num_replicas_in_sync if config == "auto" else 1
        arguments = {k: v for k, v in locals().items() if k not in ("self", "kwargs", "__class__")}
        self.preset = chosen = preset(config, resolution, devices)
        check_arguments(channels, classes, mapping_layers, latent_dim, channel_base, channel_max)
        architectures = generator or chosen.generator, discriminator or chosen.discriminator
        if (architectures[0] == "grown") != (architectures[1] == "grown"):
            raise ValueError(
                "`generator` and `discriminator` must both be 'grown' or none. "
                f"Received: generator={architectures[0]}, discriminator={architectures[1]}"
            )
        common: dict[str, Any] = {
            "channels": channels,
            "classes": classes,
            "channel_base": channel_base or chosen.channel_base,
            "channel_max": channel_max,
            **half_precision(precision, chosen.half_precision_resolutions),
        }
        with layers_of(kwargs.get("dtype")):
            networks: tuple[StyleGAN2Generator, StyleGAN2Discriminator] = (
                StyleGAN2Generator(
                    resolution,
                    latent_dim=latent_dim,
                    style_dim=latent_dim,
                    mapping_layers=chosen.mapping_layers if mapping_layers is None else mapping_layers,
                    architecture=architectures[0],
                    noise=noise,
                    mixing_probability=chosen.mixing_probability,
                    **common,
                    name="generator",
                ),
                StyleGAN2Discriminator(
                    resolution,
                    architecture=architectures[1],
                    group_size=chosen.group_size if group_size is None else group_size,
                    **common,
                    name="discriminator",
                ),
            )
            randomize(networks[0], [seed, 0])
            randomize(networks[1], [seed, 1])
            super().__init__(*networks, seed=seed, **kwargs)
        self._arguments = arguments | {"resolution": plain(resolution)}

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """As `GAN.compile`; by default with the config's Adam, lazy R1, path length penalty and average.

        The default Adam of the generator is corrected for lazy path lengths whether they are on or not, as in the official
        code; but not where nothing is lazy (config `b`). Networks that can grow do (`growth=False` for not).
        """
        chosen, given = self.preset, self._given_parts(args, kwargs)
        regularizers: list[R1 | PathLength] = [R1(chosen.r1_weight, interval=chosen.r1_interval)]
        regularizers += [PathLength(chosen.path_length_weight)] if chosen.path_length_weight else []
        defaults = {
            "discriminator_optimizer": adam(chosen.learning_rate),
            "regularizers": regularizers,
            "ema_half_life_kimg": chosen.ema_half_life_kimg,
            "ema_ramp_up": chosen.ema_ramp_up,
        }
        if can_grow(self.generator):
            defaults["growth"] = default_growth(given)
        parts = {**defaults, **given}
        if "generator_optimizer" not in given:
            own = generator_adam(chosen.learning_rate, parts["regularizers"], chosen.r1_interval)
            parts["generator_optimizer"] = own
        super().compile(**parts)

    def load_official(self, path: str | os.PathLike) -> None:
        """Takes the weights of an official checkpoint (StyleGAN2's TensorFlow or StyleGAN2-ADA's PyTorch pickle).

        Nothing in the file is executed. The generator and its average both become the file's average.

        Raises:
            ValueError: For a file that cannot be read, or is of another network. The message says in what.
        """
        take_checkpoint(self, read_of_stylegan2(path), str(path))

    def get_config(self) -> dict:
        return {"name": self.name, **self._arguments, "dtype": self.dtype_policy.name}


def official_networks(path: str | os.PathLike) -> tuple[StyleGAN2Generator, StyleGAN2Discriminator | None]:
    """The generator (the average) and, if there is one, the discriminator of an official checkpoint, as they are in it.

    Nothing in the file is executed.

    Args:
        path: Pickle of StyleGAN2 (TensorFlow, configurations B to F) or StyleGAN2-ADA (TensorFlow, PyTorch). Networks of B
            to D have the architecture `grown`, and the level of detail of the file.

    Raises:
        ValueError: For a file that cannot be read. The message says why.
    """
    return built_networks(read_of_stylegan2(path), StyleGAN2Generator, StyleGAN2Discriminator, str(path))


def read_of_stylegan2(path: str | os.PathLike) -> Checkpoint:
    """An official checkpoint of StyleGAN2.

    Raises:
        ValueError: For a file that cannot be read, and for StyleGAN's.
    """
    checkpoint = read_checkpoint(Path(path))
    if checkpoint.model != "stylegan2":
        raise ValueError(f"{path} holds a StyleGAN (configuration A), which models.StyleGAN reads, not a StyleGAN2")
    return checkpoint


def built_networks(checkpoint: Checkpoint, generators: type, discriminators: type, source: str) -> tuple[Any, Any]:
    """The generator and, or None, the discriminator of a checkpoint, of these classes; errors name `source`."""
    generator = generators(**checkpoint.config["generator"])
    assign_weights(generator, checkpoint.generator, source)
    if not checkpoint.discriminator:
        return generator, None
    discriminator = discriminators(**checkpoint.config["discriminator"])
    assign_weights(discriminator, checkpoint.discriminator, source)
    return generator, discriminator


def take_checkpoint(gan: GAN, checkpoint: Checkpoint, source: str) -> None:
    """Gives a model the weights of a checkpoint: the generator and its average both those of the file's average.

    Raises:
        ValueError: If they do not fit, naming `source`; nothing is taken then.
    """
    networks = [(gan.generator, checkpoint.generator), (gan.generator_ema, checkpoint.generator)]
    networks += [(gan.discriminator, checkpoint.discriminator)] if checkpoint.discriminator else []
    for network, arrays in networks:
        check_weights(network, arrays, source)
    for network, arrays in networks:
        assign_weights(network, arrays, source)


def default_growth(given: Mapping[str, Any]) -> Growth:
    """How a model grows that is not told; at the rates of the optimizers that `compile` is given, if there are any."""
    own = any(given.get(name) is not None for name in ("generator_optimizer", "discriminator_optimizer"))
    return Growth(learning_rates=None) if own else Growth()
