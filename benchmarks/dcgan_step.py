"""One DCGAN iteration at 64x64 and batch 128: graph and XLA, and the share of it that the noisy scale-space costs.

    python -m benchmarks.dcgan_step

The share is measured on the view alone, at the time where it is dearest: an iteration calls it three times, once with
its gradient. The difference of two iterations drowns in their own scatter.
"""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

import tfnss
from benchmarks import command_line
from benchmarks.timing import print_table, seconds_per_call
from models import DCGAN
from tfnss.random.stateless import training_source

BATCH, RESOLUTION, TIME = 128, 64, 256
VIEW = tfnss.View(tfnss.NoisyScaleSpace(), tfnss.ConstantAnnealing(TIME))


def seconds_per_step(jit_compile: bool, batch: int, resolution: int, width: int, calls: int) -> float:
    """One iteration of the plain GAN."""
    gan = DCGAN(resolution, base_width=width)
    gan.compile(jit_compile=jit_compile)
    array = np.random.default_rng(0).integers(0, 256, (batch, resolution, resolution, 3), dtype=np.uint8)
    iterator = iter(tfnss.data.Images(array, batch).dataset())
    gan.images_total.assign(10**9)
    return seconds_per_call(gan.make_train_function(), iterator, calls=calls)


def show(images: tf.Tensor) -> tf.Tensor:
    with tfnss.random.scope(training_source(0, 0, 0, 0, 1)):  # the numbers that training draws
        return VIEW(images, progress=tf.zeros(()))


def show_with_gradient(images: tf.Tensor) -> tf.Tensor:
    with tf.GradientTape() as tape:
        tape.watch(images)
        total = tf.reduce_sum(show(images) ** 2)
    return tape.gradient(total, images)


def main(argv: Sequence[str] | None = None) -> None:
    quick = command_line.parser(__doc__).parse_args(argv).quick
    batch, resolution, width, calls = (4, 16, 4, 1) if quick else (BATCH, RESOLUTION, 64, 5)
    images = tf.random.stateless_uniform((batch, resolution, resolution, 3), (0, 1), -1, 1)
    rows = []
    for name, jit_compile in (("graph", False), ("XLA", True)):
        compiled = [tf.function(f, jit_compile=jit_compile) for f in (show, show, show_with_gradient)]
        view = sum(seconds_per_call(f, images, calls=4 * calls) for f in compiled)
        seconds = seconds_per_step(jit_compile, batch, resolution, width, calls)
        rows.append((name, seconds, batch / seconds, view, f"{view / seconds:.1%}"))
    print_table(
        (f"DCGAN-{resolution}", "seconds per step", "images/s", f"seconds in the view, t = {TIME}", "share"), rows
    )


if __name__ == "__main__":
    main()
