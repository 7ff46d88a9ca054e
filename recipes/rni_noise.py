"""What noise changes in an image, with the noise of more and more layers (RNI, figure 1).

    tfnss analyse rni_noise runs/eni runs/rni

Above the images with the noise of layers up to a size, below how much each pixel varies from noise to noise: what the noise
decides is bright. The maps themselves are kept in a file of arrays beside the picture: `model0` and so
on, in the order of the models.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from tfnss import analysis, files
from tfnss.console import check_range
from tfnss.running.analysis.command_line import main_of
from tfnss.running.analysis.declaration import Analysis, Found
from tfnss.running.analysis.model import Model
from tfnss.running.analysis.work import Work
from tfnss.running.option import Option


def _check(given: Mapping[str, Any]) -> None:
    check_range(given, "noises", 2, below=2**31)
    check_range(given, "image", below=2**31)
    if not 0 < given["scale"] < float("inf"):
        raise ValueError(f"--scale must be above 0. Received: {given['scale']}")


def _analyse(models: Sequence[Model], given: Mapping[str, Any], work: Work) -> Found:
    from tfnss import panels

    numbers: dict[str, Any] = {}
    told, rows, deviations = [], {}, {}
    for index, model in enumerate(models):
        kept = work.kept(f"model{index}", partial(_found, model, given, work))
        found = analysis.NoiseByLayer(kept["sizes"].tolist(), kept["images"], kept["deviations"])
        means = found.deviations.mean(axis=(1, 2))
        columns = ["none", *(f"{'up' if given['first'] == 'coarse' else 'down'} to {size}" for size in found.sizes[1:])]
        numbers[model.name] = {"layers": columns, "mean_deviations": means}
        deviations[f"model{index}"] = found.deviations.astype(np.float32)
        told.append(
            f"{model.name}: mean deviation in levels of 8 bits, with the noise of layers "
            + ", ".join(f"{column}: {mean:.3g}" for column, mean in zip(columns, means, strict=True))
        )
        maps = np.clip(given["scale"] * found.deviations, 0, 255).round().astype(np.uint8)[..., np.newaxis]
        rows[f"{model.name}: noise of layers {', '.join(columns)}"] = found.images
        rows[f"{model.name}: standard deviation over {given['noises']} noises, times {given['scale']:g}"] = maps
    more = {"-deviations.npz": partial(_save, deviations)}  # too many numbers for a text
    return Found(numbers=numbers, told=told, draw=partial(panels.save_composed, {}, rows), more=more)


def _save(deviations: Mapping[str, np.ndarray], path: Path) -> None:
    """The maps of deviations, float32 `[columns, height, width]`, by model."""
    with files.replacing(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **deviations)


def _found(model: Model, given: Mapping[str, Any], work: Work) -> dict[str, Any]:
    options = {name: given[name] for name in ("image", "first", "seed", "batch_size")}
    found = analysis.noise_by_layer(model.generator, count=given["noises"], **options, progress=work.shown)
    return found._asdict()


ANALYSIS = Analysis(
    name="rni_noise",
    summary="Show what noise changes in an image, layer by layer (RNI, figure 1).",
    analyse=_analyse,
    origin="Riemannian noise injection",
    picture="noise",
    options=(
        Option("image", int, "seed of the image", 0, metavar="SEED"),
        Option("noises", int, "noises over which the image varies", 100, metavar="N"),
        Option(
            "first",
            str,
            "layers whose noise comes first: of the smallest features, or the largest",
            "coarse",
            choices=("coarse", "fine"),
        ),
        Option("scale", float, "factor by which deviations are drawn brighter", 4.0, metavar="FACTOR"),
    ),
    needs=("noise",),
    batch_size=8,
    check=_check,
    smoke={"noises": 2},
    remarks=(
        "The paper does not state which layers its columns add; here each adds those of one size.",
        "Noise that is off is 0: Riemannian noise goes on scaling its features.",
        "The deviation is that of the mean over colours.",
    ),
)

if __name__ == "__main__":
    main_of(ANALYSIS.name)
