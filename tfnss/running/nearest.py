"""A picture of a run's samples beside the real images nearest to them, and a file of how near those are."""

import functools
import json
import math
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

import tfnss
from tfnss import files, plots
from tfnss.analysis import nearest_images
from tfnss.analysis.nearest import MOST_IMAGES
from tfnss.metrics.networks import Embedded
from tfnss.processes import quoted
from tfnss.running.file_names import HISTORY, NEAREST, SAVED_MODEL
from tfnss.running.stored import exported_model, read_settings
from tfnss.serving import drawing, read_card
from tfnss.training.callbacks import read_history

SAMPLES = 16
PAIRS = 4  # in a row


def draw_nearest(run_dir: Path, images: tfnss.data.Images, picture: Path | None = None) -> None:
    """Draws a run's samples of the seeds 0 to 15, as `tfnss generate` does, each beside the real image nearest to it.

    Real images are searched that the run's seed chooses: at most 10,000, and no more than the run has seen, so that a short
    run stays short.

    Args:
        run_dir: Folder of the run.
        images: The real images.
        picture: PNG file to write; by default `nearest.png` in the run. A JSON file of the same name tells of it.

    Raises:
        ValueError: For a run without a model, or images that cannot be used.
        OSError: For files that the machine does not give or take.
    """
    model = drawing.Model(exported_model(run_dir))
    samples = np.stack(list(drawing.samples(range(SAMPLES)).images(model)))
    kimg = _kimg(run_dir)
    seed = read_settings(run_dir)["settings"]["seed"]
    most = min(MOST_IMAGES, max(2, round(1000 * kimg)))
    draw_pairs(samples, images, picture or run_dir / NEAREST, most, seed, kimg=kimg)


def _kimg(run_dir: Path) -> float:
    """Of the model that is drawn: the exported one may be of the best checkpoint."""
    last = (read_history(run_dir / HISTORY) or [{"kimg": 0.0}])[-1]["kimg"]
    card = read_card(run_dir / SAVED_MODEL)
    seen = card.get("images_seen") if "best" in card else None
    return min(last, seen / 1000) if isinstance(seen, int) else last


def try_nearest(run_dir: Path, images: tfnss.data.Images) -> None:
    """The same at the end of a run, which must not fail for it: warns where there is no picture to be had."""
    try:
        draw_nearest(run_dir, images)
    except (OSError, ValueError, MemoryError, tf.errors.OpError) as error:
        warnings.warn(
            f"{NEAREST} was not drawn ({error}); `tfnss evaluate {quoted(run_dir)} --nearest` draws it", stacklevel=2
        )


def draw_pairs(
    samples: np.ndarray, images: tfnss.data.Images, picture: Path, most: int = MOST_IMAGES, seed: int = 0, **more: Any
) -> None:
    """Draws samples, each beside the real image nearest to it, and writes what is told of them, with `more` of that."""
    found = nearest_images(samples, images, _network(), most, seed, progress=sys.stdout.isatty())
    about = {
        "distances": found.distances.tolist(),
        "indices": found.indices.tolist(),
        "real_distance": None if math.isnan(found.real_distance) else found.real_distance,
        "searched": found.searched,
        "reals": images.name,
        "real_images": len(images),
        "seed": seed,
        **more,
    }
    pairs = np.stack([samples, found.images], axis=1).reshape(-1, *samples.shape[1:])
    files.remove(_about(picture))  # first, so that a kill leaves no picture under the words for another
    plots.save_png(plots.grid(pairs, 2 * PAIRS), picture)
    with files.replacing(_about(picture)) as temporary:
        temporary.write_text(json.dumps(about) + "\n", encoding="utf-8")


def read_nearest(picture: Path) -> dict[str, Any] | None:
    """What is told of a picture; None if there is none.

    Raises:
        ValueError: For a damaged file. The message names it.
    """
    about = _about(picture)
    if not (about.is_file() and picture.is_file()):
        return None
    try:
        told = json.loads(about.read_text(encoding="utf-8"))
        real = told["real_distance"]
        return told | {
            "distances": [float(distance) for distance in told["distances"]],
            "real_distance": math.nan if real is None else float(real),
            **{name: int(told[name]) for name in ("searched", "real_images", "seed")},
            "reals": str(told["reals"]),
            "kimg": float(told.get("kimg", 0)),
        }
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{about} is damaged ({error})") from error


@functools.cache
def _network() -> Embedded:
    return Embedded()


def _about(picture: Path) -> Path:
    return picture.with_suffix(".json")
