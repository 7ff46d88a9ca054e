"""Feature maps, their droplets and their frequencies (StyleGAN2, figures 1, 3, 15 and 16).

    tfnss analyse stylegan2_features runs/00000-stylegan2_photos64

The droplets of StyleGAN are the largest value of all maps at one place: a high peak, and a high share of channels that
have it there. Frequencies are measured with noise off and on, which is white and fills the highest ones.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from tfnss import analysis
from tfnss.console import check_range
from tfnss.running.analysis.command_line import main_of
from tfnss.running.analysis.declaration import Analysis, Found
from tfnss.running.analysis.model import Model
from tfnss.running.analysis.work import Work
from tfnss.running.option import Option

_WHITE = 1 - np.pi / 16  # share of white noise's power above half of Nyquist's frequency
_CHANNELS, _GREY = 3, 3.0  # channels that are drawn; deviations that are black and white


def _check(given: Mapping[str, Any]) -> None:
    for name in ("images", "shown"):
        check_range(given, name, 1, below=2**31)


def _analyse(models: Sequence[Model], given: Mapping[str, Any], work: Work) -> Found:
    from tfnss import panels

    numbers: dict[str, Any] = {}
    told: list[str] = []
    rows: dict[str, np.ndarray] = {}
    peaks, highs = {}, {}
    for model in models:
        numbers[model.name] = {}
        for noise in (False, True):
            found = analysis.feature_statistics(
                model.generator, given["images"], noise, given["seed"], given["batch_size"], progress=work.shown
            )
            label = f"{model.name}, noise {'on' if noise else 'off'}"
            sizes = [str(size) for size in found]
            highs[label] = sizes, [each.high for each in found.values()]
            numbers[model.name]["noise on" if noise else "noise off"] = {
                str(size): {**vars(each), "droplets": each.droplets} for size, each in found.items()
            }
        peaks[model.name] = sizes, [each.peaks.mean() for each in found.values()]
        told.append(f"{model.name}: " + "; ".join(_told(size, each) for size, each in found.items()))
        rows |= _rows(model, given)
    drawn = {
        "largest of a map, in deviations": panels.lines(peaks, "resolution", "mean over channels and images"),
        "high frequencies": panels.lines(
            highs, "resolution", "share of power above half of Nyquist's", {"white noise": _WHITE}
        ),
    }
    return Found(numbers=numbers, told=told, draw=partial(panels.save_composed, drawn, rows))


def _told(size: int, found: "analysis.FeatureStatistics") -> str:
    return (
        f"{size}x{size} peak {found.peaks.mean():.3g}, at one place in {found.sharing.mean():.0%} of the channels, droplets "
        f"in {found.droplets:.1%} of the images, {found.high:.1%} of the power in high frequencies"
    )


def _rows(model: Model, given: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """An image, the means of its maps at each resolution, and the channels with the highest peaks at the last one."""
    images = model.images(given["shown"], given["seed"], given["batch_size"])
    maps = analysis.feature_maps(model.generator, given["shown"], seed=given["seed"])
    rows = {}
    for index, image in enumerate(images):
        means = [_grey(each[index].mean(axis=-1), image.shape) for each in maps.values()]
        last = maps[max(maps)][index]
        order = np.argsort(-np.abs(last).max(axis=(0, 1)))[:_CHANNELS]
        channels = [_grey(last[..., channel], image.shape) for channel in order]
        label = (
            f"{model.name}: an image, the means of its maps at {', '.join(map(str, maps))}, and channels at {max(maps)}"
        )
        rows[label + f" ({index + 1})" * (given["shown"] > 1)] = np.stack([image, *means, *channels])
    return rows


def _grey(values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """A map `[height, width]` as an image of a shape: 3 deviations from 0 are black and white."""
    grey = np.clip((values / _GREY + 1) * 127.5, 0, 255).round().astype(np.uint8)
    grey = grey.repeat(shape[0] // grey.shape[0], axis=0).repeat(shape[1] // grey.shape[1], axis=1)
    image = np.repeat(grey[..., np.newaxis], shape[2], axis=-1)
    if shape[2] == 4:
        image[..., 3] = 255
    return image


ANALYSIS = Analysis(
    name="stylegan2_features",
    summary="Show feature maps, their droplets and their frequencies (StyleGAN2, figures 1, 3, 15 and 16).",
    analyse=_analyse,
    origin="StyleGAN2",
    picture="features",
    options=(
        Option(
            "images",
            int,
            "images that are measured; about a thousand tell how often droplets are absent",
            64,
            metavar="N",
        ),
        Option("shown", int, "images whose maps are drawn", 1, metavar="N"),
    ),
    needs=("feature maps",),
    batch_size=4,
    check=_check,
    smoke={"images": 2},
    remarks=(
        "The maps are those after the last convolution of each resolution, each brought to mean 0 and variance 1.",
        "The paper does not state which channels it draws: here the mean of all, and those with the highest peaks.",
    ),
)

if __name__ == "__main__":
    main_of(ANALYSIS.name)
