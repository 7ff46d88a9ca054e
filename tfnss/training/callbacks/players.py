"""Callbacks on one of the two players."""

from typing import Any

import keras

PLAYERS = ("generator", "discriminator")


class ForPlayer(keras.callbacks.Callback):
    """Lets a callback of Keras' read and set the learning rate of one player, where it would set both players'.

    What it logs as `learning_rate` is called `PLAYER_learning_rate`.

    Args:
        player: `generator` or `discriminator` (with which the spectral classifier goes, where there is one).
        callback: A callback that reads and sets `model.optimizer.learning_rate`.

    Raises:
        ValueError: For another player.

    Example:

    ```python
    plateau = keras.callbacks.ReduceLROnPlateau(monitor="fid", patience=5)
    gan.fit(images, epochs=100, callbacks=[Evaluate(evaluation), ForPlayer("discriminator", plateau)])
    ```
    """

    def __init__(self, player: str, callback: keras.callbacks.Callback) -> None:
        super().__init__()
        if player not in PLAYERS:
            raise ValueError(f"`player` must be one of {', '.join(PLAYERS)}. Received: player={player}")
        self.player, self.callback = player, callback

    def set_model(self, model: keras.Model) -> None:
        super().set_model(model)
        self.callback.set_model(_OfPlayer(model, self.player))

    def set_params(self, params: dict | None) -> None:
        super().set_params(params)
        self.callback.set_params(params)

    def on_train_begin(self, logs: dict | None = None) -> None:
        self.callback.on_train_begin(logs)

    def on_train_end(self, logs: dict | None = None) -> None:
        self.callback.on_train_end(logs)

    def on_train_error(self) -> None:
        getattr(self.callback, "on_train_error", lambda: None)()

    def on_train_batch_begin(self, batch: int, logs: dict | None = None) -> None:
        self.callback.on_train_batch_begin(batch, logs)

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        self.callback.on_train_batch_end(batch, logs)

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self.callback.on_epoch_begin(epoch, logs)

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        own = {name: value for name, value in (logs or {}).items() if name != "learning_rate"}
        self.callback.on_epoch_end(epoch, own)
        if logs is not None:
            rate = own.pop("learning_rate", None)
            logs.update(own if rate is None else {**own, f"{self.player}_learning_rate": rate})


class _OfPlayer:
    """A GAN whose `optimizer` is one player's."""

    def __init__(self, model: keras.Model, player: str) -> None:
        self.__dict__.update(_model=model, _player=player)

    @property
    def optimizer(self) -> Any:
        return getattr(self._model.optimizer, self._player)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["_model"], name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._model, name, value)
