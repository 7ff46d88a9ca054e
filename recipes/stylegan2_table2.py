"""StyleGAN2, table 2: three architectures of the generator by three of the discriminator, on FFHQ and LSUN-Car.

python -m recipes.stylegan2_table2 --miniature
"""

import itertools

from recipes.families.tables import small_stylegan2
from recipes.figures import figures
from tfnss.running.table.command_line import main_of
from tfnss.running.table.declaration import Cell, Table

_ARCHITECTURES = ("orig", "skip", "resnet")
_DATASETS = {"ffhq": ("FFHQ", "stylegan2_ffhq1024"), "lsun_car": ("LSUN-Car", "stylegan2_lsun_car")}


def _row(generator: str, discriminator: str) -> str:
    return f"G {generator}, D {discriminator}"


TABLE = Table(
    name="stylegan2_table2",
    summary="StyleGAN2, table 2: architectures of generator and discriminator, without growing.",
    cells=[
        Cell(
            _row(generator, discriminator),
            column,
            recipe,
            {"config": "e", "generator": generator, "discriminator": discriminator},
            figures("stylegan2", 2, dataset=dataset, method=_row(generator, discriminator)),
        )
        for dataset, (column, recipe) in _DATASETS.items()
        for generator, discriminator in itertools.product(_ARCHITECTURES, repeat=2)
    ],
    miniature=[
        small_stylegan2(_row(generator, discriminator), generator=generator, discriminator=discriminator)
        for generator, discriminator in itertools.product(_ARCHITECTURES, repeat=2)
    ],
    metrics=("fid", "ppl"),
    small_seeds=3,
    baseline=_row("orig", "orig"),
    best=True,
    remarks=[
        "The weight of R1 of all cells but configuration E's is 10 by the letter of appendix B, and 100 as likely: 100."
    ],
    origin="StyleGAN2",
)

if __name__ == "__main__":
    main_of(TABLE.name)
