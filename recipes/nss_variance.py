"""Image variance along the noise-space, the scale-space and the noisy scale-space (NSS-GAN, figure 2).

    python -m recipes.nss_variance --data photos --out variance.png
    python -m recipes.nss_variance --data photos ~/flowers celeb_a --out variance.png

The standard deviation of the noise should keep the variance of the noisy scale-space level. The paper takes 0.15 for
images of 64x64 pixels; `tfnss.preserving_stddev` computes the one for given images.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

import tfnss
from tfnss.console import Parser, check_range, reporting, start_tensorflow
from tfnss.files import expanded
from tfnss.resolution import IN_WORDS, METAVAR, from_text

PROGRAM = "python -m recipes.nss_variance"
ORIGIN = "NSS-GAN"
SUMMARY = "Show the image variance along the scale-spaces (NSS-GAN, figure 2)."
TIMES = (0, 1, 2, 4, 8, 16, 32, 64, 128, 256)
_DEFAULTS: dict[str, Any] = {
    "data": ["photos"],
    "resolution": 64,
    "images": 128,
    "stddev": 0.15,
    "kernel_stddev": 0.5,
    "seed": 0,
    "out": None,
    "download": False,
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line; ends with status 2 and one line on bad input."""
    given = _DEFAULTS | vars(_parser().parse_args(arguments))
    with reporting(PROGRAM, ValueError, OSError):
        check_range(given, "images", 1)
        check_range(given, "seed", below=2**31)
        start_tensorflow()
        panels = {}
        for data in given["data"]:
            images = tfnss.data.load(data, given["resolution"], batch_size=1, download=given["download"])
            if images.name in panels:
                raise ValueError(f"--data must differ. Received: {images.name} twice")
            if len(given["data"]) > 1:
                print(images.name)
            panels[images.name] = _curves(images, given)
        if given["out"]:
            tfnss.plots.save_variances(TIMES, panels, expanded(given["out"]))
            print(f"Picture: {given['out']}")


def _curves(images: "tfnss.data.Images", given: dict[str, Any]) -> dict[str, np.ndarray]:
    """Variances by space; what is printed of one data set."""
    chosen = np.random.default_rng(given["seed"]).permutation(len(images))[: given["images"]]
    pixels = images.take(chosen)
    curves = tfnss.metrics.variance_curves(pixels, TIMES, given["stddev"], given["kernel_stddev"], given["seed"])
    print("t".rjust(4), *(name.rjust(18) for name in curves))
    for index, time in enumerate(TIMES):
        print(f"{time:4}", *(f"{values[index]:18.4f}" for values in curves.values()))
    level = tfnss.preserving_stddev(pixels, TIMES[-1], given["kernel_stddev"])
    print(f"The variance at t = {TIMES[-1]} is that at 0 for --stddev {level:.4f}.")
    return curves


def _parser() -> Parser:
    parser = Parser(prog=PROGRAM, description=SUMMARY)
    flag = parser.add_argument
    flag("--data", nargs="+", metavar="DIR", help="data sets by name, or folders of images (default: photos)")
    flag(
        "--resolution", type=from_text, metavar=METAVAR, help=f"size of the images in pixels: {IN_WORDS} (default: 64)"
    )
    flag("--images", type=int, metavar="N", help="number of images (default: 128)")
    flag("--stddev", type=float, help="standard deviation of the noise of one pass (default: 0.15)")
    flag("--kernel-stddev", type=float, metavar="STDDEV", help="width of the kernel in pixels (default: 0.5)")
    flag("--seed", type=int, help="seed of the choice and the noise (default: 0)")
    flag("--out", metavar="FILE", help="PNG file to draw the curves to")
    flag("--download", action="store_true", help="let TensorFlow Datasets download the data set if it is not on disk")
    return parser


if __name__ == "__main__":
    main()
