"""The games: losses of the two players on the discriminator's logits, each the mean over the batch."""

from typing import Any

import keras
from keras import ops


class Loss:
    """Base of the losses: two functions of float32 logits of any one shape, each a scalar to minimise."""

    def discriminator(self, real_logits: Any, fake_logits: Any) -> Any:
        raise NotImplementedError

    def generator(self, fake_logits: Any) -> Any:
        raise NotImplementedError

    def get_config(self) -> dict:
        return {}

    @classmethod
    def from_config(cls, config: dict) -> "Loss":
        return cls(**config)


@keras.saving.register_keras_serializable("tfnss")
class Minimax(Loss):
    """The original game (Goodfellow et al. 2014, equation 1): the generator minimises log(1 - D(G(z)))."""

    def discriminator(self, real_logits: Any, fake_logits: Any) -> Any:
        return ops.mean(ops.softplus(-real_logits)) + ops.mean(ops.softplus(fake_logits))

    def generator(self, fake_logits: Any) -> Any:
        return -ops.mean(ops.softplus(fake_logits))


@keras.saving.register_keras_serializable("tfnss")
class NonSaturating(Minimax):
    """The original game with the generator maximising log D(G(z)) (Goodfellow et al. 2014, section 3)."""

    def generator(self, fake_logits: Any) -> Any:
        return ops.mean(ops.softplus(-fake_logits))


@keras.saving.register_keras_serializable("tfnss")
class LeastSquares(Loss):
    """LSGAN with targets 0 and 1 (Mao et al. 2017, equation 9)."""

    def discriminator(self, real_logits: Any, fake_logits: Any) -> Any:
        return ops.mean(ops.square(real_logits - 1)) / 2 + ops.mean(ops.square(fake_logits)) / 2

    def generator(self, fake_logits: Any) -> Any:
        return ops.mean(ops.square(fake_logits - 1)) / 2


@keras.saving.register_keras_serializable("tfnss")
class Wasserstein(Loss):
    """The critic's difference of means (Arjovsky et al. 2017, equation 2); needs a gradient penalty beside it."""

    def discriminator(self, real_logits: Any, fake_logits: Any) -> Any:
        return ops.mean(fake_logits) - ops.mean(real_logits)

    def generator(self, fake_logits: Any) -> Any:
        return -ops.mean(fake_logits)


@keras.saving.register_keras_serializable("tfnss")
class Hinge(Wasserstein):
    """The hinge game (Miyato et al. 2018, equations 16 and 17)."""

    def discriminator(self, real_logits: Any, fake_logits: Any) -> Any:
        return ops.mean(ops.relu(1 - real_logits)) + ops.mean(ops.relu(1 + fake_logits))


LOSSES = {
    "non_saturating": NonSaturating,
    "minimax": Minimax,
    "least_squares": LeastSquares,
    "wasserstein": Wasserstein,
    "hinge": Hinge,
}


def get(loss: Loss | str) -> Loss:
    """A loss from its name, or as it is."""
    if isinstance(loss, str):
        if loss not in LOSSES:
            raise ValueError(f"`loss` must be one of {', '.join(LOSSES)} or a Loss. Received: loss={loss!r}")
        return LOSSES[loss]()
    return loss
