"""The whole state of a run in one file."""

import os
import warnings
from pathlib import Path

import keras

from tfnss import files


class Checkpoint(keras.callbacks.Callback):
    """Saves networks, average, optimizers and clock after each epoch. A kill at any moment leaves a whole file.

    Nothing else has a state: random numbers and the order of the data follow from the clock.

    Args:
        path: File to write; ends in `.weights.h5`.
    """

    def __init__(self, path: str | os.PathLike) -> None:
        super().__init__()
        self.path = Path(path)

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        with files.replacing(self.path) as temporary:
            self.model.save_weights(temporary)


def restore(gan: keras.Model, path: str | os.PathLike) -> None:
    """Puts a compiled GAN where a checkpoint left it.

    Raises:
        ValueError: For a file that is missing, damaged or of another model. The message names it.
    """
    if not Path(path).is_file():
        raise ValueError(f"{path} is not there: the run has no checkpoint yet")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)  # Keras skips layers that it cannot match, with a warning
            gan.load_weights(path)
    except (OSError, KeyError, ValueError, UserWarning) as error:
        raise ValueError(f"{path} is damaged or holds another model ({error})") from error
