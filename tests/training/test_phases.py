import keras
import pytest

from tfnss.training.phases import Phase, lazy_optimizer


def test_due():
    phase = Phase(None, None, interval=5, offset=4)
    assert [i for i in range(12) if phase.due(i)] == [4, 9]


def test_lazy_optimizer_is_corrected_as_in_stylegan2():
    corrected = lazy_optimizer(keras.optimizers.Adam(2e-3, beta_1=0.5, beta_2=0.99), [16])
    c = 16 / 17
    assert float(corrected.learning_rate.numpy()) == pytest.approx(2e-3 * c)
    assert corrected.beta_1 == pytest.approx(0.5**c)
    assert corrected.beta_2 == pytest.approx(0.99**c)


@pytest.mark.parametrize(
    ("optimizer", "rates"),
    [
        (keras.optimizers.RMSprop(1e-3, rho=0.9, momentum=0.5), ("rho", "momentum")),
        (keras.optimizers.SGD(1e-3, momentum=0.9), ("momentum",)),
        (keras.optimizers.Adadelta(1e-3), ("rho",)),
    ],
)
def test_every_decay_rate_is_corrected(optimizer, rates):
    corrected = lazy_optimizer(optimizer, [4])
    for rate in rates:
        assert getattr(corrected, rate) == pytest.approx(getattr(optimizer, rate) ** (4 / 5))


def test_without_lazy_regularizers_nothing_changes():
    optimizer = keras.optimizers.Adam()
    assert lazy_optimizer(optimizer, []) is optimizer


def test_learning_rate_schedules_are_refused():
    optimizer = keras.optimizers.Adam(keras.optimizers.schedules.ExponentialDecay(1e-3, 10, 0.9))
    for bad in (optimizer, keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam())):
        with pytest.raises(ValueError, match="constant learning rate"):
            lazy_optimizer(bad, [4])
