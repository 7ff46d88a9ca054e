"""Parts of another kind than their place takes: one clear line, and nothing trained."""

import keras
import pytest

import tfnss
from tests.training.networks import tiny_gan
from tfnss.training import losses


class OwnLoss:
    """A loss by its methods alone."""

    needs_reals = False

    def discriminator(self, real_logits, fake_logits):
        return keras.ops.mean(fake_logits) - keras.ops.mean(real_logits)

    def generator(self, fake_logits, real_logits=None):
        return -keras.ops.mean(fake_logits)


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        (
            {"loss": keras.losses.BinaryCrossentropy()},
            "`loss` must be one of non_saturating.* or a tfnss.training.Loss",
        ),
        ({"loss": losses.Hinge}, "`loss` must be one of"),
        ({"loss": None}, "`loss` must be one of"),
        ({"regularizers": tfnss.R1()}, r"`regularizers` must be a list of penalties, such as \[tfnss.R1"),
        ({"regularizers": [tfnss.R1]}, "`regularizers` must be a list of penalties"),
        ({"regularizers": "r1"}, "`regularizers` must be a list of penalties"),
        ({"regularizers": [keras.regularizers.L2()]}, "`regularizers` must be a list of penalties"),
        ({"augmentation": tfnss.layers.Augment("bgc")}, "`augmentation` must be a tfnss.Augmentation"),
        ({"augmentation": "bgc"}, "`augmentation` must be a tfnss.Augmentation.*'bgc', 0.5"),
        ({"augmentation": tfnss.AdaptiveAugmentation}, "`augmentation` must be a tfnss.Augmentation"),
        ({"spectral_realness": True}, "`spectral_realness` must be a tfnss.SpectralRealness"),
        ({"spectral_realness": tfnss.SpectralRealness}, "`spectral_realness` must be a tfnss.SpectralRealness"),
        ({"growth": True}, r"`growth` must be a tfnss.Growth\(\), or False"),
        ({"view": tfnss.Augmentation("bgc", 1.0)}, r"no place for an augmentation: give compile\(augmentation="),
        ({"view": tfnss.layers.Augment("bgc")}, "no place for an augmentation"),
        ({"view": "nss"}, r"a view must be a scale-space layer, such as tfnss.NoisyScaleSpace\(\)"),
        ({"view": tfnss.NoisyScaleSpace}, "a view must be a scale-space layer"),
        ({"view": tfnss.SpectralRealness()}, "a view must be a scale-space layer"),
        ({"view": keras.layers.GaussianNoise(0.1)}, r"called as space\(images, time\)"),
        ({"view": tfnss.ScaleSpace(), "annealing": 16}, "`annealing` must be a function from progress to time"),
    ],
)
def test_parts_of_other_kinds(parts, says):
    gan = tiny_gan()
    with pytest.raises(ValueError, match=says) as error:
        gan.compile(**parts)
    assert "\n" not in str(error.value)
    assert not gan.compiled


@pytest.mark.parametrize(
    "space", [tfnss.layers.Augment("bgc"), tfnss.Augmentation("bgc", 1.0), keras.layers.Identity()]
)
def test_a_view_of_what_is_no_space(space):
    with pytest.raises(ValueError, match="a view"):
        tfnss.View(space)


def test_own_parts_that_do_what_is_asked_of_them():
    gan = tiny_gan()
    gan.compile(
        loss=OwnLoss(), regularizers=(), view=lambda images, t: images, annealing=lambda progress: 1.0, growth=False
    )
    assert gan.compiled
    tfnss.View(lambda *args: args[0])
