"""NSS-GAN, table 2: the initial time T under the scale-space, the noise-space and the noisy scale-space, on four data sets.

python -m recipes.nss_table2 --miniature
"""

from recipes.families.tables import LAST_WEIGHTS, NSS_DATASETS, NSS_METHODS, small_dcgan
from recipes.figures import figures
from tfnss.running.figure import Figure
from tfnss.running.table.command_line import main_of
from tfnss.running.table.declaration import Cell, Table


def _cell(figure: Figure) -> Cell:
    """The cell that a figure is of: a data set has one learning rate and one beta_1 in this table."""
    stated, (column, recipe) = figure.settings, NSS_DATASETS[figure.dataset]
    settings = {"method": figure.method, "learning_rate": stated["eta"], "beta_1": stated["beta_1"], **LAST_WEIGHTS}
    if figure.method == "gan":
        return Cell("GAN", column, recipe, settings, (figure,))
    time = float(stated["T"])
    row = f"{NSS_METHODS[figure.method]}, T = {time:g}"
    return Cell(row, column, recipe, {**settings, "initial_time": time}, (figure,))


_CELLS = [_cell(figure) for figure in figures("nss", 2)]
_ROWS = {cell.row: cell.settings for cell in _CELLS}

TABLE = Table(
    name="nss_table2",
    summary="NSS-GAN, table 2: initial times of the scale-space (SS), the noise-space (NS) and the noisy scale-space (NSS).",
    cells=_CELLS,
    miniature=[
        small_dcgan(row, **{name: settings[name] for name in ("method", "initial_time") if name in settings})
        for row, settings in _ROWS.items()
    ],
    seeds=20,
    small_seeds=2,
    baseline="GAN",
    remarks=[
        "The paper's NSS on Conference at T = 256 is another in table 4, under the same settings: one of the two is wrong.",
        "The paper gives no standard deviations in this table.",
    ],
)

if __name__ == "__main__":
    main_of(TABLE.name)
