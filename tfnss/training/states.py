"""What the engine keeps for the penalties from step to step."""

from collections.abc import Sequence
from typing import Any

import keras

from tfnss.training.penalty import Penalty


class PenaltyStates:
    """What `GAN` has of them: weights `NAME_state`, saved under these names after what every GAN has.

    A file may lack the state of a penalty, which then begins anew, or hold that of one which the game has not.
    """

    def _states_of(self, penalties: Sequence[Penalty]) -> dict[str, keras.Variable]:
        """The states of the penalties that have one, by the penalties' names; made where they are missing.

        Raises:
            ValueError: For two penalties of one name, of which records and states would be one.
        """
        gan: Any = self
        names = [penalty.name for penalty in penalties]
        for penalty in penalties:
            if names.count(penalty.name) > 1:
                raise ValueError(f"`regularizers` may hold one {type(penalty).__name__}. Received: two")
            name = f"{penalty.name}_state"
            if penalty.state_size and not hasattr(gan, name):
                shape = (penalty.state_size,)
                state = gan.add_weight(name=name, shape=shape, dtype="float32", initializer="zeros", trainable=False)
                setattr(gan, name, state)
                gan._every_state.append(state)
        return {p.name: getattr(gan, f"{p.name}_state") for p in penalties if p.state_size}

    def save_own_variables(self, store: Any) -> None:
        """The GAN's own weights, by number, and the states of the game's penalties, by name."""
        for index, variable in enumerate(self._always_there()):
            store[str(index)] = variable.numpy()
        for name, state in self._of_game().items():
            store[f"{name}_state"] = state.numpy()

    def load_own_variables(self, store: Any) -> None:
        """What `save_own_variables` wrote, or Keras in earlier versions, with the states by number too."""
        always = self._always_there()
        for index, variable in enumerate(always):
            variable.assign(store[str(index)])
        for index, (name, state) in enumerate(self._of_game().items(), len(always)):
            found = next((key for key in (f"{name}_state", str(index)) if key in store), None)
            if found is not None:
                state.assign(store[found])

    def _always_there(self) -> list[keras.Variable]:
        gan: Any = self
        states = {id(state) for state in gan._every_state}
        return [v for v in (*gan._trainable_variables, *gan._non_trainable_variables) if id(v) not in states]

    def _of_game(self) -> dict[str, keras.Variable]:
        """The states of the penalties of the game; none before `compile`."""
        gan: Any = self
        return gan.game.penalty_states if hasattr(gan, "game") else {}
