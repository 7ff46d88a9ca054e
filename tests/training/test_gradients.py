"""What becomes of gradients on several replicas before an optimizer has them."""

import keras
import numpy as np
import pytest

from tests.training.networks import tiny_gan, tiny_images


@pytest.mark.parametrize(
    "clip",
    [
        {"global_clipnorm": 0.05},
        pytest.param({"clipnorm": 0.02}, marks=pytest.mark.slow),
        pytest.param({"clipvalue": 0.003}, marks=pytest.mark.slow),
    ],
)
def test_an_optimizer_that_clips_moves_as_on_one_replica(clip, mirrored, pictures):
    def trained(**clip):
        gan = tiny_gan()
        gan.compile(*(keras.optimizers.SGD(1.0, **clip) for _ in range(2)), run_eagerly=True)
        gan.train_on_batch(tiny_images(pictures)[:8])
        return np.concatenate([w.ravel() for w in gan.discriminator.get_weights() + gan.generator.get_weights()])

    one, free = trained(**clip), trained()
    with mirrored.scope():
        two = trained(**clip)
    assert np.abs(one - free).max() > 1e-3  # it does clip
    np.testing.assert_allclose(two, one, atol=1e-6)
