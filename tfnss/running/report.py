"""What a run came to: `report.html`, one page that needs no network, and its entries of a model card.

The page shows the settings, the curves, samples over time, and the metrics with the paper's figures beside them. It can be
written at any time of a run. Nothing in it is executed, whatever the run's files hold.
"""

import base64
import html
import io
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tfnss import files, plots
from tfnss.metrics import results
from tfnss.metrics.names import CONDITIONS
from tfnss.running.file_names import HISTORY, METRICS, REPORT
from tfnss.running.stored import class_names, paper_figures, read_settings, recipe_of
from tfnss.training.callbacks import read_history

# So that a page stays below some ten megabytes: sizes in pixels, and counts.
_GRID, _FIRST, _PICTURE = 1024, 384, 2048
_MOST_GRIDS, _MOST_PICTURES, _CELLS, _MOST_CLASSES = 12, 8, 4, 100


def write_report(run_dir: Path) -> Path:
    """Writes a run's `report.html`, and gives its path.

    Raises:
        ValueError: For a folder that holds no run, or damaged files. The message names them.
    """
    path = run_dir / REPORT
    page = _page(run_dir)
    with files.replacing(path) as temporary:
        temporary.write_text(page, encoding="utf-8")
    return path


def model_card(run_dir: Path) -> dict[str, Any]:
    """What the card of a run's exported model tells of it: for `GAN.export(..., card=...)`.

    Raises:
        ValueError: As `write_report`.
    """
    saved, measured = read_settings(run_dir), results.read(run_dir / METRICS)
    history = read_history(run_dir / HISTORY)
    return {
        "name": run_dir.resolve().name,
        "recipe": saved["recipe"],
        "settings": saved["settings"],
        "images_seen": round(1000 * history[-1]["kimg"]) if history else 0,
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


class Markup(str):
    """Text that is HTML already."""


def element(tag: str, *content: Any, **attributes: str) -> Markup:
    """An element of HTML. What is not `Markup` is text, and escaped; underscores in names of attributes are hyphens."""
    names = "".join(
        f' {name.strip("_").replace("_", "-")}="{html.escape(value)}"' for name, value in attributes.items()
    )
    if tag in ("img", "meta"):
        return Markup(f"<{tag}{names}>")
    inside = "".join(part if isinstance(part, Markup) else html.escape(str(part)) for part in content)
    return Markup(f"<{tag}{names}>{inside}</{tag}>\n")


_STYLE = Markup(
    """
:root { color-scheme: light dark }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 70rem; margin: auto; padding: 1rem; overflow-wrap: anywhere }
body { background: Canvas; color: CanvasText }
img { max-width: 100%; height: auto }
figure { margin: 0 }
figcaption { font-size: 0.875rem; opacity: 0.75 }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { padding: 0.2rem 1rem 0.2rem 0; border-bottom: 1px solid #8886; text-align: left; white-space: nowrap }
dl { columns: 20rem; column-gap: 3rem; margin: 0 }
dl div { display: flex; gap: 1rem; justify-content: space-between; break-inside: avoid; border-bottom: 1px solid #8886 }
dd { margin: 0; text-align: right; font-variant-numeric: tabular-nums }
.wide { overflow-x: auto }
.wide img { min-width: 40rem }
.row { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(min(22rem, 100%), 1fr)) }
.small { grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr)) }
.row img { width: 100%; image-rendering: pixelated }
"""
)
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def _page(run_dir: Path) -> str:
    saved, history = read_settings(run_dir), read_history(run_dir / HISTORY)
    settings, name = saved["settings"], run_dir.resolve().name
    seen = f"{_text(history[-1]['kimg'])} of {_text(settings.get('kimg'))} kimg" if history else "no images seen yet"
    sections = {
        "Samples": _samples(run_dir, settings.get("resolution")),
        **_classes(saved.get("images")),
        "Metrics": _metrics(run_dir, settings),
        "Curves": _pictures(run_dir),
        "Settings": _list({"recipe": saved["recipe"], **settings}),
        "Last row of the history": _list(history[-1]) if history else element("p", "None yet."),
        "Versions": _list(saved.get("versions", {})),
    }
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("title", name),
        element("style", _STYLE),
    )
    body = element(
        "body",
        element("h1", name),
        element("p", f"{saved['recipe']}, {seen}"),
        *(part for title, section in sections.items() for part in (element("h2", title), section)),
    )
    return "<!doctype html>\n" + element("html", head, body, lang="en")


def _samples(run_dir: Path, resolution: Any) -> Markup:
    """Reals and the last samples whole, and the first ones of the samples over time."""
    found = [(re.fullmatch(r"fakes_(\d+)\.png", path.name), path) for path in sorted((run_dir / "samples").glob("*"))]
    grids = [(f"{int(match[1]) / 1000:g} kimg", path) for match, path in found if match]
    if not grids:
        return element("p", "None yet.")
    over_time = [grids[i] for i in np.unique(np.linspace(0, len(grids) - 1, _MOST_GRIDS).round().astype(int))]
    side = resolution if isinstance(resolution, int) and resolution > 0 else _GRID // _CELLS
    corner = (_CELLS * side, _CELLS * (side + plots.CAPTION_HEIGHT) if class_names(run_dir) else _CELLS * side)
    large = [(f"samples at {grids[-1][0]}", grids[-1][1])]
    reals = run_dir / "samples" / "reals.png"
    large += [("real images", reals)] if reals.exists() else []
    return Markup(
        element("div", *(_figure(label, path, _GRID) for label, path in large), class_="row")
        + element("h3", "Over time")
        + element("div", *(_figure(label, path, _FIRST, corner) for label, path in over_time), class_="row small")
    )


def _pictures(run_dir: Path) -> Markup:
    """The pictures in a run's folder, `curves.png` first."""
    paths = sorted(run_dir.glob("[!.]*.png"), key=lambda path: (path.stem != "curves", path.name))[:_MOST_PICTURES]
    if not paths:
        return element("p", "None yet.")
    return element("div", *(_figure(path.name, path, _PICTURE) for path in paths), class_="wide")


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


def _figure(label: str, path: Path, size: int, corner: tuple[int, int] | None = None) -> Markup:
    """A PNG file as part of the page, no larger than `size` pixels; of its upper left corner, if its size is given."""
    buffer = io.BytesIO()
    try:
        with Image.open(path, formats=["PNG"]) as image:
            width, height = corner or image.size
            picture = image.crop((0, 0, min(width, image.width), min(height, image.height)))
    except (OSError, SyntaxError) as error:  # the latter is Pillow's word for broken pieces of a PNG file
        raise ValueError(f"{path} cannot be read ({error})") from error
    picture.thumbnail((size, size))
    picture.save(buffer, "PNG")
    data = base64.b64encode(buffer.getvalue()).decode()
    return element(
        "figure", element("img", src=f"data:image/png;base64,{data}", alt=label), element("figcaption", label)
    )


def _metrics(run_dir: Path, settings: dict[str, Any]) -> Markup:
    """A row per measurement, and one of the paper's figures."""
    measured, paper = results.read(run_dir / METRICS), _paper(run_dir, settings)
    hint = f"`tfnss evaluate {run_dir}` measures."
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


def _conditions(record: Mapping[str, Any]) -> str:
    counts = "{} fakes, {} of {}".format(*(record.get(name) for name in ("fake_images", "real_images", "reals")))
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
