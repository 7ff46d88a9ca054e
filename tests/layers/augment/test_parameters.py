"""Distributions. False alarms: 1e-6 each."""

import itertools
import math

import numpy as np
import pytest
import scipy.stats

from tests.layers.augment.given import ADA, draw
from tfnss.layers.augment import PIPELINES
from tfnss.layers.augment.parameters import Parameters
from tfnss.layers.augment.pipeline import SHARES


@pytest.mark.parametrize("probability", [0, 0.3, 0.8, 1, 7.5])
def test_gates(probability):
    count = 20_000
    drawn = draw(count, probability)
    nothing = draw(1, 0)
    rate = min(probability, 1)
    rotations = 1 - math.sqrt(1 - rate)
    rates = dict.fromkeys(Parameters._fields, rate)
    rates |= {"flip": rate / 2, "luma_flip": rate / 2, "quarter_turns": rate * 3 / 4}
    rates |= {"first_rotation": rotations, "second_rotation": rotations}
    active = {name: getattr(drawn, name) != getattr(nothing, name) for name in Parameters._fields}
    active |= {f"band {i}": active["bands"][:, i] for i in range(4)}
    for name in (*Parameters._fields[:15], "noise", "cutout", *(f"band {i}" for i in range(4))):
        expected = rates.get(name, rate)
        assert scipy.stats.binomtest(int(active[name].sum()), count, expected).pvalue > 1e-6, name
    rotated = active["first_rotation"] | active["second_rotation"]
    assert scipy.stats.binomtest(int(rotated.sum()), count, rate).pvalue > 1e-6
    assert (active["shift_x"] == active["shift_y"]).all()
    assert (active["offset_x"] == active["offset_y"]).all()
    if 0 < rate < 1:
        columns = [active[name] for name in active if name not in ("bands", "cutout_x", "cutout_y")]
        correlations = np.corrcoef(np.array(columns, "float64"))
        allowed = {(2, 3), (8, 9)}  # a gate apiece for both axes
        for i, j in itertools.combinations(range(len(columns)), 2):
            assert (i, j) in allowed or abs(correlations[i, j]) < 6 / math.sqrt(count)


def test_operations_with_a_share_of_the_probability():
    """R3GAN's colour operations happen half as often (Huang et al. 2024)."""
    count = 20_000
    drawn = draw(count, 0.6, PIPELINES["r3gan"], shares=SHARES["r3gan"])
    for name, value, rate in (("brightness", 0, 0.3), ("hue", 0, 0.3), ("saturation", 1, 0.3), ("scale", 1, 0.6)):
        active = int((getattr(drawn, name) != value).sum())
        assert scipy.stats.binomtest(active, count, rate).pvalue > 1e-6, name
    assert scipy.stats.binomtest(int((drawn.cutout != 0).sum()), count, 0.6).pvalue > 1e-6
    assert (drawn.noise == 0).all()


def test_distributions():
    p = draw(20_000, 1)
    uniform, normal = scipy.stats.uniform, scipy.stats.norm
    laws = {
        "shift_x": (p.shift_x, uniform(-0.125, 0.25)),
        "shift_y": (p.shift_y, uniform(-0.125, 0.25)),
        "scale": (np.log2(p.scale), normal(0, 0.2)),
        "first_rotation": (p.first_rotation, uniform(-math.pi, 2 * math.pi)),
        "stretch": (np.log2(p.stretch), normal(0, 0.2)),
        "second_rotation": (p.second_rotation, uniform(-math.pi, 2 * math.pi)),
        "offset_x": (p.offset_x, normal(0, 0.125)),
        "offset_y": (p.offset_y, normal(0, 0.125)),
        "brightness": (p.brightness, normal(0, 0.2)),
        "contrast": (np.log2(p.contrast), normal(0, 0.5)),
        "hue": (p.hue, uniform(-math.pi, 2 * math.pi)),
        "saturation": (np.log2(p.saturation), normal(0, 1)),
        **{f"band {i}": (np.log2(p.bands[:, i]), normal(0, 1)) for i in range(4)},
        "noise": (p.noise, scipy.stats.halfnorm(0, 0.1)),
        "cutout_x": (p.cutout_x, uniform(0, 1)),
        "cutout_y": (p.cutout_y, uniform(0, 1)),
    }
    for name, (values, law) in laws.items():
        assert scipy.stats.kstest(values, law.cdf).pvalue > 1e-6, name
    correlations = np.corrcoef([values for values, _ in laws.values()]) - np.eye(len(laws))
    assert abs(correlations).max() < 6 / math.sqrt(20_000)
    assert (p.cutout == 0.5).all()
    for values, options in ((p.flip, 2), (p.luma_flip, 2), (p.quarter_turns, 4)):
        assert scipy.stats.chisquare(np.bincount(values.astype(int), minlength=options)).pvalue > 1e-6


@pytest.mark.parametrize("pipeline", ADA)
def test_operations_outside_the_pipeline_do_not_happen(pipeline):
    drawn, nothing = draw(50, 1, PIPELINES[pipeline]), draw(50, 0)
    happened = {name for name in Parameters._fields if (getattr(drawn, name) != getattr(nothing, name)).any()}
    assert {name.removesuffix("_x").removesuffix("_y") for name in happened} == set(PIPELINES[pipeline])
