"""NSS-GAN, table 6: StyleGAN2 with adaptive augmentation, and under the noisy scale-space, on FFHQ and MetFaces.

    python -m recipes.nss_table6 --miniature

The noisy scale-space takes the place of the augmentation on FFHQ, and comes on top of it on MetFaces, where StyleGAN2
explodes without (section 5.4).
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
_DATASETS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "metfaces": ("MetFaces", "stylegan2_metfaces512", {"augment": "ada"}),
    "ffhq": ("FFHQ", "stylegan2_ffhq512", {}),
}

TABLE = Table(
    name="nss_table6",
    summary="NSS-GAN, table 6: StyleGAN2 with adaptive augmentation, and under the noisy scale-space.",
    cells=[
        Cell(row, column, recipe, {**always, **settings}, figures("nss", 6, dataset=dataset, method=method))
        for dataset, (column, recipe, always) in _DATASETS.items()
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
