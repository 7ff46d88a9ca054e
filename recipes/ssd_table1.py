"""SSD-GAN, table 1: StyleGAN on FFHQ at 1024x1024, with and without spectral realness.

python -m recipes.ssd_table1 --miniature
"""

from recipes.families.tables import SMALL_GROWTH, small_stylegan2
from recipes.figures import figures
from tfnss.running.table.command_line import main_of
from tfnss.running.table.declaration import Cell, Table

_ROWS = {"stylegan": ("StyleGAN", "none"), "ssd-stylegan": ("SSD-StyleGAN", "ssd")}

TABLE = Table(
    name="ssd_table1",
    summary="SSD-GAN, table 1: StyleGAN with and without spectral realness.",
    cells=[
        Cell(row, "FFHQ", "ssd_stylegan_ffhq", {"spectral": spectral}, figures("ssd", 1, dataset="ffhq", method=name))
        for name, (row, spectral) in _ROWS.items()
    ],
    miniature=[
        small_stylegan2(row, config="a", spectral=spectral, mixing="probability", **SMALL_GROWTH)
        for row, spectral in _ROWS.values()
    ],
    metrics=("fid", "ppl"),
    small_metrics=("fid", "spectrum"),
    small_seeds=3,
    baseline="StyleGAN",
    remarks=["StyleGAN's figures are those of its own paper. The figures are of one run each."],
    origin="SSD-GAN",
)

if __name__ == "__main__":
    main_of(TABLE.name)
