"""Callbacks that hear of an error: Keras tells them of no end of a training then."""

import contextlib
from collections.abc import Iterator

import keras


@contextlib.contextmanager
def told_of_errors(callbacks: keras.callbacks.CallbackList) -> Iterator[None]:
    """A block in which a model trains. After an error in it, or Ctrl-C, callbacks that have `on_train_error` are told."""
    try:
        yield
    except BaseException:
        for callback in callbacks.callbacks:
            getattr(callback, "on_train_error", _nothing)()
        raise


def _nothing() -> None:
    """For callbacks that leave nothing behind."""
