"""Riemannian noise injection, table 1: noise in DCGAN and StyleGAN2, by path length and FID.

python -m recipes.rni_table1 --miniature
"""

from recipes.families.rni_tables import dcgan_cells, small_dcgan_cells, small_stylegan2_cells, stylegan2_cells
from tfnss.running.table.command_line import main_of
from tfnss.running.table.declaration import Table

TABLE = Table(
    name="rni_table1",
    summary="Riemannian noise injection, table 1: plain, Euclidean (ENI) and Riemannian (RNI) noise.",
    cells=[*dcgan_cells(1), *stylegan2_cells(1)],
    miniature=[*small_dcgan_cells(), *small_stylegan2_cells()],
    metrics=("ppl", "fid"),
    small_metrics=("fid", "condition"),
    small_seeds=3,
    baseline="StyleGAN2, plain",
    remarks=[
        "The labels of the rows are lost: their order follows table 2 and the text.",
        "Space and crop of the path length, and size and training of the DCGANs, are not stated.",
    ],
    origin="Riemannian noise injection",
)

if __name__ == "__main__":
    main_of(TABLE.name)
