"""The schedule of growing, against the table of the official code's own formula."""

import math

import numpy as np
import pytest
import tensorflow as tf

from tests.training.growing import average_pooled
from tfnss.training.callbacks.status import cost_of, images_left
from tfnss.training.growth import (
    BATCH_SIZES,
    LEARNING_RATES,
    STYLEGAN_BATCH_SIZES,
    Growth,
    Stage,
    faded,
    stage_at,
    until,
)

# Images and iterations at which each stage of a run to 1024 begins.
BOUNDARIES = [
    (0, 0, 8), (600064, 2344, 16), (1200128, 7032, 16), (1800192, 11720, 32), (2400000, 21092, 32),
    (3000064, 30468, 64), (3600000, 49216, 64), (4200064, 67968, 128), (4800000, 86716, 128),
    (5400064, 105468, 256), (6000000, 124216, 256), (6600064, 142968, 512), (7200000, 161716, 512),
    (7800064, 180468, 1024), (8400000, 199216, 1024),
]  # fmt: skip


def test_the_stages_to_1024_begin_where_the_official_ones_do():
    stages = Growth().stages(1024)
    assert [(s.first, s.iterations, 1024 >> s.halvings) for s in stages] == BOUNDARIES
    assert [s.end for s in stages] == [first for first, *_ in BOUNDARIES[1:]] + [None]
    assert [s.reset for s in stages] == [False] + 14 * [True]
    last = until(stages, 25_000_000)[-1]
    assert (last.end, last.iteration(last.end, 32)) == (25000064, 717968)


def test_four_gpus_of_stylegan():
    stages = Growth(batch_sizes=STYLEGAN_BATCH_SIZES[4]).stages(1024)
    assert [s.first for s in stages] == [first for first, *_ in BOUNDARIES]
    later = [67968, 105464, 142968, 180464, 217968, 255464, 292968, 330464]
    assert [s.iterations for s in stages][7:] == later
    last = until(stages, 25_000_000)[-1]
    assert (last.end, last.iteration(last.end, 16)) == (25_000_000, 1367964)


def test_one_gpu_of_stylegan():
    last = until(Growth(batch_sizes=STYLEGAN_BATCH_SIZES[1]).stages(1024), 25_000_000)[-1]
    assert last.iteration(last.end, 4) == 4895300


@pytest.mark.parametrize("resolution", [1024, 256, 32])
def test_lod_batch_and_rate_at_20_moments(resolution):
    """A walk from look to look, with the formula of the official code in floats."""
    growth = Growth()
    stages, levels = growth.stages(resolution), int(math.log2(resolution))
    seen, looks = 0, []
    ends = 1200 * 1000 * (levels - 3)
    while seen < ends + 200_000:
        kimg = seen / 1000
        phase = math.floor(kimg / 1200)
        rest = kimg - 1200 * phase
        lod = max(0.0, levels - 3 - phase - max(rest - 600, 0) / 600)
        side = 2 ** (levels - math.floor(lod))
        batch = {8: 256, 16: 128, 32: 64}.get(side, 32)
        looks.append((seen, lod, side, batch, {128: 0.0015, 256: 0.002, 512: 0.003, 1024: 0.003}.get(side, 0.001)))
        seen += 4 * batch
    chosen = np.linspace(0, len(looks) - 1, 20).astype(int)
    for seen, lod, side, batch, rate in (looks[place] for place in chosen):
        for inside in (0, 3 * batch):  # held
            stage = stage_at(stages, seen + inside)
            assert (resolution >> stage.halvings, stage.batch_size, stage.learning_rate) == (side, batch, rate)
            assert float(stage.lod(seen + inside)) == pytest.approx(lod, abs=1e-6)
            assert float(stage.lod(tf.constant(seen + inside, tf.int64))) == pytest.approx(lod, abs=1e-6)


def test_a_resolution_has_one_fade_function_and_one_count_of_iterations():
    """So that what is compiled in the fade holds on after it."""
    stages = Growth(8, 0.5, 0.5, {8: 16, 16: 8}).stages(32)
    fading, stable = stages[1:3]
    for seen in (stable.first, stable.first + 64, stable.first + 200):
        assert float(fading.fade(seen)) == float(stable.fade(seen)) == 0
        assert fading.iteration(seen, 8) == stable.iteration(seen, 8)
    assert 0 < float(fading.fade(stable.first - 1)) < 0.1
    assert stages[0].fade(10) is None


def test_without_fades_and_without_rates():
    stages = Growth(16, 0.1, 0, {16: 10}, None, hold=1).stages(64)
    assert [(s.first, s.end, s.halvings, s.fade(s.first)) for s in stages] == [
        (0, 100, 2, None),
        (100, 200, 1, None),
        (200, None, 0, None),
    ]
    assert {s.learning_rate for s in stages} == {None}


def test_a_stage_of_no_iteration_is_left_out():
    stages = Growth(8, 0.01, 0.01, {8: 32}).stages(32)
    assert all(s.end is None or s.end > s.first for s in stages)
    assert [(s.first, s.halvings) for s in stages] == [(0, 2), (128, 0)]


def test_the_run_may_end_on_the_way():
    stages = until(Growth(8, 0.5, 0.5, {8: 16}).stages(32), 600)
    assert [(s.first, s.end) for s in stages] == [(0, 512), (512, 640)]
    assert until(Growth().stages(8), 0)[0].end == 0


def test_config():
    for growth in (Growth(), Growth(16, 1, 2, {16: 4}, {16: 0.1, 64: 0.2}, 2), Growth(learning_rates=None)):
        again = Growth.from_config(growth.get_config())
        assert again.get_config() == growth.get_config()
        assert again.stages(128) == growth.stages(128)
    assert Growth().batch_sizes == BATCH_SIZES
    assert Growth().learning_rates == LEARNING_RATES


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"initial_resolution": 4}, "power of two of at least 8"),
        ({"initial_resolution": 12}, "power of two of at least 8"),
        ({"stable_kimg": -1}, "`stable_kimg` must be a finite number"),
        ({"fade_kimg": math.inf}, "`fade_kimg` must be a finite number"),
        ({"stable_kimg": 0, "fade_kimg": 0}, "cannot both be 0"),
        ({"hold": 0}, "`hold` must be"),
        ({"batch_sizes": {}}, "`batch_sizes` must map"),
        ({"batch_sizes": {9: 4}}, "`batch_sizes` must map"),
        ({"batch_sizes": {8: "many"}}, "`batch_sizes` must be a mapping"),
        ({"learning_rates": {8: 0}}, "`learning_rates` must map"),
    ],
)
def test_bad_values(arguments, message):
    with pytest.raises(ValueError, match=message):
        Growth(**arguments)


def test_bad_resolutions():
    with pytest.raises(ValueError, match="cannot end at a resolution of 16"):
        Growth(32).stages(16)
    with pytest.raises(ValueError, match="`batch_sizes` tells none for a resolution of 8"):
        Growth(batch_sizes={16: 4}).stages(32)


def test_faded_images():
    images = np.random.default_rng(0).normal(size=(3, 8, 12, 3)).astype(np.float32)
    coarse = average_pooled(images, 1).repeat(2, axis=1).repeat(2, axis=2)
    np.testing.assert_allclose(faded(images, tf.constant(0.3)), 0.7 * images + 0.3 * coarse, atol=1e-6)
    np.testing.assert_array_equal(faded(images, tf.constant(0.0)), images)


def test_the_status_line_knows_of_stages_what_is_left():
    """By hand: 220 images at 8x8, 400 at 16x16 and the rest at 32x32, of which 100 are done."""
    stages = Growth(8, 0.2, 0.2, {8: 20}, hold=1).stages(32)
    left = images_left(stages, 100, 1100)
    assert left == {2: 120, 1: 400, 0: 480}
    assert cost_of(2, {2: 1.0}) == 1.0
    assert cost_of(1, {2: 1.0}) == 2.0
    assert cost_of(0, {2: 1.0, 1: 3.0}) == 6.0
    assert images_left((Stage(),), 100, 1100) == {0: 1000}
