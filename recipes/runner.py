"""Runs a recipe: flags to settings, settings to a model, a model through `fit` to a run directory."""

import contextlib
import json
import platform
import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn

import keras
import numpy as np
import tensorflow as tf

import tfnss
from recipes import devices
from recipes.options import Option, Parser, check_range, check_unchanged, fail, one_line_warnings, reporting
from recipes.report import model_card, write_report
from recipes.runs import (
    CHECKPOINT,
    HISTORY,
    METRICS,
    SETTINGS,
    described,
    is_free,
    only_writer,
    paper_figures,
    read_settings,
    recipe_of,
    warn_of_other_images,
)
from recipes.stopping import Stopped, Stopping
from tfnss import files
from tfnss.metrics import Evaluation, networks, records
from tfnss.training.callbacks import (
    Checkpoint,
    Evaluate,
    Events,
    HistoryCSV,
    SampleGrid,
    StatusLine,
    StopOnSignal,
    StopWhenDiverged,
    read_history,
    restore,
)
from tfnss.training.callbacks.checkpoint import KEPT, kept

_COMMON = (
    Option(
        "data",
        str,
        "data set by name, a folder or zip of images, an LSUN export, or records of recipes.prepare_data",
        metavar="DIR",
    ),
    Option("mirror", str, "whether images are shown both ways, left to right and back", "off", choices=("on", "off")),
    Option(
        "cache_gb",
        float,
        "memory for images in gigabytes; more are read again each epoch",
        8.0,
        metavar="GB",
        incidental=True,
    ),
    Option("resolution", int, "height and width of the images in pixels", metavar="PIXELS"),
    Option(
        "batch_size",
        int,
        "images per iteration, over all devices",
        worked_out="the config's",
        metavar="IMAGES",
    ),
    Option("kimg", float, "length of the run in thousands of real images", metavar="KIMG"),
    Option("seed", int, "seed of everything random", 0, incidental=True),
    Option(
        "checkpoint_every",
        float,
        "thousands of images between checkpoints, samples and rows of the history",
        worked_out="1/20 of the run",
        metavar="KIMG",
        incidental=True,
    ),
    Option(
        "keep",
        int,
        f"checkpoints to keep: from 2 on, the last N in {KEPT}/, by images seen, beside {CHECKPOINT}",
        1,
        metavar="N",
        incidental=True,
    ),
    Option(
        "fid_every",
        float,
        "thousands of images between measurements of FID, and one at the end; 0 for none",
        0.0,
        metavar="KIMG",
        incidental=True,
    ),
    Option("fid_images", int, "most real images, and fake ones, to measure", 50_000, incidental=True),
    Option(
        "features",
        str,
        "network of the FID; that of the literature is inception",
        "inception",
        choices=networks.NAMES,
        incidental=True,
    ),
)


@dataclass(frozen=True)
class Recipe:
    """An experiment.

    Args:
        name: Name of its module, for `python -m recipes.NAME`.
        summary: First line of `--help`.
        defaults: Defaults of the common settings `data`, `resolution`, `batch_size` and `kimg`, and of any others; None for
            those that `resolve` fills in.
        options: Its own settings.
        smoke: Settings of the toy run.
        resolve: Fills in the settings that depend on others.
        build: Compiled `tfnss.GAN` from resolved settings.
        paper: The paper's figures, to be printed beside ours: each with the settings that it belongs to, over the defaults.
    """

    name: str
    summary: str
    defaults: dict[str, Any]
    options: tuple[Option, ...]
    smoke: dict[str, Any]
    resolve: Callable[[dict[str, Any]], dict[str, Any]]
    build: Callable[[dict[str, Any]], tfnss.GAN]
    paper: Sequence[tuple[dict[str, Any], str]] = ()

    def settings(self, **given: Any) -> dict[str, Any]:
        """All settings of a run: the given ones, over the defaults."""
        return self.resolve({option.name: option.default for option in self.all_options()} | given)

    def all_options(self) -> tuple[Option, ...]:
        """The settings that make up a run, with this recipe's defaults."""
        options = (*_COMMON, *self.options)
        return tuple(replace(option, default=self.defaults.get(option.name, option.default)) for option in options)


def main(recipe: Recipe, arguments: Sequence[str] | None = None) -> None:
    """Runs a recipe's command line.

    It ends with status 2 and one line on bad input, a full disk or a training that diverges; and by SIGTERM or SIGINT with
    status 0 or 130, after the iteration at hand is saved.
    """
    module = f"recipes.{recipe.name}"
    program = f"python -m {module}"
    given = vars(_parser(recipe, program).parse_args(arguments))
    mode = {name: given.pop(name, default) for name, default in _MODES.items()}
    run = _Run(program)
    alone = getattr(getattr(sys.modules["__main__"], "__spec__", None), "name", None) == module
    with Stopping(run.unsaved, run.farewell, alone), contextlib.ExitStack() as held:
        with reporting(program, ValueError, OSError), one_line_warnings(program):
            strategy = devices.strategy(mode["strategy"])  # first: TensorFlow wants it before it computes
            settings, trials = _settings(recipe, given, **mode)
            if mode["dry_run"]:
                _show(recipe, settings)
                return
            place = Path(mode["run_dir"]) if mode["run_dir"] else None
            chief = devices.is_chief(strategy)
            if place is not None and mode["resume"] and chief:
                held.enter_context(only_writer(place))
            elif place is not None and chief:
                _check_free(place)
            devices.check_batch_size(strategy, settings["batch_size"])
            gan = _build(recipe, settings, strategy)  # before the data, which may take long
            images = _images(settings, mode["download"], bool(gan.classes))
            gan.check_images(images)
            evaluation = _evaluation(settings, images, mode["inception"])
            if not chief:  # all workers take part in saving; what the others write is thrown away
                run_dir = held.enter_context(devices.scratch_copy(place if mode["resume"] else None))
            elif place is not None and mode["resume"]:
                run_dir = place
            else:
                run_dir = _make_run_dir(recipe, settings, place, held)
            _write_settings(recipe, settings, trials, images, run_dir)
            if chief:
                warn_of_other_images(run_dir, images)
        run.directory, run.writes = run_dir, chief
        place_in_words = f"into {run_dir}" if chief else "for the run that the first worker writes,"
        print(f"Training {place_in_words} on {devices.described(strategy)}; the first step compiles.", flush=True)
        results = []
        for run_settings, directory in _members(settings, trials, run_dir):
            with reporting(program, ValueError, OSError):
                gan = _start(recipe, run_settings, directory, mode["checkpoint"], strategy)
                _write_settings(recipe, run_settings, None, images, directory)
                if directory != run_dir:
                    held.enter_context(only_writer(directory))
            with one_line_warnings(program):
                results.append(_train(gan, run_settings, directory, images, evaluation, run))
    if not chief:
        print("Done: the first worker has the run.")
        return
    if trials is not None:
        _print_trials(results)
    _print_paper(recipe, settings)
    print(
        f"Done: see {run_dir}{'/seed-*' if trials else ''}/report.html; samples, curves.png, history.csv, events and "
        "saved_model are beside it. Next: your own images with --data DIR, a longer run with --kimg, all flags with --help, "
        f"or {sys.executable} -m tensorboard.main --logdir {run_dir}"
    )


class _Run:
    """Where a run stands on disk, for what is said when its process ends early.

    Attributes:
        directory: Its folder, once it is there.
        writes: Whether this process writes it.
        checkpoint: What saves it, once it is in training.
    """

    def __init__(self, program: str) -> None:
        self._program = program
        self.directory: Path | None = None
        self.writes = True
        self.checkpoint: Checkpoint | None = None

    def unsaved(self) -> bool:
        return self.checkpoint is not None and self.checkpoint.unsaved

    def farewell(self) -> str:
        """What a signal leaves."""
        if self.directory is None:
            return "Stopped before training began."
        place = "" if self._saved() is None else f" at {self._saved()}"
        return f"Stopped{place}; {self._continuation()}"

    def fail(self, error: Exception) -> NoReturn:
        """Ends the process with status 2 and a line that names the last good checkpoint."""
        if not self.writes:
            fail(self._program, f"{error}; {self._continuation()}")
        saved = "no checkpoint was written yet"
        if self.checkpoint is not None and self._saved() is not None:
            saved = f"the last good checkpoint is {self.checkpoint.path}, at {self._saved()}"
        remedy = self._continuation()
        if isinstance(error, FloatingPointError):
            remedy = "resumed, it would diverge again: start another run with a lower --learning-rate"
        fail(self._program, f"{error}; {saved}; {remedy}")

    def _saved(self) -> str | None:
        images = self.checkpoint.images if self.checkpoint else None
        return None if images is None else f"{images / 1000:.3f} kimg"

    def _continuation(self) -> str:
        if not self.writes:
            return "the first worker has the run"
        return f"continue with: {self._program} --resume --run-dir {shlex.quote(str(self.directory))}"


# The flags that say what to do rather than what to train, with their values when absent.
_MODES: dict[str, Any] = {
    "run_dir": None,
    "resume": False,
    "checkpoint": None,
    "trials": None,
    "dry_run": False,
    "smoke": False,
    "download": False,
    "inception": None,
    "strategy": "auto",
}


def _parser(recipe: Recipe, program: str) -> Parser:
    parser = Parser(prog=program, description=recipe.summary)
    for option in recipe.all_options():
        option.add_to(parser)
    flag = parser.add_argument
    flag("--run-dir", metavar="DIR", help="folder of the run (default: a new one in runs/)")
    flag("--resume", action="store_true", help="continue the run in --run-dir with its own settings, exactly")
    flag(
        "--checkpoint",
        metavar="FILE",
        help=f"with --resume, go back to this checkpoint, of --keep (default: {CHECKPOINT}, the newest)",
    )
    flag("--strategy", choices=devices.STRATEGIES, help=devices.HELP)
    flag("--trials", type=int, metavar="N", help="run N seeds, from --seed on, and print mean and standard deviation")
    flag("--dry-run", action="store_true", help="print the settings and the networks, and stop")
    flag("--smoke", action="store_true", help="the same path at toy size, on the embedded photographs unless --data")
    flag("--download", action="store_true", help="let TensorFlow Datasets download the data set if it is not on disk")
    flag("--inception", metavar="DIR", help="folder of Inception's SavedModel, instead of TensorFlow Hub")
    return parser


def _settings(
    recipe: Recipe,
    given: dict[str, Any],
    run_dir: str | None,
    resume: bool,
    checkpoint: str | None,
    trials: int | None,
    smoke: bool,
    **_: Any,
) -> tuple[dict[str, Any], int | None]:
    """The run's settings and number of trials: saved ones to resume, else defaults under the given flags."""
    if checkpoint is not None and not resume:
        raise ValueError("--checkpoint goes with --resume: it says where to go back to")
    if resume:
        if run_dir is None:
            raise ValueError("--resume needs the run to continue: --run-dir DIR")
        saved = _saved(recipe, Path(run_dir))
        if checkpoint is not None and saved["trials"] is not None:
            raise ValueError(f"--checkpoint goes with the run of one seed: --run-dir {Path(run_dir) / 'seed-...'}")
        given = _located(given) | ({"trials": trials} if trials else {})
        check_unchanged(saved["settings"] | {"trials": saved["trials"]}, given)
        return saved["settings"], saved["trials"]
    if trials is not None:
        check_range({"trials": trials}, "trials", 1)
    settings = _located(recipe.settings(**(recipe.smoke if smoke else {}) | given))
    if settings["checkpoint_every"] is None:
        settings["checkpoint_every"] = settings["kimg"] / 20
    for name in ("kimg", "batch_size", "checkpoint_every"):
        check_range(settings, name, above=True)
    for name, least in (("fid_every", 0), ("fid_images", 2), ("cache_gb", 0), ("keep", 1)):
        check_range(settings, name, least)
    check_range(settings, "seed", below=2**31)
    return settings, trials


def _located(settings: dict[str, Any]) -> dict[str, Any]:
    """The settings with the whole path of a folder of data: a resumed run finds it from anywhere, by any of its names."""
    data = settings.get("data")
    if data is None or data in tfnss.data.NAMES or not Path(data).expanduser().exists():
        return settings
    return settings | {"data": str(Path(data).expanduser().resolve())}


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


def _make_run_dir(recipe: Recipe, settings: dict[str, Any], place: Path | None, held: contextlib.ExitStack) -> Path:
    """Makes a new run's folder, and keeps it for this process: last, when everything else has been found good."""
    run_dir = place or _next_run_dir(recipe, settings)
    try:
        run_dir.mkdir(parents=True, exist_ok=place is not None)
    except FileExistsError:
        if place is not None:
            raise
        return _make_run_dir(recipe, settings, place, held)  # another process has just taken the number
    held.enter_context(only_writer(run_dir))
    _check_free(run_dir)
    return run_dir


def _check_free(run_dir: Path) -> None:
    if not is_free(run_dir):
        raise ValueError(f"{run_dir} is not empty: add --resume to continue its run, or name another --run-dir")


def _members(settings: dict[str, Any], trials: int | None, run_dir: Path) -> list[tuple[dict[str, Any], Path]]:
    """Settings and folder of every seed's run."""
    if trials is None:
        return [(settings, run_dir)]
    seeds = range(settings["seed"], settings["seed"] + trials)
    return [(settings | {"seed": seed}, run_dir / f"seed-{seed}") for seed in seeds]


def _write_settings(
    recipe: Recipe, settings: dict[str, Any], trials: int | None, images: tfnss.data.Images, run_dir: Path
) -> None:
    path = run_dir / SETTINGS
    if path.exists():
        return
    versions = {"python": platform.python_version(), "tensorflow": tf.__version__, "keras": keras.__version__}
    saved = {
        "recipe": recipe.name,
        "trials": trials,
        "settings": settings,
        "images": described(images),
        "versions": versions,
    }
    with files.replacing(path) as temporary:
        temporary.write_text(json.dumps(saved, indent=2) + "\n")


def _saved(recipe: Recipe, run_dir: Path) -> dict[str, Any]:
    saved = read_settings(run_dir)
    if saved["recipe"] != recipe.name:
        raise ValueError(f"{run_dir} is a run of recipes.{saved['recipe']}, not of recipes.{recipe.name}")
    recipe_of(run_dir)
    return saved


# -- training ---


def _build(recipe: Recipe, settings: dict[str, Any], strategy: tf.distribute.Strategy) -> tfnss.GAN:
    keras.utils.clear_session()
    keras.utils.set_random_seed(settings["seed"])
    with strategy.scope():
        return recipe.build(settings)


def _start(
    recipe: Recipe, settings: dict[str, Any], run_dir: Path, checkpoint: str | None, strategy: tf.distribute.Strategy
) -> tfnss.GAN:
    """The model of a run, as its checkpoint left it if there is one, or an older one that is asked for."""
    gan = _build(recipe, settings, strategy)
    newest = run_dir / CHECKPOINT
    if checkpoint is not None or newest.exists():
        try:
            restore(gan, checkpoint or newest)
        except ValueError as error:
            older = ", ".join(map(str, kept(run_dir / KEPT)))
            raise ValueError(f"{error}; --checkpoint FILE goes back to one of {older}" if older else error) from error
        read_history(run_dir / HISTORY)  # damaged? then say so now
        records.read(run_dir / METRICS)
    if checkpoint is not None and not (newest.exists() and newest.samefile(checkpoint)):
        with files.replacing(newest) as temporary:
            files.link(Path(checkpoint), temporary)
    return gan


def _images(settings: dict[str, Any], download: bool, labels: bool) -> tfnss.data.Images:
    return tfnss.data.load(
        settings["data"],
        settings["resolution"],
        settings["batch_size"],
        settings["seed"],
        download,
        labels,
        mirror=settings["mirror"] == "on",
        cache_gb=settings["cache_gb"],
    )


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
    run: _Run,
) -> dict[str, float]:
    """Trains from where the clock stands to the end; gives the last row of the history."""
    ticks, steps = _ticks(settings)
    images = images.reseeded(settings["seed"])
    shown = np.random.default_rng(settings["seed"]).choice(len(images), min(64, len(images)), replace=False)
    run.checkpoint = Checkpoint(run_dir / CHECKPOINT, settings["keep"])
    stop = StopOnSignal()
    measure = [Evaluate(evaluation, settings["fid_every"], run_dir / METRICS)] if evaluation else []
    try:
        callbacks = [
            stop,
            StopWhenDiverged(),
            *measure,  # before those that record: its values join the logs
            HistoryCSV(run_dir / HISTORY, curves=run_dir / "curves.png"),
            SampleGrid(run_dir / "samples", images.take(shown), seed=settings["seed"]),
            Events(run_dir / "events"),
            run.checkpoint,  # after those that write: a run resumed from it has what they wrote
            keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: write_report(run_dir)),
            StatusLine(),
        ]
        gan.fit(images, epochs=ticks, steps_per_epoch=steps, resume=True, callbacks=callbacks, verbose=0)
        if stop.signal is not None:
            raise Stopped(stop.signal)
        gan.export(run_dir / "saved_model", model_card(run_dir))
        write_report(run_dir)
    except (OSError, ValueError, FloatingPointError, tf.errors.OpError) as error:
        run.fail(error)
    return (read_history(run_dir / HISTORY) or [{}])[-1]


def _print_paper(recipe: Recipe, settings: dict[str, Any]) -> None:
    figures = paper_figures(recipe, settings)
    if figures:
        print(f"The paper's figures for these settings: {figures} (python -m recipes.evaluate measures ours)")


def _print_trials(results: list[dict[str, float]]) -> None:
    print(f"Last row of the history over {len(results)} seeds, mean ± standard deviation:")
    for name in results[0]:
        values = np.array([row[name] for row in results])
        print(f"  {name:20} {values.mean():10.4f} ± {values.std(ddof=min(1, len(values) - 1)):.4f}")
