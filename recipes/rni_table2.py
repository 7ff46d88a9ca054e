"""Riemannian noise injection, table 2: mean condition numbers of StyleGAN2 (MC, and TTMC of the worst).

python -m recipes.rni_table2 --miniature
"""

from recipes.families.rni_tables import small_stylegan2_cells, stylegan2_cells
from tfnss.running.table.command_line import main_of
from tfnss.running.table.declaration import Table

TABLE = Table(
    name="rni_table2",
    summary="Riemannian noise injection, table 2: mean condition numbers of StyleGAN2.",
    cells=stylegan2_cells(2),
    miniature=small_stylegan2_cells(),
    metrics=("condition",),
    small_metrics=("condition",),
    small_seeds=3,
    baseline="StyleGAN2, plain",
    origin="Riemannian noise injection",
)

if __name__ == "__main__":
    main_of(TABLE.name)
