"""What the engine keeps for the penalties from step to step."""

from collections.abc import Sequence

import keras

from tfnss.training.penalty import Penalty


def penalty_states(gan: keras.Model, penalties: Sequence[Penalty]) -> dict[str, keras.Variable]:
    """The states of the penalties that have one, by name: weights `NAME_state` of the GAN, made where they are missing.

    So they are in its checkpoints, after what every GAN has, and in those of no other.

    Raises:
        ValueError: For two penalties of one name with a state.
    """
    states: dict[str, keras.Variable] = {}
    for penalty in penalties:
        if not penalty.state_size:
            continue
        if penalty.name in states:
            raise ValueError(f"`regularizers` may hold one {type(penalty).__name__}, which has a state. Received: two")
        name = f"{penalty.name}_state"
        if not hasattr(gan, name):
            setattr(
                gan,
                name,
                gan.add_weight(
                    name=name, shape=(penalty.state_size,), dtype="float32", initializer="zeros", trainable=False
                ),
            )
        states[penalty.name] = getattr(gan, name)
    return states
