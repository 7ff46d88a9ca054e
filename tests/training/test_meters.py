import numpy as np
import pytest
import tensorflow as tf

from tests.training.networks import tiny_gan, tiny_images
from tfnss.training.meters import PERCENTILES, PredictionMeter


@pytest.mark.parametrize("count", [50, 1000])
def test_mean_and_percentiles_are_numpys(count):
    values = np.random.default_rng(0).beta(0.5, 2, count).astype(np.float32)
    meter = PredictionMeter("p")
    for part in np.array_split(values, 7):
        meter.update_state(part)
    logs = {name: float(value) for name, value in meter.result().items()}
    assert logs["p"] == pytest.approx(values.mean(), rel=1e-5)
    for percentile in PERCENTILES:
        low, high = (np.percentile(values, percentile, method=method) for method in ("lower", "higher"))
        neighbours = np.percentile(values, [max(0, percentile - 100 / count), min(100, percentile + 100 / count)])
        assert min(low, neighbours[0]) - 0.002 <= logs[f"p_p{percentile}"] <= max(high, neighbours[1]) + 0.002


def test_ends_of_the_range_and_reset():
    meter = PredictionMeter("p")
    meter.update_state([0.0, 0.0, 1.0, 1.0])
    logs = meter.result()
    assert float(logs["p_p5"]) < 0.001
    assert float(logs["p_p95"]) > 0.999
    meter.reset_state()
    assert float(meter.result()["p"]) == 0
    meter.update_state([np.nan, 0.5])
    assert np.isnan(float(meter.result()["p"]))


def test_one_and_two_replicas_log_the_same(pictures, mirrored):
    rows = []
    for strategy in (tf.distribute.get_strategy(), mirrored):
        with strategy.scope():
            gan = tiny_gan()
            gan.compile()
        history = gan.fit(tiny_images(pictures), batch_size=8, epochs=1, verbose=0).history
        rows.append({name: values[0] for name, values in history.items() if "prediction" in name})
    assert len(rows[0]) == 2 * (1 + len(PERCENTILES))
    for name, value in rows[0].items():
        assert rows[1][name] == pytest.approx(value, abs=1e-3)
    assert rows[0]["real_prediction_p5"] < rows[0]["real_prediction_p50"] < rows[0]["real_prediction_p95"]
