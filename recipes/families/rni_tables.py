"""The rows of the tables of Riemannian noise injection, and their small cells."""

from typing import Any

from recipes.families.tables import LAST_WEIGHTS, small_dcgan, small_stylegan2
from recipes.figures import figures
from tfnss.running.table.declaration import Cell

DATASETS = {"ffhq": ("FFHQ", "ffhq128"), "lsun_church": ("LSUN-Church", "church128")}
_Rows = dict[str, tuple[str, dict[str, Any]]]
_NO_PATHS = {"path_length": "off"}
_DCGAN: _Rows = {
    "dcgan": ("DCGAN", {"noise": "plain"}),
    "dcgan+eni": ("DCGAN + ENI", {"noise": "eni"}),
    "dcgan+rni": ("DCGAN + RNI", {"noise": "rni"}),
}
_STYLEGAN2: _Rows = {
    "stylegan2-plain": ("StyleGAN2, plain", {"noise": "plain", **_NO_PATHS}),
    "stylegan2+eni": ("StyleGAN2 + ENI", {"noise": "eni"}),
    "stylegan2-nopathreg+rni": ("StyleGAN2 + RNI, no path length", {"noise": "rni", **_NO_PATHS}),
    "stylegan2+rni": ("StyleGAN2 + RNI", {"noise": "rni"}),
}


def dcgan_cells(table: int) -> list[Cell]:
    """DCGAN's rows."""
    return [
        Cell(
            row,
            column,
            f"rni_dcgan_{recipe}",
            {**LAST_WEIGHTS, **settings},
            figures("rni", table, dataset=dataset, method=method),
        )
        for dataset, (column, recipe) in DATASETS.items()
        for method, (row, settings) in _DCGAN.items()
    ]


def stylegan2_cells(table: int) -> list[Cell]:
    """StyleGAN2's rows."""
    return [
        Cell(row, column, f"rni_stylegan2_{recipe}", settings, figures("rni", table, dataset=dataset, method=method))
        for dataset, (column, recipe) in DATASETS.items()
        for method, (row, settings) in _STYLEGAN2.items()
    ]


def small_dcgan_cells() -> list[Cell]:
    """DCGAN's rows in miniature."""
    return [small_dcgan(row, **settings) for row, settings in _DCGAN.values()]


def small_stylegan2_cells() -> list[Cell]:
    """StyleGAN2's rows in miniature."""
    return [small_stylegan2(row, **settings) for row, settings in _STYLEGAN2.values()]
