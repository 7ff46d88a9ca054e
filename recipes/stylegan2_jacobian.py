"""The singular values of a generator's Jacobian (StyleGAN2, figure 17), and what they say of its rank (RNI, lemmas 1 and 2).

    tfnss analyse stylegan2_jacobian runs/00000-stylegan2_photos64

Path length regularisation makes the mapping from W to images rounder: the spectrum falls less. The right panel has the ranks
layer by layer. One place takes as long as 1,350 images; at 1024x1024 pixels, twice as long. `--size 256` averages the images
down first.
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
from tfnss.running.hub import called
from tfnss.running.option import Option

_TOLERANCES = (1e-1, 1e-2, 1e-3)


def _check(given: Mapping[str, Any]) -> None:
    check_range(given, "places", 1, below=2**31)
    check_range(given, "layer_places", 0, below=2**31)
    if given["size"] is not None:
        check_range(given, "size", 1, below=2**31)
    if not 0 < given["memory_gb"] < float("inf"):
        raise ValueError(f"--memory-gb must be above 0. Received: {given['memory_gb']}")


def _analyse(models: Sequence[Model], given: Mapping[str, Any], work: Work) -> Found:
    from tfnss import panels
    from tfnss.generators import has_styles

    space = given["space"] or ("w" if all(has_styles(model.generator) for model in models) else "z")
    numbers: dict[str, Any] = {}
    told, curves, ranks = [], {}, {}
    for index, model in enumerate(models):
        try:
            image, layers = _found(model, index, space, given, work)
        except ValueError as error:  # of one without styles, or that has diverged
            raise ValueError(f"{called(model.place.path)}: {error}") from error
        numbers[model.name] = {"space": space, **_numbers(image)}
        numbers[model.name]["layers"] = {name: _numbers(spectra) for name, spectra in layers.items()}
        curves[model.name] = image.mean, image.std
        told.append(f"{model.name}: d image / d{space}: {_told(image)}")
        told += [f"{model.name}: d features of {name} / d{space}: {_told(each)}" for name, each in layers.items()]
        every = layers | {"image": image}
        for label, values in _ranks(every).items():
            ranks[f"{model.name}, {label}"] = list(every), values
    drawn = {f"d image / d{space}": panels.bands(curves, "index", "singular value over the largest")}
    if given["layer_places"]:
        drawn["ranks by layer"] = panels.lines(ranks, "features", "singular values, mean of the places")
    return Found(numbers=numbers, told=told, draw=partial(panels.save_composed, drawn, {}))


def _found(
    model: Model, index: int, space: str, given: Mapping[str, Any], work: Work
) -> "tuple[analysis.JacobianSpectra, dict[str, analysis.JacobianSpectra]]":
    """The spectra of the image, and of the layers."""
    common = {"space": space, "seed": given["seed"], "batch_size": given["batch_size"], "progress": work.shown}

    def image() -> dict[str, Any]:
        options = {"size": given["size"], "memory_gb": given["memory_gb"]}
        found = analysis.jacobian_spectra(model.generator, given["places"], **options, **common)
        return {"image": found.singular_values}

    def layers() -> dict[str, Any]:
        found = analysis.layer_spectra(model.generator, given["layer_places"], **common)
        return {name: spectra.singular_values for name, spectra in found.items()}

    of_image = analysis.JacobianSpectra(work.kept(f"model{index}", image)["image"])
    of_layers = work.kept(f"model{index}-layers", layers) if given["layer_places"] else {}
    return of_image, {name: analysis.JacobianSpectra(values) for name, values in of_layers.items()}


def _numbers(found: "analysis.JacobianSpectra") -> dict[str, Any]:
    return {
        "singular_values": found.singular_values,
        "mean": found.mean,
        "std": found.std,
        "tolerances": _TOLERANCES,
        "ranks": found.ranks(_TOLERANCES),
        "effective_ranks": found.effective_ranks,
    }


def _told(found: "analysis.JacobianSpectra") -> str:
    ranks = found.ranks(_TOLERANCES).mean(axis=0)
    numerical = ", ".join(f"{rank:.4g} above {limit:g}" for rank, limit in zip(ranks, _TOLERANCES, strict=True))
    return (
        f"effective rank {found.effective_ranks.mean():.4g}; of {found.relative.shape[1]} singular values, over the "
        f"largest, {numerical}"
    )


def _ranks(spectra: "Mapping[str, analysis.JacobianSpectra]") -> dict[str, list[float]]:
    """The curves of the right panel: effective ranks, and those above the least tolerance."""
    least = min(_TOLERANCES)
    return {
        f"above {least:g} of the largest": [float(each.ranks([least]).mean()) for each in spectra.values()],
        "effective rank": [float(each.effective_ranks.mean()) for each in spectra.values()],
    }


ANALYSIS = Analysis(
    name="stylegan2_jacobian",
    summary="Show the singular values of the generator's Jacobian (StyleGAN2, figure 17).",
    analyse=_analyse,
    origin="StyleGAN2",
    picture="jacobian",
    options=(
        Option("places", int, "random places whose Jacobians are computed", 16, metavar="N"),
        Option(
            "layer_places",
            int,
            "places at which the ranks of all layers are computed too; 0 for none",
            4,
            metavar="N",
        ),
        Option(
            "space",
            str,
            "what the derivative is by: styles or latents",
            worked_out="w where all models have styles",
            choices=("w", "z"),
        ),
        Option(
            "size", int, "side of the images that these are averaged down to first", worked_out="", metavar="PIXELS"
        ),
        Option(
            "memory_gb", float, "memory for the columns of a Jacobian; with less it takes longer", 3.5, metavar="GB"
        ),
    ),
    batch_size=8,
    check=_check,
    smoke={"places": 2, "layer_places": 1},
    remarks=(
        "The paper states neither the number of places nor how noise is treated: here noise is the same at all places, "
        "styles are not truncated, and one style goes to all slots.",
        "A trained network has full rank by the letter; ranks are given above a tenth, a hundredth and a thousandth of the "
        "largest value.",
        "By lemma 2 the exact rank cannot rise from layer to layer, where each is made of the one before alone: in networks "
        "without styles. Layers with styles take them anew. Effective and numerical ranks may rise in either.",
        "Of layers with more than 65,536 values, so many at random are taken.",
    ),
)

if __name__ == "__main__":
    main_of(ANALYSIS.name)
