"""StyleGAN2's filters against depthwise convolutions, at 8x64x64x64.

python -m benchmarks.resample
"""

from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf

from benchmarks import command_line
from benchmarks.timing import print_table, seconds_per_call
from tfnss.layers import downsample2d, fir2d, upsample2d

SHAPE, TAPS = (8, 64, 64, 64), (1, 3, 3, 1)


def filtered(images: tf.Tensor) -> tf.Tensor:
    return fir2d(images, TAPS, ((2, 1), (2, 1)))


def depthwise_filtered(images: tf.Tensor, gain: float = 1.0) -> tf.Tensor:
    padded = tf.pad(images, ((0, 0), (2, 1), (2, 1), (0, 0)))
    for shape in ((4, 1), (1, 4)):
        padded = tf.nn.depthwise_conv2d(padded, _kernel(shape, TAPS, gain**0.5), (1, 1, 1, 1), "VALID")
    return padded


def depthwise_upsample2d(images: tf.Tensor) -> tf.Tensor:
    batch, height, width, channels = images.shape
    spread = tf.pad(images[:, :, None, :, None], ((0, 0), (0, 0), (0, 1), (0, 0), (0, 1), (0, 0)))
    return depthwise_filtered(tf.reshape(spread, (batch, 2 * height, 2 * width, channels)), gain=4)


def depthwise_downsample2d(images: tf.Tensor) -> tf.Tensor:
    padded = tf.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
    return tf.nn.depthwise_conv2d(padded, _kernel((4, 4), np.outer(TAPS, TAPS)), (1, 2, 2, 1), "VALID")


def _kernel(shape: tuple, weights: object, gain: float = 1.0) -> tf.Tensor:
    weights = np.reshape(np.asarray(weights, np.float32), (*shape, 1, 1))
    return tf.constant(np.tile(weights / weights.sum() * np.float32(gain), (1, 1, SHAPE[-1], 1)))


def with_gradient(function: Callable[[tf.Tensor], tf.Tensor]) -> Callable[[tf.Tensor], tf.Tensor]:
    def gradient(images: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            tape.watch(images)
            total = tf.reduce_sum(function(images) ** 2)
        return tape.gradient(total, images)

    return gradient


def main(argv: Sequence[str] | None = None) -> None:
    quick = command_line.parser(__doc__).parse_args(argv).quick
    images = tf.random.stateless_normal((2, 8, 8, SHAPE[-1]) if quick else SHAPE, (0, 1))
    pairs = {
        "filter": (depthwise_filtered, filtered),
        "upsample": (depthwise_upsample2d, upsample2d),
        "downsample": (depthwise_downsample2d, downsample2d),
    }
    rows = []
    for name, (depthwise, own) in pairs.items():
        tf.debugging.assert_near(depthwise(images), own(images), atol=1e-4)
        for mode, jit_compile in (("graph", False), ("XLA", True)):
            for direction, wrap in (("forward", lambda f: f), ("forward and backward", with_gradient)):
                theirs, ours = (
                    1e3
                    * seconds_per_call(tf.function(wrap(f), jit_compile=jit_compile), images, calls=1 if quick else 5)
                    for f in (depthwise, own)
                )
                rows.append((name, mode, direction, theirs, ours, theirs / ours))
    print_table(("filters", "mode", "", "depthwise, ms", "tfnss, ms", "ratio"), rows)


if __name__ == "__main__":
    main()
