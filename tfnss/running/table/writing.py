"""What a table came to, written down: `table.json`, `table.md` and `table.html`, one page that needs no network."""

import contextlib
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tfnss import files
from tfnss.running.figure import name_of
from tfnss.running.lock import only_writer
from tfnss.running.page import Markup, element, page, picture
from tfnss.running.sample_grids import sample_grids
from tfnss.running.table.outcome import outcome
from tfnss.running.table.plan import WORK, Job, Plan

_WAIT_SECONDS = 60
_GRID = 512  # pixels of a grid of samples, at most


def write_table(plan: Plan, folder: Path) -> dict[str, Any]:
    """Writes the three files from the folder's jobs as they are now, and gives the content of `table.json`.

    Raises:
        ValueError: For a damaged result. The message names the file.
        OSError: For a full disk.
    """
    with _alone(folder / WORK / "writing"):
        found = outcome(plan, folder)
        texts = {
            "table.json": json.dumps(found, indent=2, ensure_ascii=False) + "\n",
            "table.md": markdown(found),
            "table.html": _page(plan, folder, found),
        }
        for name, text in texts.items():
            with files.replacing(folder / name) as temporary:
                temporary.write_text(text, encoding="utf-8")
    return found


@contextlib.contextmanager
def _alone(place: Path) -> Iterator[None]:
    """Waits for other processes that write the same."""
    place.mkdir(parents=True, exist_ok=True)
    end = time.monotonic() + _WAIT_SECONDS
    while True:
        writer = only_writer(place)
        try:
            writer.__enter__()
            break
        except ValueError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)
    try:
        yield
    finally:
        writer.__exit__(None, None, None)


def markdown(found: dict[str, Any]) -> str:
    """The table as Markdown."""
    lines = [f"# {found['table']}", "", _described(found), ""]
    for metric in _metrics(found):
        head = ["", *_columns(found)]
        lines += [_line(head), _line(["---"] * len(head))]
        lines += [_line([row, *(_words(entry, metric) for entry in entries)]) for row, entries in _rows(found)]
        lines += [
            "",
            f"{name_of(metric)}: ours as mean ± standard deviation over seeds (number of seeds); {_legend(found)}",
            "",
        ]
    lines += [f"- {text}" for text in (*_unfinished(found), *found["remarks"])]
    return "\n".join(lines).rstrip() + "\n"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _described(found: dict[str, Any]) -> str:
    sizes = {
        "paper": "At the paper's sizes.",
        "miniature": "The same comparison in miniature, on the embedded photographs: whether the direction shows.",
        "smoke": "Toy sizes, which only show that everything runs: the numbers say nothing.",
    }
    network = f" Features: {', '.join(found['features'])}." if found["features"] else ""
    changed = f" All cells under {json.dumps(found['settings'])}." if found["settings"] else ""
    return f"{found['summary']} {sizes[found['kind']]}{network}{changed}"


def _legend(found: dict[str, Any]) -> str:
    parts = ["the paper's after “paper”"]
    if found["baseline"]:
        parts.append(
            f"Δ the difference from {found['baseline']} with its 95 % interval by bootstrap, and p of Welch's test "
            "corrected for all rows (Holm)"
        )
    return "; ".join(parts)


def _metrics(found: dict[str, Any]) -> list[str]:
    names = [name for entry in found["cells"] for name in (*entry["measured"], *entry["paper"])]
    return [name for name in dict.fromkeys(names) if not name.endswith(("_std", "_error", "_of"))]


def _columns(found: dict[str, Any]) -> list[str]:
    return list(dict.fromkeys(entry["column"] for entry in found["cells"]))


def _rows(found: dict[str, Any]) -> list[tuple[str, list[dict[str, Any] | None]]]:
    entries = {(entry["row"], entry["column"]): entry for entry in found["cells"] if entry["chosen"]}
    rows = list(dict.fromkeys(entry["row"] for entry in found["cells"]))
    return [(row, [entries.get((row, column)) for column in _columns(found)]) for row in rows]


def _words(entry: dict[str, Any] | None, metric: str) -> str:
    """A cell in words."""
    if entry is None:
        return ""
    parts = []
    own = entry["measured"].get(metric)
    if own:
        spread = f" ± {own['std']:.3g}" if own["std"] is not None else ""
        parts.append(f"{own['mean']:.4g}{spread}" + (f" ({own['seeds']})" if own["seeds"] else ""))
    if entry["variant"] and own and own["seeds"]:
        parts.append(f"at {entry['variant']}")
    paper = entry["paper"].get(metric)
    if paper:
        spread = f" ± {paper['std']:g}" if paper["std"] is not None else ""
        parts.append(f"paper {paper['mean']:g}{spread}{' (doubtful)' if paper.get('doubt') else ''}")
    found = entry.get("against_baseline", {}).get(metric)
    if found:
        interval = f" [{found['low']:+.3g}, {found['high']:+.3g}]" if found["low"] is not None else ""
        chance = f", p {found['p_holm']:.2g}" if found.get("p_holm") is not None else ""
        parts.append(f"Δ {found['difference']:+.3g}{interval}{chance}")
    if entry["failed"]:
        parts.append(f"{len(entry['failed'])} failed")
    return "; ".join(parts) or "none yet"


def _unfinished(found: dict[str, Any]) -> list[str]:
    entries = found["cells"]
    failed = [f"{entry['cell']} (seed {job['seed']}): {job['reason']}" for entry in entries for job in entry["failed"]]
    missing = sum(len(entry["missing"]) for entry in entries)
    words = "1 run is" if missing == 1 else f"{missing} runs are"
    return [*(f"Failed: {text}" for text in failed), *([f"{words} still missing."] if missing else [])]


def _page(plan: Plan, folder: Path, found: dict[str, Any]) -> str:
    sections: dict[str, Any] = {}
    for metric in _metrics(found):
        head = element("tr", *(element("th", text) for text in ("", *_columns(found))))
        rows = [
            element("tr", element("th", row), *(element("td", _words(entry, metric)) for entry in entries))
            for row, entries in _rows(found)
        ]
        title = name_of(metric)
        sections[title] = Markup(
            element("div", element("table", head, *rows), class_="wide")
            + element("p", f"Ours as mean ± standard deviation over seeds (number of seeds); {_legend(found)}.")
        )
    sections["Samples of the seed that is nearest to the mean"] = _samples(plan, folder, found)
    notes = [*_unfinished(found), *found["remarks"]]
    if notes:
        sections["Remarks"] = element("ul", *(element("li", note) for note in notes))
    return page(found["table"], _described(found), sections)


def _samples(plan: Plan, folder: Path, found: dict[str, Any]) -> Markup:
    """The last grid of samples of a run for each cell (NSS-GAN, figures 7 to 9)."""
    cells = {cell.name: cell for cell in plan.cells}
    shown = []
    for entry in found["cells"]:
        if not entry["chosen"] or entry["sample_seed"] is None:
            continue
        grids = sample_grids(Job(folder, cells[entry["cell"]], entry["sample_seed"]).run)
        if grids:
            caption = f"{entry['row']}, {entry['column']}, seed {entry['sample_seed']}"
            shown.append(picture(caption, grids[-1].path, _GRID))
    return element("div", *shown, class_="row") if shown else element("p", "None yet.")
