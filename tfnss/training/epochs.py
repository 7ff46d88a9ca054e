"""An epoch that was begun in another process."""

from typing import Any

import keras


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
