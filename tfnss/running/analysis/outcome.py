"""What analyses of a run left in its folder."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple


class Outcome(NamedTuple):
    """An analysis that was made.

    Attributes:
        path: Its file of numbers.
        analysis: Its name,
        summary: and what it shows.
        models: Names of the models.
        settings: Its settings.
        remarks: What was chosen in it, a sentence each.
        told: Its main results, in lines.
        numbers: All that its picture shows.
        picture: The picture.
    """

    path: Path
    analysis: str
    summary: str
    models: Sequence[str]
    settings: Mapping[str, Any]
    remarks: Sequence[str]
    told: Sequence[str]
    numbers: Mapping[str, Any]
    picture: Path


def read_outcome(path: Path) -> Outcome | None:
    """The analysis that a JSON file tells of; None for another file, or none."""
    try:
        saved = json.loads(path.read_text(encoding="utf-8"))
        return Outcome(
            path=path,
            analysis=str(saved["analysis"]),
            summary=str(saved["summary"]),
            models=[str(model["name"]) for model in saved["models"]],
            settings=dict(saved["settings"]),
            remarks=[str(remark) for remark in saved["remarks"]],
            told=[str(line) for line in saved["told"]],
            numbers=dict(saved["numbers"]),
            picture=path.with_name(Path(saved["picture"]).name),
        )
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def outcomes(run_dir: Path) -> list[Outcome]:
    """Those in a run's folder whose pictures are there, by the names of their files."""
    found = (read_outcome(path) for path in sorted(run_dir.glob("[!.]*.json")))
    return [outcome for outcome in found if outcome is not None and outcome.picture.is_file()]
