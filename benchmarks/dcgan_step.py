"""One DCGAN iteration at 64x64 and batch 128: graph and XLA, and the share of it that the noisy scale-space costs.

python -m benchmarks.dcgan_step
"""

import numpy as np
import tensorflow as tf

import tfnss
from benchmarks.timing import print_table, seconds_per_call
from models import DCGAN

BATCH, RESOLUTION = 128, 64


def seconds_per_step(time: float | None, jit_compile: bool) -> float:
    """One iteration with the view at a fixed time on half of each batch; None for no view."""
    gan = DCGAN(RESOLUTION)
    view = None
    if time is not None:
        view = tfnss.View(tfnss.NoisyScaleSpace(), tfnss.ConstantAnnealing(time))
    gan.compile(view=view, jit_compile=jit_compile)
    array = np.random.default_rng(0).integers(0, 256, (BATCH, RESOLUTION, RESOLUTION, 3), dtype=np.uint8)
    iterator = iter(tfnss.data.Images(array, BATCH).dataset())
    gan.images_total.assign(10**9)
    return seconds_per_call(gan.make_train_function(), iterator, calls=5)


def main() -> None:
    rows = []
    for jit_compile in (False, True):
        plain = seconds_per_step(None, jit_compile)
        for name, time in (("no view", None), ("NSS, t = 0", 0), ("NSS, t = 256", 256)):
            seconds = plain if time is None else seconds_per_step(time, jit_compile)
            mode = "XLA" if jit_compile else "graph"
            rows.append((mode, name, seconds, BATCH / seconds, f"{seconds / plain - 1:+.1%}"))
    print_table(("", "view", "seconds", "images/s", "cost of the view"), rows)
    view = tfnss.View(tfnss.NoisyScaleSpace(), tfnss.ConstantAnnealing(256))
    images = tf.random.stateless_uniform((BATCH, RESOLUTION, RESOLUTION, 3), (0, 1), -1, 1)
    alone = 3 * seconds_per_call(tf.function(lambda x: view(x, progress=tf.constant(0.0))), images, calls=20)
    print(
        f"\nThe view's three calls of an iteration alone, at t = 256: {alone:.3g} s, "
        f"{alone / rows[0][2]:.1%} of the graph's step"
    )


if __name__ == "__main__":
    main()
