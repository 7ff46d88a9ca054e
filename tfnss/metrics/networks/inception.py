"""TF-GAN's Inception (the network of 2015-12-05), under which FID and IS are comparable with the literature."""

import contextlib
import hashlib
import importlib
import io
import os
import types
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from packaging import version

from tfnss import files
from tfnss.files import expanded
from tfnss.metrics import stand_ins
from tfnss.metrics.networks.network import Outputs, resized
from tfnss.uint8 import as_uint8

HANDLE = "https://tfhub.dev/tensorflow/tfgan/eval/inception/1"
VARIABLE = "TFNSS_INCEPTION"
SIZE = 299
_WITHOUT_HUB = f"name its folder (--inception DIR, or {VARIABLE}), or choose --features embedded"


class Inception:
    """Activations `pool_3` (2048) and class probabilities of TF-GAN's Inception.

    It comes from the folder `path`, else from the folder that the environment variable TFNSS_INCEPTION names, else from
    TensorFlow Hub, which is asked once and cached. Only this last needs more packages: `pip install 'tfnss[inception]'`.

    Args:
        path: Folder of the SavedModel.

    Raises:
        ValueError: If it is at none of these places, or the SavedModel there is another.
    """

    name = "inception"
    resize = f"bilinear to {SIZE}x{SIZE}, half-pixel centres, no antialiasing"
    has_classes = True
    comparable = True

    def __init__(self, path: str | os.PathLike | None = None) -> None:
        place = path or os.environ.get(VARIABLE)
        if place:
            self._model, self.key = _load_folder(expanded(place)), _digest(expanded(place))
        else:
            self._model, self.key = _load_from_hub(), HANDLE
        self._call = tf.function(self._outputs)
        try:
            self(np.zeros((1, 32, 32, 3), np.uint8))
        except (KeyError, TypeError, ValueError, tf.errors.OpError) as error:
            raise ValueError(
                f"{place or HANDLE} is not TF-GAN's Inception, which gives pool_3 and logits "
                f"for images [batch, {SIZE}, {SIZE}, 3] ({type(error).__name__}: {error})"
            ) from error

    def __call__(self, images: np.ndarray) -> Outputs:
        activations, probabilities = self._call(tf.constant(as_uint8(images, "images")))
        return Outputs(activations.numpy(), probabilities.numpy())

    def _outputs(self, images: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        outputs = self._model(resized(images, SIZE) / 127.5 - 1)
        activations = tf.reshape(tf.cast(outputs["pool_3"], tf.float32), [tf.shape(images)[0], -1])
        return activations, tf.nn.softmax(tf.cast(outputs["logits"], tf.float32))


def _load_folder(folder: Path) -> Any:
    if not (folder / "saved_model.pb").is_file():
        raise ValueError(f"{folder} holds no SavedModel; unpack {HANDLE} there")
    try:
        model = tf.saved_model.load(os.fspath(folder))
        return model if callable(model) else model.signatures["serving_default"]
    except (OSError, ValueError, KeyError, tf.errors.OpError) as error:
        raise ValueError(f"{folder} cannot be loaded ({error}); unpack {HANDLE} there again") from error


def _digest(folder: Path) -> str:
    """Tells this SavedModel from others by its content."""
    digest = hashlib.sha256()
    for path in sorted((path for path in folder.rglob("*") if path.is_file()), key=Path.as_posix):
        digest.update(path.relative_to(folder).as_posix().encode())
        with open(path, "rb") as file, contextlib.suppress(OSError):
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return f"inception {digest.hexdigest()}"


def _load_from_hub() -> Any:
    hub = _hub()
    os.environ.setdefault(
        "TFHUB_CACHE_DIR", os.fspath(files.cache_folder() / "hub")
    )  # its own default does not survive a boot
    try:
        return hub.load(HANDLE)
    except Exception as error:  # of many kinds: network, archive, disk
        raise ValueError(
            f"Inception cannot be had from TensorFlow Hub ({type(error).__name__}: {error}); get {HANDLE} on a machine "
            f"with network, unpack it and {_WITHOUT_HUB}"
        ) from error


def _hub() -> Any:
    """The package tensorflow_hub. Of `pkg_resources`, which setuptools 82 dropped, it takes a parser of versions alone."""
    parser = types.ModuleType("pkg_resources")
    parser.parse_version = version.parse  # type: ignore[attr-defined]
    try:
        with stand_ins.in_place(parser), contextlib.redirect_stdout(io.StringIO()):  # it prints what it lacks
            return importlib.import_module("tensorflow_hub")
    except ImportError as error:
        raise ValueError(
            f"Inception comes by TensorFlow Hub, which cannot be imported ({error}): pip install 'tfnss[inception]'; or "
            f"unpack {HANDLE} and {_WITHOUT_HUB}"
        ) from error
