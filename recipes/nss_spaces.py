"""One image in the noise-space, the scale-space and the noisy scale-space (NSS-GAN, figure 1).

    python -m recipes.nss_spaces --out spaces.png

Each step adds noise, smooths, or does both; the noise-space and the noisy scale-space get the same noise. Under each picture
stands the variance of its pixels. What is shown is clipped to [-1, 1]; the variance is not: at t = 256 most pixels of the
noise-space are black or white.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import scipy

import tfnss
from tfnss import files
from tfnss.console import Parser, check_range, integers, reporting, start_tensorflow
from tfnss.resolution import IN_WORDS, METAVAR, from_text

PROGRAM = "python -m recipes.nss_spaces"
ORIGIN = "NSS-GAN"
SUMMARY = "Show one image along the three scale-spaces (NSS-GAN, figure 1)."
_DEFAULTS: dict[str, Any] = {
    "data": "photos",
    "image": 0,
    "resolution": 64,
    "times": (0, 1, 4, 16, 64, 256),
    "stddev": 0.15,
    "kernel_stddev": 0.5,
    "seed": 0,
    "out": "nss_spaces.png",
    "download": False,
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line; ends with status 2 and one line on bad input."""
    given = _DEFAULTS | vars(_parser().parse_args(arguments))
    with reporting(PROGRAM, ValueError, OSError):
        _check(given)
        start_tensorflow()
        tfnss.NoisyScaleSpace(given["stddev"], given["kernel_stddev"])  # says what is wrong with either
        images = tfnss.data.load(given["data"], given["resolution"], batch_size=1, download=given["download"])
        if given["image"] >= len(images):
            raise ValueError(
                f"--image must lie in [0, {len(images)}): {images.name} has no more. Received: {given['image']}"
            )
        image = images.take([given["image"]])[0]
        image = image / 127.5 - 1 if image.dtype == np.uint8 else image.astype(float)
        shown = along_spaces(image, given["times"], given["stddev"], given["kernel_stddev"], given["seed"])
        print("t".rjust(4), *(name.rjust(18) for name in shown))
        for index, time in enumerate(given["times"]):
            print(f"{time:4}", *(f"{variance(states[index]):18.4f}" for states in shown.values()))
        _draw(shown, given["times"], given["stddev"], files.expanded(given["out"]))
        print(f"Picture: {given['out']}")


def along_spaces(
    image: np.ndarray, times: Sequence[int], stddev: float, kernel_stddev: float, seed: int
) -> dict[str, np.ndarray]:
    """An image at each time of three spaces, step by step as the paper's equations 3, 4 and 7 have it.

    Args:
        image: Floats `[height, width, channels]`.
        times: Whole numbers >= 0.
        stddev: Standard deviation of the noise of one step, the same noise in both spaces that have any.
        kernel_stddev: Width of the 3x3 kernel in pixels.
        seed: Seed of the noise.

    Returns:
        `noise-space`, `scale-space` and `noisy scale-space`, each float64 `[len(times), height, width, channels]`.
    """
    from tfnss.layers.scale_space import gaussian_taps

    taps = np.array(gaussian_taps(kernel_stddev))

    def smoothed(state: np.ndarray) -> np.ndarray:
        for axis in (0, 1):
            state = scipy.ndimage.correlate1d(state, taps, axis, mode="reflect")
        return state

    draws = np.random.default_rng(seed)
    noisy = smooth = both = image.astype(np.float64)
    states = {0: (noisy, smooth, both)}
    for time in range(1, max(times) + 1):
        noise = stddev * draws.standard_normal(image.shape)
        noisy, smooth, both = noisy + noise, smoothed(smooth), smoothed(both) + noise
        if time in times:
            states[time] = (noisy, smooth, both)
    names = ("noise-space", "scale-space", "noisy scale-space")
    return {name: np.stack([states[time][index] for time in times]) for index, name in enumerate(names)}


def variance(image: np.ndarray) -> float:
    """Variance of the pixels of a channel, averaged over channels."""
    return float(image.var(axis=(0, 1)).mean())


def _draw(shown: Mapping[str, np.ndarray], times: Sequence[int], stddev: float, path: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(1.7 * len(times) + 1, 6.4), layout="constrained")
    all_axes: Any = figure.subplots(len(shown), len(times), squeeze=False)
    for row, letter, (name, states) in zip(all_axes, "abc", shown.items(), strict=True):
        for axes, time, state in zip(row, times, states, strict=True):
            axes.imshow((state.clip(-1, 1) + 1) / 2)
            axes.set(xticks=[], yticks=[])
            axes.set_xlabel(f"variance {variance(state):.3f}", fontsize="small")
            if letter == "a":
                axes.set_title(f"t = {time}", fontsize="medium")
        row[0].set_ylabel(f"({letter}) {name}", fontsize="small")
    figure.supxlabel(f"noise of standard deviation {stddev:g} a step; clipped to [-1, 1] to be shown", fontsize="small")
    with files.replacing(path) as temporary:
        figure.savefig(temporary, dpi=120)


def _check(given: Mapping[str, Any]) -> None:
    check_range(given, "image")
    check_range(given, "seed", below=2**31)
    if min(given["times"]) < 0:
        raise ValueError(f"--times must be at least 0. Received: {min(given['times'])}")
    out = Path(given["out"])
    if out.suffix.lower() not in (".png", ".pdf", ".svg"):
        raise ValueError(f"--out must name a picture (.png .pdf .svg). Received: {out}")


def _parser() -> Parser:
    parser = Parser(prog=PROGRAM, description=SUMMARY)
    flag = parser.add_argument
    flag("--data", metavar="DIR", help="data set by name, or a folder of images (default: photos)")
    flag("--image", type=int, metavar="N", help="number of the image in it, from 0 (default: 0)")
    flag("--resolution", type=from_text, metavar=METAVAR, help=f"size of the image in pixels: {IN_WORDS} (default: 64)")
    flag("--times", type=integers, metavar="T,T,...", help="times to show (default: 0,1,4,16,64,256)")
    flag("--stddev", type=float, help="standard deviation of the noise of one step (default: 0.15)")
    flag("--kernel-stddev", type=float, metavar="STDDEV", help="width of the kernel in pixels (default: 0.5)")
    flag("--seed", type=int, help="seed of the noise (default: 0)")
    flag("--out", metavar="FILE", help="picture to draw, .png .pdf .svg (default: nss_spaces.png)")
    flag("--download", action="store_true", help="let TensorFlow Datasets download the data set if it is not on disk")
    return parser


if __name__ == "__main__":
    main()
