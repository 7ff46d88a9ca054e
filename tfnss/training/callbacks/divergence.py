"""The end of a training that has lost its numbers."""

import keras

from tfnss.training.callbacks.clock import kimg


class StopWhenDiverged(keras.callbacks.Callback):
    """Ends `fit` after a number of iterations in a row with a loss or gradient that is not finite.

    One such iteration is the end of a training in 32 bits. In 16 bits a few are normal, and their gradients are mended.

    Args:
        bad_steps: So many iterations in a row. They are looked at after each execution of `steps_per_execution`.

    Raises:
        FloatingPointError: From `fit`, so that nothing saves the state.
    """

    def __init__(self, bad_steps: int = 10) -> None:
        super().__init__()
        if bad_steps < 1:
            raise ValueError(f"`bad_steps` must be at least 1. Received: bad_steps={bad_steps}")
        self.bad_steps = bad_steps

    def on_train_begin(self, logs: dict | None = None) -> None:
        self.model.bad_steps.assign(0)

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        bad = int(self.model.bad_steps.numpy())
        if bad >= self.bad_steps:
            raise FloatingPointError(
                f"training diverged: {bad} iterations in a row with a loss or gradient that is not finite, "
                f"up to {kimg(self.model):.3f} kimg"
            )
