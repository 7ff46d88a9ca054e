"""SSD-GAN, table 2: SNGAN with spectral realness, spectral regularisation and wavelets, on three data sets.

python -m recipes.ssd_table2 --miniature
"""

from recipes.families.tables import LAST_WEIGHTS, small_sngan
from recipes.figures import figures
from tfnss.running.table.command_line import main_of
from tfnss.running.table.declaration import Cell, Table

_DATASETS = {
    "cifar100": ("CIFAR-100", "ssd_sngan_cifar100"),
    "stl10": ("STL-10", "ssd_sngan_stl10"),
    "lsun_bedroom": ("LSUN-Bedroom", "ssd_sngan_bedroom128"),
}
_ROWS = {
    "sngan": ("SNGAN", "sngan"),
    "sngan+reg": ("SNGAN + REG", "reg"),
    "sngan+dwt": ("SNGAN + DWT", "dwt"),
    "ssd-sngan": ("SSD-SNGAN", "ssd"),
    "ssd-sngan+reg": ("SSD-SNGAN + REG", "ssd+reg"),
}

TABLE = Table(
    name="ssd_table2",
    summary="SSD-GAN, table 2: SNGAN with and without spectral realness.",
    cells=[
        Cell(
            row,
            column,
            recipe,
            {"method": method, **LAST_WEIGHTS},
            figures("ssd", 2, dataset=dataset, method=name),
        )
        for dataset, (column, recipe) in _DATASETS.items()
        for name, (row, method) in _ROWS.items()
    ],
    miniature=[small_sngan(row, method=method) for row, method in _ROWS.values()],
    small_metrics=("fid", "spectrum"),
    small_seeds=3,
    baseline="SNGAN",
    remarks=[
        "The weight of spectral regularisation (REG) is not stated: it is 1 here. The figures are of one run each."
    ],
    origin="SSD-GAN",
)

if __name__ == "__main__":
    main_of(TABLE.name)
