"""How far two images are apart, as flags choose it: for what searches or compares images."""

from collections.abc import Callable, Mapping
from typing import Any

from tfnss.running.option import Option

DISTANCES = ("lpips", "pixels")
OPTIONS = (
    Option("distance", str, "what tells images apart; lpips needs VGG16", "lpips", choices=DISTANCES),
    Option("vgg16", str, "Keras weights of VGG16, instead of Keras' download", worked_out="", metavar="FILE"),
)


def check_distance(given: Mapping[str, Any]) -> None:
    """Raises a ValueError for settings of `OPTIONS` that contradict each other."""
    if given.get("vgg16") is not None and given["distance"] != "lpips":
        raise ValueError("--vgg16 goes with --distance lpips")


def distance_of(given: Mapping[str, Any]) -> Callable[[Any, Any], Any]:
    """The distance that settings choose: of images in [-1, 1], `[batch]` of twice `[batch, height, width, channels]`.

    Raises:
        ValueError: For weights that are not to be had. The message says what needs none.
    """
    from tfnss.analysis import squared_difference
    from tfnss.metrics import LPIPS

    if given["distance"] == "pixels":
        return squared_difference
    try:
        lpips = LPIPS(given.get("vgg16") or "imagenet")
    except ValueError as error:
        raise ValueError(f"{error}; or add --distance pixels, which needs none") from error
    return lambda first, second: lpips((first, second))
