"""A page of HTML that needs no network and executes nothing, whatever it shows."""

import base64
import html
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import Image


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


def page(title: str, introduction: str, sections: Mapping[str, Markup]) -> str:
    """A page of sections by their titles."""
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("title", title),
        element("style", _STYLE),
    )
    body = element(
        "body",
        element("h1", title),
        element("p", introduction),
        *(part for name, section in sections.items() for part in (element("h2", name), section)),
    )
    return "<!doctype html>\n" + element("html", head, body, lang="en")


def picture(label: str, path: Path, size: int, corner: tuple[int, int] | None = None) -> Markup:
    """A PNG file as part of the page, no larger than `size` pixels; of its upper left corner, if its size is given."""
    image = opened(path)
    if corner:
        image = image.crop((0, 0, min(corner[0], image.width), min(corner[1], image.height)))
    return shown(label, image, size)


def opened(path: Path) -> Image.Image:
    """The picture of a PNG file.

    Raises:
        ValueError: For a damaged file. The message names it.
    """
    try:
        with Image.open(path, formats=["PNG"]) as image:
            return image.copy()
    except (OSError, SyntaxError) as error:  # the latter is Pillow's word for broken pieces of a PNG file
        raise ValueError(f"{path} cannot be read ({error})") from error


def shown(label: str, image: Image.Image, size: int) -> Markup:
    """A picture as part of the page, no larger than `size` pixels."""
    buffer = io.BytesIO()
    image.thumbnail((size, size))
    image.save(buffer, "PNG")
    data = base64.b64encode(buffer.getvalue()).decode()
    return element(
        "figure", element("img", src=f"data:image/png;base64,{data}", alt=label), element("figcaption", label)
    )
