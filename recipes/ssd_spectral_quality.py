"""Real images and samples of models, ranked by how real their spectra are (SSD-GAN, figure 8).

    python -m recipes.dcgan_photos --ssd
    tfnss analyse ssd_spectral_quality runs/00000-dcgan_photos-gan

The score is the logit of the model's spectral classifier: above 0 for a spectrum that it takes for real. The picture shows
the images of each set with the highest and the lowest scores.
"""

import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

import tfnss
from tfnss.console import check_range
from tfnss.running.analysis.command_line import main_of
from tfnss.running.analysis.declaration import Analysis, Found
from tfnss.running.analysis.model import Model
from tfnss.running.analysis.reals import Reals, floats_of
from tfnss.running.analysis.work import Work
from tfnss.running.option import Option

_PERCENTILES = (5, 25, 50, 75, 95)


def _check(given: Mapping[str, Any]) -> None:
    check_range(given, "images", 1)
    check_range(given, "show", 1)


def _analyse(models: Sequence[Model], given: Mapping[str, Any], work: Work) -> Found:
    rows, numbers, told = {}, {}, []
    for model in models:
        of = f" of {model.name}" if len(models) > 1 else ""
        reals = Reals(model, given, given["images"])
        told.append(
            " ".join(
                [f"Scores{of}".ljust(8), "images".rjust(8), "mean".rjust(9), *(f"{p}%".rjust(9) for p in _PERCENTILES)]
            )
        )
        sets = {
            "reals": reals.batches(given["batch_size"]),
            "samples": model.batches(len(reals), given["seed"], given["batch_size"]),
        }
        for name, batches in sets.items():
            total = -(-len(reals) // given["batch_size"])
            scores, extremes = _ranked(model, work.track(batches, f"{name} of {model.name}", total), given["show"])
            values = [scores.mean(), *np.percentile(scores, _PERCENTILES)]
            told.append(" ".join([name.ljust(8), f"{len(scores):8}", *(f"{value:9.4f}" for value in values)]))
            numbers[f"{name}{of}"] = scores
            for end, (shown, images) in extremes.items():
                rows[f"{name}{of}, {end}: {shown[0]:.3f} to {shown[-1]:.3f}"] = images
    return Found({"scores": numbers}, told, functools.partial(tfnss.plots.save_rows, rows))


def _ranked(
    model: Model, batches: Iterable[np.ndarray], show: int
) -> tuple[np.ndarray, dict[str, tuple[np.ndarray, np.ndarray]]]:
    """The spectral classifier's logits of uint8 images, and the highest and the lowest with their images, in order."""
    classifier, found = model.spectral_realness, []
    kept: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    for images in batches:
        scores = np.asarray(classifier.classify(classifier.profile(floats_of(images)))).reshape(-1)
        found.append(scores)
        for end, sign in (("highest", -1), ("lowest", 1)):
            values, shown = kept.get(end, (scores[:0], images[:0]))
            values, shown = np.concatenate([values, scores]), np.concatenate([shown, images])
            order = np.argsort(sign * values, kind="stable")[:show]
            kept[end] = values[order], shown[order]
    return np.concatenate(found), kept


ANALYSIS = Analysis(
    name="ssd_spectral_quality",
    summary="Rank images by the realness of their spectra (SSD-GAN, figure 8).",
    analyse=_analyse,
    origin="SSD-GAN",
    picture="spectral_quality",
    options=(
        Option("images", int, "most real images, and as many samples", 1000, metavar="N"),
        Option("show", int, "images per row of the picture", 8, metavar="N"),
    ),
    needs=("spectral classifier",),
    reals=True,
    batch_size=16,
    check=_check,
    smoke={"images": 8, "batch_size": 8, "show": 4},
)

if __name__ == "__main__":
    main_of(ANALYSIS.name)
