"""FID over the course of training for several shares of the spectral classifier (SSD-GAN, figure 10).

    python -m recipes.ssd_lambda_sweep --lambdas 0.1,0.5,1 --run-dir runs/lambda --kimg 3200

Trains `recipes.ssd_sngan_cifar100 --method ssd`, whose flags it takes and passes on, once per lambda, the share of the
discriminator. The case of lambda = 1 is the baseline SNGAN. Started again with the same flags, it continues where it was
stopped. The paper's text does not tell its other values of lambda.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import tfnss
from recipes.ssd_sngan_cifar100 import RECIPE
from tfnss.console import Parser, floats, reporting, start_tensorflow
from tfnss.files import expanded
from tfnss.running.command_line import main as train
from tfnss.running.command_line import parse
from tfnss.running.file_names import HISTORY
from tfnss.running.settings import settings_of
from tfnss.running.stored import read_settings

PROGRAM = "python -m recipes.ssd_lambda_sweep"
ORIGIN = "SSD-GAN"
SUMMARY = "Train SNGAN with spectral realness for several lambdas (SSD-GAN, figure 10)."
_DEFAULTS: dict[str, Any] = {"lambdas": [0.1, 0.3, 0.5, 0.7, 0.9, 1.0], "run_dir": "runs/ssd_lambda_sweep"}
_OWN = ("--lambda", "--method", "--resume", "--trials", "--dry-run")
_OF_NEW_RUNS = ("--paper", "--smoke")


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line; ends with status 2 and one line on bad input."""
    own, flags = _parser().parse_known_args(arguments)
    given = _DEFAULTS | vars(own)
    place = expanded(given["run_dir"])
    with reporting(PROGRAM, ValueError, OSError):
        start_tensorflow()
        runs = _runs(given["lambdas"], place, flags)
    for number, (folder, run_arguments) in enumerate(runs.items(), 1):
        print(f"Run {number} of {len(runs)}: {folder}", flush=True)
        train(RECIPE, run_arguments)
    with reporting(PROGRAM, ValueError, OSError):
        curves = {folder.name.removeprefix("lambda-"): _fids(folder / HISTORY) for folder in runs}
        print("lambda".rjust(8), "last FID".rjust(10), "lowest".rjust(10), "at kimg".rjust(10))
        for name, (kimg, fids) in curves.items():
            print(name.rjust(8), f"{fids[-1]:10.4f} {min(fids):10.4f} {kimg[fids.index(min(fids))]:10.3f}")
        named = {f"lambda {name}": curve for name, curve in curves.items()}
        tfnss.plots.save_lines(named, "kimg", "FID", place / "lambda.png")
    print(f"Picture: {place / 'lambda.png'}")


def _parser() -> Parser:
    parser = Parser(
        prog=PROGRAM,
        description=SUMMARY,
        epilog=f"Other flags are passed on to each run: see python -m recipes.{RECIPE.name} --help. "
        "FID is measured ten times a run unless --fid-every is given.",
    )
    flag = parser.add_argument
    flag("--lambdas", type=floats, help="shares of the discriminator (default: 0.1,0.3,0.5,0.7,0.9,1)")
    flag("--run-dir", metavar="DIR", help=f"folder of the runs (default: {_DEFAULTS['run_dir']})")
    return parser


def _runs(lambdas: Sequence[float], place: Path, flags: Sequence[str]) -> dict[Path, list[str]]:
    """The recipe's arguments for each folder, all known to be good: else the first mistake would show after days.

    Raises:
        ValueError: For flags that the sweep sets itself, a lambda twice, no FID, or a run there of other settings.
    """
    from tfnss.running.folder import is_free  # it needs TensorFlow

    given = {flag.split("=")[0] for flag in flags}
    if given & {*_OWN}:
        raise ValueError(f"the sweep sets {min(given & {*_OWN})} itself: leave it out")
    runs: dict[Path, list[str]] = {}
    for share in lambdas:
        folder = place / f"lambda-{share:g}"
        if folder in runs:
            raise ValueError(f"--lambdas must differ. Received: {share:g} twice")
        run = [*flags, "--method", "ssd", "--lambda", str(share)]
        settings = _settings(run)
        if "--fid-every" not in given:
            settings["fid_every"] = settings["kimg"] / 10
            run += ["--fid-every", str(settings["fid_every"])]
        if settings["fid_every"] == 0:
            raise ValueError("--fid-every must be above 0: FIDs are what is compared")
        if not is_free(folder):
            _check_same(folder, settings)
            run = [*(flag for flag in run if flag not in _OF_NEW_RUNS), "--resume"]
        runs[folder] = [*run, "--run-dir", str(folder)]
    return runs


def _settings(arguments: Sequence[str]) -> dict[str, Any]:
    """What the recipe makes of arguments; ends the program with its line if they are bad."""
    settings, _ = settings_of(RECIPE, *parse(RECIPE, PROGRAM, arguments))
    RECIPE.build(settings)  # raises for values outside their ranges
    return settings


def _check_same(folder: Path, settings: dict[str, Any]) -> None:
    """Raises a ValueError if the run in a folder has other settings."""
    saved = read_settings(folder)["settings"]
    different = [name for name in settings if saved.get(name) != settings[name]]
    if different:
        raise ValueError(
            f"{folder} is of other settings ({', '.join(different)}): "
            "give the flags that it was started with, or another --run-dir"
        )


def _fids(history: Path) -> tuple[list[float], list[float]]:
    """kimg and FID over a run."""
    rows = [row for row in tfnss.training.callbacks.read_history(history) if "fid" in row]
    if not rows:
        raise ValueError(f"{history} holds no FID any more: remove its folder to train that run again")
    return [row["kimg"] for row in rows], [row["fid"] for row in rows]


if __name__ == "__main__":
    main()
