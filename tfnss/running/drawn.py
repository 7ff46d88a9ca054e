"""The model that pictures and films are drawn of, and the flags about it."""

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfnss.files import expanded
from tfnss.running.file_names import SETTINGS
from tfnss.running.hub import located

if TYPE_CHECKING:
    from tfnss.analysis import Directions
    from tfnss.serving import Exported
    from tfnss.serving.drawing import Model
    from tfnss.serving.exported import Code

MAX_SEED = 2**31
TARGET = (
    "folder of a run, an exported model (a SavedModel, or a file FILE.keras), a run of the Hub (hf://USER/NAME), or a "
    "pickle of StyleGAN2"
)
DEFAULTS: dict[str, Any] = {"class": None, "truncation": None, "noise_seed": 0, "directions": "pca"}
_LISTED = 10  # names of classes in an error
_STYLES, _BATCH = 100_000, 1000  # of the principal components, as `tfnss analyse stylegan2_directions` takes them


def add_flags(flag: Callable[..., Any]) -> None:
    """Adds the flags about the model."""
    flag(
        "--truncation",
        type=float,
        metavar="PSI",
        help="1 for none, 0 for the average, of its class where there are classes; models with styles (default: 1)",
    )
    flag("--noise-seed", type=int, metavar="SEED", help="seed of the noise; models with styles (default: 0)")
    flag(
        "--class",
        action="append",
        metavar="CLASS",
        help="class of all images, a name or a number; given several times, they are taken in turn (default: all in turn)",
    )
    flag(
        "--styles",
        metavar="FILE",
        help="pictures that `tfnss project` found (its styles.npz), in place of seeds; with their noise, unless the model "
        "is an exported one or --noise-seed is given",
    )


def add_direction_flags(flag: Callable[..., Any]) -> None:
    """Adds the flags about directions."""
    flag("--direction", type=int, metavar="K", help="move along direction K of the styles, 0 for the strongest")
    flag(
        "--directions",
        metavar="pca|sefa|FILE",
        help="where directions come from: the principal components of the styles; the weights of the layers, of a run or a "
        "pickle; or a file of `tfnss analyse stylegan2_directions` (default: pca)",
    )


def check(given: Mapping[str, Any]) -> None:
    """Raises a ValueError for values of these flags that no model takes."""
    if given["truncation"] is not None and not math.isfinite(given["truncation"]):
        raise ValueError(f"--truncation must be finite. Received: {given['truncation']}")
    if not 0 <= given["noise_seed"] < MAX_SEED:
        raise ValueError(f"--noise-seed must lie in [0, 2**31). Received: {given['noise_seed']}")
    if "styles" in given and given["class"] is not None:
        raise ValueError("--class is of seeds, not of pictures: leave out --class or --styles")


def opened(given: Mapping[str, Any], of_styles: str, needs_styles: bool) -> "Exported":
    """The model at `target`, which the flags fit.

    Args:
        given: The flags.
        of_styles: Those that need styles, as an error lists them.
        needs_styles: Whether one of them is given.

    Raises:
        ValueError: For no model, or one that the flags do not fit.
    """
    target = given["target"]
    network = "styles" in given or (given.get("direction") is not None and given["directions"] == "sefa")
    model = _opened(located(target), network)
    if not model.slots and (needs_styles or "styles" in given or given["truncation"] is not None):
        raise ValueError(f"{target} has no styles, which {of_styles} need (as models.StyleGAN2 has)")
    if "layers" in given and given["layers"].stop > model.slots:
        last = given["layers"].stop - 1
        raise ValueError(f"--layers must lie in 0 to {model.slots - 1} for this model. Received: up to {last}")
    return model


def with_flags(model: "Exported", given: Mapping[str, Any], noise_given: bool) -> "Model":
    """The model as the flags say that it is to be drawn.

    Raises:
        ValueError: For classes that it has not, and styles that do not fit it.
    """
    from tfnss.serving import drawing

    found = pictures(model, given, noise_given) if "styles" in given else {}
    labels = None if found else classes(model, given)
    return drawing.Model(model, labels, given["truncation"], given["noise_seed"], given.get("layers"), found)


def stepping(model: "Exported", given: Mapping[str, Any], progress: bool) -> "Callable[[Code, float], Code]":
    """What moves a code along the direction of the flags `direction`, `directions` and `layers`.

    Raises:
        ValueError: For a direction that there is not, or directions that do not fit the model.
    """
    return steps(model, given, directions(model, given, progress))


def steps(model: "Exported", given: Mapping[str, Any], found: "Directions") -> "Callable[[Code, float], Code]":
    """The same along one of the directions that were found: that of the flag `direction`."""
    from tfnss.analysis import along

    index = given["direction"]
    code = model.code(0, None if model.classes is not None else 0)
    try:
        along(code.point, found, index, 1.0)
    except ValueError as error:
        raise ValueError(f"--direction {index}, --directions {given['directions']}: {error}") from error
    return lambda code, amount: code._replace(point=along(code.point, found, index, amount))


def _opened(target: Path, network: bool) -> "Exported":
    """The exported model at a path, or of a run or a file there; with `network`, a run's or file's own network."""
    from tfnss.running.stored import check_single, class_names, exported_model, load_run
    from tfnss.serving import exported, load

    if (target / SETTINGS).exists():
        if not network:
            return exported_model(target)
        check_single(target)
        return exported.of(load_run(target).generator_ema, class_names(target))
    if target.is_file():
        from tfnss.running.analysis.model import opened, place_of

        (model,) = opened([place_of(target)])
        return exported.of(model.generator, class_names(model.place.run) if model.place.run is not None else None)
    if not (target / "saved_model.pb").is_file():
        raise ValueError(f"{target} is neither the folder of a run nor of an exported model")
    return load(target)


def pictures(model: "Exported", given: Mapping[str, Any], noise_given: bool) -> "dict[str, Code]":
    """The codes of the pictures of the flag `styles`, by name; with their own noise, unless a seed's is asked for.

    Raises:
        ValueError: For styles that do not fit the model.
    """
    from tfnss.analysis import load_styles
    from tfnss.serving.exported import Code

    path = expanded(given["styles"])
    found = load_styles(path)
    expected = model.code(0, 0).point.shape[1:]
    if found.styles.shape[1:] != expected:
        raise ValueError(
            f"{path} holds styles {list(found.styles.shape[1:])}, and {given['target']} takes {list(expected)}: they are of "
            "another model"
        )
    own = model.generator is not None and not noise_given and found.noise
    codes = {
        name: Code(
            found.styles[index : index + 1], 0, [maps[index : index + 1] for maps in found.noise] if own else None
        )
        for index, name in enumerate(found.names)
    }
    try:
        model.image(next(iter(codes.values())))
    except ValueError as error:
        raise ValueError(f"{path} does not fit {given['target']}: {error}") from error
    return codes


def directions(model: "Exported", given: Mapping[str, Any], progress: bool) -> "Directions":
    """The directions of the flags `directions` and `layers`.

    Raises:
        ValueError: For a file that holds none, and for those of weights that nobody can see.
    """
    from rich.progress import track

    from tfnss.analysis import load_directions, pca_of_styles, sefa_directions

    source, layers = given["directions"], given.get("layers")
    if source == "sefa":
        if model.generator is None:
            raise ValueError(
                f"{given['target']} is an exported model, whose weights nobody can see: name its run for --directions sefa"
            )
        return sefa_directions(model.generator, layers)
    if source == "pca":
        starts = track(range(0, _STYLES, _BATCH), "principal components", disable=not progress)
        return pca_of_styles((model.styles(_BATCH, start)[:, 0] for start in starts), model.slots, layers)
    found = load_directions(expanded(source))
    return found if layers is None else found._replace(layers=tuple(layers))


def classes(model: "Exported", given: Mapping[str, Any]) -> list[int] | None:
    """The numbers of the classes of the flag `class`; None for all.

    Raises:
        ValueError: For classes that it has not, and for none where it does not tell how many it has.
    """
    if given["class"] is None and model.classes is None:
        raise ValueError(f"{given['target']} does not tell its number of classes: choose one with --class N")
    if given["class"] is None:
        return None
    numbers = [model.class_number(text) for text in given["class"]]
    for number, text in zip(numbers, given["class"], strict=True):
        if number is None:
            raise ValueError(f"{given['target']} has {_known(model)}. Received: --class {text}")
    return [number for number in numbers if number is not None]


def _known(model: "Exported") -> str:
    """The classes that there are, in words."""
    if model.classes == 0:
        return "no classes"
    if model.classes is None:
        return "classes without names: choose a number from 0 on"
    names, more = model.class_names[:_LISTED], len(model.class_names) - _LISTED
    listed = f" ({', '.join(names)}{f' and {more} more' if more > 0 else ''})" if names else ""
    return f"classes 0 to {model.classes - 1}{listed}"
