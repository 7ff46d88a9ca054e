"""The classes of the images, for families whose networks can take them."""

from tfnss.running import sections
from tfnss.running.option import Option


def classes_option() -> Option:
    """How many classes, as `Option` has them."""
    return Option(
        "classes",
        int,
        "number of classes of the images: the subfolders of --data, or the data set's own; 0 for an unconditional model",
        0,
        of_networks=True,
        section=sections.IMAGES,
    )
