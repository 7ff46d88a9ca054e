"""Adam whose second moment may follow a schedule."""

from typing import Any

import keras
from keras.optimizers.schedules import LearningRateSchedule


@keras.saving.register_keras_serializable("tfnss")
class ScheduledAdam(keras.optimizers.Adam):
    """`keras.optimizers.Adam` that also takes a schedule for `beta_2`.

    R3GAN raises the decay of the second moment from 0.9 to 0.99 (Huang et al. 2024). The bias of the moment at step t is
    corrected as if its decay had been today's at all steps, 1 - beta_2(t)^t, which is what comes of changing the decay of a
    running Adam.

    Args:
        learning_rate: A number or a schedule.
        beta_1: Decay of the first moment, in [0, 1).
        beta_2: Decay of the second, or a schedule of it that, as one of the learning rate, counts the optimizer's steps.
        epsilon: Added to the root of the second moment.
        **kwargs: As for Keras' own.

    Example:

    ```python
    ScheduledAdam(2e-4, beta_1=0.0, beta_2=keras.optimizers.schedules.CosineDecay(0.9, 80_000, alpha=0.99 / 0.9))
    ```
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: Any = 0.999,
        epsilon: float = 1e-7,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, beta_1=beta_1, beta_2=beta_2, epsilon=epsilon, **kwargs)

    @property
    def beta_2(self) -> Any:
        """The decay at this step."""
        return self.beta_2_schedule(self.iterations) if self.beta_2_schedule else self._constant_beta_2

    @beta_2.setter
    def beta_2(self, value: Any) -> None:
        scheduled = isinstance(value, LearningRateSchedule)
        self.beta_2_schedule = value if scheduled else None
        self._constant_beta_2 = None if scheduled else value

    def get_config(self) -> dict:
        config = super().get_config()
        if self.beta_2_schedule:
            config["beta_2"] = keras.saving.serialize_keras_object(self.beta_2_schedule)
        return config

    @classmethod
    def from_config(cls, config: dict, custom_objects: dict | None = None) -> "ScheduledAdam":
        if isinstance(config.get("beta_2"), dict):
            schedule = keras.saving.deserialize_keras_object(config["beta_2"], custom_objects=custom_objects)
            config = {**config, "beta_2": schedule}
        return super().from_config(config, custom_objects)
