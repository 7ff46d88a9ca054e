"""NSS-GAN, table 4: eight methods on four data sets, each with its settings of table 3.

python -m recipes.nss_table4 --miniature
"""

from recipes.families.tables import LAST_WEIGHTS, NSS_DATASETS, NSS_METHODS, small_dcgan
from recipes.figures import figures
from tfnss.running.table.command_line import main_of
from tfnss.running.table.declaration import Cell, Table

TABLE = Table(
    name="nss_table4",
    summary="NSS-GAN, table 4: eight methods on four data sets.",
    cells=[
        Cell(
            row,
            column,
            recipe,
            {"method": method, **LAST_WEIGHTS},
            figures("nss", 4, dataset=dataset, method=method),
        )
        for dataset, (column, recipe) in NSS_DATASETS.items()
        for method, row in NSS_METHODS.items()
    ],
    miniature=[small_dcgan(row, method=method) for method, row in NSS_METHODS.items()],
    metrics=("fid", "is"),
    seeds=20,
    baseline="GAN",
)

if __name__ == "__main__":
    main_of(TABLE.name)
