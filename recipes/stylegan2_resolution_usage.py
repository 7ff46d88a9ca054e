"""How much each resolution contributes to the images of generators (StyleGAN2, figure 8).

    tfnss analyse stylegan2_resolution_usage runs/00000-stylegan2_photos64
    tfnss analyse stylegan2_resolution_usage config-e.pkl ffhq.pkl --data ~/ffhq --out usage.png

A generator with skip connections adds up the outputs of its RGB layers, and the left panel has the share of each. Others
have one such layer; what can be compared with them, and with real images, are the octaves of the images: the right panel.
`tfnss train RECIPE --usage-every KIMG` records the shares over the training of a StyleGAN2.
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
    layers, bands = {}, {}
    if given["data"] is not None:
        bands["reals"] = analysis.band_usage(_reals(models[0], given, work))
    for model in models:
        try:
            if analysis.has_rgb_layers(model.generator):
                layers[model.name] = analysis.resolution_usage(
                    model.generator, given["images"], given["seed"], given["batch_size"], progress=work.shown
                )
            bands[model.name] = analysis.band_usage(_samples(model, given, work))
        except ValueError as error:  # of one that has diverged, say
            raise ValueError(f"{called(model.place.path)}: {error}") from error
    shares = {"RGB layers": layers, "octaves of the images": bands}
    panels = {title: {name: _labelled(found) for name, found in bars.items()} for title, bars in shares.items() if bars}
    told = [f"{name}, {title}: {_in_words(bar)}" for title, bars in panels.items() for name, bar in bars.items()]
    return Found(shares, told, functools.partial(plots.save_shares, panels, "share of the standard deviation"))


def _samples(model: Model, given: Mapping[str, Any], work: Work) -> Iterable[np.ndarray]:
    from tfnss.metrics import GeneratedImages

    samples = GeneratedImages(model.generator, given["images"], seed=given["seed"])
    size = given["batch_size"] + given["batch_size"] % 2
    batches = samples.batches(size, given["images"])
    return work.track(batches, f"octaves, {model.name}", -(-given["images"] // size))


def _reals(model: Model, given: Mapping[str, Any], work: Work) -> Iterable[np.ndarray]:
    from tfnss.metrics.image_sets import FixedImages

    reals = FixedImages(load_reals(model, given))
    count = min(given["images"], len(reals))
    return work.track(reals.batches(given["batch_size"], count), "octaves, reals", -(-count // given["batch_size"]))


def _labelled(shares: Mapping[int, float]) -> dict[str, float]:
    return {f"{resolution}²": share for resolution, share in shares.items()}


def _in_words(bar: Mapping[str, float]) -> str:
    return ", ".join(f"{label} {share:.1%}" for label, share in bar.items())


ANALYSIS = Analysis(
    name="stylegan2_resolution_usage",
    summary="Show how much each resolution contributes to the images (StyleGAN2, figure 8).",
    analyse=_analyse,
    origin="StyleGAN2",
    picture="resolution_usage",
    options=(
        Option("images", int, "styles that are drawn, images of each model, and most real images", 1024, metavar="N"),
    ),
    reals=True,
    optional_reals=True,
    batch_size=8,
    check=_check,
    smoke={"images": 4, "batch_size": 2},
    remarks=(
        "The contribution of an RGB layer is the standard deviation of its output over images, pixels and channels, after "
        "the upsamplings that carry it to the size of the images; the paper does not say whether before or after them.",
        "The octaves are those of averages over blocks of pixels: the difference of the images at two resolutions.",
    ),
)

if __name__ == "__main__":
    main_of(ANALYSIS.name)
