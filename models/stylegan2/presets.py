"""StyleGAN2's configurations: those of the paper, and of StyleGAN2-ADA."""

import math
from dataclasses import dataclass, replace

from models.sizes import Pyramid, pyramid
from tfnss.resolution import Resolution


@dataclass(frozen=True)
class Preset:
    """What one configuration fixes.

    Args:
        batch_size: Images in the global batch.
        group_size: Images in a group of the minibatch standard deviation.
        channel_base: Channels times nominal resolution.
        learning_rate: Adam's, for both players.
        r1_weight: γ of R1.
        r1_interval: Iterations between two of its steps; with 1 nothing is lazy, and Adam is not corrected for it.
        ema_half_life_kimg: Half-life of the generator's average, in thousands of images.
        ema_ramp_up: Bound on the half-life as a share of the images seen; None for none.
        mapping_layers: Layers of the mapping network.
        path_length_weight: Weight of the path length penalty; 0 for none.
        mixing_probability: Share of images with two styles.
        generator: Architecture of the generator.
        discriminator: Architecture of the discriminator.
        half_precision_resolutions: The highest so many resolutions are half precision where half precision is on.
    """

    batch_size: int = 32
    group_size: int = 4
    channel_base: int = 32768
    learning_rate: float = 0.002
    r1_weight: float = 10.0
    r1_interval: int = 16
    ema_half_life_kimg: float = 10.0
    ema_ramp_up: float | None = None
    mapping_layers: int = 8
    path_length_weight: float = 2.0
    mixing_probability: float = 0.9
    generator: str = "skip"
    discriminator: str = "resnet"
    half_precision_resolutions: int = 4


_GROWN = Preset(channel_base=16384, learning_rate=0.001, generator="grown", discriminator="grown")
_PAPER = Preset(batch_size=64, learning_rate=0.0025, ema_half_life_kimg=20.0)
_PRESETS = {
    "b": replace(_GROWN, r1_interval=1, path_length_weight=0.0),  # StyleGAN2, table 1; its A is StyleGAN
    "c": replace(_GROWN, path_length_weight=0.0),
    "d": _GROWN,
    "f": Preset(),
    "e": Preset(channel_base=16384, r1_weight=100.0),
    "stylegan2": Preset(),
    "paper256": replace(_PAPER, group_size=8, channel_base=16384, r1_weight=1.0),
    "paper512": replace(_PAPER, group_size=8, r1_weight=0.5),
    "paper1024": Preset(r1_weight=2.0),
    "cifar": replace(
        _PAPER,
        group_size=32,
        r1_weight=0.01,
        ema_half_life_kimg=500.0,
        ema_ramp_up=0.05,
        mapping_layers=2,
        path_length_weight=0.0,
        mixing_probability=0.0,
        discriminator="orig",
    ),
}
CONFIGS = ("auto", *_PRESETS)


def preset(config: str, resolution: Resolution, devices: int = 1, half_batch: bool = False) -> Preset:
    """The configuration of a name; `auto` follows from the resolution and the number of devices.

    Args:
        config: One of `CONFIGS`.
        resolution: Side of a square, or height and width, in pixels.
        devices: Number of devices.
        half_batch: Whether the discriminator is shown one half of the batch through a view: then the batch is that of
            `even_groups`.

    Raises:
        ValueError: For an unknown name, no devices, or a resolution that `models.sizes.pyramid` refuses.
    """
    if devices < 1:
        raise ValueError(f"`devices` must be >= 1. Received: devices={devices}")
    size = pyramid(resolution)
    if config == "auto":
        return _auto(size, devices, half_batch)
    if config not in _PRESETS:
        raise ValueError(f"`config` must be one of {', '.join(CONFIGS)}. Received: config={config}")
    chosen = _PRESETS[config]
    if not half_batch:
        return chosen
    return replace(chosen, batch_size=even_groups(chosen.batch_size, chosen.group_size, devices))


def even_groups(batch_size: int, group_size: int, devices: int) -> int:
    """The least batch from `batch_size` on that gives every device an even number of whole groups.

    Every other image of a half batch is shown through the view. Of an even number of groups, whose members are strided, each
    is then all shown or all clean.
    """
    step = 2 * group_size * devices
    return -(-batch_size // step) * step


def _auto(size: Pyramid, devices: int, half_batch: bool) -> Preset:
    batch_size = max(min(devices * min(4096 // size.nominal, 32), 64), devices)
    group_size = min(batch_size // devices, 4)
    if half_batch:
        batch_size = even_groups(batch_size, group_size, devices)
    return Preset(
        batch_size=batch_size,
        group_size=group_size,
        channel_base=32768 if size.nominal >= 512 else 16384,
        learning_rate=0.002 if size.nominal >= 1024 else 0.0025,
        r1_weight=0.0002 * math.prod(size.size) / batch_size,
        ema_half_life_kimg=batch_size * 10 / 32,
        ema_ramp_up=0.05,
        mapping_layers=2,
    )
