"""Classes of image files: those listed in NVIDIA's `dataset.json`, or their subfolders."""

import json

import numpy as np

from tfnss.data.sources import LABELS_FILE, Files, path

MAX_CLASSES = 100_000  # of a `dataset.json`, whose greatest number says how many there are


def file_classes(files: Files) -> tuple[np.ndarray, list[str]]:
    """The classes of files, int64 `[count]`, and their names.

    They are those of NVIDIA's `dataset.json` if there is one; else a file's class is the subfolder that it is in, and
    classes are numbered by name. Those of `dataset.json` are below `MAX_CLASSES`.

    Raises:
        ValueError: For a file without a class, a class over the limit, or a damaged `dataset.json`. The message names it.
    """
    content = files.labels_file()
    if content is not None:
        return _listed_classes(files, content)
    for index, name in enumerate(files.names):
        if "/" not in name:
            raise ValueError(f"{path(files, index)} has no class: put every image in the subfolder of its class")
    classes, labels = np.unique([name.split("/")[0] for name in files.names], return_inverse=True)
    return labels, classes.tolist()


def _listed_classes(files: Files, content: bytes) -> tuple[np.ndarray, list[str]]:
    place = f"{files.name}/{LABELS_FILE}"
    try:
        listed = dict(json.loads(content)["labels"] or ())
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"{place} is damaged ({error}); remove or replace it") from None
    for name in files.names:
        label = listed.get(name)
        if type(label) is not int or label < 0:
            raise ValueError(f"{place} gives no class to {name}; list every image with an integer from 0 on")
        if label >= MAX_CLASSES:
            raise ValueError(f"{place} gives {name} a class over the limit of {MAX_CLASSES - 1}; number them from 0 on")
    labels = np.array([listed[name] for name in files.names], np.int64)
    return labels, [str(label) for label in range(labels.max() + 1)]
