"""Augmentation by the pipeline bgc at 8x64x64x3, forward and with the gradient by the images.

python -m benchmarks.augment
"""

from collections.abc import Sequence

import tensorflow as tf

from benchmarks import command_line
from benchmarks.timing import print_table, seconds_per_call
from tfnss.layers.augment import Augment

BATCH, SIZE, PROBABILITY = 8, 64, 0.8


def main(argv: Sequence[str] | None = None) -> None:
    quick = command_line.parser(__doc__).parse_args(argv).quick
    batch, size, calls = (2, 8, 1) if quick else (BATCH, SIZE, 20)
    images = tf.random.stateless_uniform((batch, size, size, 3), (0, 1), -1, 1)
    layer = Augment("bgc", seed=0)

    def forward(x: tf.Tensor) -> tf.Tensor:
        return layer(x, PROBABILITY)

    def forward_and_gradient(x: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            tape.watch(x)
            squares = layer(x, PROBABILITY) ** 2
        return tape.gradient(squares, x)

    rows = []
    for name, function in (("forward", forward), ("forward and gradient", forward_and_gradient)):
        graph, xla = (
            seconds_per_call(tf.function(function, jit_compile=jit), images, calls=calls) for jit in (False, True)
        )
        rows.append((name, graph, xla))
    print_table((f"bgc, {batch}x{size}x{size}x3", "graph, seconds", "XLA, seconds"), rows)


if __name__ == "__main__":
    main()
