"""Exporting a generator: the formats, and what they hold."""

import importlib
import json
import os
from typing import Any

import keras

from tfnss.files import expanded

# Where `write(generator, path, card, **options)` of each format is, and which options it takes.
_WRITERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "tf_saved_model": ("saved_model", ()),
    "saved_model": ("saved_model", ()),
    "keras": ("keras_file", ()),
    "onnx": ("onnx_file", ("opset_version",)),
    "litert": ("litert_file", ("optimizations",)),
}


def export(
    generator: keras.Model,
    filepath: str | os.PathLike,
    format: str = "tf_saved_model",
    card: dict[str, Any] | None = None,
    **options: Any,
) -> None:
    """Writes `generator` to `filepath`, whole or not at all. A model of the same format that is there is replaced.

    Formats:

    - `tf_saved_model`, or `saved_model`: a folder that TensorFlow loads without tfnss. Its signatures give `images`, uint8
      `[count, height, width, channels]`:

      - `serving_default(latents)`: float32 `[count, latent_dim]`. Noise, where the generator draws any, is that of seed 0.
      - `sample(count, seed)`: int32 scalars; the images of `GAN.generate(count, seed=seed, batch_size=count)`.

      For a generator with styles (the attributes `mapping`, `synthesis` and `styles`) also:

      - `generate(latents, truncation, noise_seed)`: float32 scalar and int32 scalar.
      - `map(latents, truncation)`, with the output `styles`, float32 `[count, slots, style_dim]`.
      - `synthesize(styles, noise_seed)`.

      For a conditional generator every signature that takes latents takes `labels` too, int32 `[count]`; `sample` gives
      the classes in turn. Truncation is towards the average of each image's class, and in a StyleGAN of the first 8 slots.
    - `onnx`: a file `.onnx`, and `litert`: a file `.tflite`, with a batch of any size. They draw no random numbers: they
      make `images` as above of `latents`, float32 `[count, latent_dim]`; of `labels`, int32 `[count]`, where there are
      classes (nothing finds out one outside them); and where layers draw noise of `noise`, float32 `[count, numbers]`,
      standard normal: the layers' maps, flattened, one after the other. They compute in float32, whatever the generator
      does. A LiteRT model's one signature is `serving_default`, and needs no operations of TensorFlow's own.
    - `keras`: a file `.keras` for `keras.saving.load_model`, once the modules that the card lists as `imports` are
      imported. It is the model itself: of latents, and of one-hot labels where there are classes, it makes images in
      [-1, 1].

    A card goes with each: `model_card.json` in a SavedModel, `FILE.json` beside a file. It has `name`, `resolution`
    ([height, width] in pixels), `channels`, `latent_dim`, `classes` (0 for none), `format`, `signatures` (what each does,
    its inputs and outputs), `versions`; and `noise`, the shapes of the maps, for `onnx` and `litert`. A `card` may name the
    classes: `class_names`, a list of one string for each, which `tfnss generate --class` takes.

    Args:
        generator: The model.
        filepath: Folder or file to write.
        format: `tf_saved_model`, `saved_model`, `keras`, `onnx` or `litert`.
        card: More entries of the card, of JSON's values: its `name`, settings, metrics.
        **options: For `onnx`, `opset_version`: 11 to 18, by default 15. For `litert`, `optimizations`: a list of
            `tf.lite.Optimize`; a model of quantised weights is smaller, and its images differ.

    Raises:
        ValueError: For values outside these, if there is something other than a model of this format at `filepath`, if a
            package that the format needs is not installed, or if the format lacks an operation of the generator.
    """
    if format not in _WRITERS:
        raise ValueError(f"`format` must be one of {', '.join(_WRITERS)}. Received: format={format!r}")
    module, known = _WRITERS[format]
    for name in options:
        if name not in known:
            raise ValueError(f"`{name}` is not an argument of the format {format}")
    try:
        json.dumps(card, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ValueError(f"`card` must hold JSON's values alone ({error})") from error
    writer = importlib.import_module(f"tfnss.serving.{module}")
    writer.write(generator, expanded(filepath), card or {}, **options)
