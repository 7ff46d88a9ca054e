"""`tfnss push`: puts a run on the Hugging Face Hub, from where `hf://USER/NAME` names it to every command.

    tfnss push runs/00000-dcgan_photos-nss USER/photos64 --license cc0-1.0
    tfnss push runs/00000-dcgan_photos-nss USER/photos64 --private --revision longer --message "Twice as long"
    tfnss generate hf://USER/photos64 --out out

What goes there are `README.md` (the model card), `samples.png`, `settings.json`, `metrics.jsonl`, `checkpoint.weights.h5`
(all networks and optimizers, so that others can go on from it) and the folder `saved_model`, all of one moment and in one
commit. Of paths in the settings only the last part is told. It needs the extra `hub`, and a token: `hf auth login`.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tfnss.console import Parser, one_line_warnings, parser_of, reporting, say, start_tensorflow
from tfnss.running.hub import SCHEME, check_repository, own_folder, upload

PROGRAM = "tfnss push"
SUMMARY = "Upload a run to the Hugging Face Hub."
_DEFAULTS: dict[str, Any] = {
    "revision": None,
    "message": None,
    "license": None,
    "checkpoint": None,
    "private": False,
    "dry_run": False,
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line; ends with status 2 and one line on bad input."""
    given = _DEFAULTS | vars(parser_of(PROGRAM, SUMMARY, add_flags).parse_args(arguments))
    with reporting(PROGRAM, ValueError, OSError), one_line_warnings(PROGRAM):
        repository = given["repository"].removeprefix(SCHEME)
        check_repository(repository)
        run = own_folder(given["run"])
        start_tensorflow()
        import tensorflow as tf

        with reporting(PROGRAM, tf.errors.OpError), tempfile.TemporaryDirectory() as scratch:
            _push(run, repository, given, Path(scratch))


def add_flags(parser: Parser) -> None:
    """Adds the flags of this command."""
    flag = parser.add_argument
    flag("run", metavar="RUN", help="folder of a run (one seed of those of --trials)")
    flag("repository", metavar="USER/NAME", help="repository on the Hub; it is made if it is not there")
    flag("--private", action="store_true", help="a repository that only you see")
    flag("--revision", metavar="BRANCH", help="branch of it, made if it is not there (default: the main one)")
    flag("--message", metavar="TEXT", help="message of the commit (default: the name of the run's folder)")
    flag("--license", metavar="NAME", help="what the model card says, as the Hub writes it: apache-2.0, cc-by-4.0, ...")
    flag(
        "--checkpoint",
        metavar="FILE",
        help="one of those in RUN/checkpoints, of --keep (default: the best of --keep-best, else the newest)",
    )
    flag("--dry-run", action="store_true", help="print the files and their sizes, and the model card, and send nothing")


def _push(run: Path, repository: str, given: dict[str, Any], scratch: Path) -> None:
    from tfnss.running.sharing import README, shared_files
    from tfnss.running.stored import checkpoint_called

    address = SCHEME + repository + (f"@{given['revision']}" if given["revision"] else "")
    checkpoint = None if given["checkpoint"] is None else checkpoint_called(run, given["checkpoint"])
    files = shared_files(run, address, scratch, given["license"], checkpoint)
    for name, content in files.items():
        size = len(content) if isinstance(content, bytes) else content.stat().st_size
        say(f"{size:>12,} {name}")
    if given["dry_run"]:
        card = files[README]
        assert isinstance(card, bytes)
        say(f"Nothing was sent. {README}:\n\n{card.decode()}")
        return
    message = given["message"] or f"{run.resolve().name}, by tfnss"
    say(f"{upload(files, repository, message, given['revision'], given['private'])}: {address} names it")
