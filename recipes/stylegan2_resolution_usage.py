"""How much each resolution contributes to the images of a generator (StyleGAN2, figure 8).

tfnss analyse stylegan2_resolution_usage runs/00000-stylegan2_photos64
"""

from collections.abc import Mapping, Sequence
from typing import Any

from tfnss import analysis
from tfnss.console import check_range
from tfnss.running.analysis.command_line import main_of
from tfnss.running.analysis.declaration import Analysis, Found
from tfnss.running.analysis.model import Model
from tfnss.running.analysis.work import Work
from tfnss.running.option import Option


def _check(given: Mapping[str, Any]) -> None:
    check_range(given, "images", 1, below=2**31)


def _analyse(models: Sequence[Model], given: Mapping[str, Any], work: Work) -> Found:
    from functools import partial

    from tfnss import plots

    shares = {
        model.name: analysis.resolution_usage(
            model.generator, given["images"], given["seed"], given["batch_size"], progress=work.shown
        )
        for model in models
    }
    told = [
        f"{name}: " + ", ".join(f"{resolution}² {share:.1%}" for resolution, share in found.items())
        for name, found in shares.items()
    ]
    parts = {name: {f"{resolution}²": share for resolution, share in found.items()} for name, found in shares.items()}
    return Found(
        numbers={"shares": shares},
        told=told,
        draw=partial(plots.save_shares, parts, "share of the standard deviation"),
    )


ANALYSIS = Analysis(
    name="stylegan2_resolution_usage",
    summary="Show how much each resolution contributes to the images (StyleGAN2, figure 8).",
    analyse=_analyse,
    origin="StyleGAN2",
    picture="resolution_usage",
    options=(Option("images", int, "styles that are drawn", 1024, metavar="N"),),
    needs=("RGB layers",),
    batch_size=8,
    check=_check,
    smoke={"images": 4, "batch_size": 2},
    remarks=(
        "A layer's contribution is the standard deviation of its output over images, pixels and channels, after the "
        "upsamplings that carry it to the size of the images; the paper does not say whether before or after them.",
    ),
)

if __name__ == "__main__":
    main_of(ANALYSIS.name)
