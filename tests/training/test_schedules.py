import math

import keras
import numpy as np
import pytest

from tfnss.training import ConstantAnnealing, DecayingWaveAnnealing, ExponentialAnnealing, StepAnnealing


def times(schedule, progress):
    return [float(schedule(p)) for p in progress]


def test_exponential_is_the_papers_rounded_down():
    progress = np.linspace(0, 1, 101)
    expected = [math.floor(256 * math.exp(-20 * p)) for p in progress]
    assert times(ExponentialAnnealing(256), progress) == expected
    assert ExponentialAnnealing(256)(math.log(256) / 20 + 1e-4) == 0  # the last 72 %


def test_step():
    assert times(StepAnnealing(16), [0, 0.49, 0.5, 1]) == [16, 16, 0, 0]


def test_decaying_wave_stays_under_the_exponential_and_returns_to_zero():
    schedule, hull = DecayingWaveAnnealing(256, power=5, waves=4), ExponentialAnnealing(256, power=5)
    progress = np.linspace(0, 1, 201)
    assert all(wave <= bound for wave, bound in zip(times(schedule, progress), times(hull, progress), strict=True))
    assert times(schedule, [0, 1 / 8, 3 / 8]) == [256, 0, 0]
    assert float(schedule(1 / 4)) > 50


def test_constant():
    assert times(ConstantAnnealing(8.9), [0, 0.5, 1]) == [8, 8, 8]


@pytest.mark.parametrize(
    "schedule",
    [ExponentialAnnealing(9, 3), StepAnnealing(9, 0.2), DecayingWaveAnnealing(9, 3, 2), ConstantAnnealing(9)],
)
def test_serialization(schedule):
    copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(schedule))
    assert type(copy) is type(schedule)
    assert copy.get_config() == schedule.get_config()


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: ExponentialAnnealing(-1), "initial_time"),
        (lambda: ExponentialAnnealing(1, power=0), "power"),
        (lambda: StepAnnealing(1, end=2), "end"),
        (lambda: DecayingWaveAnnealing(1, waves=-1), "waves"),
    ],
)
def test_rejects_bad_values(make, name):
    with pytest.raises(ValueError, match=name):
        make()
