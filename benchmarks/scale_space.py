"""The noisy scale-space at time 256 against the loop that the paper writes, at 128x64x64x3.

python -m benchmarks.scale_space
"""

from collections.abc import Callable, Sequence
from functools import partial

import tensorflow as tf

from benchmarks import command_line
from benchmarks.timing import print_table, seconds_per_call
from tfnss import random
from tfnss.layers import NoisyScaleSpace
from tfnss.layers.scale_space import gaussian_taps
from tfnss.random.stateless import training_source

BATCH, SIZE, TIME, STDDEV, KERNEL_STDDEV = 128, 64, 256, 0.15, 0.5

Blur = Callable[[tf.Tensor], tf.Tensor]


def depthwise(images: tf.Tensor) -> tf.Tensor:
    """Equation 3's smoothing as a 3x3 depthwise convolution with symmetric borders."""
    taps = tf.constant(gaussian_taps(KERNEL_STDDEV))
    kernel = tf.tile((taps[:, None] * taps)[:, :, None, None], (1, 1, 3, 1))
    padded = tf.pad(images, [[0, 0], [1, 1], [1, 1], [0, 0]], "SYMMETRIC")
    return tf.nn.depthwise_conv2d(padded, kernel, (1, 1, 1, 1), "VALID")


def shifted(images: tf.Tensor) -> tf.Tensor:
    """The same as shifted sums, one axis after the other."""
    side, centre, _ = gaussian_taps(KERNEL_STDDEV)
    rows = tf.concat([images[:, :1], images, images[:, -1:]], axis=1)
    images = centre * images + side * (rows[:, :-2] + rows[:, 2:])
    columns = tf.concat([images[:, :, :1], images, images[:, :, -1:]], axis=2)
    return centre * images + side * (columns[:, :, :-2] + columns[:, :, 2:])


def loop(blur: Blur, images: tf.Tensor, time: tf.Tensor) -> tf.Tensor:
    """Equation 3, `time` times over: smoothing, then noise."""

    def step(i: tf.Tensor, y: tf.Tensor) -> tuple:
        return i + 1, blur(y) + STDDEV * tf.random.normal(tf.shape(y))

    return tf.while_loop(lambda i, _: i < time, step, (tf.constant(0), images))[1]


def closed_form(layer: NoisyScaleSpace, images: tf.Tensor, time: tf.Tensor) -> tf.Tensor:
    with random.scope(training_source(0, 0, 0, 0, 1)):  # the numbers that training draws
        return layer(images, time)


def main(argv: Sequence[str] | None = None) -> None:
    quick = command_line.parser(__doc__).parse_args(argv).quick
    batch, size, whole = (2, 8, 2) if quick else (BATCH, SIZE, TIME)
    images = tf.random.stateless_uniform((batch, size, size, 3), (0, 1), -1, 1)
    layer = NoisyScaleSpace(STDDEV, KERNEL_STDDEV)
    rows: list[tuple] = []
    # XLA's depthwise convolution on a CPU is tens of times slower than the graph's.
    for name, blur, compiled in (
        ("loop, 3x3 convolution", depthwise, False),
        ("loop, shifted sums", shifted, False),
        ("loop, shifted sums under XLA", shifted, True),
    ):
        function = tf.function(partial(loop, blur), jit_compile=compiled)
        rows.append((name, seconds_per_call(function, images, tf.constant(whole), calls=2), ""))
    fastest = min(seconds for _, seconds, _ in rows)
    for time, compiled in ((whole, False), (whole, True), (16, False), (1, False), (0, False)):
        function = tf.function(partial(closed_form, layer), jit_compile=compiled)
        seconds = seconds_per_call(function, images, tf.constant(float(time)), calls=1 if quick else 20)
        name = f"closed form, t = {time}" + (" under XLA" if compiled else "")
        rows.append((name, seconds, fastest / seconds if time == whole else ""))
    print_table(("NSS", "seconds", f"faster than the fastest loop to t = {whole}"), rows)


if __name__ == "__main__":
    main()
