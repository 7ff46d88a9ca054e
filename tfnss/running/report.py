"""What a run came to: `report.html`, one page that needs no network, and its entries of a model card.

The page shows the settings, the curves, samples over time, and the metrics with the paper's figures beside them. It can be
written at any time of a run. Nothing in it is executed, whatever the run's files hold.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tfnss import files, plots
from tfnss.metrics import results
from tfnss.metrics.names import CONDITIONS
from tfnss.processes import quoted
from tfnss.resolution import is_resolution, sides
from tfnss.running.analysis.outcome import Outcome, outcomes
from tfnss.running.file_names import HISTORY, METRICS, NEAREST, REPORT
from tfnss.running.nearest import PAIRS, read_nearest
from tfnss.running.option import in_words
from tfnss.running.page import Markup, element, opened, page, picture, shown
from tfnss.running.sample_grids import sample_grids
from tfnss.running.stored import class_names, paper_figures, read_settings, recipe_of
from tfnss.training.callbacks import read_history

# So that a page stays below some ten megabytes: sizes in pixels, and counts.
_GRID, _FIRST, _PICTURE = 1024, 384, 2048
_MOST_GRIDS, _MOST_PICTURES, _MOST_ANALYSES, _CELLS, _MOST_CLASSES = 12, 8, 16, 4, 100


def write_report(run_dir: Path) -> Path:
    """Writes a run's `report.html`, and gives its path.

    Raises:
        ValueError: For a folder that holds no run, or damaged files. The message names them.
    """
    path = run_dir / REPORT
    page = _page(run_dir)
    with files.replacing(path, several=True) as temporary:  # beside a training, which writes it too
        temporary.write_text(page, encoding="utf-8")
    return path


def model_card(run_dir: Path, images_seen: int | None = None) -> dict[str, Any]:
    """What the card of a run's exported model tells of it: for `GAN.export(..., card=...)`.

    Args:
        run_dir: Folder of the run.
        images_seen: The model's moment, of which the metrics are; by default that of the last row of the history.

    Raises:
        ValueError: As `write_report`.
    """
    saved, history = read_settings(run_dir), read_history(run_dir / HISTORY)
    if images_seen is None:
        images_seen = round(1000 * history[-1]["kimg"]) if history else 0
    measured = [record for record in results.read(run_dir / METRICS) if record.get("kimg") == images_seen / 1000]
    return {
        "name": run_dir.resolve().name,
        "recipe": saved["recipe"],
        "settings": saved["settings"],
        "images_seen": images_seen,
        "metrics": measured[-1] if measured else None,
        "paper": _paper(run_dir, saved["settings"]) or None,
        "class_names": class_names(run_dir),
    }


def _paper(run_dir: Path, settings: dict[str, Any]) -> str:
    """The paper's figures for a run's settings, where its recipe has them."""
    try:
        return paper_figures(recipe_of(run_dir), settings)
    except ValueError:  # a recipe of another version
        return ""


# -- the page ---


def _page(run_dir: Path) -> str:
    saved, history = read_settings(run_dir), read_history(run_dir / HISTORY)
    settings, name = saved["settings"], run_dir.resolve().name
    seen = f"{_text(history[-1]['kimg'])} of {_text(settings.get('kimg'))} kimg" if history else "no images seen yet"
    sections = {
        "Samples": _samples(run_dir, settings.get("resolution")),
        "Nearest real images": _nearest(run_dir),
        **_classes(saved.get("images")),
        "Metrics": _metrics(run_dir, settings),
        "Curves": _pictures(run_dir),
        **_analyses(run_dir),
        "Settings": _list({"recipe": saved["recipe"], **{name: in_words(value) for name, value in settings.items()}}),
        "Last row of the history": _list(history[-1]) if history else element("p", "None yet."),
        "Versions": _list(saved.get("versions", {})),
    }
    return page(name, f"{saved['recipe']}, {seen}", sections)


def _samples(run_dir: Path, resolution: Any) -> Markup:
    """Reals and the last samples whole, and the first ones of the samples over time."""
    grids = [(f"{grid.kimg:g} kimg", grid.path) for grid in sample_grids(run_dir)]
    if not grids:
        return element("p", "None yet.")
    over_time = [grids[i] for i in np.unique(np.linspace(0, len(grids) - 1, _MOST_GRIDS).round().astype(int))]
    height, width = sides(resolution if is_resolution(resolution) else _GRID // _CELLS)
    corner = (_CELLS * width, _CELLS * (height + (plots.CAPTION_HEIGHT if class_names(run_dir) else 0)))
    large = [(f"samples at {grids[-1][0]}", grids[-1][1])]
    reals = run_dir / "samples" / "reals.png"
    large += [("real images", reals)] if reals.exists() else []
    return Markup(
        element("div", *(picture(label, path, _GRID) for label, path in large), class_="row")
        + element("h3", "Over time")
        + element("div", *(picture(label, path, _FIRST, corner) for label, path in over_time), class_="row small")
    )


def _pictures(run_dir: Path) -> Markup:
    """The pictures in a run's folder, `curves.png` first."""
    paths = sorted(run_dir.glob("[!.]*.png"), key=lambda path: (path.stem != "curves", path.name))
    elsewhere = {NEAREST, *(outcome.picture.name for outcome in outcomes(run_dir))}
    paths = [path for path in paths if path.name not in elsewhere][:_MOST_PICTURES]
    if not paths:
        return element("p", "None yet.")
    return element("div", *(picture(path.name, path, _PICTURE) for path in paths), class_="wide")


def _analyses(run_dir: Path) -> dict[str, Markup]:
    """What `tfnss analyse` drew into the run's folder, and its main results."""
    found = outcomes(run_dir)
    parts = [part for outcome in found[:_MOST_ANALYSES] for part in _analysis(outcome)]
    if len(found) > _MOST_ANALYSES:
        parts.append(element("p", f"and {len(found) - _MOST_ANALYSES} more, in the run's folder."))
    return {"Analyses": Markup("".join(parts))} if parts else {}


def _analysis(outcome: Outcome) -> list[Markup]:
    settings = ", ".join(f"{name} {_text(value)}" for name, value in outcome.settings.items())
    parts = [element("h3", outcome.summary), element("p", f"Of {', '.join(outcome.models)}. {settings}.")]
    if outcome.picture.suffix == ".png":
        shown = picture(outcome.picture.name, outcome.picture, _PICTURE)
        parts.append(element("div", shown, class_="wide"))
    else:
        parts.append(element("p", f"The picture is {outcome.picture.name}, beside this page."))
    parts.append(element("pre", "\n".join(outcome.told), class_="wide"))
    return [*parts, *(element("p", remark) for remark in outcome.remarks)]


def _nearest(run_dir: Path) -> Markup:
    """The samples beside the real images nearest to them, how near those are, and how to read it."""
    hint = f"`tfnss evaluate {quoted(run_dir)} --nearest` draws them."
    try:
        about = read_nearest(run_dir / NEAREST)
        grid = None if about is None else opened(run_dir / NEAREST)
    except ValueError as error:  # no reason to fail a run
        return element("p", f"{error}; {hint}")
    if about is None or grid is None:
        return element("p", f"None yet; {hint}")
    searched, count = about["searched"], about["real_images"]
    among = f"all {count}" if searched == count else f"{searched} of the {count}"
    chosen = "" if searched == count else f" that the seed {about['seed']} chose"
    width = grid.width // PAIRS
    height = grid.height // -(-len(about["distances"]) // PAIRS)
    figures = []
    for seed, distance in enumerate(about["distances"]):
        left, top = seed % PAIRS * width, seed // PAIRS * height
        pair = grid.crop((left, top, left + width, top + height))
        figures.append(shown(f"seed {seed}: distance {distance:.3g}", pair, _FIRST))
    return Markup(
        element(
            "p",
            "On the left of each pair is a sample, on the right the real image that is nearest to it in the embedded "
            f"features: a sample much nearer than {about['real_distance']:.3g}, the median distance of a real image to the "
            "nearest other real image, may be a copy.",
        )
        + element("div", *figures, class_="row small")
        + element(
            "p",
            f"Samples at {about['kimg']:g} kimg, as `tfnss generate --seeds 0-{len(figures) - 1}` draws them; searched were "
            f"{among} real images of {about['reals']}{chosen}.",
        )
    )


def _classes(images: Any) -> dict[str, Markup]:
    """Number, name and images of each class, the first ones where there are many; nothing for a run without classes."""
    names, counts = (
        (images.get(key) for key in ("class_names", "class_counts")) if isinstance(images, dict) else (None,) * 2
    )
    if not (isinstance(names, list) and isinstance(counts, list)) or not names:
        return {}
    rows = [element("tr", *(element("th", title) for title in ("class", "name", "images of training")))]
    for number, (name, count) in enumerate(list(zip(names, counts, strict=False))[:_MOST_CLASSES]):
        rows.append(element("tr", *(element("td", _text(value)) for value in (number, name, count))))
    more = [element("p", f"and {len(names) - _MOST_CLASSES} more.")] if len(names) > _MOST_CLASSES else []
    return {"Classes": element("div", element("table", *rows), *more, class_="wide")}


def _metrics(run_dir: Path, settings: dict[str, Any]) -> Markup:
    """A row per measurement, and one of the paper's figures."""
    measured, paper = results.read(run_dir / METRICS), _paper(run_dir, settings)
    hint = f"`tfnss evaluate {quoted(run_dir)}` measures."
    if not measured:
        return element("p", f"The paper's figures: {paper}. Ours: none yet; {hint}" if paper else f"None yet; {hint}")
    names = [name for name in dict.fromkeys(name for record in measured for name in record) if name not in CONDITIONS]
    rows = [element("tr", *(element("th", name) for name in (*names, "measured on")))]
    for record in measured:
        values = (_text(record.get(name, "")) for name in names)
        rows.append(element("tr", *(element("td", value) for value in values), element("td", _conditions(record))))
    if paper:
        cell = element("td", f"The paper's figures: {paper}", colspan=str(len(names) + 1))
        rows.append(element("tr", cell))
    return element("div", element("table", *rows), class_="wide")


def reals_in_words(record: Mapping[str, Any]) -> str:
    """What a measurement compared with: the number of real images and their name, and the file that stood in for them."""
    count, name, reference = (record.get(key) for key in ("real_images", "reals", "reference"))
    images = f"{'an unknown number' if count is None else count} of {name}"
    return f"{images}, by {reference}" if reference else images


def _conditions(record: Mapping[str, Any]) -> str:
    counts = f"{record.get('fake_images')} fakes, {reals_in_words(record)}"
    networks = (record.get(name) for name in ("network", "perceptual_network"))
    if record.get("classes"):
        counts += f", classes {record['classes']}"
    return "; ".join([counts, *(str(network) for network in networks if network), f"seed {record.get('seed')}"])


def _list(values: Any) -> Markup:
    pairs = values.items() if isinstance(values, dict) else [("", values)]
    return element("dl", *(element("div", element("dt", name), element("dd", _text(value))) for name, value in pairs))


def _text(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, float):
        return f"{value:.6g}"
    return value if isinstance(value, str) else json.dumps(value)
