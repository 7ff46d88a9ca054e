"""The epochs of a call of `fit`, of which the first may have been begun in another process."""

from typing import Any, NamedTuple

import keras


class Epochs(NamedTuple):
    """What a call of `fit` has before it.

    Attributes:
        first: The first epoch,
        done: and its steps that are done.
        end: The epoch at which the run ends.
        steps: Steps of an epoch.
    """

    first: int
    done: int
    end: int
    steps: int

    @property
    def steps_left(self) -> int:
        """Of the whole run."""
        return (self.end - self.first) * self.steps - self.done

    @property
    def begun(self) -> bool:
        """Whether the first one is to be finished."""
        return bool(self.done) and self.first < self.end

    def check(self, steps_per_execution: int) -> None:
        """Raises a ValueError where executions of so many steps do not fit into the epochs."""
        for steps in (self.steps, self.done):
            if steps % steps_per_execution:
                raise ValueError(
                    f"`steps_per_execution` must divide the steps of an epoch. Received: "
                    f"steps_per_execution={steps_per_execution}, steps per epoch {self.steps}, {self.done} done"
                )


def resumed(images_seen: int, batch_size: int, end: int, steps: int) -> Epochs:
    """The epochs of a run that stands at so many images.

    Raises:
        ValueError: For a clock that stands within a batch.
    """
    if images_seen % batch_size:
        raise ValueError(f"the clock stands at {images_seen} images, within a batch. Received: batch_size={batch_size}")
    return Epochs(*divmod(images_seen // batch_size, steps), end, steps)


class OneTraining(keras.callbacks.CallbackList):
    """Callbacks for which two calls of Keras' `fit`, the rest of an epoch and what follows it, are one training.

    Args:
        model: The model.
        callbacks: Its callbacks.
        verbose: As for `fit`.
        images_done: Images of the epoch that were seen before; callbacks find it in `params` during that epoch.
        **params: Other parameters that callbacks find.
    """

    def __init__(self, model: keras.Model, callbacks: Any, verbose: Any, images_done: int, **params: Any) -> None:
        params |= {"verbose": verbose, "images_done": images_done}
        super().__init__(callbacks, add_history=True, add_progbar=verbose != 0, model=model, **params)
        self._begun = self._ending = False

    def on_train_begin(self, logs: dict | None = None) -> None:
        if not self._begun:
            super().on_train_begin(logs)
        self._begun = True

    def on_train_end(self, logs: dict | None = None) -> None:
        if self._ending:
            super().on_train_end(logs)

    def go_on(self, steps: int) -> None:
        """The begun epoch is over: the next call of `fit` is the last, with epochs of so many steps."""
        self.set_params({**self.params, "images_done": 0, "steps": steps})
        self._ending = True
