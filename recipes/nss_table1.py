"""NSS-GAN, table 1: two-step scale-spaces {t, 0}, and the annealed one, on CelebA.

python -m recipes.nss_table1 --miniature
"""

from typing import Any

from recipes.families.tables import LAST_WEIGHTS, small_dcgan
from recipes.figures import figures
from tfnss.running.figure import Figure
from tfnss.running.table.command_line import main_of
from tfnss.running.table.declaration import Cell, Table

_FIGURES = figures("nss", 1)
_TIMES = (4, 8, 16, 32, 64, 128)


def _is_of(figure: Figure, time: int | None) -> bool:
    """Whether a figure is of two steps from a time; None for the annealed one, 0 for the plain GAN."""
    if figure.settings.get("annealing") == "exponential":
        return time is None
    return figure.settings["t"] == time


def _rows(annealed: float) -> dict[str, tuple[int | None, dict[str, Any]]]:
    """The rows: the time of two equal periods, and the settings."""
    steps = {
        f"t = {time}, then 0": (time, {"method": "ss", "annealing": "step", "initial_time": float(time)})
        for time in _TIMES
    }
    decay = {"method": "ss", "initial_time": annealed}
    return {"t = 0": (0, {"method": "gan"}), **steps, "annealed": (None, decay)}


TABLE = Table(
    name="nss_table1",
    summary="NSS-GAN, table 1: two-step scale-spaces {t, 0} of equal periods, and the annealed one.",
    cells=[
        Cell(
            row,
            "CelebA",
            "dcgan_celeba64",
            {**LAST_WEIGHTS, **settings},
            tuple(figure for figure in _FIGURES if _is_of(figure, time)),
        )
        for row, (time, settings) in _rows(annealed=128.0).items()
    ],
    miniature=[small_dcgan(row, **settings) for row, (_, settings) in _rows(annealed=128.0).items()],
    metrics=("fid", "is"),
    seeds=20,
    small_seeds=3,
    baseline="t = 0",
    remarks=[
        "The caption says t = 0, 2, ..., 128, and the columns are 0, 4, 8, ...; learning rate, beta_1 and half batch of the "
        "columns from 4 to 128 are not stated: they are those of table 3 here.",
        "The last column has T = 128 by the caption, and the figures of table 4's SS, which is said to have T = 256.",
    ],
)

if __name__ == "__main__":
    main_of(TABLE.name)
