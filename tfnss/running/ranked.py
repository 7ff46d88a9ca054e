"""Images that a ranking chooses for records, of more than are wanted, and the file that tells how: `ranking.json`.

It holds the `settings` of the ranking, all `images` (number, name and score of each) from the highest on, of which the first
`settings["kept"]` are chosen, and those that were `skipped`, with reasons.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.progress import track

from tfnss.data import Preparation, checked, pixels
from tfnss.data.chosen import Chosen
from tfnss.data.mapping import mapped
from tfnss.data.records import RANKING
from tfnss.data.sources import Original, Originals
from tfnss.metrics import manifold_ranking
from tfnss.metrics.ranking import ALPHA, DIMENSIONS, NEIGHBOURS

if TYPE_CHECKING:
    from tfnss.metrics.networks import FeatureNetwork

_BATCH = 64


def ranked(
    images: Originals,
    folder: Path,
    preparation: Preparation,
    kept: int,
    network: "FeatureNetwork",
    queries: Originals | None = None,
    progress: bool = False,
) -> Chosen:
    """The images that rank highest under `manifold_ranking`; its `ranking.json` is written, or read if it is there.

    Args:
        images: All images.
        folder: Where `ranking.json` is.
        preparation: How images are cropped and resized for the network, and for records.
        kept: How many to choose.
        network: Gives the activations.
        queries: Images like those that are wanted; None for a density ranking, which keeps typical images.
        progress: Whether to show progress lines.

    Raises:
        ValueError: For fewer images that can be used than are to be kept, queries that cannot be used, or a `ranking.json`
            of other settings or damaged.
    """
    settings = {
        "source": images.name,
        "fingerprint": images.fingerprint,
        "kept": kept,
        "ranking": "density" if queries is None else "by queries",
        "queries": None if queries is None else queries.fingerprint,
        "network": network.key,
        "resolution": preparation.resolution,
        "crop": preparation.crop,
        "filter": preparation.filter,
        "neighbours": NEIGHBOURS,
        "alpha": ALPHA,
        "dimensions": DIMENSIONS,
    }
    path = folder / RANKING
    ranking = (
        _read(path, settings) if path.exists() else _rank(images, settings, preparation, network, queries, progress)
    )
    if not path.exists():
        checked.write(path, ranking)
    return Chosen(images, np.array([number for number, _, _ in ranking["images"][:kept]]))


def _read(path: Path, settings: dict[str, Any]) -> dict[str, Any]:
    try:
        ranking = checked.read(path)
        begun = ranking["settings"]
        other = [name for name in settings if name != "source" and begun[name] != settings[name]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is damaged ({error}): remove it to rank again") from None
    if other:
        differences = ", ".join(f"{name}={begun[name]}" for name in other)
        raise ValueError(
            f"{path} is of another ranking ({differences}): repeat that, name another folder, or remove it"
        )
    return ranking


def _rank(
    images: Originals,
    settings: dict[str, Any],
    preparation: Preparation,
    network: "FeatureNetwork",
    queries: Originals | None,
    progress: bool,
) -> dict[str, Any]:
    numbers, names, activations, skipped = _activations(images, preparation, network, "activations", progress)
    if len(numbers) < max(2, settings["kept"]):
        raise ValueError(f"{images.name} has {len(numbers)} images to rank, and {settings['kept']} are to be kept")
    wanted = None
    if queries is not None:
        *_, wanted, bad = _activations(queries, preparation, network, "queries", progress)
        if bad or not len(wanted):
            raise ValueError(f"{queries.name} is no folder of queries: {' '.join(bad[0]) if bad else 'it is empty'}")
    scores = manifold_ranking(activations, wanted, progress=progress)
    order = np.argsort(-scores, kind="stable")
    return {
        "settings": settings,
        "images": [[numbers[i], names[i], float(scores[i])] for i in order],
        "skipped": skipped,
    }


def _activations(
    images: Originals, preparation: Preparation, network: "FeatureNetwork", task: str, progress: bool
) -> tuple[list[int], list[str], np.ndarray, list[list[str]]]:
    """Numbers, names and activations of the images that can be used, and names and reasons of the others."""
    numbers, names, skipped = [], [], []
    found: list[np.ndarray] = []
    waiting: list[np.ndarray] = []

    def flush() -> None:
        if waiting:
            found.append(np.asarray(network(np.stack(waiting)).activations, np.float32))
            waiting.clear()

    every = track(_shown(images, preparation), task, len(images), disable=not progress)
    for number, (name, image, reason) in enumerate(every):
        if image is None:
            skipped.append([name, reason])
            continue
        numbers.append(number)
        names.append(name)
        waiting.append(image)
        if len(waiting) == _BATCH:
            flush()
    flush()
    return numbers, names, np.concatenate(found) if found else np.empty((0, 1), np.float32), skipped


def _shown(images: Originals, preparation: Preparation) -> Iterator[tuple[str, np.ndarray | None, str]]:
    """What the network is shown of each image, in RGB; or why it cannot be."""
    background = preparation.background or ("black" if preparation.channels == 4 else None)

    def shown(original: Original) -> tuple[str, np.ndarray | None, str]:
        try:
            with original.opening as image:
                colours = pixels.converted(image, 3, background, original.name)
                square = pixels.squeezed(colours, preparation.resolution, preparation.crop, preparation.filter)
                return original.name, np.asarray(square), ""
        except pixels.ImageError as error:
            return original.name, None, error.reason

    with pixels.own_limits(), ThreadPoolExecutor() as pool:
        yield from mapped(pool, shown, images.between(0, len(images)))
