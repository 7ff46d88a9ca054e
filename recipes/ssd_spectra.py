"""How far the spectra of models' images are from those of real ones (SSD-GAN, figure 6).

    tfnss analyse ssd_spectra runs/eni runs/rni --images 5000

For each model the absolute difference |E |F(real)| - E |F(fake)||, all on one scale, and its mean over each radius. The
means are over the amplitudes of images, not over their transforms, whose mean is the transform of the mean image.
"""

import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from tfnss import analysis, plots
from tfnss.console import check_range
from tfnss.running.analysis.command_line import main_of
from tfnss.running.analysis.declaration import Analysis, Found
from tfnss.running.analysis.model import Model
from tfnss.running.analysis.reals import load_reals
from tfnss.running.analysis.work import Work
from tfnss.running.hub import called
from tfnss.running.option import Option


def _check(given: Mapping[str, Any]) -> None:
    check_range(given, "images", 1, below=2**31)


def _analyse(models: Sequence[Model], given: Mapping[str, Any], work: Work) -> Found:
    for model in models:
        if model.image_shape != models[0].image_shape:
            sizes = " and ".join("x".join(map(str, each.image_shape)) for each in (models[0], model))
            names = " and ".join(called(each.place.path) for each in (models[0], model))
            raise ValueError(f"{names} make images of {sizes}: take models of one size")
    reals, count = _reals(models[0], given, work)
    real = analysis.mean_amplitudes(reals, given["window"])
    fakes = {
        model.name: analysis.mean_amplitudes(_samples(model, count, given, work), given["window"]) for model in models
    }
    gaps = {name: np.abs(real - fake) for name, fake in fakes.items()}
    curves = {name: analysis.azimuthal_mean(gap) for name, gap in gaps.items()}
    shares = {name: _share(gap, real) for name, gap in gaps.items()}
    told = [f"{name}: the difference is {share:.2%} of the reals' amplitudes" for name, share in shares.items()]
    numbers = {
        "images": count,
        "difference_share": shares,
        "cycles_per_pixel": next(iter(curves.values()))[0],
        "mean_difference": {name: values for name, (_, values) in curves.items()},
        "mean_amplitude_of_reals": analysis.azimuthal_mean(real)[1],
        "mean_amplitude": {name: analysis.azimuthal_mean(fake)[1] for name, fake in fakes.items()},
        "difference": gaps,
    }
    shown = {name: np.log1p(gap) for name, gap in gaps.items()}
    return Found(numbers, told, functools.partial(plots.save_maps, shown, curves, "ln(1 + |difference of amplitudes|)"))


def _share(gap: np.ndarray, real: np.ndarray) -> float:
    """The sum of the differences, as a share of the reals' amplitudes, both without the zero frequency."""
    centre = tuple(side // 2 for side in gap.shape)
    whole = real.sum() - real[centre]
    return float((gap.sum() - gap[centre]) / whole) if whole > 0 else float("nan")


def _reals(model: Model, given: Mapping[str, Any], work: Work) -> tuple[Iterable[np.ndarray], int]:
    from tfnss.metrics.image_sets import FixedImages

    reals = FixedImages(load_reals(model, given))
    count = min(given["images"], len(reals))
    batches = reals.batches(given["batch_size"], count)
    return work.track(batches, "spectra, reals", -(-count // given["batch_size"])), count


def _samples(model: Model, count: int, given: Mapping[str, Any], work: Work) -> Iterable[np.ndarray]:
    from tfnss.metrics import GeneratedImages

    size = given["batch_size"] + given["batch_size"] % 2
    batches = GeneratedImages(model.generator, count, seed=given["seed"]).batches(size, count)
    return work.track(batches, f"spectra, {model.name}", -(-count // size))


ANALYSIS = Analysis(
    name="ssd_spectra",
    summary="Compare the spectra of models' images with those of real ones (SSD-GAN, figure 6).",
    analyse=_analyse,
    origin="SSD-GAN",
    picture="spectra",
    options=(
        Option("images", int, "most real images, and as many samples of each model", 5000, metavar="N"),
        Option("window", bool, "fade images out towards their borders, which else show as a cross", False),
    ),
    reals=True,
    batch_size=16,
    check=_check,
    smoke={"images": 8, "batch_size": 4},
    remarks=("Amplitudes are those of the grey images in [-1, 1] under a unitary transform.",),
)

if __name__ == "__main__":
    main_of(ANALYSIS.name)
