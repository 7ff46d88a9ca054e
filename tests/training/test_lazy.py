"""Optimizers beside lazy penalties: constant rates and schedules."""

import keras
import numpy as np
import pytest
from keras.optimizers.schedules import ExponentialDecay, PiecewiseConstantDecay

import tfnss
from tests.training.networks import tiny_gan, tiny_images
from tfnss.training.callbacks import Checkpoint, restore
from tfnss.training.lazy import LazySchedule, lazy_optimizer


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


def rate():
    return 1e-3


def test_only_numbers_and_schedules_are_corrected():
    for bad in (keras.optimizers.Adam(rate), keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam())):
        with pytest.raises(ValueError, match="a number or a `LearningRateSchedule`"):
            lazy_optimizer(bad, [4])


def own_steps(count, intervals):
    """The own steps of a player, each as often as it is followed by penalties and once more."""
    numbers = []
    for number in range(count):
        numbers += [number] * (1 + sum(number % k == 0 for k in intervals))
    return numbers


@pytest.mark.parametrize("intervals", [[16], [2], [4, 4], [2, 3], [7, 16, 5], [3, 10**9]])
def test_a_schedule_counts_the_own_steps(intervals):
    expected = own_steps(200, intervals)
    schedule = LazySchedule(lambda step: step, intervals)
    found = [int(schedule.own_steps(step)) for step in range(len(expected))]
    assert found == expected


def test_steps_of_long_runs_are_exact():
    schedule = LazySchedule(lambda step: step, [16])
    for period in (10**6 + 1, 10**8 + 7, 10**10 + 3):
        found = [int(schedule.own_steps(17 * period + step)) - 16 * period for step in range(17)]
        assert found == [0, *range(16)]


def test_a_corrected_schedule_is_scaled_and_can_be_saved():
    schedule = ExponentialDecay(1e-3, 10, 0.9)
    optimizer = lazy_optimizer(keras.optimizers.Adam(schedule, beta_1=0.5), [4])
    copy = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    for each in (optimizer, copy):
        assert each.beta_1 == pytest.approx(0.5 ** (4 / 5))
        for step, own in enumerate(own_steps(12, [4])):
            each.iterations.assign(step)
            assert float(each.learning_rate) == pytest.approx(1e-3 * 0.9 ** (own / 10) * 4 / 5, rel=1e-5)


BOUNDARIES = list(range(7))  # the rate of own step n is n + 1


def scheduled(**parts):
    gan = tiny_gan()
    rates = [PiecewiseConstantDecay(BOUNDARIES, [1e-4 * (n + 1) for n in range(8)]) for _ in range(2)]
    defaults = {
        "generator_optimizer": keras.optimizers.SGD(rates[0]),
        "discriminator_optimizer": keras.optimizers.SGD(rates[1]),
        "regularizers": [tfnss.R1(0.1, interval=2), tfnss.SpectralRegularization(0.1)],
        "discriminator_steps": 2,
        "run_eagerly": True,
    }
    gan.compile(**defaults | parts)
    return gan


def recorded(gan, rates):
    """Notes each step's rate, in units of the schedule's."""
    for name in ("generator", "discriminator"):
        optimizer = getattr(gan, f"{name}_optimizer")

        def apply(*args, name=name, optimizer=optimizer, plain=optimizer.apply):
            rates[name].append(float(optimizer.learning_rate) * 1e4)
            plain(*args)

        optimizer.apply = apply
    return gan


def test_each_phase_of_an_iteration_is_at_the_same_point_of_its_schedule(pictures, tmp_path):
    images, rates = tiny_images(pictures), {"generator": [], "discriminator": []}
    first = recorded(scheduled(), rates)
    first.fit(images, batch_size=8, epochs=1, steps_per_epoch=3, callbacks=[Checkpoint(tmp_path / "a.weights.h5")])
    second = scheduled()
    restore(second, tmp_path / "a.weights.h5")
    recorded(second, rates).fit(images, batch_size=8, epochs=2, steps_per_epoch=3, resume=True, verbose=0)
    iterations = [1, 1, 2, 3, 3, 4, 5, 5, 6]  # R1 follows the 1st, 3rd and 5th, across the checkpoint
    np.testing.assert_allclose(rates["discriminator"], np.array(iterations) * 2 / 3, rtol=1e-5)
    np.testing.assert_allclose(rates["generator"], [1, 2, 3], rtol=1e-5)
