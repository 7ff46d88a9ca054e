"""The games: losses of the two players on the discriminator's logits, each the mean over the batch."""

from typing import Any

import keras
from keras import ops


class Loss:
    """Base of the losses: two functions of float32 logits of any one shape, each a scalar to minimise.

    Attributes:
        needs_reals: Whether the generator's loss is taken of the real logits too, which costs a pass of the discriminator on
            as many real images. Without it `generator` is called with the fake logits alone.
    """

    needs_reals = False

    def discriminator(self, real_logits: Any, fake_logits: Any) -> Any:
        raise NotImplementedError

    def generator(self, fake_logits: Any, real_logits: Any = None) -> Any:
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

    def generator(self, fake_logits: Any, real_logits: Any = None) -> Any:
        return -ops.mean(ops.softplus(fake_logits))


@keras.saving.register_keras_serializable("tfnss")
class NonSaturating(Minimax):
    """The original game with the generator maximising log D(G(z)) (Goodfellow et al. 2014, section 3)."""

    def generator(self, fake_logits: Any, real_logits: Any = None) -> Any:
        return ops.mean(ops.softplus(-fake_logits))


@keras.saving.register_keras_serializable("tfnss")
class LeastSquares(Loss):
    """LSGAN with targets 0 and 1 (Mao et al. 2017, equation 9)."""

    def discriminator(self, real_logits: Any, fake_logits: Any) -> Any:
        return ops.mean(ops.square(real_logits - 1)) / 2 + ops.mean(ops.square(fake_logits)) / 2

    def generator(self, fake_logits: Any, real_logits: Any = None) -> Any:
        return ops.mean(ops.square(fake_logits - 1)) / 2


@keras.saving.register_keras_serializable("tfnss")
class Wasserstein(Loss):
    """The critic's difference of means (Arjovsky et al. 2017, equation 2); needs a gradient penalty beside it."""

    def discriminator(self, real_logits: Any, fake_logits: Any) -> Any:
        return ops.mean(fake_logits) - ops.mean(real_logits)

    def generator(self, fake_logits: Any, real_logits: Any = None) -> Any:
        return -ops.mean(fake_logits)


@keras.saving.register_keras_serializable("tfnss")
class Hinge(Wasserstein):
    """The hinge game (Miyato et al. 2018, equations 16 and 17)."""

    def discriminator(self, real_logits: Any, fake_logits: Any) -> Any:
        return ops.mean(ops.relu(1 - real_logits)) + ops.mean(ops.relu(1 + fake_logits))


_OF_A_LEAD = {
    "softplus": lambda lead: ops.softplus(-lead),
    "hinge": lambda lead: ops.relu(1 - lead),
    "least_squares": lambda lead: ops.square(lead - 1),
}


@keras.saving.register_keras_serializable("tfnss")
class Relativistic(Loss):
    """The pairing game, RpGAN (Jolicoeur-Martineau 2019; R3GAN: Huang et al. 2024, section 2).

    The discriminator minimises E f(D(x) - D(G(z))) and the generator E f(D(G(z)) - D(x)), over pairs of a real and a fake
    image: those at the same place of the batch, which are of one class where there are classes. R3GAN is this with `R1` and
    `R2` beside it, at every step.

    Args:
        form: f(lead): `softplus` of -lead (R3GAN), `hinge` max(0, 1 - lead), or `least_squares` (lead - 1)^2.

    Raises:
        ValueError: For another form, and from `generator` without the real logits.
    """

    needs_reals = True

    def __init__(self, form: str = "softplus") -> None:
        if form not in _OF_A_LEAD:
            raise ValueError(f"`form` must be one of {', '.join(_OF_A_LEAD)}. Received: form={form!r}")
        self.form = form

    def discriminator(self, real_logits: Any, fake_logits: Any) -> Any:
        return ops.mean(_OF_A_LEAD[self.form](real_logits - fake_logits))

    def generator(self, fake_logits: Any, real_logits: Any = None) -> Any:
        if real_logits is None:
            raise ValueError("the generator's loss of a relativistic game needs `real_logits`")
        return ops.mean(_OF_A_LEAD[self.form](fake_logits - real_logits))

    def get_config(self) -> dict:
        return {"form": self.form}


LOSSES = {
    "non_saturating": NonSaturating,
    "minimax": Minimax,
    "least_squares": LeastSquares,
    "wasserstein": Wasserstein,
    "hinge": Hinge,
    "relativistic": Relativistic,
}


def get(loss: Loss | str) -> Loss:
    """A loss from its name, or as it is."""
    if isinstance(loss, str):
        if loss not in LOSSES:
            raise ValueError(f"`loss` must be one of {', '.join(LOSSES)} or a Loss. Received: loss={loss!r}")
        return LOSSES[loss]()
    return loss
