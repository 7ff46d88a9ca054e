"""The convolutions of DCGAN, SNGAN and StyleGAN2, part by part: the backend's form, this library's, and PyTorch's.

    python -m benchmarks.convolutions [--threads 2] [--rounds 9] [--match DCGAN]

The parts are the forward pass and the gradients by images and by kernel. All forms take turns in each round, so that the
load of a shared machine falls on all alike. The figures are medians over the rounds, in GFLOP/s of the plain convolution's
products and sums, and as shares of the better of two peaks measured in the same run: a large matrix product and a 3x3
convolution in TensorFlow's graph. Winograd's forms do fewer products than they are counted for and may pass the peak.
Results are compared before anything is timed. PyTorch (channels last) is one more row where it is installed.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

Case = tuple[str, int, int, int, int, int, int]

CASES: tuple[Case, ...] = (  # network, batch, pixels, in, out, taps, strides
    ("DCGAN-64", 128, 64, 3, 64, 4, 2),
    ("DCGAN-64", 128, 32, 64, 128, 4, 2),
    ("DCGAN-64", 128, 16, 128, 256, 4, 2),
    ("DCGAN-64", 128, 8, 256, 512, 4, 2),
    ("SNGAN-32 D", 64, 32, 128, 128, 3, 1),
    ("SNGAN-32 D", 64, 8, 128, 128, 3, 1),
    ("SNGAN-32 G", 64, 16, 256, 256, 3, 1),
    ("StyleGAN2-64", 8, 64, 64, 64, 3, 1),
    ("StyleGAN2-64", 8, 16, 256, 256, 3, 1),
    ("StyleGAN2-64", 8, 4, 512, 512, 3, 1),
)
PARTS = ("forward", "by images", "by kernel")
PEAKS = ("matrix product", "3x3 convolution")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--threads", type=int, default=os.cpu_count(), help="threads of each library (default: all cores)"
    )
    parser.add_argument("--rounds", type=int, default=9, help="calls of each form, after one that is not counted (9)")
    parser.add_argument("--match", default="", help="only the networks whose name contains this")
    arguments = parser.parse_args()

    import tensorflow as tf

    from benchmarks.timing import print_table

    tf.config.threading.set_intra_op_parallelism_threads(arguments.threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    peaks = {name: _peak(tf, name, arguments.rounds) for name in PEAKS}
    print(f"{arguments.threads} threads; peaks, GFLOP/s: " + ", ".join(f"{k} {v:.0f}" for k, v in peaks.items()))
    for case in CASES:
        if arguments.match.lower() in case[0].lower():
            network, batch, pixels, channels, filters, taps, strides = case
            print(f"\n{network}: {batch}x{pixels}x{pixels}x{channels}, {taps}x{taps} to {filters}, stride {strides}\n")
            rows = _rows(case, arguments.rounds, arguments.threads, max(peaks.values()))
            print_table(("form", *(f"{part}, GFLOP/s (share)" for part in PARTS)), rows)
            sys.stdout.flush()


def _peak(tf: Any, name: str, rounds: int) -> float:
    """GFLOP/s of a dense product, the best of TensorFlow's graph."""
    if name == "matrix product":
        a = tf.random.stateless_normal((2048, 2048), (0, 1))
        function, flop = tf.function(lambda: tf.matmul(a, a)), 2 * 2048**3
    else:
        x, kernel = tf.random.stateless_normal((32, 32, 32, 128), (0, 1)), tf.ones((3, 3, 128, 128))
        function, flop = tf.function(lambda: tf.nn.conv2d(x, kernel, 1, "SAME")), 2 * 32 * 32 * 32 * 9 * 128 * 128
    times = turns({name: lambda: function().numpy()}, rounds)[name]
    return flop / min(times) / 1e9


def _rows(case: Case, rounds: int, threads: int, peak: float) -> list[tuple]:
    _, batch, pixels, channels, filters, taps, strides = case
    rng = np.random.default_rng(0)
    images = rng.normal(size=(batch, pixels, pixels, channels)).astype("float32")
    kernel = rng.normal(size=(taps, taps, channels, filters)).astype("float32")
    upstream = rng.normal(size=(batch, pixels // strides, pixels // strides, filters)).astype("float32")
    forms = _forms(images, kernel, upstream, strides)
    try:
        forms["PyTorch"] = _rival(images, kernel, upstream, strides, threads)
    except ModuleNotFoundError as error:
        print(f"without PyTorch ({error})")
    expected = [np.asarray(f()) for f in forms["Keras, graph"]]
    for name, functions in forms.items():
        for part, function, reference in zip(PARTS, functions, expected, strict=True):
            difference = np.abs(np.asarray(function()) - reference).max() / reference.std()
            assert difference < 1e-3, f"{name}, {part}: {difference}"
    calls = {(name, part): f for name, fs in forms.items() for part, f in zip(PARTS, fs, strict=True)}
    times = turns(calls, rounds)
    gflop = 2 * upstream.size * taps**2 * channels / 1e9
    rows = []
    for name in forms:
        rates = [gflop / statistics.median(times[name, part]) for part in PARTS]
        rows.append((name, *(f"{rate:.0f} ({rate / peak:.0%})" for rate in rates)))
    return rows


def _forms(images: Any, kernel: Any, upstream: Any, strides: int) -> dict[str, list[Callable]]:
    """The parts of each form, functions without arguments whose results are arrays."""
    import tensorflow as tf
    from keras import ops

    from tfnss.layers.convolution import conv2d

    x, k, y = tf.constant(images), tf.constant(kernel), tf.constant(upstream)

    def keras_conv2d(x: Any, k: Any) -> Any:
        return ops.conv(x, k, strides=strides, padding="same", data_format="channels_last")

    def parts(function: Callable, jit_compile: bool) -> list[Callable]:
        def gradient(by: int) -> Callable:
            def of(x: Any, k: Any, y: Any) -> Any:
                with tf.GradientTape() as tape:
                    tape.watch((x, k)[by])
                    result = function(x, k)
                return tape.gradient(result, (x, k)[by], y)

            return of

        functions = (lambda x, k, y: function(x, k)), gradient(0), gradient(1)
        compiled = [tf.function(f, jit_compile=jit_compile, autograph=False) for f in functions]
        return [lambda f=f: f(x, k, y).numpy() for f in compiled]

    return {
        "Keras, graph": parts(keras_conv2d, False),
        "Keras, XLA": parts(keras_conv2d, True),
        "tfnss, XLA": parts(lambda x, k: conv2d(x, k, strides), True),
    }


def _rival(images: Any, kernel: Any, upstream: Any, strides: int, threads: int) -> list[Callable]:
    import torch

    torch.set_num_threads(threads)
    last = {"memory_format": torch.channels_last}
    x, y = (torch.from_numpy(a).permute(0, 3, 1, 2).contiguous(**last) for a in (images, upstream))
    k = torch.from_numpy(kernel).permute(3, 2, 0, 1).contiguous(**last)

    def backward(*wanted: bool) -> Any:
        padding = (1, 1)  # of 3x3 at stride 1 and of 4x4 at stride 2
        results = torch.ops.aten.convolution_backward(
            y, x, k, None, (strides, strides), padding, (1, 1), False, (0, 0), 1, (*wanted, False)
        )
        return next(result for result in results if result is not None)

    return [
        lambda: torch.nn.functional.conv2d(x, k, stride=strides, padding=1).permute(0, 2, 3, 1).numpy(),
        lambda: backward(True, False).permute(0, 2, 3, 1).numpy(),
        lambda: backward(False, True).permute(2, 3, 1, 0).numpy(),
    ]


def turns(calls: dict[Any, Callable], rounds: int) -> dict[Any, list[float]]:
    """Seconds of each call in each round, after one round that is not counted."""
    times: dict[Any, list[float]] = {name: [] for name in calls}
    for counted in [False] + [True] * rounds:
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            if counted:
                times[name].append(time.perf_counter() - start)
    return times


if __name__ == "__main__":
    main()
