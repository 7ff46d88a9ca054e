"""Standard GAN and SSD-GAN on one checkerboard of 16x16 pixels (SSD-GAN, figure 1).

    python -m recipes.ssd_checkerboard

The paper shows one run of each, of which the standard GAN fails; its set-up is in a supplement that is not public. Here
both are a small DCGAN with squares of 2 pixels, over several seeds, and every run is reported as it is: the spectrum gap
(figure 6) over training, the last samples and their spectra. Squares of 1 pixel are beyond SSD-GAN's sight: their one
frequency lies in the corner of the spectrum that it leaves out.

Whether a standard GAN can learn the image depends on whether its discriminator sees these frequencies. The last columns
of the table tell: the discriminator's logits for the image, and for it without its frequencies of `--radius` and above.
Strided convolutions of 4x4 pixels see them: in this set-up both learn the image, and the paper's contrast does not appear.
What remains is that SSD-GAN comes closer in the same time.
"""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import models
import tfnss
from tfnss.console import Parser, check_range, reporting, start_tensorflow
from tfnss.files import expanded

PROGRAM = "python -m recipes.ssd_checkerboard"
ORIGIN = "SSD-GAN"
SUMMARY = "Train GAN and SSD-GAN on one checkerboard (SSD-GAN, figure 1)."
SIZE, BATCH, POINTS = 16, 64, 10
METHODS = ("GAN", "SSD-GAN")
_DEFAULTS: dict[str, Any] = {
    "seeds": 5,
    "iterations": 1000,
    "square": 2,
    "radius": 4,
    "lambda": 0.5,
    "mixing": "probability",
    "base_width": 32,
    "out": "runs/ssd_checkerboard",
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line; ends with status 2 and one line on bad input."""
    given = _DEFAULTS | vars(_parser().parse_args(arguments))
    out = expanded(given["out"])
    with reporting(PROGRAM, ValueError, OSError):
        start_tensorflow()
        _check(given)
        out.mkdir(parents=True, exist_ok=True)
        board = checkerboard(given["square"])
        results = []
        for seed in range(given["seeds"]):
            for method in METHODS:
                results.append(Result(method, seed, board, given))
                results[-1].train()
                print(results[-1].line(), flush=True)
    for method in METHODS:
        gaps = np.array([result.gaps[-1] for result in results if result.method == method])
        print(f"{method:8} spectrum gap {gaps.mean():.3f} ± {gaps.std(ddof=min(1, len(gaps) - 1)):.3f}")
    with reporting(PROGRAM, OSError):
        _draw(board, results, out)
    print(f"Pictures: {out / 'samples.png'}, {out / 'gaps.png'}, {out / 'profiles.png'}")


def checkerboard(square: int) -> np.ndarray:
    """uint8 `[16, 16, 3]`, black and white squares of so many pixels."""
    rows, columns = np.indices((SIZE, SIZE)) // square
    return np.repeat(((rows + columns) % 2 * 255).astype(np.uint8)[..., None], 3, axis=2)


class Result:
    """One run and what came of it.

    Attributes:
        gaps: The spectrum gap after each tenth of the run.
        samples: uint8 `[64, 16, 16, 3]` at its end.
        logits: The discriminator's, for the image and for it without its high frequencies.
    """

    def __init__(self, method: str, seed: int, board: np.ndarray, given: dict[str, Any]) -> None:
        self.method, self.seed, self.board, self.given = method, seed, board, given
        self.gaps: list[float] = []

    def train(self) -> None:
        """Trains the run; `gaps`, `samples` and `logits` follow."""
        import keras

        from tfnss.uint8 import from_uint8

        start, given = time.perf_counter(), self.given
        keras.utils.clear_session()
        gan = models.DCGAN(SIZE, base_width=given["base_width"], discriminator_normalization=None, seed=self.seed)
        classifier = tfnss.SpectralRealness(given["lambda"], given["mixing"], seed=self.seed)
        gan.compile(spectral_realness=classifier if self.method == "SSD-GAN" else None, jit_compile=True)
        reals = np.repeat(self.board[None], BATCH, axis=0)

        def measure(epoch: int, logs: Any = None) -> None:
            self.samples = gan.generate(BATCH)
            self.gaps.append(tfnss.metrics.spectrum_gap(reals, self.samples)[1])

        callback = keras.callbacks.LambdaCallback(on_epoch_end=measure)
        images = tfnss.data.Images(reals, BATCH, self.seed)
        steps = given["iterations"] // POINTS
        gan.fit(images, epochs=POINTS, steps_per_epoch=steps, callbacks=[callback], verbose=0)
        board = np.asarray(from_uint8(self.board[None]))
        seen = (board, tfnss.metrics.amplify_bands(board, given["radius"], 0.0))
        self.logits = tuple(float(np.mean(gan.discriminator(image, training=False))) for image in seen)
        self.seconds = time.perf_counter() - start

    def line(self) -> str:
        """The run's row of the table."""
        error = np.abs(self.samples.astype(float) - self.board).mean() / 255
        return (
            f"{self.method:8} seed {self.seed}: spectrum gap {self.gaps[-1]:.3f}, mean error {error:.3f}, "
            f"D(image) {self.logits[0]:+.2f}, D(without high frequencies) {self.logits[1]:+.2f}  ({self.seconds:.0f} s)"
        )


def _draw(board: np.ndarray, results: Sequence[Result], out: Path) -> None:
    reals = np.repeat(board[None], BATCH, axis=0)
    rows = {"image": reals[: len(results) // len(METHODS)]}
    curves: dict[str, Any] = {}
    profiles: dict[str, Any] = {"image": tfnss.metrics.azimuthal_profile(reals)}
    for method in METHODS:
        own = [result for result in results if result.method == method]
        rows[f"{method}, a seed each"] = np.stack([result.samples[0] for result in own])
        profiles[method] = tfnss.metrics.azimuthal_profile(np.concatenate([result.samples for result in own]))
        steps = np.linspace(0, own[0].given["iterations"], POINTS + 1)[1:]
        curves |= {f"{method}, seed {result.seed}": (steps, np.array(result.gaps)) for result in own}
    tfnss.plots.save_rows(rows, out / "samples.png")
    tfnss.plots.save_lines(curves, "iterations", "spectrum gap", out / "gaps.png")
    tfnss.plots.save_lines(profiles, "cycles per pixel", "mean power, dB", out / "profiles.png")


def _check(given: dict[str, Any]) -> None:
    for name in ("seeds", "iterations", "square", "radius", "base_width"):
        check_range(given, name, 1, below=2**31)
    if given["iterations"] % POINTS:
        raise ValueError(f"--iterations must be a multiple of {POINTS}. Received: {given['iterations']}")
    if SIZE % (2 * given["square"]):
        raise ValueError(f"--square must divide {SIZE // 2}. Received: {given['square']}")
    tfnss.SpectralRealness(given["lambda"], given["mixing"])


def _parser() -> Parser:
    parser = Parser(prog=PROGRAM, description=SUMMARY)
    flag = parser.add_argument
    flag("--seeds", type=int, metavar="N", help="runs of each method (default: 5)")
    flag(
        "--iterations",
        type=int,
        metavar="N",
        help=f"iterations of {BATCH} images, a multiple of {POINTS} (default: 1000)",
    )
    flag("--square", type=int, metavar="PIXELS", help="side of the squares (default: 2)")
    flag("--radius", type=int, metavar="R", help="least radius of what the last column takes away (default: 4)")
    flag("--lambda", type=float, metavar="SHARE", help="share of the discriminator in SSD-GAN (default: 0.5)")
    flag("--mixing", choices=("logit", "probability"), help="what SSD-GAN mixes (default: probability, as in its text)")
    flag("--base-width", type=int, metavar="CHANNELS", help="channels next to the image (default: 32)")
    flag("--out", metavar="DIR", help="folder of the pictures (default: runs/ssd_checkerboard)")
    return parser


if __name__ == "__main__":
    main()
