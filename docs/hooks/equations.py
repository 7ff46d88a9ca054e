"""Equations as MathML, which browsers draw themselves: no script, no network."""

import html
import re
from typing import Any

from latex2mathml.converter import convert

_MARKED = re.compile(
    r'<(span|div) class="arithmatex">\\([(\[])(.*?)\\[)\]]</\1>', re.DOTALL
)  # by the Markdown extension arithmatex


def on_page_content(content: str, **kwargs: Any) -> str:
    """What MkDocs calls with the HTML of each page."""
    return _MARKED.sub(_drawn, content)


def _drawn(match: re.Match) -> str:
    return convert(html.unescape(match[3]).strip(), display="inline" if match[2] == "(" else "block")
