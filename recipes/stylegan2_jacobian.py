"""The singular values of a generator's Jacobian (StyleGAN2, figure 17), and what they say of its dimension (RNI, lemma 1).

    tfnss analyse stylegan2_jacobian runs/00000-stylegan2_photos64

Path length regularisation makes the mapping from W to images rounder: the spectrum falls less. One place takes as long as
1,350 images; at 1024x1024 pixels, twice as long. `--size 256` averages the images down first.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from tfnss import analysis
from tfnss.console import check_range
from tfnss.running.analysis.command_line import main_of
from tfnss.running.analysis.declaration import Analysis, Found
from tfnss.running.analysis.model import Model
from tfnss.running.analysis.work import Work
from tfnss.running.option import Option

_TOLERANCES = (1e-1, 1e-2, 1e-3)


def _check(given: Mapping[str, Any]) -> None:
    check_range(given, "places", 1, below=2**31)
    if given["size"] is not None:
        check_range(given, "size", 1, below=2**31)
    if not 0 < given["memory_gb"] < float("inf"):
        raise ValueError(f"--memory-gb must be above 0. Received: {given['memory_gb']}")


def _analyse(models: Sequence[Model], given: Mapping[str, Any], work: Work) -> Found:
    from tfnss import panels

    spectra = {model.name: _spectra(model, given, work) for model in models}
    told = []
    for name, found in spectra.items():
        ranks = found.ranks(_TOLERANCES).mean(axis=0)
        numerical = ", ".join(f"{rank:.4g} above {limit:g}" for rank, limit in zip(ranks, _TOLERANCES, strict=True))
        told.append(
            f"{name}: effective rank {found.effective_ranks.mean():.4g}; of {found.relative.shape[1]} singular values, over "
            f"the largest, {numerical}"
        )
    curves = {name: (found.mean, found.std) for name, found in spectra.items()}
    panel = panels.bands(curves, "index", "singular value over the largest")
    return Found(
        numbers={
            name: {
                "singular_values": found.singular_values,
                "mean": found.mean,
                "std": found.std,
                "tolerances": _TOLERANCES,
                "ranks": found.ranks(_TOLERANCES),
                "effective_ranks": found.effective_ranks,
            }
            for name, found in spectra.items()
        },
        told=told,
        draw=partial(panels.save_composed, {f"dg/d{given['space']}": panel}, {}),
    )


def _spectra(model: Model, given: Mapping[str, Any], work: Work) -> "analysis.JacobianSpectra":
    options = {name: given[name] for name in ("space", "size", "seed", "batch_size", "memory_gb")}
    return analysis.jacobian_spectra(model.generator, given["places"], **options, progress=work.shown)


ANALYSIS = Analysis(
    name="stylegan2_jacobian",
    summary="Show the singular values of the generator's Jacobian (StyleGAN2, figure 17).",
    analyse=_analyse,
    origin="StyleGAN2",
    picture="jacobian",
    options=(
        Option("places", int, "random places whose Jacobians are computed", 16, metavar="N"),
        Option("space", str, "what the derivative is by: styles or latents", "w", choices=("w", "z")),
        Option(
            "size", int, "side of the images that these are averaged down to first", worked_out="", metavar="PIXELS"
        ),
        Option(
            "memory_gb", float, "memory for the columns of a Jacobian; with less it takes longer", 4.0, metavar="GB"
        ),
    ),
    needs=("styles",),
    batch_size=8,
    check=_check,
    smoke={"places": 2},
    remarks=(
        "The paper states neither the number of places nor how noise is treated: here noise is the same at all places, "
        "styles are not truncated, and one style goes to all slots.",
        "A trained network has full rank by the letter; ranks are given above a tenth, a hundredth and a thousandth of the "
        "largest value.",
    ),
)

if __name__ == "__main__":
    main_of(ANALYSIS.name)
