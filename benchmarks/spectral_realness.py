"""One DCGAN iteration at 64x64 and batch 64, and the share of it that spectral realness costs.

    python -m benchmarks.spectral_realness

The share is measured on its own parts: the spectra of reals and fakes in the discriminator's step and of fakes in the
generator's, the mixture with its gradient, and the classifier's step. The difference of two iterations drowns in their own
scatter.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

import tfnss
from benchmarks import command_line
from benchmarks.timing import print_table, seconds_per_call
from models import DCGAN


class Size(NamedTuple):
    """Images in the batch, their side, the network's width, and calls that are timed."""

    batch: int = 64
    resolution: int = 64
    width: int = 64
    calls: int = 5


TOY = Size(4, 16, 4, 1)


def compiled(size: Size, jit_compile: bool, classifier: tfnss.SpectralRealness | None) -> DCGAN:
    gan = DCGAN(size.resolution, base_width=size.width)
    gan.compile(jit_compile=jit_compile, spectral_realness=classifier)
    return gan


def seconds_per_step(size: Size, gan: DCGAN) -> float:
    """One iteration."""
    shape = (size.batch, size.resolution, size.resolution, 3)
    array = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    iterator = iter(tfnss.data.Images(array, size.batch).dataset())
    gan.images_total.assign(10**9)
    return seconds_per_call(gan.make_train_function(), iterator, calls=size.calls)


def seconds_of_parts(size: Size, gan: DCGAN, jit_compile: bool) -> float:
    """What spectral realness adds to an iteration."""
    layer: Any = gan.spectral_realness
    images = tf.random.stateless_uniform((size.batch, size.resolution, size.resolution, 3), (0, 1), -1, 1)
    logits = tf.zeros(size.batch)

    @tf.function(jit_compile=jit_compile)
    def judge(images: Any) -> Any:
        """Spectra, and the mixture with its gradient."""
        with tf.GradientTape() as tape:
            tape.watch(logits)
            total = tf.reduce_sum(layer.mix(logits, layer.classify(layer.profile(images))))
        return tape.gradient(total, logits)

    profiles = layer.profile(images)
    index = [type(phase).__name__ for phase in gan.phases].index("SpectralStep")

    @tf.function
    def step() -> Any:
        gan._run_phase(index, profiles, profiles)
        return tf.zeros(())

    return 3 * seconds_per_call(judge, images, calls=4 * size.calls) + seconds_per_call(step, calls=4 * size.calls)


def main(argv: Sequence[str] | None = None) -> None:
    size = TOY if command_line.parser(__doc__).parse_args(argv).quick else Size()
    rows = []
    for name, jit_compile in (("graph", False), ("XLA", True)):
        plain = seconds_per_step(size, compiled(size, jit_compile, None))
        judged = compiled(size, jit_compile, tfnss.SpectralRealness(mixing="probability"))
        parts = seconds_of_parts(size, judged, jit_compile)
        rows.append((name, plain, size.batch / plain, parts, f"{parts / plain:.1%}"))
    print_table(
        (f"DCGAN-{size.resolution}", "seconds per step", "images/s", "seconds of spectral realness", "share"), rows
    )


if __name__ == "__main__":
    main()
