"""What a folder's table was asked to be, and the jobs of it."""

import fnmatch
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from tfnss import files, locks
from tfnss.data import NAMES
from tfnss.running import catalogue
from tfnss.running.lock import LOCK
from tfnss.running.mode import Mode
from tfnss.running.recipe import Recipe
from tfnss.running.table.declaration import Cell, Table

PLAN, WORK, RESULT = "plan.json", ".work", "result.json"
KINDS = ("paper", "miniature", "smoke")
_WAIT_SECONDS = 60


@dataclass(frozen=True)
class Plan:
    """A table as a folder was asked for it.

    Args:
        table: Name of the table.
        kind: `paper`; `miniature`, its small sizes; or `smoke`, toys.
        seeds: Runs of each cell.
        settings: Settings of all cells, over their own.
        data: Places of data sets, by the names that recipes have for them.
        inception: Folder of Inception's SavedModel, or None.
        download: Whether data sets may be downloaded.
    """

    table: str
    kind: str = "paper"
    seeds: int = 1
    settings: Mapping[str, Any] = field(default_factory=dict)
    data: Mapping[str, str] = field(default_factory=dict)
    inception: str | None = None
    download: bool = False

    @property
    def declaration(self) -> Table:
        """The table."""
        return table_called(self.table)

    @property
    def cells(self) -> Sequence[Cell]:
        """Its cells; of a search, as toys, two of each row and column."""
        if self.kind == "miniature":
            return self.declaration.miniature
        cells = self.declaration.cells
        if self.kind == "smoke" and any(cell.tried for cell in cells):
            places = {(cell.row, cell.column): [other for other in cells if _same_place(cell, other)] for cell in cells}
            return [cell for found in places.values() for cell in found[:2]]
        return cells

    @property
    def metrics(self) -> tuple[str, ...]:
        """What is measured."""
        table = self.declaration
        return tuple(table.metrics if self.kind == "paper" else table.small_metrics)

    @property
    def repeats(self) -> int:
        """Times that a run is measured."""
        return self.declaration.repeats if self.kind == "paper" else 1

    def settings_of(self, cell: Cell) -> dict[str, Any]:
        """What a cell's runs are given, over their recipe's defaults: with the folder's own settings and places of data."""
        recipe = recipe_called(cell.recipe)
        given = {**cell.settings, **(self._toy(recipe) if self.kind == "smoke" else {})}
        if self.declaration.best:
            kimg = self.settings.get("kimg", given.get("kimg", recipe.defaults["kimg"]))
            given["keep_best"] = "fid"
            given["fid_every"] = kimg if self.kind == "smoke" else given.get("fid_every", kimg / 20)
        given |= self.settings
        data = given.get("data", recipe.defaults["data"])
        return given | {"data": self.data.get(data, data)}

    def _toy(self, recipe: Recipe) -> dict[str, Any]:
        """The settings of a run of one iteration, and one tick."""
        kimg = self.settings.get("kimg", self.settings.get("batch_size", recipe.smoke["batch_size"]) / 1000)
        return {**recipe.smoke, "kimg": kimg, "checkpoint_every": kimg, "fid_images": 16}


@dataclass(frozen=True)
class Job:
    """A cell under a seed: an ordinary run in the table's folder.

    Args:
        folder: The table's.
        cell: The cell.
        seed: The seed.
    """

    folder: Path
    cell: Cell
    seed: int

    @property
    def name(self) -> str:
        return f"{self.cell.name}/seed-{self.seed}"

    @property
    def run(self) -> Path:
        """The folder of its run."""
        return self.folder / self.cell.name / f"seed-{self.seed}"

    @property
    def work(self) -> Path:
        """Where its lock is, what it printed, and why it failed."""
        return self.folder / WORK / f"{self.cell.name}-seed-{self.seed}"

    def result(self) -> dict[str, Any] | None:
        """What was measured; None before that.

        Raises:
            ValueError: For a damaged file. The message names it.
        """
        path = self.run / RESULT
        if not path.is_file():
            return None
        try:
            result = json.loads(path.read_text(encoding="utf-8"))
            return {**result, "values": {name: float(value) for name, value in result["values"].items()}}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"{path} is damaged ({error}): remove it, and the cell is measured again") from error

    def failure(self) -> str | None:
        """Why it failed, the last time that it did; None where it did not."""
        path = self.work / "failure.txt"
        return path.read_text(encoding="utf-8").strip() if path.is_file() else None

    def fail(self, reason: str) -> None:
        """Keeps why it failed."""
        with files.replacing(self.work / "failure.txt") as temporary:
            temporary.write_text(reason + "\n", encoding="utf-8")


def _same_place(cell: Cell, other: Cell) -> bool:
    return (cell.row, cell.column) == (other.row, other.column)


def table_called(name: str) -> Table:
    """A table by its name.

    Raises:
        ValueError: For a name that is no table's. The message has the nearest one.
    """
    module = catalogue.module(name)
    if not hasattr(module, "TABLE"):
        raise ValueError(f"{name} is no table: `tfnss recipes` lists them")
    return module.TABLE


def recipe_called(name: str) -> Recipe:
    """A recipe by its name."""
    return catalogue.module(name).RECIPE


def jobs_of(plan: Plan, folder: Path) -> list[Job]:
    """All jobs of a plan: first seeds first, so that a part of them is a table of fewer seeds."""
    return [Job(folder, cell, seed) for seed in range(plan.seeds) for cell in plan.cells]


def chosen(jobs: Sequence[Job], patterns: str | None) -> list[Job]:
    """The jobs whose cell, row, column or variant has a name that matches any of the patterns, with commas between; `*` and
    `?` match any letters, and one.

    Raises:
        ValueError: If none does.
    """
    if patterns is None:
        return list(jobs)
    wanted = [pattern.strip().lower() for pattern in patterns.split(",") if pattern.strip()]

    def matches(cell: Cell) -> bool:
        names = (cell.name, *(text.lower() for text in (cell.row, cell.column, cell.variant)))
        return any(fnmatch.fnmatchcase(name, pattern) for name in names for pattern in wanted)

    found = [job for job in jobs if matches(job.cell)]
    if not found:
        names = sorted({job.cell.name for job in jobs})
        shown = ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
        raise ValueError(f"--cells {patterns} selects nothing; there are {shown}")
    return found


def read_plan(folder: Path) -> Plan:
    """The plan of a folder.

    Raises:
        ValueError: For a folder without one, or a damaged one. The message names it.
    """
    path = folder / PLAN
    if not path.is_file():
        raise ValueError(f"{folder} holds no table (no {PLAN})")
    try:
        saved = json.loads(path.read_text(encoding="utf-8"))
        plan = Plan(**saved)
        if plan.kind not in KINDS or not isinstance(plan.seeds, int) or plan.seeds < 1:
            raise ValueError("a value of another kind")
        dict(plan.settings), dict(plan.data)
        return plan
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path} is damaged ({error})") from error


def open_plan(folder: Path, asked: Plan, more_seeds: bool) -> Plan:
    """Writes the plan of a folder, as `joined` has it, and gives it.

    Raises:
        ValueError: As `joined`.
    """
    joined(folder, asked, more_seeds)  # what is refused leaves nothing in a folder
    (folder / WORK).mkdir(parents=True, exist_ok=True)
    with locks.held(folder / WORK / LOCK, folder / PLAN, _WAIT_SECONDS):
        plan = joined(folder, asked, more_seeds)
        if not (folder / PLAN).exists() or plan != read_plan(folder):
            with files.replacing(folder / PLAN) as temporary:
                temporary.write_text(json.dumps(asdict(plan), indent=2) + "\n", encoding="utf-8")
    return plan


def joined(folder: Path, asked: Plan, more_seeds: bool) -> Plan:
    """The plan of a folder with what is asked for: that itself if the folder is new, else the folder's, found to be the
    same. Seeds may become more.

    Args:
        folder: The table's.
        asked: The plan.
        more_seeds: Whether the number of seeds was asked for; else a folder keeps its own.

    Raises:
        ValueError: For a folder of another table or of something else, or settings that differ.
    """
    others = [path for path in folder.iterdir() if not _is_ours(path.name)] if folder.exists() else []
    if not (folder / PLAN).exists():  # looked for last: a table writes it before all else
        if others:
            raise ValueError(f"{folder} is not empty and holds no table: name another --dir")
        return asked
    plan = read_plan(folder)
    for name in ("table", "kind", "settings"):
        if getattr(plan, name) != getattr(asked, name):
            raise ValueError(
                f"{folder} holds the {name} {_shown(getattr(plan, name))}, not {_shown(getattr(asked, name))}: "
                "name another --dir"
            )
    return replace(
        plan,
        seeds=max(plan.seeds, asked.seeds) if more_seeds else plan.seeds,
        data={**plan.data, **asked.data},
        inception=asked.inception or plan.inception,
        download=asked.download or plan.download,
    )


def _is_ours(name: str) -> bool:
    """Whether a process that was killed before it wrote a plan may have left it."""
    return name == WORK or name.startswith((f".partial.{PLAN}", f".old.{PLAN}"))


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def check_settings(plan: Plan) -> None:
    """Checks the settings of all cells, their data and their networks aside.

    Raises:
        ValueError: For settings that a recipe has not, or outside their ranges, or data that are no data set's.
    """
    from tfnss.running.settings import settings_of

    recipes = {cell.recipe: recipe_called(cell.recipe) for cell in plan.cells}
    for name in plan.settings:
        without = [recipe.name for recipe in recipes.values() if name not in {o.name for o in recipe.all_options()}]
        if without:
            raise ValueError(f"--set {name}: {without[0]} has no such setting")
    for recipe in recipes.values():
        settings_of(recipe, dict(plan.settings), Mode())  # first what was typed: a toy's kimg follows from it
    for cell in plan.cells:
        settings_of(recipes[cell.recipe], plan.settings_of(cell), Mode())
    known = {replace(plan, data={}).settings_of(cell)["data"] for cell in plan.cells}
    for name in plan.data:
        if name not in known:
            raise ValueError(f"--data {name}: the table has {', '.join(sorted(known))}")
        if plan.data[name] not in NAMES and not Path(plan.data[name]).exists():
            raise ValueError(f"--data {name}: {plan.data[name]} is not there")
