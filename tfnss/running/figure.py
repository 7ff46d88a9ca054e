"""A number of a paper's table, and how it is said beside ours."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_NAMES = {
    "fid": "FID",
    "is": "IS",
    "kid": "KID",
    "ppl": "PPL",
    "ppl_full": "PPL (full)",
    "ppl_end": "PPL (end)",
    "mc": "MC",
    "ttmc": "TTMC",
}
_FORMATS = {"fid": ".2f", "is": ".2f", "mc": "#.3g", "ttmc": "#.3g", "precision": ".3f", "recall": ".3f"}


@dataclass(frozen=True)
class Figure:
    """One cell of a table of a paper.

    Args:
        metric: What is measured: `fid`, `is`, `ppl` ...; in tables of settings, which setting it is.
        mean: The number, over the seeds if there are several.
        std: Its standard deviation over the seeds; None where the paper gives none.
        seeds: Number of trained runs; None where the paper does not say.
        paper: Short name of the paper, such as "NSS-GAN".
        table: Number of the table.
        dataset: The images.
        resolution: Side of the images in pixels; None where the paper does not say.
        method: The paper's row or column.
        config: Letter of StyleGAN2's configuration; None for other networks.
        settings: What the paper states of the training, in its own words.
        inferred: What follows from elsewhere, with `why`.
        averaged: Whether the paper measures a moving average of the generator, and not its last weights.
        doubt: Why the number is doubtful; empty where it is not.
    """

    metric: str
    mean: float
    std: float | None = None
    seeds: int | None = None
    paper: str = ""
    table: int | None = None
    dataset: str = ""
    resolution: int | None = None
    method: str = ""
    config: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict, hash=False)
    inferred: Mapping[str, Any] = field(default_factory=dict, hash=False)
    averaged: bool = True
    doubt: str = ""

    @property
    def source(self) -> str:
        """Where it stands: "NSS-GAN, table 4"."""
        return ", ".join([self.paper] * bool(self.paper) + [f"table {self.table}"] * (self.table is not None))


# What a recipe knows of its paper: settings over its defaults, and the figures of a run with them.
Rows = Sequence[tuple[dict[str, Any], tuple[Figure, ...]]]


def name_of(metric: str) -> str:
    """How a metric is called: "FID", "PPL (end)"."""
    return _NAMES.get(metric, metric.replace("_", " "))


def in_words(figures: Iterable[Figure]) -> str:
    """Figures in a line, those of a source together: "FID 7.27 ± 0.25, IS 4.61 ± 0.03 (5 seeds; NSS-GAN, table 6)"."""
    remarks = []
    for figure in figures:
        seeds = "" if figure.seeds is None else f"{figure.seeds} seed{'s' * (figure.seeds != 1)}"
        remarks.append((figure, "; ".join(filter(None, (seeds, figure.source)))))
    return _grouped(remarks, deviation=True)


def doubts_in_words(figures: Iterable[Figure]) -> str:
    """The doubtful ones among figures, with their doubts; empty where there are none."""
    return _grouped([(figure, figure.doubt) for figure in figures if figure.doubt], deviation=False)


def _grouped(remarks: Iterable[tuple[Figure, str]], deviation: bool) -> str:
    """Figures, those of a remark together, with the remark in brackets."""
    groups: dict[str, list[str]] = {}
    for figure, remark in remarks:
        groups.setdefault(remark, []).append(_number(figure, deviation))
    return ", ".join(", ".join(numbers) + (f" ({remark})" if remark else "") for remark, numbers in groups.items())


def _number(figure: Figure, deviation: bool) -> str:
    form = _FORMATS.get(figure.metric, "g")
    spread = f" ± {figure.std:{form}}" if deviation and figure.std is not None else ""
    return f"{name_of(figure.metric)} {figure.mean:{form}}{spread}"
