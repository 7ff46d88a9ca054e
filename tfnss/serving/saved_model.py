"""Generators as SavedModels that TensorFlow loads without tfnss."""

import json
import os
from pathlib import Path
from typing import Any

import keras

from tfnss import files
from tfnss.layers import plain_gradients
from tfnss.serving.card import CARD, complete_card, description
from tfnss.serving.signatures import signatures


def export(generator: keras.Model, filepath: str | os.PathLike, card: dict[str, Any] | None = None) -> None:
    """Writes `generator` to the folder `filepath`, whole or not at all.

    Signatures, with the one output `images`, uint8 `[count, height, width, channels]`:

    - `serving_default(latents)`: float32 `[count, latent_dim]`. Noise, where the generator draws any, is that of seed 0.
    - `sample(count, seed)`: int32 scalars; the same images as `GAN.generate(count, seed=seed, batch_size=count)`.

    For a generator with styles (the attributes `mapping`, `synthesis` and `styles`) also:

    - `generate(latents, truncation, noise_seed)`: float32 scalar and int32 scalar.
    - `map(latents, truncation)`, with the output `styles`, float32 `[count, slots, style_dim]`.
    - `synthesize(styles, noise_seed)`.

    For a conditional generator every signature that takes latents takes `labels` too, int32 `[count]`; `sample` gives the
    classes in turn.

    The folder also gets a `model_card.json`: `name`, `resolution` ([height, width] in pixels), `channels`, `latent_dim`,
    `classes` (0 for none), `signatures` (what each does, its inputs and outputs) and `versions`.

    Args:
        generator: The model.
        filepath: Folder to write; a SavedModel that is there is replaced.
        card: More entries of the card, of JSON's values: its `name`, settings, metrics.

    Raises:
        ValueError: If there is something at `filepath` that is neither a SavedModel nor an empty folder, or for a `card`
            that is no JSON.
    """
    place = Path(filepath)
    if place.exists() and not (place.is_dir() and (not any(place.iterdir()) or (place / "saved_model.pb").exists())):
        raise ValueError(f"{place} holds something other than a SavedModel; export to another folder")
    try:
        json.dumps(card, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ValueError(f"`card` must hold JSON's values alone ({error})") from error
    archive = keras.export.ExportArchive()
    archive.track(generator)
    functions = signatures(generator)
    with plain_gradients(), files.replacing(filepath) as path:  # both traces: here, and while they are written
        descriptions = {name: description(function) for name, function in functions.items()}
        for name, function in functions.items():
            archive.add_endpoint(name, function)
        archive.write_out(path, verbose=False)
        (path / CARD).write_text(json.dumps(complete_card(generator, card or {}, descriptions), indent=2) + "\n")
