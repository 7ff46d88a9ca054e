"""A recipe's command line, and the settings that it comes to."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tfnss
from recipes.running import devices
from recipes.running.options import Parser, check_range
from recipes.running.recipe import Recipe
from recipes.running.runs import CHECKPOINT, read_settings, recipe_of


@dataclass(frozen=True)
class Mode:
    """The flags that say what to do rather than what to train."""

    run_dir: str | None = None
    resume: bool = False
    checkpoint: str | None = None
    trials: int | None = None
    dry_run: bool = False
    smoke: bool = False
    download: bool = False
    inception: str | None = None
    strategy: str = "auto"

    @property
    def place(self) -> Path | None:
        """The folder that is asked for."""
        return Path(self.run_dir) if self.run_dir else None


def parse(recipe: Recipe, program: str, arguments: Sequence[str] | None) -> tuple[dict[str, Any], Mode]:
    """The settings that a command line gives, and the mode. It ends the program with status 2 and one line if it is bad."""
    given = vars(_parser(recipe, program).parse_args(arguments))
    mode = {name: given.pop(name) for name in Mode.__dataclass_fields__ if name in given}
    return given, Mode(**mode)


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


def settings_of(recipe: Recipe, given: dict[str, Any], mode: Mode) -> tuple[dict[str, Any], int | None]:
    """The run's settings and number of trials: saved ones to resume, else defaults under the given flags.

    Raises:
        ValueError: For values outside their ranges, or flags that contradict the run to resume.
    """
    if mode.checkpoint is not None and not mode.resume:
        raise ValueError("--checkpoint goes with --resume: it says where to go back to")
    if mode.resume:
        return _resumed(recipe, given, mode)
    if mode.trials is not None:
        check_range({"trials": mode.trials}, "trials", 1)
    settings = _located(recipe.settings(**(recipe.smoke if mode.smoke else {}) | given))
    if settings["checkpoint_every"] is None:
        settings["checkpoint_every"] = settings["kimg"] / 20
    for name in ("kimg", "batch_size", "checkpoint_every"):
        check_range(settings, name, above=True)
    for name, least in (("fid_every", 0), ("fid_images", 2), ("cache_gb", 0), ("keep", 1)):
        check_range(settings, name, least)
    check_range(settings, "seed", below=2**31)
    return settings, mode.trials


def _resumed(recipe: Recipe, given: dict[str, Any], mode: Mode) -> tuple[dict[str, Any], int | None]:
    if mode.place is None:
        raise ValueError("--resume needs the run to continue: --run-dir DIR")
    saved = _saved(recipe, mode.place)
    if mode.checkpoint is not None and saved["trials"] is not None:
        raise ValueError(f"--checkpoint goes with the run of one seed: --run-dir {mode.place / 'seed-...'}")
    given = _located(given) | ({"trials": mode.trials} if mode.trials else {})
    _check_unchanged(saved["settings"] | {"trials": saved["trials"]}, given)
    return saved["settings"], saved["trials"]


def _saved(recipe: Recipe, run_dir: Path) -> dict[str, Any]:
    saved = read_settings(run_dir)
    if saved["recipe"] != recipe.name:
        raise ValueError(f"{run_dir} is a run of recipes.{saved['recipe']}, not of recipes.{recipe.name}")
    recipe_of(run_dir)
    return saved


def _check_unchanged(saved: dict[str, Any], given: dict[str, Any]) -> None:
    """Raises a ValueError if a flag contradicts a run's saved settings."""
    for name, value in given.items():
        if saved.get(name) != value:
            raise ValueError(
                f"--{name.replace('_', '-')} {value} contradicts the run's {json.dumps(saved.get(name))}: "
                "leave it out to resume, or start another run"
            )


def _located(settings: dict[str, Any]) -> dict[str, Any]:
    """The settings with the whole path of a folder of data: a resumed run finds it from anywhere, by any of its names."""
    data = settings.get("data")
    if data is None or data in tfnss.data.NAMES or not Path(data).expanduser().exists():
        return settings
    return settings | {"data": str(Path(data).expanduser().resolve())}
