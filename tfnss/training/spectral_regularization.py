"""A penalty on the spectra of the generator's images (Durall, Keuper and Keuper 2020)."""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from tfnss.layers.spectrum import azimuthal_spectrum
from tfnss.training.penalty import GeneratorPenalty


@keras.saving.register_keras_serializable("tfnss")
class SpectralRegularization(GeneratorPenalty):
    """weight BCE(E phi(real), phi(fake)): the binary cross entropy of spectral vectors, averaged over radii and fakes.

    phi is `azimuthal_spectrum`, and the mean over the replica's real images the target. At fakes whose spectra all are the
    target, the cross entropy is at its minimum, the target's entropy, which is above 0.

    SSD-GAN's "REG". Neither paper gives its weight. The one public code lets no gradient through the spectrum, and merely
    multiplies the generator's loss by a number near 1; here the gradient flows through the fakes' spectra.

    Args:
        weight: Factor of the penalty, >= 0.

    Call arguments:
        generator: Not used; here as for the generator's other regularizers, as are `labels` and `state`.
        real: Real images `[batch, height, width, 1, 3 or 4]` in [-1, 1], of sides of at least 8.
        fake: Function without arguments that gives fake images.

    Returns:
        The weighted penalty, a float32 scalar, and what to record.

    Raises:
        ValueError: For another weight.

    Reference: Durall et al. 2020, Watch your Up-Convolution, section 3.2; SSD-GAN, table 2.
    """

    name = "spectral_regularization"

    def __init__(self, weight: float = 1.0) -> None:
        super().__init__(weight)

    def __call__(
        self, generator: Any, real: Any, fake: Callable[[], Any], labels: Any = None, state: Any = None
    ) -> tuple[Any, dict[str, Any]]:
        target = ops.stop_gradient(ops.mean(azimuthal_spectrum(real), axis=0, keepdims=True))
        prediction = ops.clip(azimuthal_spectrum(fake()), 1e-6, 1 - 1e-6)
        entropies = -target * ops.log(prediction) - (1 - target) * ops.log(1 - prediction)
        penalty = self.weight * ops.mean(entropies)
        return penalty, {self.name: penalty}

    def get_config(self) -> dict:
        return {"weight": self.weight}
