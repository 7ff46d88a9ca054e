"""What a user can set in a tab of the page."""

from collections.abc import Sequence
from typing import Any, NamedTuple


class Slider(NamedTuple):
    """A number in a range.

    Attributes:
        label: What it is.
        least: The lowest.
        most: The highest.
        step: From one to the next; numbers are whole where this is.
        start: What it is at first.
    """

    label: str
    least: float
    most: float
    step: float
    start: float


class Whole(NamedTuple):
    """A whole number in a range too long for a slider.

    Attributes:
        label: What it is.
        least: The lowest.
        most: The highest.
        start: What it is at first.
    """

    label: str
    least: int
    most: int
    start: int


class Choice(NamedTuple):
    """One of several options, or any number of them.

    Attributes:
        label: What it is.
        options: What each is called, and its value.
        start: The value, or the values, at first.
        several: Whether any number can be chosen, none too.
    """

    label: str
    options: Sequence[tuple[str, Any]]
    start: Any
    several: bool = False


Control = Slider | Whole | Choice
