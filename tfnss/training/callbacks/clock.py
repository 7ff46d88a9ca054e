"""Where a model in training stands."""

import keras


def images_seen(model: keras.Model) -> int:
    return int(model.images_seen.numpy())


def images_total(model: keras.Model) -> int:
    """Those of the whole run."""
    return int(model.images_total.numpy())


def kimg(model: keras.Model) -> float:
    """Thousands of images seen."""
    return images_seen(model) / 1000
