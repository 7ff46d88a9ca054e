"""Whether the discriminator of a run sees high frequencies (SSD-GAN, figure 2).

    python -m recipes.ssd_discriminator_blindness runs/00000-dcgan_photos-gan

The amplitudes of all frequencies from a radius on are scaled in real images, and the discriminator's mean logit is shown by
radius and factor. A curve that keeps to the unscaled images' mean tells of frequencies that the discriminator does not see,
so that no generator learns them from it. The mean on samples gives the measure of a difference. The discriminator is asked
as in inference, of the images themselves: without the augmentation and the view of its training, and without a spectral
classifier. The paper takes 1,000 images, and gives neither its factors nor its radii.
"""

import functools
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
from rich.progress import track

import tfnss
from tfnss.console import Parser, floats, integers, reporting, start_tensorflow
from tfnss.resolution import sides
from tfnss.running.analysed import analysis_parser, discriminating, opened, real_images

PROGRAM = "python -m recipes.ssd_discriminator_blindness"
ORIGIN = "SSD-GAN"
SUMMARY = "Show which frequencies a run's discriminator sees (SSD-GAN, figure 2)."
_PICTURE = "blindness.png"
_FACTORS = (0.0, 0.5, 2.0, 4.0)


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line; ends with status 2 and one line on bad input."""
    given = {"factors": _FACTORS} | vars(_parser().parse_args(arguments))
    with reporting(PROGRAM, ValueError, OSError):
        start_tensorflow()
        from tfnss.generators import labels_in_turn, one_hot
        from tfnss.training.shares import check_batch_size

        given, gan = opened(given, _PICTURE)
        factors, radii = _factors(given), _radii(given)
        check_batch_size(given["batch_size"], 1, 1, gan.discriminator)
        reals, classes = real_images(given, labels=bool(gan.classes))
        labels = one_hot(classes, gan.classes) if gan.classes else None
        changed, real = _means(gan, reals, labels, given["batch_size"], radii, factors)
        samples = gan.generate(len(reals), seed=given["seed"], batch_size=given["batch_size"])
        labels = labels_in_turn(0, len(samples), gan.classes) if gan.classes else None
        _, fake = _means(gan, samples, labels, given["batch_size"])
    print(f"Mean logit of the discriminator on {len(reals)} real images, scaled from a radius on:")
    print("radius", *(f"x {factor:g}".rjust(10) for factor in factors))
    for radius, means in zip(radii, changed.T, strict=True):
        print(f"{radius:6}", *(f"{mean:10.5g}" for mean in means))
    print(f"On the same images as they are: {real:.5g}. On as many samples: {fake:.5g}.")
    with reporting(PROGRAM, OSError):
        curves = {f"x {factor:g}": (radii, means) for factor, means in zip(factors, changed, strict=True)}
        levels = {"real images as they are": real, "samples": fake}
        tfnss.plots.save_lines(curves, "least radius of the scaled frequencies", "mean logit", given["out"], levels)
    print(f"Picture: {given['out']}")


def _parser() -> Parser:
    parser = analysis_parser(PROGRAM, SUMMARY, _PICTURE)
    flag = parser.add_argument
    flag("--factors", type=floats, help=f"factors of the amplitudes (default: {','.join(f'{f:g}' for f in _FACTORS)})")
    flag("--radii", type=integers, help="least radii, in cycles per shorter side (default: 8 from 1 to half of it)")
    return parser


def _factors(given: dict[str, Any]) -> Sequence[float]:
    if not all(0 <= factor < float("inf") for factor in given["factors"]):
        raise ValueError(f"--factors must be finite and at least 0. Received: {given['factors']}")
    return given["factors"]


def _radii(given: dict[str, Any]) -> Sequence[int]:
    from tfnss.layers.spectrum import radii as radii_of

    height, width = sides(given["resolution"])
    if "radii" not in given:
        return np.unique(np.linspace(1, min(height, width) // 2, 8).round().astype(int)).tolist()
    highest = int(radii_of(height, width).max())
    if not all(0 <= radius <= highest for radius in given["radii"]):
        raise ValueError(
            f"--radii must lie in [0, {highest}] for images of {width}x{height}. Received: {given['radii']}"
        )
    return given["radii"]


def _means(
    gan: "tfnss.GAN",
    images: np.ndarray,
    labels: Any,
    batch_size: int,
    radii: Sequence[int] = (),
    factors: Sequence[float] = (),
) -> tuple[np.ndarray, float]:
    """`discriminator_response` of a run's discriminator to uint8 images and their one-hot labels, if there are any."""
    from tfnss.uint8 import from_uint8

    discriminate = discriminating(gan, batch_size)
    changed, unchanged = np.zeros((len(factors), len(radii))), 0.0
    for start in track(range(0, len(images), batch_size), "discriminating", disable=not sys.stdout.isatty()):
        batch = slice(start, start + batch_size)
        judge = discriminate if labels is None else functools.partial(discriminate, labels=labels[batch])
        floating = np.asarray(from_uint8(images[batch]))
        share = len(floating) / len(images)
        means, mean = tfnss.metrics.discriminator_response(judge, floating, radii, factors, batch_size)
        changed, unchanged = changed + share * means, unchanged + share * mean
    return changed, unchanged


if __name__ == "__main__":
    main()
