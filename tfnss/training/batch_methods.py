"""Keras' methods on single batches, and those that a game has no use for."""

from typing import Any, NoReturn

import numpy as np

from tfnss.training.feed import Feed


class BatchMethods:
    """What `GAN` has of them."""

    def train_on_batch(self, x: Any, y: Any = None, **kwargs: Any) -> dict[str, Any]:
        """One iteration on an array of images.

        Schedules follow `total_kimg` of `compile`; without it they stay where they are.

        Args:
            x: Images `[batch, height, width, channels]`, uint8 or floats in [-1, 1]: a global batch.
            y: Their labels, integers `[batch]`, where there are classes.
            **kwargs: None of Keras' other arguments but `return_dict`, which is True.

        Returns:
            What the history shows, by name: means since the metrics were reset.

        Raises:
            ValueError: For images or labels that `fit` would not take.
        """
        gan: Any = self
        wrong = {name: value for name, value in kwargs.items() if name != "return_dict" and value is not None}
        if wrong:
            raise ValueError(f"`train_on_batch` takes images and their labels alone. Received: {', '.join(wrong)}")
        if not gan.compiled or gan.steps_per_execution > 1:
            raise ValueError("`train_on_batch` needs `compile` before it, with steps_per_execution=1")
        if gan.growth is not None:
            raise ValueError("`train_on_batch` has one resolution: networks grow in `fit`")
        images = np.asarray(x)
        feed = Feed(images, y, len(images), gan.seed, gan.classes, whole=False)
        gan.check_feed(feed)
        batch = gan.distribute_strategy.experimental_distribute_dataset(feed.from_clock(0).take(1))
        logs = gan.make_train_function()(iter(batch))
        return {name: float(value) for name, value in logs.items()}

    def evaluate(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Nothing: generators are measured otherwise."""
        raise ValueError("`evaluate` does not measure generators: tfnss.metrics.Evaluation(images, ...)(gan) does")

    def test_on_batch(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Nothing, likewise."""
        raise ValueError("`test_on_batch` does not measure generators: tfnss.metrics.Evaluation(images, ...)(gan) does")
