"""Real images and samples of a run, ranked by how real their spectra are (SSD-GAN, figure 8).

    python -m recipes.dcgan_photos --ssd
    python -m recipes.ssd_spectral_quality runs/00000-dcgan_photos-gan

The score is the logit of the run's spectral classifier: above 0 for a spectrum that it takes for real. The picture shows
the images of each set with the highest and the lowest scores.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

import tfnss
from tfnss.console import Parser, check_range, reporting, start_tensorflow
from tfnss.running.analysed import analysis_parser, opened, real_images

PROGRAM = "python -m recipes.ssd_spectral_quality"
ORIGIN = "SSD-GAN"
SUMMARY = "Rank images by the realness of their spectra (SSD-GAN, figure 8)."
_PICTURE = "spectral_quality.png"
_PERCENTILES = (5, 25, 50, 75, 95)


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line; ends with status 2 and one line on bad input."""
    given = {"show": 8} | vars(_parser().parse_args(arguments))
    with reporting(PROGRAM, ValueError, OSError):
        check_range(given, "show", 1)
        start_tensorflow()
        given, gan = opened(given, _PICTURE)
        if gan.spectral_realness is None:
            raise ValueError(
                f"{given['run']} has no spectral classifier: train a run with one (--ssd, or --method ssd of the SNGANs)"
            )
        reals, _ = real_images(given)
        samples = gan.generate(len(reals), seed=given["seed"], batch_size=given["batch_size"])
    rows = {}
    print("Scores".ljust(8), "images".rjust(8), "mean".rjust(9), *(f"{p}%".rjust(9) for p in _PERCENTILES))
    for name, images in (("reals", reals), ("samples", samples)):
        scores = _scores(gan, images, given["batch_size"])
        values = [scores.mean(), *np.percentile(scores, _PERCENTILES)]
        print(name.ljust(8), f"{len(images):8}", *(f"{value:9.4f}" for value in values))
        order = np.argsort(-scores, kind="stable")
        for end, chosen in (("highest", order[: given["show"]]), ("lowest", order[::-1][: given["show"]])):
            rows[f"{name}, {end}: {scores[chosen[0]]:.3f} to {scores[chosen[-1]]:.3f}"] = images[chosen]
    with reporting(PROGRAM, OSError):
        tfnss.plots.save_rows(rows, given["out"])
    print(f"Picture: {given['out']}")


def _parser() -> Parser:
    parser = analysis_parser(PROGRAM, SUMMARY, _PICTURE)
    parser.add_argument("--show", type=int, metavar="N", help="images per row of the picture (default: 8)")
    return parser


def _scores(gan: "tfnss.GAN", images: np.ndarray, batch_size: int) -> np.ndarray:
    """The spectral classifier's logits of uint8 images, `[count]`."""
    from tfnss.uint8 import from_uint8

    classifier: Any = gan.spectral_realness
    batches = (from_uint8(images[start : start + batch_size]) for start in range(0, len(images), batch_size))
    return np.concatenate([np.asarray(classifier.classify(classifier.profile(batch))) for batch in batches])


if __name__ == "__main__":
    main()
