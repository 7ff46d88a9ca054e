"""StyleGAN2, table 3: four data sets of LSUN.

python -m recipes.stylegan2_table3 --miniature
"""

from recipes.families.tables import SMALL_GROWTH, small_stylegan2
from recipes.figures import figures
from tfnss.running.table.command_line import main_of
from tfnss.running.table.declaration import Cell, Table

_ROWS = {"a": "A: StyleGAN", "f": "F: StyleGAN2"}
_DATASETS = {"lsun_car": "LSUN-Car", "lsun_cat": "LSUN-Cat", "lsun_church": "LSUN-Church", "lsun_horse": "LSUN-Horse"}

TABLE = Table(
    name="stylegan2_table3",
    summary="StyleGAN2, table 3: LSUN's cars, cats, churches and horses.",
    cells=[
        Cell(
            row,
            column,
            f"stylegan2_{dataset}",
            {"config": config},
            figures("stylegan2", 3, dataset=dataset, config=config),
        )
        for dataset, column in _DATASETS.items()
        for config, row in _ROWS.items()
    ],
    miniature=[small_stylegan2(_ROWS["a"], config="a", **SMALL_GROWTH), small_stylegan2(_ROWS["f"])],
    metrics=("fid", "ppl"),
    small_seeds=3,
    baseline=_ROWS["a"],
    best=True,
    remarks=["LSUN-Church has 48 million images in the table, and 88 million in the instructions of the paper's code."],
    origin="StyleGAN2",
)

if __name__ == "__main__":
    main_of(TABLE.name)
