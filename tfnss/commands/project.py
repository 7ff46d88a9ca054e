"""`tfnss project`: projects pictures into W: the styles and the noise with which a run's generator comes nearest to them.

    tfnss project runs/00000-stylegan2_photos64 face.png --out out
    tfnss project ffhq.pkl ~/faces/*.jpg --vgg16 vgg16.h5 --out out

The generator is that of a run's checkpoint, or of an official pickle of StyleGAN2. An exported model will not do: no
gradients come through its 8-bit images.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tfnss import files
from tfnss.console import Parser, check_range, parser_of, reporting, start_tensorflow
from tfnss.data import pixels
from tfnss.files import expanded
from tfnss.running.analysis.distance import DISTANCES, check_distance, distance_of
from tfnss.running.file_names import SETTINGS
from tfnss.running.hub import called, located

if TYPE_CHECKING:
    from tfnss.analysis import Projection

PROGRAM = "tfnss project"
SUMMARY = "Find the styles and the noise of given images."
_DEFAULTS: dict[str, Any] = {
    "steps": 1000,
    "space": "w",
    "distance": "lpips",
    "background": None,
    "batch_size": 4,
    "seed": 0,
    "overwrite": False,
}
SPACES = ("w", "w+")  # as `tfnss.analysis.project` calls them
_PICTURE, _STYLES, _SINGLES = "projections.png", "styles.npz", "images"


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line; ends with status 2 and one line on bad input."""
    given = _DEFAULTS | vars(parser_of(PROGRAM, SUMMARY, add_flags).parse_args(arguments))
    with reporting(PROGRAM, ValueError, OSError):
        _check(given)
        places = _places(given["images"])
        start_tensorflow()
        import tensorflow as tf

        with reporting(PROGRAM, tf.errors.OpError):
            _project(given, places, expanded(given["out"]))


def _project(given: dict[str, Any], places: dict[str, Path], out: Path) -> None:
    from tfnss.analysis import project
    from tfnss.generators import image_shape

    files.check_folder(out, f"--out {out}")
    if not given["overwrite"]:
        files.check_new(out, [*(f"{_SINGLES}/{name}.png" for name in places), _STYLES, _PICTURE])
    generator = _generator(located(given["target"]))
    _, height, width, channels = image_shape(generator)
    targets = np.stack([_read(place, (height, width), channels, given["background"]) for place in places.values()])
    distance = distance_of(given)
    options = {name: given[name] for name in ("steps", "seed", "space", "batch_size")}
    projection = project(generator, targets, distance, **options, progress=True)
    _save(projection, targets, list(places), out)
    for name, distances in zip(places, projection.distances, strict=True):
        print(f"{name}: {given['distance']} {distances[0]:.4g} at the start, {distances[-1]:.4g} at the end")
    print(f"{_PICTURE} and {_STYLES} are in {out}, and {len(places)} images in {out / _SINGLES}")


def add_flags(parser: Parser) -> None:
    """Adds the flags of this command."""
    flag = parser.add_argument
    flag(
        "target",
        metavar="RUN_OR_PICKLE",
        help="folder of a run, a run of the Hub (hf://USER/NAME), or an official pickle of StyleGAN2",
    )
    flag(
        "images",
        metavar="IMAGE",
        nargs="+",
        help="image files; their centres, of the shape of the model's images, are brought to its size",
    )
    flag("--out", metavar="DIR", required=True, help="folder that gets the PNG files and the styles")
    flag("--steps", type=int, metavar="N", help="steps of the search (default: 1000)")
    flag("--space", choices=SPACES, help="one style for an image, or one for each layer (default: w)")
    flag("--distance", choices=DISTANCES, help="what is made small; lpips needs VGG16 (default: lpips)")
    flag("--vgg16", metavar="FILE", help="Keras weights of VGG16, instead of Keras' download")
    flag("--background", metavar="COLOUR", help="colour to lay transparent images on (default: they are refused)")
    flag("--batch-size", type=int, metavar="IMAGES", help="images at a time (default: 4)")
    flag("--seed", type=int, help="seed of the search (default: 0)")
    flag("--overwrite", action="store_true", help="replace files of the same names")


def _check(given: dict[str, Any]) -> None:
    for name in ("steps", "batch_size"):
        check_range(given, name, 1)
    check_range(given, "seed", below=2**31)
    check_distance(given)


def _places(images: Sequence[str]) -> dict[str, Path]:
    """The image files by the names that their projections get."""
    places: dict[str, Path] = {}
    taken: dict[str, Path] = {}
    for place in (expanded(image) for image in images):
        if not place.is_file():
            raise ValueError(f"{place} is not a file: name image files")
        other = taken.setdefault(place.stem.casefold(), place)  # as in file systems that take A and a for one
        if other is not place:
            raise ValueError(f"{other} and {place} would both become {place.stem}.png: rename one of them")
        places[place.stem] = place
    return places


def _generator(target: Path) -> Any:
    from tfnss.generators import has_styles
    from tfnss.running.stored import check_single, load_run, official_networks

    if (target / SETTINGS).exists():
        check_single(target)
        generator = load_run(target).generator_ema
    elif (target / "saved_model.pb").exists():
        raise ValueError(f"{target} is an exported model, which gives no gradients: name the run that it came from")
    elif target.is_file():
        generator, _ = official_networks(target)
    else:
        raise ValueError(f"{target} is neither the folder of a run nor a pickle of StyleGAN2")
    if not has_styles(generator):
        raise ValueError(f"{called(target)} has no styles, which a projection needs (as models.StyleGAN2 has)")
    return generator


def _read(place: Path, size: Any, channels: Any, background: str | None) -> np.ndarray:
    """An image cropped to its centre and resized to (height, width), uint8 `[height, width, channels]`."""
    pixels.check_colours(channels, background)
    with pixels.own_limits(), pixels.opened(lambda: place.open("rb"), str(place)) as image:
        return pixels.squeezed(pixels.converted(image, channels, background, str(place)), size)


def _save(projection: "Projection", targets: np.ndarray, names: Sequence[str], out: Path) -> None:
    from tfnss import plots
    from tfnss.analysis import save_styles

    for name, image in zip(names, projection.images, strict=True):
        plots.save_png(image, out / _SINGLES / f"{name}.png")
    save_styles(out / _STYLES, names, projection.styles, projection.noise, distances=projection.distances)
    pairs = np.stack([targets, projection.images], axis=1).reshape(-1, *targets.shape[1:])
    columns = 2 * int(np.ceil(np.sqrt(len(names) / 2)))
    plots.save_png(plots.grid(pairs, columns), out / _PICTURE)
