"""Real images and samples of models, ranked by how real their spectra are (SSD-GAN, figure 8).

    python -m recipes.dcgan_photos --ssd
    tfnss analyse ssd_spectral_quality runs/00000-dcgan_photos-gan

The score is the logit of the model's spectral classifier: above 0 for a spectrum that it takes for real. The picture shows
the images of each set with the highest and the lowest scores.
"""

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

import tfnss
from tfnss.console import check_range
from tfnss.running.analysis.command_line import main_of
from tfnss.running.analysis.declaration import Analysis, Found
from tfnss.running.analysis.model import Model
from tfnss.running.analysis.reals import real_images
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
        reals, _ = real_images(model, given, given["images"])
        samples = model.images(len(reals), given["seed"], given["batch_size"])
        told.append(
            " ".join(
                [f"Scores{of}".ljust(8), "images".rjust(8), "mean".rjust(9), *(f"{p}%".rjust(9) for p in _PERCENTILES)]
            )
        )
        for name, images in (("reals", reals), ("samples", samples)):
            scores = _scores(model, images, given["batch_size"])
            values = [scores.mean(), *np.percentile(scores, _PERCENTILES)]
            told.append(" ".join([name.ljust(8), f"{len(images):8}", *(f"{value:9.4f}" for value in values)]))
            numbers[f"{name}{of}"] = scores
            order = np.argsort(-scores, kind="stable")
            for end, chosen in (("highest", order[: given["show"]]), ("lowest", order[::-1][: given["show"]])):
                rows[f"{name}{of}, {end}: {scores[chosen[0]]:.3f} to {scores[chosen[-1]]:.3f}"] = images[chosen]
    return Found({"scores": numbers}, told, functools.partial(tfnss.plots.save_rows, rows))


def _scores(model: Model, images: np.ndarray, batch_size: int) -> np.ndarray:
    """The spectral classifier's logits of uint8 images, `[count]`."""
    from tfnss.uint8 import from_uint8

    classifier = model.spectral_realness
    batches = (from_uint8(images[start : start + batch_size]) for start in range(0, len(images), batch_size))
    return np.concatenate([np.asarray(classifier.classify(classifier.profile(batch))) for batch in batches])


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
    batch_size=64,
    check=_check,
    smoke={"images": 8, "batch_size": 8, "show": 4},
)

if __name__ == "__main__":
    main_of(ANALYSIS.name)
