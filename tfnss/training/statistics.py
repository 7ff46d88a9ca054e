"""Running statistics that a generator keeps of itself."""

from typing import Any

from tfnss.generators import labels_in_turn, latent_width, number_of_classes
from tfnss.random.stateless import statistics_latents


def update_statistics(generator: Any, count: int, seed: int, images_seen: Any) -> None:
    """Lets a generator that has statistics of its own update them, at the end of an iteration on `count` images.

    It gets latents of its own, and where there are classes labels of the classes in turn, which follow the clock: every
    class has its turn, be they more than the batch has images, and however rare its images are. Latents and labels are
    those of the global batch on each replica, so the statistics are those of one device.
    """
    if not hasattr(generator, "update_statistics"):
        return
    classes = number_of_classes(generator)
    labels = [labels_in_turn(images_seen, count, classes)] if classes else []
    generator.update_statistics(statistics_latents(count, latent_width(generator), seed, images_seen), *labels)
