"""Generators as SavedModels that TensorFlow loads without tfnss."""

import os
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from tfnss import files
from tfnss.images import to_uint8
from tfnss.random.stateless import sampling_latents


def export(generator: keras.Model, filepath: str | os.PathLike) -> None:
    """Writes `generator` to the folder `filepath`, whole or not at all.

    Signatures, each with the one output `images`, uint8 `[count, height, width, channels]`:

    - `serving_default(latents)`: float32 `[count, latent_dim]`.
    - `sample(count, seed)`: int32 scalars; the same images as `GAN.generate(count, seed=seed)`.

    Raises:
        ValueError: If there is something at `filepath` that is neither a SavedModel nor an empty folder.
    """
    place = Path(filepath)
    if place.exists() and not (place.is_dir() and (not any(place.iterdir()) or (place / "saved_model.pb").exists())):
        raise ValueError(f"{place} holds something other than a SavedModel; export to another folder")
    latent_dim = generator.input_shape[-1]

    def images(latents: Any) -> dict[str, Any]:
        return {"images": to_uint8(generator(latents, training=False))}

    def sample(count: Any, seed: Any) -> dict[str, Any]:
        return images(sampling_latents(count, latent_dim, seed))

    archive = keras.export.ExportArchive()
    archive.track(generator)
    archive.add_endpoint("serving_default", images, [tf.TensorSpec([None, latent_dim], tf.float32, name="latents")])
    scalars = [tf.TensorSpec([], tf.int32, name=name) for name in ("count", "seed")]
    archive.add_endpoint("sample", sample, scalars)
    with files.replacing(filepath) as path:
        archive.write_out(path, verbose=False)
