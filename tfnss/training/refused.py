"""Keras' arguments that a game has no use for, and what it has in their place."""

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

import keras

_EVALUATE = "measure by callbacks=[tfnss.training.callbacks.Evaluate(...)], whose values join the logs (as `fid`)"
_PLAYERS = "there are two players: give `generator_optimizer` and `discriminator_optimizer`"
_LOGGED = "losses, penalties and predictions are logged by themselves; " + _EVALUATE
_WEIGHTS = (
    "every image counts alike: give rare classes more images, for example by `tf.data.Dataset.sample_from_datasets`"
)
_INSTEAD = {
    "fit": {
        "validation_data": _EVALUATE,
        "validation_split": _EVALUATE,
        "validation_steps": _EVALUATE,
        "validation_batch_size": _EVALUATE,
        "validation_freq": _EVALUATE,
        "class_weight": _WEIGHTS,
        "sample_weight": _WEIGHTS,
        "shuffle": "images are shuffled by the seed, and a tf.data.Dataset is taken as it is",
    },
    "compile": {
        "optimizer": _PLAYERS,
        "metrics": _LOGGED,
        "weighted_metrics": _LOGGED,
        "loss_weights": "a penalty has a `weight` of its own",
        "auto_scale_loss": "16-bit gradients are mended instead of scaled",
    },
}


@contextlib.contextmanager
def without_game(gan: Any) -> Iterator[None]:
    """After an error in the block, a GAN counts as not compiled: it is not to train a game of old parts and new ones."""
    try:
        yield
    except BaseException:
        gan.compiled = False
        raise


def check_callbacks(callbacks: Any) -> None:
    """Raises a ValueError for callbacks of Keras that a game cannot be used with."""
    found = callbacks if isinstance(callbacks, (list, tuple)) else getattr(callbacks, "callbacks", [callbacks])
    if any(isinstance(callback, keras.callbacks.BackupAndRestore) for callback in found):
        raise ValueError(
            "BackupAndRestore cannot restore a GAN: write tfnss.training.callbacks.Checkpoint(path), and begin again by "
            "tfnss.training.callbacks.restore(gan, path) and fit(..., resume=True)"
        )


def check_not_given(method: str, arguments: Mapping[str, Any]) -> None:
    """Raises an error for arguments of Keras' `fit` or `compile` that this one does not take.

    Raises:
        ValueError: For one of Keras'. The message tells the way.
        TypeError: For an unknown one.
    """
    for name, value in arguments.items():
        if name in _INSTEAD[method]:
            raise ValueError(
                f"`{method}` does not take `{name}`: {_INSTEAD[method][name]}. Received: {name}={value!r:.100}"
            )
        if name != "verbose":
            raise TypeError(f"`{method}` has no argument `{name}`")
