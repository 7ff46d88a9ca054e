"""The epochs of a call of `fit`: the first may have been begun in another process, the last may be cut short."""

import math
from typing import Any, NamedTuple

import keras

from tfnss.training.refused import check_callbacks


class Stretch(NamedTuple):
    """Epochs of equal length, which one call of Keras' `fit` can do.

    Attributes:
        epoch: The first epoch.
        end: The epoch after the last.
        steps: Steps of each that are to be done.
        done: Steps of the first that were done before.
    """

    epoch: int
    end: int
    steps: int
    done: int

    @property
    def iterations(self) -> int:
        """Steps of all its epochs."""
        return (self.end - self.epoch) * self.steps


def stretches(done: int, total: int, steps: int) -> list[Stretch]:
    """What is left of a run.

    Args:
        done: Steps that were done, counted from epoch 0.
        total: Steps of the whole run.
        steps: Steps of an epoch.

    Returns:
        At least one stretch; it has no epochs if nothing is left.
    """
    found = []
    while done < total:
        epoch, begun = divmod(done, steps)
        whole = total // steps
        if begun or epoch == whole:
            left = min(steps - begun, total - done)
            found.append(Stretch(epoch, epoch + 1, left, begun))
            done += left
        else:
            found.append(Stretch(epoch, whole, steps, 0))
            done = whole * steps
    return found or [Stretch(-(-total // steps), -(-total // steps), steps, 0)]


def check_executions(found: list[Stretch], steps_per_execution: int) -> None:
    """Raises a ValueError where executions of so many steps do not fit into the epochs."""
    for stretch in found:
        if stretch.steps % steps_per_execution:
            raise ValueError(
                "`steps_per_execution` must divide the steps of an epoch. "
                f"Received: steps_per_execution={steps_per_execution}, "
                f"steps per epoch {stretch.steps + stretch.done}, {stretch.done} done"
            )


def check_total(total_kimg: float | None) -> float | None:
    """The length of a run in thousands of images.

    Raises:
        ValueError: If it is no finite number above 0.
    """
    if total_kimg is not None and not 0 < total_kimg < math.inf:
        raise ValueError(f"`total_kimg` must be a finite number above 0. Received: total_kimg={total_kimg}")
    return total_kimg


def steps_done(images_seen: int, batch_size: int, clock: int | None = None) -> int:
    """Steps in so many images, of the run or of a stage of it.

    Args:
        images_seen: The images.
        batch_size: Images of a step.
        clock: Where the clock stands, if that is another number.

    Raises:
        ValueError: For a clock that stands within a batch. The message tells where.
    """
    if images_seen % batch_size:
        raise ValueError(
            f"the clock stands at {clock or images_seen} images, within a batch: take one that divides them. "
            f"Received: batch_size={batch_size}"
        )
    return images_seen // batch_size


class OneTraining(keras.callbacks.CallbackList):
    """Callbacks for which several calls of Keras' `fit`, a stretch each, are one training.

    During a stretch they find in `params`: `steps`, and `images_done`, the images of its first epoch that were seen before.

    Args:
        model: The model.
        callbacks: Its callbacks.
        verbose: As for `fit`.
        epochs: Epoch at which the run ends.

    Raises:
        ValueError: For callbacks that a game cannot be used with.
    """

    def __init__(self, model: keras.Model, callbacks: Any, verbose: Any, epochs: int) -> None:
        check_callbacks(callbacks)
        params = {"verbose": verbose, "epochs": epochs, "steps": None}  # the steps follow with each stretch
        super().__init__(callbacks, add_history=True, add_progbar=verbose != 0, model=model, **params)
        self._begun = False
        self._logs: dict | None = None

    def go_on(self, stretch: Stretch, batch_size: int) -> None:
        """The next call of `fit` is for this stretch."""
        self.set_params({**self.params, "steps": stretch.steps, "images_done": stretch.done * batch_size})

    def on_train_begin(self, logs: dict | None = None) -> None:
        if not self._begun:
            super().on_train_begin(logs)
        self._begun = True

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        super().on_epoch_end(epoch, logs)
        # The next epoch of this stretch is a whole one.
        self.set_params({**self.params, "images_done": 0})

    def on_train_end(self, logs: dict | None = None) -> None:
        self._logs = logs if logs is not None else self._logs

    def finish(self) -> None:
        """The training is over."""
        super().on_train_end(self._logs)
