"""The page itself, made with Gradio (the extra `show`)."""

import html
import importlib.util
import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from PIL import Image

from tfnss.showing.controls import Control, Slider, Whole
from tfnss.showing.tabs import Tab

STYLE = """
.gradio-container { width: 100%; max-width: 84rem !important; margin: auto }
.gradio-container .main { width: 100%; max-width: none }
.picture .image-frame, .picture img { width: 100% !important }
.picture img { max-height: 70vh; object-fit: contain; image-rendering: pixelated }
"""


def check_installed() -> None:
    """Raises a ValueError where Gradio is not installed."""
    if importlib.util.find_spec("gradio") is None:
        raise ValueError("the page needs the package gradio: pip install 'tfnss[show]'")


def page(title: str, tabs: Sequence[Tab]) -> Any:
    """The page of tabs, a `gradio.Blocks`. It tells nobody of itself."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read when Gradio is imported, too
    import gradio

    with gradio.Blocks(title=title, analytics_enabled=False, delete_cache=(600, 3600)) as blocks:
        gradio.HTML(f"<h1>{html.escape(title)}</h1>")
        for index, tab in enumerate(tabs):
            with gradio.Tab(tab.title) as place:
                _fill(blocks, place, tab, at_once=index == 0)
    return blocks


def _fill(blocks: Any, place: Any, tab: Tab, at_once: bool) -> None:
    """Lays out a tab. It is drawn when it is first seen, `at_once` for the first, and when a control changes."""
    import gradio

    gradio.HTML(f"<p>{html.escape(tab.about)}</p>")
    with gradio.Row():
        with gradio.Column(scale=1, min_width=280):
            inputs = [_component(control) for control in tab.controls]
        with gradio.Column(scale=3, min_width=320):
            picture = gradio.Image(
                type="pil",
                format="png",
                interactive=False,
                show_label=False,
                buttons=["download", "fullscreen"],
                elem_classes="picture",
            )
            caption = gradio.HTML(elem_classes="caption")
    # One picture at a time: a machine has no more to give, and another value is soon chosen.
    quietly = {
        "inputs": inputs,
        "outputs": [picture, caption],
        "show_progress": "minimal",
        "trigger_mode": "always_last",
        "concurrency_id": "pictures",
        "concurrency_limit": 1,
        "api_visibility": "private",
    }
    draw = _drawing(tab)
    place.select(draw, **quietly)
    gradio.on([each.change for each in inputs], draw, **quietly)
    if at_once:
        blocks.load(draw, **quietly)


def _component(control: Control) -> Any:
    """The component that shows a control."""
    import gradio

    if isinstance(control, Slider):
        slider: Any = gradio.Slider(control.least, control.most, control.start, step=control.step, label=control.label)
        slider.preprocess = lambda value: value  # Gradio's own refuses the 1 of a 12 that is being typed; see `_value`
        return slider
    if isinstance(control, Whole):
        return gradio.Number(control.start, label=control.label, precision=0, step=1)
    options = list(control.options)
    if control.several:
        return gradio.Dropdown(options, value=control.start, label=control.label, multiselect=True)
    return gradio.Radio(options, value=control.start, label=control.label)


def _drawing(tab: Tab) -> Callable[..., Any]:
    """What draws a tab for Gradio: the picture and its caption, or what is wrong in the caption's place."""
    import gradio
    import tensorflow as tf

    def draw(*values: Any) -> Any:
        if any(value is None for value in values):  # a number that is being typed
            return gradio.skip(), gradio.skip()
        try:
            drawn = tab.draw(*map(_value, tab.controls, values))
        except (ValueError, OSError, tf.errors.OpError) as error:
            return gradio.skip(), f"<strong>{html.escape(str(error))}</strong>"
        return gradio.Image(_image(drawn.picture), alt_text=drawn.caption), html.escape(drawn.caption)

    return draw


def _value(control: Control, value: Any) -> Any:
    """A value of Gradio's as tabs expect it: whole where the control's are, and in the range of a slider.

    Raises:
        ValueError: For another number outside the control's.
    """
    if isinstance(control, Slider):
        inside = min(max(float(value), control.least), control.most)
        return int(inside) if float(control.step).is_integer() else inside
    if isinstance(control, Whole) and not control.least <= value <= control.most:
        raise ValueError(f"{control.label} must lie in {control.least} to {control.most}. Received: {value}")
    return value


def _image(picture: np.ndarray) -> Image.Image:
    return Image.fromarray(picture.squeeze(-1) if picture.shape[-1] == 1 else picture)
