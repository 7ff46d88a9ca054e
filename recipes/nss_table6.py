"""NSS-GAN, table 6: StyleGAN2 with adaptive augmentation, and under the noisy scale-space, on FFHQ and MetFaces.

python -m recipes.nss_table6 --miniature
"""

from typing import Any

from recipes.families.tables import small_stylegan2
from recipes.figures import figures
from tfnss.running.table.command_line import main_of
from tfnss.running.table.declaration import Cell, Table

_ROWS: dict[str, tuple[str, dict[str, Any]]] = {
    "stylegan2-ada": ("StyleGAN2-ADA", {"augment": "ada"}),
    "stylegan2-nss": ("StyleGAN2-NSS", {"view": "nss"}),
}
_DATASETS = {"metfaces": ("MetFaces", "stylegan2_metfaces512"), "ffhq": ("FFHQ", "stylegan2_ffhq512")}

TABLE = Table(
    name="nss_table6",
    summary="NSS-GAN, table 6: StyleGAN2 with adaptive augmentation, and under the noisy scale-space.",
    cells=[
        Cell(row, column, recipe, settings, figures("nss", 6, dataset=dataset, method=method))
        for dataset, (column, recipe) in _DATASETS.items()
        for method, (row, settings) in _ROWS.items()
    ],
    miniature=[small_stylegan2("StyleGAN2"), *(small_stylegan2(row, **settings) for row, settings in _ROWS.values())],
    metrics=("fid", "is"),
    seeds=5,
    small_seeds=3,
    baseline="StyleGAN2-ADA",
    remarks=["The paper does not say again whether half of each batch is shown in the scale-space: it is here."],
)

if __name__ == "__main__":
    main_of(TABLE.name)
