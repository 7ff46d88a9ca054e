"""What the history shows: means, and how predictions are distributed over an epoch (NSS-GAN, figure 3)."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

from tfnss.training.game import Game
from tfnss.training.phases import Phase

PERCENTILES = (5, 25, 50, 75, 95)
_BINS = 1000


class PredictionMeter(keras.metrics.Metric):
    """Mean and percentiles of probabilities: `NAME`, `NAME_p5`, ..., `NAME_p95`.

    Percentiles come from a histogram of 1,000 bins and are exact to 0.001.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name=name, dtype="float32")
        self.total = self.add_variable((), "zeros", name="total")
        self.counts = self.add_variable((_BINS,), "zeros", name="counts")

    def update_state(self, values: Any) -> None:
        """Adds probabilities of any shape."""
        values = tf.reshape(values, [-1])
        self.total.assign_add(tf.reduce_sum(values))
        values = tf.where(tf.math.is_finite(values), values, 0.0)  # a diverged run ends by its losses, not here
        bins = tf.cast(tf.clip_by_value(values * _BINS, 0, _BINS - 1), tf.int32)
        self.counts.assign_add(tf.math.bincount(bins, minlength=_BINS, maxlength=_BINS, dtype=tf.float32))

    def result(self) -> dict[str, Any]:
        counts = tf.convert_to_tensor(self.counts)
        below = tf.cumsum(counts)
        count = below[-1]
        logs = {self.name: tf.math.divide_no_nan(tf.convert_to_tensor(self.total), count)}
        for percentile in PERCENTILES:
            rank = count * (percentile / 100)
            index = tf.reduce_sum(tf.cast(below < rank, tf.int32))
            inside = tf.math.divide_no_nan(rank - (below[index] - counts[index]), counts[index])
            logs[f"{self.name}_p{percentile}"] = (tf.cast(index, tf.float32) + inside) / _BINS
        return logs


def build_meters(phases: Sequence[Phase], game: Game) -> dict[str, keras.metrics.Metric]:
    """A meter for everything that the phases of a game log, by name."""
    logged = dict.fromkeys(name for phase in phases for name in phase.logged(game))
    predictions = dict.fromkeys(name for phase in phases for name in phase.predictions)
    return {name: keras.metrics.Mean(name=name, dtype="float32") for name in logged} | {
        name: PredictionMeter(name=name) for name in predictions
    }


def results(meters: Mapping[str, keras.metrics.Metric]) -> dict[str, Any]:
    """The values of meters, flat."""
    logs: dict[str, Any] = {}
    for name, meter in meters.items():
        result = meter.result()
        logs |= result if isinstance(result, dict) else {name: result}
    return logs
