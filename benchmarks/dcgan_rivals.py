"""One DCGAN iteration of this library, in the graph and under XLA, and of PyTorch, with equal threads.

    python -m benchmarks.dcgan_rivals [--threads 2] [--rounds 9]

DCGAN-64 at batch 128 and the net of `recipes.dcgan_photos`. Images and logits of the same weights are compared before
anything is timed. All take turns in each round; the figures are medians and minima over the rounds. PyTorch (`pip install
torch`) keeps its images channels-last.
"""

import argparse
import os
import statistics
from collections.abc import Callable

import numpy as np
import tensorflow as tf

import tfnss
from benchmarks.convolutions import turns
from benchmarks.timing import print_table
from models import DCGAN

SIZES = {"DCGAN-64, batch 128": (64, 64, 128), "DCGAN-32, batch 32, narrow": (32, 32, 32)}  # resolution, width, batch


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="threads of each library (all cores)")
    parser.add_argument("--rounds", type=int, default=9, help="iterations of each, after one that is not counted (9)")
    arguments = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(arguments.threads)
    tf.config.threading.set_inter_op_parallelism_threads(arguments.threads)
    rows = []
    for name, (resolution, width, batch) in SIZES.items():
        calls = {f"tfnss, {mode}": _step(resolution, width, batch, mode == "XLA") for mode in ("graph", "XLA")}
        try:
            calls["PyTorch, channels last"] = _rival(resolution, width, batch, arguments.threads)
        except ModuleNotFoundError as error:
            print(f"without PyTorch ({error}): `pip install torch` adds it")
        for who, seconds in turns(calls, arguments.rounds).items():
            median = statistics.median(seconds)
            rows.append((name, who, median, min(seconds), batch / median))
    print(f"{arguments.threads} threads")
    print_table(("network", "library", "seconds per step, median", "least", "images/s"), rows)


def _step(resolution: int, width: int, batch: int, jit_compile: bool) -> Callable:
    gan = DCGAN(resolution, base_width=width)
    gan.compile(jit_compile=jit_compile)
    iterator = iter(tfnss.data.Images(_pixels(resolution, batch), batch).dataset())
    gan.images_total.assign(10**9)
    function = gan.make_train_function()
    return lambda: tf.nest.map_structure(lambda x: x.numpy(), function(iterator))


def _rival(resolution: int, width: int, batch: int, threads: int) -> Callable:
    import torch

    from benchmarks import dcgan_torch_rival as rival

    torch.set_num_threads(threads)
    gan = DCGAN(resolution, base_width=width)
    for weight in [*gan.generator.weights, *gan.discriminator.weights]:
        if weight.name == "gamma":
            weight.assign(tf.ones_like(weight))
    generator, discriminator = rival.networks(gan)
    latents = np.random.default_rng(0).normal(size=(batch, 100)).astype("float32")
    ours = gan.generator(latents, training=True)
    with torch.no_grad():
        theirs = generator(torch.from_numpy(latents))
        logits = discriminator(theirs)
    np.testing.assert_allclose(theirs.permute(0, 2, 3, 1).numpy(), ours, atol=1e-4)
    np.testing.assert_allclose(logits.numpy(), gan.discriminator(ours, training=True), atol=1e-3)
    real = _pixels(resolution, batch).astype("float32") / 127.5 - 1
    return rival.step(generator, discriminator, rival.images(real))


def _pixels(resolution: int, batch: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (batch, resolution, resolution, 3), dtype=np.uint8)


if __name__ == "__main__":
    main()
