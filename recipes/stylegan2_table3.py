"""StyleGAN2, table 3: four data sets of LSUN.

    python -m recipes.stylegan2_table3 --miniature

Column A, the StyleGAN of 2018, is not here yet: it grows.
"""

from recipes.families.tables import small_stylegan2
from recipes.figures import figures
from tfnss.running.table.command_line import main_of
from tfnss.running.table.declaration import Cell, Table

_ROW = "F: StyleGAN2"
_DATASETS = {"lsun_car": "LSUN-Car", "lsun_cat": "LSUN-Cat", "lsun_church": "LSUN-Church", "lsun_horse": "LSUN-Horse"}

TABLE = Table(
    name="stylegan2_table3",
    summary="StyleGAN2, table 3: LSUN's cars, cats, churches and horses.",
    cells=[
        Cell(_ROW, column, f"stylegan2_{dataset}", {}, figures("stylegan2", 3, dataset=dataset, config="f"))
        for dataset, column in _DATASETS.items()
    ],
    miniature=[small_stylegan2(_ROW)],
    metrics=("fid", "ppl"),
    small_seeds=3,
    best=True,
    remarks=["LSUN-Church has 48 million images in the table, and 88 million in the instructions of the paper's code."],
    origin="StyleGAN2",
)

if __name__ == "__main__":
    main_of(TABLE.name)
