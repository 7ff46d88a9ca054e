"""StyleGAN2, table 1: its configurations on FFHQ and LSUN-Car.

    python -m recipes.stylegan2_table1 --miniature

The lowest-FID snapshot of a run is measured, 10 times with other latents, as in the paper.
"""

from recipes.families.tables import SMALL_GROWTH, small_stylegan2
from recipes.figures import figures
from tfnss.running.table.command_line import main_of
from tfnss.running.table.declaration import Cell, Table

_ROWS = {
    "a": "A: StyleGAN",
    "b": "B: + weight demodulation",
    "c": "C: + lazy regularization",
    "d": "D: + path length regularization",
    "e": "E: + no growing, new G and D",
    "f": "F: + large networks (StyleGAN2)",
}
_DATASETS = {"ffhq": ("FFHQ", "stylegan2_ffhq1024"), "lsun_car": ("LSUN-Car", "stylegan2_lsun_car")}
_SMALL = {config: SMALL_GROWTH | {"config": config, "channel_base": 256} for config in "abcd"}
_SMALL |= {"e": {"channel_base": 256}, "f": {"channel_base": 512}}  # F has twice the channels

TABLE = Table(
    name="stylegan2_table1",
    summary="StyleGAN2, table 1: configurations A to F.",
    cells=[
        Cell(row, column, recipe, {"config": config}, figures("stylegan2", 1, dataset=dataset, config=config))
        for dataset, (column, recipe) in _DATASETS.items()
        for config, row in _ROWS.items()
    ],
    miniature=[small_stylegan2(_ROWS[config], **settings) for config, settings in _SMALL.items()],
    metrics=("fid", "ppl", "pr"),
    small_seeds=3,
    baseline=_ROWS["a"],
    best=True,
    repeats=10,
    remarks=[
        "Path lengths of FFHQ are of the cropped image; the later printing of the paper has those of the whole one "
        "(F: 145.0).",
        "The standard deviation over repeats is that of the latents, not of trained networks.",
    ],
    origin="StyleGAN2",
)

if __name__ == "__main__":
    main_of(TABLE.name)
