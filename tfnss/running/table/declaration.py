"""What a table is."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tfnss.running.figure import Figure


@dataclass(frozen=True)
class Cell:
    """A cell of a table: a recipe under settings, run once for each seed.

    Args:
        row: Name of its row, mostly a method,
        column: and of its column, mostly a data set.
        recipe: Name of the recipe.
        settings: Its settings, over the recipe's defaults.
        figures: The paper's figures for it.
        tried: In a search, the numbers that are tried here, by the names of the paper's figures: of the cells of one row and
            column the best one stands in the table.
    """

    row: str
    column: str
    recipe: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    figures: Sequence[Figure] = ()
    tried: Mapping[str, float] = field(default_factory=dict)

    @property
    def variant(self) -> str:
        """What is tried here, in words."""
        return " ".join(f"{name} {value:g}" for name, value in self.tried.items())

    @property
    def name(self) -> str:
        """What its folder is called."""
        words = f"{self.row} {self.column} {self.variant}".lower().replace("+", " plus ").replace("*", " star ")
        return re.sub(r"[^a-z0-9.=]+", "-", words).strip("-")


@dataclass(frozen=True)
class Table:
    """A table of a paper.

    Args:
        name: Name of its module, for `tfnss table NAME`.
        summary: First line of `--help`.
        cells: The paper's cells.
        miniature: Those of `--miniature`: the same comparison at a small size, on the embedded photographs.
        metrics: What is measured, names of `tfnss.metrics.NAMES`.
        small_metrics: The same under `--miniature` and `--smoke`, without weights that have to be downloaded.
        seeds: Runs of each cell, and under `--miniature`
        small_seeds: so many.
        baseline: Row that the others are compared with.
        best: Whether the snapshot of a run with the lowest FID is measured, not its end.
        repeats: Times that a run is measured, each with other latents.
        remarks: What the paper leaves open, a sentence each.
    """

    name: str
    summary: str
    cells: Sequence[Cell]
    miniature: Sequence[Cell]
    metrics: Sequence[str] = ("fid",)
    small_metrics: Sequence[str] = ("fid",)
    seeds: int = 1
    small_seeds: int = 5
    baseline: str | None = None
    best: bool = False
    repeats: int = 1
    remarks: Sequence[str] = ()
    origin: str = "NSS-GAN"

    def __post_init__(self) -> None:
        for cells in (self.cells, self.miniature):
            names = [cell.name for cell in cells]
            twice = {name for name in names if names.count(name) > 1}
            if twice:
                raise ValueError(f"{self.name} has two cells called {', '.join(sorted(twice))}")
            if self.baseline is not None and cells and self.baseline not in {cell.row for cell in cells}:
                raise ValueError(f"{self.name} has no row {self.baseline}, its baseline")
