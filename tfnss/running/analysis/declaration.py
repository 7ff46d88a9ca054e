"""What an analysis is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tfnss.running.option import Option

if TYPE_CHECKING:
    from tfnss.running.analysis.model import Model
    from tfnss.running.analysis.work import Work

PICTURES = (".png", ".pdf", ".svg")


class Found(NamedTuple):
    """What came of an analysis.

    Attributes:
        numbers: What the picture shows, for the JSON file beside it: numbers, texts, arrays, and lists and mappings of them.
        told: The main results in lines, which are printed and stand in the run's report.
        draw: Draws the picture to a path, whose suffix says its format, as the functions of `tfnss.plots` do.
        more: Further files, each by its ending and what writes it: `{"-styles.npz": save}` with the picture `a.png` writes
            `a-styles.npz`.
    """

    numbers: Mapping[str, Any]
    told: Sequence[str]
    draw: Callable[[Path], None]
    more: Mapping[str, Callable[[Path], None]] = {}


@dataclass(frozen=True)
class Analysis:
    """Something that is looked at in one or several trained models.

    Args:
        name: Name of its module, for `tfnss analyse NAME`.
        summary: First line of `--help`.
        analyse: Takes the models, in the order that they were named, the settings by name, and a `Work`; gives what was
            found. A ValueError that it raises is told in one line.
        options: Its settings, which are its flags, over those that all analyses have: `seed`, `batch_size` and, with
            `reals`, `data` and `download`. An option of type `bool` is a flag without a value.
        origin: What it is of, in `tfnss.running.catalogue.ORIGINS`.
        picture: The file that it draws, without the suffix; its own name by default.
        needs: What each model must have, names of `tfnss.running.analysis.model.NEEDS`.
        reals: Whether it takes real images, those of the first run by default.
        optional_reals: Whether it can do without them, where no run tells of any: then `data` is None.
        most: Number of models that it takes at most; None for any.
        batch_size: Default of the flag.
        check: Raises a ValueError for settings outside their ranges: before anything is loaded.
        smoke: Settings of `--smoke`: seconds on a CPU, and no weights that have to be downloaded.
        suffixes: Formats of the picture; the first is the default.
        remarks: What was chosen where the paper says nothing, a sentence each.
    """

    name: str
    summary: str
    analyse: "Callable[[Sequence[Model], Mapping[str, Any], Work], Found]"
    options: Sequence[Option] = ()
    origin: str = "others"
    picture: str = ""
    needs: Sequence[str] = ()
    reals: bool = False
    optional_reals: bool = False
    most: int | None = None
    batch_size: int = 16
    check: Callable[[Mapping[str, Any]], None] = lambda given: None
    smoke: Mapping[str, Any] = field(default_factory=dict)
    suffixes: Sequence[str] = PICTURES
    remarks: Sequence[str] = ()

    @property
    def defaults(self) -> dict[str, Any]:
        """Every setting's value without its flag."""
        common: dict[str, Any] = {"seed": 0, "batch_size": self.batch_size}
        if self.reals:
            common |= {"data": None, "download": False}
        return common | {option.name: option.default for option in self.options}
