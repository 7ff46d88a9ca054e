"""What a table came to, as far as it has come: the content of `table.json`."""

import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tfnss.running.table.comparison import against_baseline, against_paper, holm, nearest_to_mean, spread
from tfnss.running.table.declaration import Cell
from tfnss.running.table.plan import Job, Plan


def outcome(plan: Plan, folder: Path) -> dict[str, Any]:
    """The table of a folder: its cells with their values over seeds, beside the paper's and the baseline's.

    Raises:
        ValueError: For a damaged result. The message names the file.
    """
    table = plan.declaration
    entries = [_entry(plan, folder, cell) for cell in plan.cells]
    best = _best(entries, plan.metrics[0])
    for entry in entries:
        entry["chosen"] = entry is best[entry["row"], entry["column"]]
    chosen = [entry for entry in entries if entry["chosen"]]
    if table.baseline is not None:
        _compare(chosen, table.baseline, plan.metrics)
    networks = sorted({entry["network"] for entry in entries if entry["network"]})
    return {
        "table": table.name,
        "summary": table.summary,
        "kind": plan.kind,
        "seeds": plan.seeds,
        "settings": dict(plan.settings),
        "baseline": table.baseline,
        "features": networks,
        "remarks": list(table.remarks),
        "cells": entries,
    }


def _entry(plan: Plan, folder: Path, cell: Cell) -> dict[str, Any]:
    jobs = [Job(folder, cell, seed) for seed in range(plan.seeds)]
    results = {job.seed: result for job in jobs if (result := job.result()) is not None}
    failed = [
        {"seed": job.seed, "reason": reason} for job in jobs if job.seed not in results and (reason := job.failure())
    ]
    found = {seed: _as_in_paper(result["values"], cell) for seed, result in results.items()}
    names = list(dict.fromkeys(name for values in found.values() for name in values))
    values = {name: {seed: own.get(name, math.nan) for seed, own in found.items()} for name in names}
    finite = {name: {s: v for s, v in seeds.items() if math.isfinite(v)} for name, seeds in values.items()}
    measured = {name: spread(list(seeds.values())) for name, seeds in finite.items() if seeds}
    figures = {figure.metric: figure for figure in cell.figures}
    first = next(iter(measured), None)
    if first:  # of a search, what was found to be best, beside what the paper found
        tried = {
            name: {"seeds": None, "mean": value, "std": None, "median": value} for name, value in cell.tried.items()
        }
        measured = tried | measured
    return {
        "cell": cell.name,
        "row": cell.row,
        "column": cell.column,
        "variant": cell.variant,
        "recipe": cell.recipe,
        "settings": plan.settings_of(cell),
        "done": sorted(results),
        "missing": [job.seed for job in jobs if job.seed not in results and job.failure() is None],
        "failed": failed,
        "values": {name: list(seeds.values()) for name, seeds in finite.items()},
        "measured": measured,
        "paper": {figure.metric: asdict(figure) for figure in cell.figures},
        "against_paper": {
            name: against_paper(list(finite[name].values()), figures[name].mean, figures[name].std, figures[name].seeds)
            for name in finite
            if name in figures and finite[name] and plan.kind == "paper"
        },
        "sample_seed": nearest_to_mean(finite[first]) if first else None,
        "network": next((result["network"] for result in results.values() if result["network"]), None),
    }


def _as_in_paper(values: dict[str, float], cell: Cell) -> dict[str, float]:
    """Values by the paper's names: our path lengths are called after the space and the ends that they are of."""
    path = next((figure.metric for figure in cell.figures if figure.metric.startswith("ppl")), None)
    ours = tuple(f"{crop}_{space}end" for crop in ("ppl", "ppl2") for space in "wz")
    return {path if path and name in ours else name: value for name, value in values.items()}


def _best(entries: Sequence[dict[str, Any]], metric: str) -> dict[tuple[str, str], dict[str, Any]]:
    """The variant of each row and column with the least mean; of equal ones the first. One with seeds that failed, or that
    are missing, comes after those without."""

    def rank(entry: dict[str, Any]) -> tuple[int, float]:
        found = entry["measured"].get(metric)
        whole = not entry["failed"] and not entry["missing"]
        return (0 if whole and found else 1 if found else 2, found["mean"] if found else math.inf)

    best: dict[tuple[str, str], dict[str, Any]] = {}
    for entry in entries:
        place = entry["row"], entry["column"]
        if place not in best or rank(entry) < rank(best[place]):
            best[place] = entry
    return best


def _compare(entries: Sequence[dict[str, Any]], baseline: str, metrics: Sequence[str]) -> None:
    """Adds to each entry how it differs from the baseline's of its column."""
    baselines = {entry["column"]: entry for entry in entries if entry["row"] == baseline}
    for metric in metrics:
        tested = []
        for entry in entries:
            reference = baselines.get(entry["column"])
            if (
                reference is None
                or entry is reference
                or not (entry["values"].get(metric) and reference["values"].get(metric))
            ):
                continue
            found = against_baseline(entry["values"][metric], reference["values"][metric])
            entry.setdefault("against_baseline", {})[metric] = found
            if found["p"] is not None:
                tested.append(found)
        for found, p in zip(tested, holm([found["p"] for found in tested]), strict=True):
            found["p_holm"] = p
