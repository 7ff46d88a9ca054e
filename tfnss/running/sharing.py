"""What a run is on the Hub: its files there, by name. Nothing in them tells where anything is on this machine."""

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tfnss import files, plots
from tfnss.generators import image_shape
from tfnss.metrics import results
from tfnss.running.file_names import BEST, CHECKPOINT, METRICS, SAVED_MODEL, SETTINGS
from tfnss.running.hub import called, is_remote
from tfnss.running.readme import readme
from tfnss.running.report import model_card
from tfnss.running.stored import check_single, check_trained, class_names, load_run, read_settings, recipe_of
from tfnss.serving import read_card
from tfnss.training.callbacks import read_best

README, SAMPLES = "README.md", "samples.png"
_SIDE, _MOST_COLUMNS = 2048, 8  # of the picture: pixels, and images in a row
_PLACES = ("data", "init", "fid_reference", "reals", "reference", "blend", "mean")  # what may be paths


def shared_files(
    run: Path, address: str, scratch: Path, license: str | None = None, checkpoint: Path | None = None
) -> dict[str, Path | bytes]:
    """The files of a run that go to the Hub, all of one moment.

    Args:
        run: Folder of the run.
        address: `hf://USER/NAME`, for the README.
        scratch: Folder that gets the checkpoint and the exported model, until they are sent.
        license: What the README says of the licence, an identifier of the Hub's such as `cc-by-4.0`.
        checkpoint: File of the weights; by default the best that the run has kept, else the newest.

    Returns:
        Their names there, and their content, or where they are.

    Raises:
        ValueError: For a folder without a trained run, or damaged files. The message names it.
    """
    check_single(run)
    best = read_best(run / BEST) if checkpoint is None else None
    if checkpoint is None and not best:
        check_trained(run)
    weights = scratch / CHECKPOINT
    gan = _loaded(run, checkpoint or (run / BEST if best else run / CHECKPOINT), weights)
    seen = int(gan.images_seen.numpy())
    if best and best["images_seen"] != seen:
        raise ValueError(f"{run} has just found a better checkpoint: push it again")
    saved = read_settings(run)
    records = [record for record in results.read(run / METRICS) if record.get("kimg", 0) <= seen / 1000]
    card = model_card(run, seen) | ({"best": best} if best else {})
    gan.export(scratch / SAVED_MODEL, card=_without_places(card))
    card, recipe = read_card(scratch / SAVED_MODEL), recipe_of(run)
    summary = recipe.summary if saved["settings"]["data"] == recipe.defaults["data"] else None  # it tells of its images
    exported = sorted(path for path in (scratch / SAVED_MODEL).rglob("*") if path.is_file())
    return {
        README: readme(card, address, SAMPLES, license, summary).encode(),
        SAMPLES: _samples(gan, class_names(run)),
        SETTINGS: (json.dumps(_without_places(saved), indent=2) + "\n").encode(),
        METRICS: "".join(json.dumps(_without_places(record)) + "\n" for record in records).encode(),
        CHECKPOINT: weights,
        **{path.relative_to(scratch).as_posix(): path for path in exported},
    }


def _loaded(run: Path, checkpoint: Path, kept: Path) -> Any:
    """The model of a checkpoint, which is kept first: a run in training replaces the file."""
    files.link(checkpoint, kept)
    try:
        return load_run(run, kept)
    except ValueError as error:
        raise ValueError(str(error).replace(str(kept), called(checkpoint))) from error


def _without_places(value: Any) -> Any:
    """What is told of a run, with the last part of each path for the whole."""
    if isinstance(value, Mapping):
        return {key: _name(each) if key in _PLACES else _without_places(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_without_places(each) for each in value]
    return value


def _name(value: Any) -> Any:
    if isinstance(value, list):
        return [_name(each) for each in value]
    return Path(value).name if isinstance(value, str) and not is_remote(value) else value


def _samples(gan: Any, names: list[str] | None) -> bytes:
    """A PNG of the images of the seeds from 0 on, as many as there is room for."""
    _, height, width, _ = image_shape(gan.generator_ema)
    columns, rows = (int(np.clip(_SIDE // (side or _SIDE), 1, _MOST_COLUMNS)) for side in (width, height))
    images = gan.generate(seeds=range(columns * rows))
    captions = [names[seed % len(names)] for seed in range(len(images))] if names else None
    grid = plots.grid(images, columns, captions)
    content = io.BytesIO()
    Image.fromarray(grid.squeeze(-1) if grid.shape[-1] == 1 else grid).save(content, "png")
    return content.getvalue()
