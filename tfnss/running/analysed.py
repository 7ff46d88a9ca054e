"""What the analyses of a trained run share: their flags, the run, and real images to show it."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import tfnss
from tfnss import files
from tfnss.console import Parser, check_range
from tfnss.files import expanded
from tfnss.running.stored import load_run, members, read_settings

_DEFAULTS: dict[str, Any] = {"images": 1000, "seed": 0, "batch_size": 64, "download": False}
_SUFFIXES = (".png", ".pdf", ".svg")


def analysis_parser(program: str, description: str, picture: str, several: bool = False) -> Parser:
    """The parser of the flags that all analyses have; `picture` is the file that they draw in the (first) run's folder.

    With `several`, it takes `runs`, a list, in place of `run`.
    """
    parser = Parser(prog=program, description=description)
    flag = parser.add_argument
    if several:
        flag("runs", metavar="RUN", nargs="+", help="folders of trained runs")
    else:
        flag("run", metavar="RUN", help="folder of a trained run")
    flag("--images", type=int, metavar="N", help="most real images, and as many samples (default: 1000)")
    flag("--data", metavar="DIR", help="real images: a data set by name, or a folder (default: the run's)")
    flag("--seed", type=int, help="seed of the samples and of the choice of real images (default: 0)")
    flag("--batch-size", type=int, metavar="IMAGES", help="images at a time (default: 64)")
    flag(
        "--out",
        metavar="FILE",
        help=f"picture to draw, {' '.join(_SUFFIXES)} (default: {picture} in {'the first ' * several}RUN)",
    )
    flag("--download", action="store_true", help="let TensorFlow Datasets download the real images")
    return parser


def opened(given: dict[str, Any], picture: str) -> "tuple[dict[str, Any], tfnss.GAN]":
    """The flags over their defaults and the run's `data` and `resolution`, with paths for `run` and `out`; the run's model.

    Raises:
        ValueError: For values outside their ranges, a picture that cannot be written, a folder that does not hold one
            trained run, or damaged files. The message names the culprit.
    """
    given = _DEFAULTS | given
    for name in ("images", "batch_size"):
        check_range(given, name, 1)
    check_range(given, "seed", below=2**31)
    run = expanded(given["run"])
    seeds = members(run)
    if seeds != [run]:
        raise ValueError(f"{run} holds the runs of {len(seeds)} seeds: name one of them, such as {seeds[0]}")
    out = _writable(expanded(given.get("out", run / picture)))
    settings = read_settings(run)["settings"]
    given = {"data": settings["data"]} | given | {"run": run, "out": out, "resolution": settings["resolution"]}
    given |= {"channels": settings.get("channels", 3), "background": settings.get("background")}  # early runs: none
    return given, load_run(run)


def _writable(out: Path) -> Path:
    """A path that a picture can be written to, as far as can be told: known before the work is done."""
    if out.suffix.lower() not in _SUFFIXES:
        raise ValueError(f"--out must name a picture ({' '.join(_SUFFIXES)}). Received: {out}")
    if out.is_dir():
        raise ValueError(f"--out {out} is a folder; name a file")
    files.check_folder(out.parent, f"--out {out}")
    return out


def real_images(given: dict[str, Any], labels: bool = False) -> tuple[np.ndarray, np.ndarray | None]:
    """At most `images` real images of the run's size, chosen at random, and their labels if asked for.

    Args:
        given: What `opened` gives.
        labels: Whether they need labels.

    Raises:
        ValueError: For images or labels that are not to be had.
    """
    own = {name: given[name] for name in ("download", "channels", "background")}
    images = tfnss.data.load(given["data"], given["resolution"], 1, labels=labels, **own)
    chosen = np.random.default_rng(given["seed"]).permutation(len(images))[: given["images"]]
    return images.take(chosen), None if images.labels is None else images.labels[chosen]


def discriminating(gan: "tfnss.GAN", batch_size: int) -> Callable[..., np.ndarray]:
    """The discriminator in inference: logits of at most `batch_size` images in [-1, 1], and their one-hot labels if any."""
    import tensorflow as tf

    call = tf.function(functools.partial(gan.discriminator, training=False), autograph=False)

    def logits(images: np.ndarray, labels: Any = None) -> np.ndarray:
        inputs = [np.asarray(x) for x in (images, labels) if x is not None]
        # Repeated to a whole batch: one that falls into groups (of the minibatch standard deviation) need be.
        filled = [tf.constant(np.resize(x, (batch_size, *x.shape[1:]))) for x in inputs]
        return np.asarray(tf.cast(call(*filled), tf.float32))[: len(images)]

    return logits
