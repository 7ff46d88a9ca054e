"""The convolutions of DCGAN, SNGAN and StyleGAN2, part by part: the backend's form, this library's, and PyTorch's.

    python -m benchmarks.convolutions [--threads 2] [--rounds 9] [--match DCGAN]

The parts are the forward pass and the gradients by images and by kernel. All forms take turns in each round, so that the
load of a shared machine falls on all alike. The figures are medians over the rounds, in GFLOP/s of the plain convolution's
products and sums, and as shares of the better of two peaks measured in the same run: a large matrix product and a 3x3
convolution in TensorFlow's graph. Winograd's forms do fewer products than they are counted for and may pass the peak.
Results are compared before anything is timed. PyTorch (channels last) is one more row where it is installed.
"""

import statistics
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from benchmarks import command_line, peaks
from benchmarks.timing import print_table, turns

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
TOY: Case = ("a toy", 2, 8, 4, 4, 4, 2)


def main(argv: Sequence[str] | None = None) -> None:
    parser = command_line.with_turns(command_line.parser(__doc__))
    parser.add_argument("--match", default="", help="only the networks whose name contains this")
    arguments = parser.parse_args(argv)
    command_line.use_threads(arguments.threads)
    rounds = 1 if arguments.quick else arguments.rounds
    found = peaks.gflops(
        turns({name: call for name, (call, _) in peaks.calls(arguments.quick).items()}, rounds), arguments.quick
    )
    print(f"{arguments.threads} threads; peaks, GFLOP/s: " + ", ".join(f"{k} {v:.0f}" for k, v in found.items()) + "\n")
    for case in (TOY,) if arguments.quick else CASES:
        if arguments.match.lower() in case[0].lower():
            network, batch, pixels, channels, filters, taps, strides = case
            title = f"{network}: {batch}x{pixels}x{pixels}x{channels}, {taps}x{taps} to {filters}, stride {strides}"
            rows = _rows(case, rounds, arguments.threads, max(found.values()))
            print_table((title, *(f"{part}, GFLOP/s (share)" for part in PARTS)), rows)


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


if __name__ == "__main__":
    main()
