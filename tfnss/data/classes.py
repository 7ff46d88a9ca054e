"""Classes of image files: those listed in NVIDIA's `dataset.json`, or their folders."""

import json
from collections.abc import Sequence
from pathlib import PurePosixPath

import numpy as np

from tfnss.data.sources import LABELS_FILE, Files, common_folder, path

MAX_CLASSES = 100_000  # of a `dataset.json`, whose greatest number says how many there are
_SPLITS = {
    "train",
    "training",
    "test",
    "testing",
    "val",
    "valid",
    "validation",
    "dev",
    "eval",
    "evaluation",
}  # folders of these names are no classes


def file_classes(files: Files) -> tuple[np.ndarray, list[str]]:
    """The classes of files, int64 `[count]`, and their names.

    They are those of NVIDIA's `dataset.json` if there is one, at the top or in the one folder that holds everything; its
    optional list `class_names` (ours) names them, else they are called by their numbers. Without that file a
    file's class is the folder that it is in, below the folders that hold everything, and below `train`, `test` and the
    like: `pets/train/cat/old/1.png` is a cat. Classes are numbered by name. Those of `dataset.json` are below
    `MAX_CLASSES`.

    Raises:
        ValueError: For a file without a class, one class only, a class over the limit, or a damaged `dataset.json`. The
            message names it.
    """
    listed = files.labels_file()
    labels, names = _of_folders(files) if listed is None else _listed_classes(files, *listed)
    if len(labels) > 1 and len(set(labels.tolist())) < 2:
        raise ValueError(
            f"all {len(labels)} images of {files.name} are of one class ({names[int(labels[0])]}): put each in a folder of "
            "its class, or train without labels"
        )
    return labels, names


def of_class_names(class_names: object, labels: np.ndarray, name: str) -> list[str]:
    """The names of the classes of labels, checked.

    Raises:
        ValueError: For anything but a list of names, one or more for each class. The message names the place.
    """
    needed = int(labels.max()) + 1
    if not isinstance(class_names, list) or not all(isinstance(x, str) for x in class_names):
        raise ValueError(f"{name}: class names are to be a list of strings, one for each class")
    if len(class_names) < needed:
        raise ValueError(
            f"{name} names {len(class_names)} classes, and labels go up to {needed - 1}; name all {needed}"
        )
    return class_names


def _of_folders(files: Files) -> tuple[np.ndarray, list[str]]:
    folders = [PurePosixPath(name).parts[:-1] for name in files.names]
    above = len(common_folder(files.names))
    if all(len(parts) > above and parts[above].lower() in _SPLITS for parts in folders):
        above += 1
    elif all(len(parts) == above for parts in folders):
        above -= 1  # all in one folder, which is the class
    else:
        _check_splits(files, folders, above)
    for index, parts in enumerate(folders):
        if len(parts) <= above or above < 0:
            raise ValueError(f"{path(files, index)} has no class: put every image in the subfolder of its class")
    classes, labels = np.unique([parts[above] for parts in folders], return_inverse=True)
    return labels, classes.tolist()


def _check_splits(files: Files, folders: Sequence[tuple[str, ...]], above: int) -> None:
    """Raises a ValueError for folders of folders called `train` or the like beside others; one of images is a class."""
    named = {parts[above] for parts in folders if len(parts) > above}
    of_images = {parts[above] for parts in folders if len(parts) == above + 1}
    splits = sorted(name for name in named - of_images if name.lower() in _SPLITS)
    others = sorted(name for name in named if name.lower() not in _SPLITS)
    if splits and others:
        raise ValueError(
            f"{files.name} has the folders {splits[0]} and {others[0]} side by side, so it is not clear which are classes: "
            f"leave folders of classes alone in it, or name them in a {LABELS_FILE}"
        )


def _listed_classes(files: Files, name: str, content: bytes) -> tuple[np.ndarray, list[str]]:
    place, folder = f"{files.name}/{name}", name.rpartition("/")[0]
    try:
        described = json.loads(content)
        listed = dict(described["labels"] or ())
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"{place} is damaged ({error}); remove or replace it") from None
    labels = []
    for image in files.names:
        label = listed.get(image, listed.get(image.removeprefix(f"{folder}/")))
        if type(label) is not int or label < 0:
            raise ValueError(f"{place} gives no class to {image}; list every image with an integer from 0 on")
        if label >= MAX_CLASSES:
            raise ValueError(
                f"{place} gives {image} a class over the limit of {MAX_CLASSES - 1}; number them from 0 on"
            )
        labels.append(label)
    array, class_names = np.array(labels, np.int64), described.get("class_names")
    if class_names is None:
        return array, [str(label) for label in range(max(labels) + 1)]
    return array, of_class_names(class_names, array, place)


def check_classes(labels: np.ndarray, classes: int, name: str, every: bool = True) -> None:
    """Checks that labels are those of a game of so many classes, and by default that every class has images.

    Raises:
        ValueError: For a class out of range, or one without images. The message names it.
    """
    highest = int(labels.max())
    if highest >= classes:
        raise ValueError(
            f"{name} has the class {highest}, out of range for a GAN of {classes} classes (0 to {classes - 1})"
        )
    empty = np.setdiff1d(np.arange(classes), labels)
    if every and len(empty):
        raise ValueError(
            f"{name} has no images of class {empty[0]}, of a GAN of {classes} classes, which would be drawn and measured "
            f"untrained; take as many classes as have images, {classes - len(empty)}, numbered from 0 on"
        )
