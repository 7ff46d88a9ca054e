"""Runs a recipe: flags to settings, settings to a model, a model through `fit` to a run directory."""

import functools
import json
import platform
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

import tfnss
from recipes.options import Option, Parser, check_unchanged, one_line_warnings, reporting
from recipes.runs import CHECKPOINT, HISTORY, METRICS, SETTINGS, read_settings, recipe_of
from tfnss import files
from tfnss.metrics import Evaluation, networks, records
from tfnss.training.callbacks import (
    Checkpoint,
    Evaluate,
    Events,
    HistoryCSV,
    SampleGrid,
    StatusLine,
    read_history,
    restore,
)


@dataclass(frozen=True)
class Recipe:
    """An experiment.

    Args:
        name: Name of its module, for `python -m recipes.NAME`.
        summary: First line of `--help`.
        defaults: Defaults of the common settings `data`, `resolution`, `batch_size` and `kimg`, and of any others.
        options: Its own settings.
        smoke: Settings of the toy run.
        resolve: Fills in the settings that depend on others.
        build: Compiled `tfnss.GAN` from resolved settings.
        paper: The paper's figures for resolved settings, to be printed beside ours; empty where it has none.
    """

    name: str
    summary: str
    defaults: dict[str, Any]
    options: tuple[Option, ...]
    smoke: dict[str, Any]
    resolve: Callable[[dict[str, Any]], dict[str, Any]]
    build: Callable[[dict[str, Any]], tfnss.GAN]
    paper: Callable[[dict[str, Any]], str] = lambda settings: ""

    def all_options(self) -> tuple[Option, ...]:
        """The settings that make up a run, with this recipe's defaults."""
        d = self.defaults
        own = "" if d["batch_size"] else " (default: the config's)"
        return (
            Option(
                "data",
                str,
                "data set by name, a folder or zip of images, an LSUN export, or records of recipes.prepare_data",
                d["data"],
                metavar="DIR",
            ),
            Option(
                "mirror",
                str,
                "whether images are shown both ways, left to right and back",
                "off",
                choices=("on", "off"),
            ),
            Option(
                "cache_gb", float, "memory for images in gigabytes; more are read again each epoch", 8.0, metavar="GB"
            ),
            Option("resolution", int, "height and width of the images in pixels", d["resolution"], metavar="PIXELS"),
            Option(
                "batch_size", int, f"images per iteration, over all devices{own}", d["batch_size"], metavar="IMAGES"
            ),
            Option("kimg", float, "length of the run in thousands of real images", d["kimg"], metavar="KIMG"),
            Option("seed", int, "seed of everything random", 0),
            Option(
                "checkpoint_every",
                float,
                "thousands of images between checkpoints, samples and rows of the history (default: 1/20 of the run)",
                metavar="KIMG",
            ),
            Option(
                "fid_every",
                float,
                "thousands of images between measurements of FID, and one at the end; 0 for none",
                d.get("fid_every", 0.0),
                metavar="KIMG",
            ),
            Option("fid_images", int, "most real images, and fake ones, to measure", d.get("fid_images", 50_000)),
            Option(
                "features",
                str,
                "network of the FID; that of the literature is inception",
                d.get("features", "inception"),
                choices=networks.NAMES,
            ),
            *(replace(option, default=d.get(option.name, option.default)) for option in self.options),
        )


def main(recipe: Recipe, arguments: Sequence[str] | None = None) -> None:
    """Runs a recipe's command line; ends with status 2 and one line on bad input."""
    program = f"python -m recipes.{recipe.name}"
    given = vars(_parser(recipe, program).parse_args(arguments))
    mode = {name: given.pop(name, default) for name, default in _MODES.items()}
    with reporting(program, ValueError, OSError), one_line_warnings(program):
        settings, trials = _settings(recipe, given, **mode)
        if mode["dry_run"]:
            _show(recipe, settings)
            return
        run_dir = Path(mode["run_dir"] or _next_run_dir(recipe, settings))
        if not mode["resume"] and run_dir.exists() and (not run_dir.is_dir() or any(run_dir.iterdir())):
            raise ValueError(f"{run_dir} is not empty: add --resume to continue its run, or name another --run-dir")
        labels = bool(recipe.build(settings).classes)  # before the data, which may take long
        images = tfnss.data.load(
            settings["data"],
            settings["resolution"],
            settings["batch_size"],
            settings["seed"],
            mode["download"],
            labels,
            mirror=settings["mirror"] == "on",
            cache_gb=settings["cache_gb"],
        )
        evaluation = _evaluation(settings, images, mode["inception"])
    runs = [(settings, run_dir)]
    if trials is not None:
        seeds = range(settings["seed"], settings["seed"] + trials)
        runs = [(settings | {"seed": seed}, run_dir / f"seed-{seed}") for seed in seeds]
    gpus = len(tf.config.list_physical_devices("GPU"))
    print(f"Training into {run_dir} on {f'{gpus} GPU' if gpus else 'the CPU'}; the first step compiles.", flush=True)
    results = []
    for run_settings, directory in runs:
        with reporting(program, ValueError, OSError):
            gan = _start(recipe, run_settings, directory, images)
            _write_settings(recipe, settings, trials, run_dir)
            _write_settings(recipe, run_settings, None, directory)
        with reporting(program, OSError, tfnss.data.ImageError), one_line_warnings(program):
            results.append(_train(gan, run_settings, directory, images, evaluation))
    if trials is not None:
        _print_trials(results)
    _print_paper(recipe, settings)
    print(
        f"Done: samples, curves.png, history.csv, events and saved_model are in {run_dir}{'/seed-*' if trials else ''}. "
        "Next: your own images with --data DIR, a longer run with --kimg, all flags with --help, "
        f"or {sys.executable} -m tensorboard.main --logdir {run_dir}"
    )


# The flags that say what to do rather than what to train, with their values when absent.
_MODES: dict[str, Any] = {
    "run_dir": None,
    "resume": False,
    "trials": None,
    "dry_run": False,
    "smoke": False,
    "download": False,
    "inception": None,
}


def _parser(recipe: Recipe, program: str) -> Parser:
    parser = Parser(prog=program, description=recipe.summary)
    for option in recipe.all_options():
        option.add_to(parser)
    flag = parser.add_argument
    flag("--run-dir", metavar="DIR", help="folder of the run (default: a new one in runs/)")
    flag("--resume", action="store_true", help="continue the run in --run-dir with its own settings, exactly")
    flag("--trials", type=int, metavar="N", help="run N seeds, from --seed on, and print mean and standard deviation")
    flag("--dry-run", action="store_true", help="print the settings and the networks, and stop")
    flag("--smoke", action="store_true", help="the same path at toy size, on the embedded photographs unless --data")
    flag("--download", action="store_true", help="let TensorFlow Datasets download the data set if it is not on disk")
    flag("--inception", metavar="DIR", help="folder of Inception's SavedModel, instead of TensorFlow Hub")
    return parser


def _settings(
    recipe: Recipe, given: dict[str, Any], run_dir: str | None, resume: bool, trials: int | None, smoke: bool, **_: Any
) -> tuple[dict[str, Any], int | None]:
    """The run's settings and number of trials: saved ones to resume, else defaults under the given flags."""
    if resume:
        if run_dir is None:
            raise ValueError("--resume needs the run to continue: --run-dir DIR")
        saved = _saved(recipe, Path(run_dir))
        check_unchanged(saved["settings"] | {"trials": saved["trials"]}, given | ({"trials": trials} if trials else {}))
        return saved["settings"], saved["trials"]
    if trials is not None and trials < 1:
        raise ValueError(f"--trials must be at least 1. Received: {trials}")
    defaults = {option.name: option.default for option in recipe.all_options()}
    settings = recipe.resolve(defaults | (recipe.smoke if smoke else {}) | given)
    if settings["checkpoint_every"] is None:
        settings["checkpoint_every"] = settings["kimg"] / 20
    folder = Path(settings["data"]).expanduser()
    if settings["data"] not in tfnss.data.NAMES and folder.exists():
        settings["data"] = str(folder.resolve())  # a resumed run finds it from anywhere
    for name in ("kimg", "batch_size", "checkpoint_every"):
        if not 0 < settings[name] < float("inf"):
            raise ValueError(f"--{name.replace('_', '-')} must be above 0. Received: {settings[name]}")
    if not 0 <= settings["fid_every"] < float("inf") or settings["fid_images"] < 2:
        raise ValueError(
            "--fid-every must be at least 0 and --fid-images at least 2. "
            f"Received: {settings['fid_every']} and {settings['fid_images']}"
        )
    if not 0 <= settings["seed"] < 2**31:
        raise ValueError(f"--seed must lie in [0, 2**31). Received: {settings['seed']}")
    return settings, trials


def _ticks(settings: dict[str, Any]) -> tuple[int, int]:
    """Number of ticks (from one checkpoint to the next) and iterations per tick, to whole numbers."""
    total = max(1, round(settings["kimg"] * 1000 / settings["batch_size"]))
    ticks = min(total, max(1, round(settings["kimg"] / settings["checkpoint_every"])))
    return ticks, round(total / ticks)


def _show(recipe: Recipe, settings: dict[str, Any]) -> None:
    gan = recipe.build(settings)
    print(json.dumps(settings, indent=2))
    gan.generator.summary()
    gan.discriminator.summary()


# -- the run directory ---


def _next_run_dir(recipe: Recipe, settings: dict[str, Any]) -> Path:
    names = [recipe.name, *(settings[option.name] for option in recipe.options if option.in_name)]
    numbers = [int(path.name[:5]) for path in Path("runs").glob("[0-9][0-9][0-9][0-9][0-9]-*")]
    return Path("runs", "-".join([f"{max(numbers, default=-1) + 1:05d}", *names]))


def _write_settings(recipe: Recipe, settings: dict[str, Any], trials: int | None, run_dir: Path) -> None:
    """Makes a run's folder, unless it is there: last, when everything else has been found good."""
    path = run_dir / SETTINGS
    if path.exists():
        return
    versions = {"python": platform.python_version(), "tensorflow": tf.__version__, "keras": keras.__version__}
    saved = {"recipe": recipe.name, "trials": trials, "settings": settings, "versions": versions}
    with files.replacing(path) as temporary:
        temporary.write_text(json.dumps(saved, indent=2) + "\n")


def _saved(recipe: Recipe, run_dir: Path) -> dict[str, Any]:
    saved = read_settings(run_dir)
    if saved["recipe"] != recipe.name:
        raise ValueError(f"{run_dir} is a run of recipes.{saved['recipe']}, not of recipes.{recipe.name}")
    recipe_of(run_dir)
    return saved


# -- training ---


@functools.cache
def _mirrored() -> tf.distribute.Strategy:
    return tf.distribute.MirroredStrategy()  # one per process: the collectives of two collide


def _strategy(settings: dict[str, Any]) -> tf.distribute.Strategy:
    """All GPUs if there are several, else the one device."""
    gpus = len(tf.config.list_logical_devices("GPU"))
    if gpus < 2:
        return tf.distribute.get_strategy()
    if settings["batch_size"] % gpus:
        raise ValueError(f"--batch-size must be a multiple of the {gpus} GPUs. Received: {settings['batch_size']}")
    return _mirrored()


def _start(recipe: Recipe, settings: dict[str, Any], run_dir: Path, images: tfnss.data.Images) -> tfnss.GAN:
    """The model of a run, as its checkpoint left it if there is one."""
    keras.utils.clear_session()
    keras.utils.set_random_seed(settings["seed"])
    with _strategy(settings).scope():
        gan = recipe.build(settings)
    gan.check_images(images)
    if (run_dir / CHECKPOINT).exists():
        restore(gan, run_dir / CHECKPOINT)
        read_history(run_dir / HISTORY)  # damaged? then say so now
        records.read(run_dir / METRICS)
    return gan


def _evaluation(settings: dict[str, Any], images: tfnss.data.Images, inception: str | None) -> Evaluation | None:
    """The FID against the images of training, if it is asked for."""
    if not settings["fid_every"]:
        return None
    network = networks.load(settings["features"], inception=inception)
    count = settings["fid_images"]
    evaluation = Evaluation(images, ("fid",), network, count, count, progress=sys.stdout.isatty())
    evaluation.prepare()
    return evaluation


def _train(
    gan: tfnss.GAN,
    settings: dict[str, Any],
    run_dir: Path,
    images: tfnss.data.Images,
    evaluation: Evaluation | None,
) -> dict[str, float]:
    """Trains from where the clock stands to the end; gives the last row of the history."""
    ticks, steps = _ticks(settings)
    done = int(gan.images_seen.numpy()) // (steps * settings["batch_size"])
    if done < ticks:
        images = images.reseeded(settings["seed"])
        shown = np.random.default_rng(settings["seed"]).choice(len(images), min(64, len(images)), replace=False)
        measure = [Evaluate(evaluation, settings["fid_every"], run_dir / METRICS)] if evaluation else []
        callbacks = [
            *measure,  # first: its values join the logs
            HistoryCSV(run_dir / HISTORY, curves=run_dir / "curves.png"),
            SampleGrid(run_dir / "samples", images.take(shown), seed=settings["seed"]),
            Events(run_dir / "events"),
            Checkpoint(run_dir / CHECKPOINT),
            StatusLine(),
        ]
        gan.fit(images, epochs=ticks, initial_epoch=done, steps_per_epoch=steps, callbacks=callbacks, verbose=0)
    gan.export(run_dir / "saved_model")
    return (read_history(run_dir / HISTORY) or [{}])[-1]


def paper_figures(recipe: Recipe, settings: dict[str, Any]) -> str:
    """The paper's figures, for a run of the paper's size."""
    defaults = recipe.resolve({option.name: option.default for option in recipe.all_options()})
    own = all(settings[name] == defaults[name] for name in ("resolution", "batch_size", "kimg"))
    return recipe.paper(settings) if own else ""


def _print_paper(recipe: Recipe, settings: dict[str, Any]) -> None:
    figures = paper_figures(recipe, settings)
    if figures:
        print(f"The paper's figures for these settings: {figures} (python -m recipes.evaluate measures ours)")


def _print_trials(results: list[dict[str, float]]) -> None:
    print(f"Last row of the history over {len(results)} seeds, mean ± standard deviation:")
    for name in results[0]:
        values = np.array([row[name] for row in results])
        print(f"  {name:20} {values.mean():10.4f} ± {values.std(ddof=min(1, len(values) - 1)):.4f}")
