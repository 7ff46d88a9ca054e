"""Projection with and without the regulariser of noise (StyleGAN2, figure 18).

    tfnss analyse stylegan2_projection_noise runs/00000-stylegan2_photos64 --image face.png

Without it the search writes the image into the noise, which is then no noise any more: neighbouring values of its maps
are alike.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from tfnss import analysis
from tfnss.console import check_range
from tfnss.running.analysis.command_line import main_of
from tfnss.running.analysis.declaration import Analysis, Found
from tfnss.running.analysis.distance import OPTIONS, check_distance, distance_of
from tfnss.running.analysis.model import Model
from tfnss.running.analysis.work import Work
from tfnss.running.option import Option

_BLACK = 3.0  # deviations of noise that are drawn black, and white


def _check(given: Mapping[str, Any]) -> None:
    check_distance(given)
    check_range(given, "steps", 1, below=2**31)
    if not 0 <= given["noise_weight"] < float("inf"):
        raise ValueError(f"--noise-weight must be finite and at least 0. Received: {given['noise_weight']}")


def _analyse(models: Sequence[Model], given: Mapping[str, Any], work: Work) -> Found:
    from tfnss import panels

    distance = distance_of(given)
    weights = {"off": 0.0, "on": given["noise_weight"]}
    units = [(index, state) for index in range(len(models)) for state in weights]
    found = {}
    for index, state in work.track(units, "projecting"):
        target = _target(models[index], given)
        seed = (given["seed"] + 1) % 2**31  # not that of a generated image, whose noise the search would begin with
        search = partial(
            analysis.project,
            models[index].generator,
            target,
            distance,
            given["steps"],
            seed,
            noise_weight=weights[state],
        )
        found[index, state] = work.kept(f"model{index}-{state}", partial(_arrays, target, search))
    numbers: dict[str, Any] = {}
    told, rows = [], {}
    for (index, state), kept in found.items():
        maps = [kept[f"noise{place}"] for place in range(sum(key.startswith("noise") for key in kept))]
        correlations = np.array([analysis.neighbour_correlations(each)[0] for each in maps])
        name = f"{models[index].name}, regulariser {state}"
        numbers[name] = {
            "distance": kept["distances"][0, -1],
            "sizes": [each.shape[1] for each in maps],
            "autocorrelations": correlations,
        }
        drawn = _two_sizes(maps)
        told.append(
            f"{name}: {given['distance']} {kept['distances'][0, -1]:.4g}; autocorrelation along x and y "
            + ", ".join(
                f"{correlations[i][0]:+.3f} {correlations[i][1]:+.3f} at {maps[i].shape[1]}x{maps[i].shape[2]}"
                for i in drawn
            )
        )
        images = [kept["target"][0], kept["images"][0], *(_grey(maps[i][0], kept["images"].shape[1:]) for i in drawn)]
        rows[f"{name}: the image, its projection, noise of two sizes"] = np.stack(images)
    return Found(numbers=numbers, told=told, draw=partial(panels.save_composed, {}, rows))


def _target(model: Model, given: Mapping[str, Any]) -> np.ndarray:
    """uint8 `[1, height, width, channels]`: the file's, else one that the model generates."""
    if given["image"] is None:
        return model.images(1, given["seed"])
    from tfnss.data import pixels
    from tfnss.files import expanded

    place, (*size, channels) = expanded(given["image"]), model.image_shape
    if not place.is_file():
        raise ValueError(f"{place} is not a file: name an image file with --image")
    with pixels.own_limits(), pixels.opened(lambda: place.open("rb"), str(place)) as image:
        background = model.settings.get("background")
        return pixels.squeezed(pixels.converted(image, channels, background, str(place)), size)[np.newaxis]


def _arrays(target: np.ndarray, search: Any) -> dict[str, np.ndarray]:
    projection = search()
    noise = {f"noise{index}": each for index, each in enumerate(projection.noise)}
    return {"target": target, "images": projection.images, "distances": projection.distances, **noise}


def _two_sizes(maps: Sequence[np.ndarray]) -> list[int]:
    """Places of the last map, and of the last of a quarter of its side, or as small as there is."""
    last = len(maps) - 1
    wanted = max(maps[last].shape[1] // 4, min(each.shape[1] for each in maps))
    return [max(i for i, each in enumerate(maps) if each.shape[1] <= wanted), last]


def _grey(noise: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """A noise map `[height, width, channels]` as a grey image of a shape: 3 deviations are black and white."""
    grey = np.clip((noise.mean(axis=-1) / _BLACK + 1) * 127.5, 0, 255).round().astype(np.uint8)
    grey = grey.repeat(shape[0] // grey.shape[0], axis=0).repeat(shape[1] // grey.shape[1], axis=1)
    image = np.repeat(grey[..., np.newaxis], shape[2], axis=-1)
    if shape[2] == 4:
        image[..., 3] = 255
    return image


ANALYSIS = Analysis(
    name="stylegan2_projection_noise",
    summary="Project an image with and without the regulariser of noise (StyleGAN2, figure 18).",
    analyse=_analyse,
    origin="StyleGAN2",
    picture="projection_noise",
    options=(
        Option("image", str, "image file to project", worked_out="one that the model generates", metavar="FILE"),
        Option("steps", int, "steps of a projection", 1000, metavar="N"),
        Option("noise_weight", float, "weight of the regulariser where it is on", 1e5, metavar="WEIGHT"),
        *OPTIONS,
    ),
    needs=("styles", "noise"),
    check=_check,
    smoke={"steps": 2, "distance": "pixels"},
    remarks=("Where the regulariser is off, noise maps still have mean 0 and variance 1.",),
)

if __name__ == "__main__":
    main_of(ANALYSIS.name)
