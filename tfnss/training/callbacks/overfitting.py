"""A word when adaptive augmentation can do no more."""

import warnings

import keras


class WarnOfOverfitting(keras.callbacks.Callback):
    """Warns once when the probability of adaptive augmentation has been at its limit for some epochs in a row.

    The discriminator then overfits more than the augmentation can hold.

    Args:
        epochs: So many epochs.
    """

    def __init__(self, epochs: int = 3) -> None:
        super().__init__()
        if epochs < 1:
            raise ValueError(f"`epochs` must be at least 1. Received: epochs={epochs}")
        self.epochs, self._at_limit, self._warned = epochs, 0, False

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        limit = getattr(self.model.augmentation, "limit", None)
        probability = (logs or {}).get("augment_probability")
        if limit is None or probability is None:
            return
        self._at_limit = self._at_limit + 1 if float(probability) >= limit - 1e-6 else 0
        if self._at_limit >= self.epochs and not self._warned:
            self._warned = True
            warnings.warn(
                f"the probability of augmentation has been at its limit of {limit:g} for {self._at_limit} epochs: the "
                "discriminator overfits; more images, a stronger R1 or another pipeline would help",
                stacklevel=2,
            )
