"""What high frequencies leave of themselves after downsampling (SSD-GAN, figure 3).

    python -m recipes.ssd_downsampling --out downsampling.png

One image, once with its high frequencies changed, goes through the two ways in which discriminators make images smaller:
blur and average pooling, and average pooling alone. Each picture stands over its spectrum. The paper's claims are that
after blur and pooling the change hardly shows, so that a discriminator misses it, and that pooling alone aliases. Its
filter, sizes and scale are not stated: here the image is sharpened by the usual 3x3 kernel in the one half, and has four
times the amplitudes above the new Nyquist frequency in the other. The numbers tell what the spectra do not: how large the
change is, and what part of the smaller image is aliased, over several stages.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import tfnss
from tfnss import files, plots
from tfnss.console import Parser, check_range, reporting, start_tensorflow
from tfnss.files import expanded

PROGRAM = "python -m recipes.ssd_downsampling"
ORIGIN = "SSD-GAN"
SUMMARY = "Show what high frequencies leave after downsampling (SSD-GAN, figure 3)."
STAGES = 4
_DEFAULTS: dict[str, Any] = {
    "data": "photos",
    "image": 0,
    "resolution": 256,
    "blur": 1.0,
    "factor": 4.0,
    "out": "ssd_downsampling.png",
    "download": False,
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line; ends with status 2 and one line on bad input."""
    given = _DEFAULTS | vars(_parser().parse_args(arguments))
    with reporting(PROGRAM, ValueError, OSError):
        out = _check(given)
        start_tensorflow()
        image = _image(given)
        changes, ways = _changes(image, given), _ways(given)
        found = {name: compared(image, changed, ways) for name, changed in changes.items()}
        for name, rows in found.items():
            print(f"{name}: the change is {rows['change']:.3f} of the image's standard deviation; after each stage")
            for way, values in rows["ways"].items():
                changed = ", ".join(f"{value:.3f}" for value in values["change"])
                aliased = ", ".join(f"{value:.3f}" for value in values["aliased"])
                print(f"  {way}: {changed}; aliased of the changed image: {aliased}")
        pictures = {
            name: [image, changed, *(way(x) for way in ways.values() for x in (image, changed))]
            for name, changed in changes.items()
        }
        titles = ["image", "changed", *(f"{title}, {way}" for way in ways for title in ("image", "changed"))]
        plots.save_images_and_spectra(pictures, titles, out)
        with files.replacing(out.with_suffix(".json")) as temporary:
            temporary.write_text(json.dumps({"settings": given, **found}, indent=1) + "\n", encoding="utf-8")
    print(f"Picture: {out}, numbers: {out.with_suffix('.json')}")


def compared(
    image: np.ndarray, changed: np.ndarray, ways: Mapping[str, Callable[[np.ndarray], np.ndarray]]
) -> dict[str, Any]:
    """How large a change of an image is, and after each of up to `STAGES` stages of each way down; what is aliased there.

    Args:
        image: Grey, `[height, width]`.
        changed: The same, changed.
        ways: What makes an image half as large, by name.
    """
    from tfnss.analysis import aliased_share, relative_difference

    found: dict[str, Any] = {"change": relative_difference(changed, image), "ways": {}}
    for name, way in ways.items():
        values: dict[str, list[float]] = {"change": [], "aliased": []}
        small, other = image, changed
        while len(values["change"]) < STAGES and min(small.shape) >= 8 and not any(side % 2 for side in small.shape):
            values["aliased"].append(aliased_share(other, way))
            small, other = way(small), way(other)
            values["change"].append(relative_difference(other, small))
        found["ways"][name] = values
    return found


def _image(given: Mapping[str, Any]) -> np.ndarray:
    """The grey image, in [-1, 1]."""
    from tfnss.layers.spectrum import grey
    from tfnss.uint8 import from_uint8

    images = tfnss.data.load(given["data"], given["resolution"], batch_size=1, download=given["download"])
    if given["image"] >= len(images):
        raise ValueError(
            f"--image must lie in [0, {len(images)}): {images.name} has no more. Received: {given['image']}"
        )
    pixels = images.take([given["image"]])
    return np.asarray(grey(from_uint8(pixels) if pixels.dtype == np.uint8 else pixels), np.float64)[0]


def _changes(image: np.ndarray, given: Mapping[str, Any]) -> dict[str, np.ndarray]:
    from tfnss.analysis import boosted, sharpened

    return {"sharpened": sharpened(image), f"high frequencies x {given['factor']:g}": boosted(image, given["factor"])}


def _ways(given: Mapping[str, Any]) -> dict[str, Callable[[np.ndarray], np.ndarray]]:
    from tfnss.analysis import blurred_and_pooled, pooled

    return {"blur + pooling": lambda image: blurred_and_pooled(image, given["blur"]), "pooling": pooled}


def _check(given: Mapping[str, Any]) -> Path:
    check_range(given, "image")
    check_range(given, "resolution", 8, below=2**14)
    for name in ("blur", "factor"):
        check_range(given, name, below=2**10)
    if given["resolution"] % 2:
        raise ValueError(f"--resolution must be even. Received: {given['resolution']}")
    out = expanded(given["out"])
    if out.suffix.lower() not in (".png", ".pdf", ".svg"):
        raise ValueError(f"--out must name a picture (.png .pdf .svg). Received: {out}")
    files.check_folder(out.parent, f"--out {out}")
    return out


def _parser() -> Parser:
    parser = Parser(prog=PROGRAM, description=SUMMARY)
    flag = parser.add_argument
    flag("--data", metavar="DIR", help="data set by name, or a folder of images (default: photos)")
    flag("--image", type=int, metavar="N", help="number of the image in it, from 0 (default: 0)")
    flag("--resolution", type=int, metavar="PIXELS", help="height and width of the image in pixels (default: 256)")
    flag("--blur", type=float, metavar="STDDEV", help="width of the Gaussian blur in pixels (default: 1)")
    flag("--factor", type=float, help="of the amplitudes above the new Nyquist frequency (default: 4)")
    flag(
        "--out",
        metavar="FILE",
        help="picture to draw, .png .pdf .svg; numbers go to the .json file of its name (default: ssd_downsampling.png)",
    )
    flag("--download", action="store_true", help="let TensorFlow Datasets download the data set if it is not on disk")
    return parser


if __name__ == "__main__":
    main()
