import keras
import numpy as np
import pytest

from tfnss.training import losses

REAL, FAKE = np.array([2.0, -0.5, 0.3], "float32"), np.array([-3.0, 0.4, 1.5], "float32")


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


# From the papers' definitions, in probabilities where they are.
EXPECTED = {
    "non_saturating": (-np.log(sigmoid(REAL)).mean() - np.log(1 - sigmoid(FAKE)).mean(), -np.log(sigmoid(FAKE)).mean()),
    "minimax": (-np.log(sigmoid(REAL)).mean() - np.log(1 - sigmoid(FAKE)).mean(), np.log(1 - sigmoid(FAKE)).mean()),
    "least_squares": (((REAL - 1) ** 2).mean() / 2 + (FAKE**2).mean() / 2, ((FAKE - 1) ** 2).mean() / 2),
    "wasserstein": (FAKE.mean() - REAL.mean(), -FAKE.mean()),
    "relativistic": (-np.log(sigmoid(REAL - FAKE)).mean(), -np.log(sigmoid(FAKE - REAL)).mean()),
    "hinge": (np.maximum(0, 1 - REAL).mean() + np.maximum(0, 1 + FAKE).mean(), -FAKE.mean()),
}


@pytest.mark.parametrize("name", list(losses.LOSSES))
def test_values(name):
    loss = losses.get(name)
    np.testing.assert_allclose(loss.discriminator(REAL, FAKE), EXPECTED[name][0], rtol=1e-5)
    logits = (FAKE, REAL) if loss.needs_reals else (FAKE,)
    np.testing.assert_allclose(loss.generator(*logits), EXPECTED[name][1], rtol=1e-5)


@pytest.mark.parametrize(
    ("form", "of_lead"),
    [("hinge", lambda lead: np.maximum(0, 1 - lead)), ("least_squares", lambda lead: (lead - 1) ** 2)],
)
def test_other_relativistic_games(form, of_lead):
    loss = losses.Relativistic(form)
    np.testing.assert_allclose(loss.discriminator(REAL, FAKE), of_lead(REAL - FAKE).mean(), rtol=1e-5)
    np.testing.assert_allclose(loss.generator(FAKE, REAL), of_lead(FAKE - REAL).mean(), rtol=1e-5)
    copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(loss))
    assert copy.get_config() == {"form": form}


def test_relativistic_games_are_of_pairs():
    """Real and fake images that are ordered otherwise are another game."""
    loss = losses.Relativistic()
    assert abs(float(loss.discriminator(REAL, FAKE)) - float(loss.discriminator(REAL, FAKE[::-1]))) > 0.1
    with pytest.raises(ValueError, match="real_logits"):
        loss.generator(FAKE)
    with pytest.raises(ValueError, match="softplus, hinge, least_squares"):
        losses.Relativistic("minimax")


def test_unknown_name():
    with pytest.raises(ValueError, match="non_saturating, minimax"):
        losses.get("hing")
    loss = losses.Hinge()
    assert losses.get(loss) is loss
