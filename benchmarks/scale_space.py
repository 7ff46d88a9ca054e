"""The noisy scale-space at time 256 against the loop that the paper writes, at 128x64x64x3.

python -m benchmarks.scale_space
"""

import tensorflow as tf

from benchmarks.timing import print_table, seconds_per_call
from tfnss.layers import NoisyScaleSpace
from tfnss.layers.scale_space import gaussian_taps

BATCH, SIZE, TIME, STDDEV, KERNEL_STDDEV = 128, 64, 256, 0.15, 0.5


def loop(images: tf.Tensor, time: tf.Tensor) -> tf.Tensor:
    """Equation 3, `time` times over: a 3x3 depthwise convolution with symmetric borders, then noise."""
    taps = tf.constant(gaussian_taps(KERNEL_STDDEV))
    kernel = tf.tile((taps[:, None] * taps)[:, :, None, None], (1, 1, 3, 1))

    def step(i: tf.Tensor, y: tf.Tensor) -> tuple:
        padded = tf.pad(y, [[0, 0], [1, 1], [1, 1], [0, 0]], "SYMMETRIC")
        y = tf.nn.depthwise_conv2d(padded, kernel, (1, 1, 1, 1), "VALID")
        return i + 1, y + STDDEV * tf.random.normal(tf.shape(y))

    return tf.while_loop(lambda i, _: i < time, step, (tf.constant(0), images))[1]


def main() -> None:
    images = tf.random.stateless_uniform((BATCH, SIZE, SIZE, 3), (0, 1), -1, 1)
    layer = NoisyScaleSpace(STDDEV, KERNEL_STDDEV)
    looped = seconds_per_call(tf.function(loop), images, tf.constant(TIME), calls=2)
    rows: list[tuple] = [("loop", looped, 1.0)]
    for time in (TIME, 16, 1, 0):
        seconds = seconds_per_call(tf.function(layer), images, tf.constant(float(time)), calls=20)
        rows.append((f"closed form, t = {time}", seconds, looped / seconds if time == TIME else ""))
    print_table(("NSS", "seconds", f"faster than the loop to t = {TIME}"), rows)


if __name__ == "__main__":
    main()
