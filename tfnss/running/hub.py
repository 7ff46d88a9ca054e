"""Runs on the Hugging Face Hub: `hf://USER/NAME` names one, and `tfnss push` puts one there. It needs the extra `hub`."""

import contextlib
import functools
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tfnss.files import expanded
from tfnss.running.file_names import CHECKPOINT, METRICS, SETTINGS
from tfnss.version import __version__

SCHEME = "hf://"
FORM = "hf://USER/NAME, or hf://USER/NAME@REVISION"
_ADDRESS = re.compile(r"hf://(?P<repository>[\w.-]+/[\w.-]+)(@(?!.*\.\.)(?P<revision>[\w./-]+))?", re.ASCII)
_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
_SNAPSHOT = re.compile(r"models--(?P<user>[\w.-]+?)--(?P<name>[\w.-]+)", re.ASCII)  # in the Hub's cache
# What a model is built of, and what was measured of it. A SavedModel is a program, which could do anything to the machine
# of whom it is loaded by: none is fetched.
_FETCHED = (SETTINGS, CHECKPOINT, METRICS)


def is_remote(model: str) -> bool:
    """Whether a command line names a run on the Hub."""
    return model.startswith(SCHEME)


def located(model: str) -> Path:
    """Where a model is that a command line names: a path of this machine, or the copy of a run on the Hub, `hf://USER/NAME`.

    Such a run is copied into the Hub's own cache, as far as it is not there yet. In one process a name stands for one
    commit.

    Raises:
        ValueError: For a run of the Hub that is not to be had. The message says why.
    """
    return _downloaded(*_parts(model)) if is_remote(model) else expanded(model)


def pinned(model: str) -> str:
    """The name of a run on the Hub with the commit that it stands for now, as `located` has it; another name as it is.

    Raises:
        ValueError: As `located`.
    """
    return f"{SCHEME}{_parts(model)[0]}@{located(model).name}" if is_remote(model) else model


def own_folder(run: str) -> Path:
    """The folder of a run that is to be written into.

    Raises:
        ValueError: For a run of the Hub.
    """
    if is_remote(run):
        raise ValueError(
            f"{run} is on the Hub, and this needs a run of your own: `tfnss train ... --init {run}` begins one"
        )
    return expanded(run)


def called(path: Path) -> str:
    """A path as a user knows it: `hf://USER/NAME@COMMIT` for what is in the Hub's cache, where nothing is written."""
    for folder in (path, *path.parents):
        found = _SNAPSHOT.fullmatch(folder.parent.parent.name) if folder.parent.name == "snapshots" else None
        if found:
            rest = path.relative_to(folder).as_posix()
            return f"{SCHEME}{found['user']}/{found['name']}@{folder.name[:7]}" + ("" if rest == "." else f"/{rest}")
    return str(path)


def is_copy(path: Path) -> bool:
    """Whether a path is in the Hub's cache."""
    return is_remote(called(path))


def check_repository(name: str) -> None:
    """Raises a ValueError for what cannot be the name of a repository."""
    if not _REPOSITORY.fullmatch(name):
        raise ValueError(f"{name} is no name of a repository on the Hub: write USER/NAME")


def upload(
    files: Mapping[str, Path | bytes], repository: str, message: str, revision: str | None = None, private: bool = False
) -> str:
    """Puts files into a repository of the Hub, as one commit: all or none.

    Args:
        files: What they are called there, with `/` between folders, and their content, or where they are.
        repository: `USER/NAME`; it is made if it is not there.
        message: Message of the commit.
        revision: Branch; it is made if it is not there. None for the main one.
        private: Whether only its owner is to see the repository.

    Returns:
        The address of the commit.

    Raises:
        ValueError: If the Hub does not take them. The message says why.
    """
    hub = _client(f"pushing to {repository}")
    with _telling(repository, revision):
        api = hub.HfApi(library_name="tfnss", library_version=__version__)
        api.create_repo(repository, private=True if private else None, exist_ok=True)
        if private and not api.model_info(repository).private:
            raise ValueError(
                f"{repository} is there already, and everybody sees it: name another, or leave out --private"
            )
        if revision is not None:
            api.create_branch(repository, branch=revision, exist_ok=True)
        added = [hub.CommitOperationAdd(name, _content(content)) for name, content in files.items()]
        return api.create_commit(repository, added, commit_message=message, revision=revision).commit_url


def _content(content: Path | bytes) -> str | bytes:
    return content if isinstance(content, bytes) else str(content)


def _parts(model: str) -> tuple[str, str | None]:
    found = _ADDRESS.fullmatch(model)
    if not found:
        raise ValueError(f"{model} is no name of a run on the Hub: write {FORM}")
    return found["repository"], found["revision"]


@functools.cache
def _downloaded(repository: str, revision: str | None) -> Path:
    name = SCHEME + repository + (f"@{revision}" if revision else "")
    hub = _client(name)
    with _telling(repository, revision):
        folder = Path(
            hub.snapshot_download(
                repository,
                revision=revision,
                allow_patterns=list(_FETCHED),
                library_name="tfnss",
                library_version=__version__,
            )
        )
    missing = [file for file in (SETTINGS, CHECKPOINT) if not (folder / file).is_file()]
    if missing:
        raise ValueError(f"{name} holds no run as `tfnss push` puts one there (no {' and no '.join(missing)})")
    return folder


def _client(what: str) -> Any:
    try:
        import huggingface_hub
    except ImportError:
        raise ValueError(f"{what} needs the package huggingface_hub: pip install 'tfnss[hub]'") from None
    return huggingface_hub


@contextlib.contextmanager
def _telling(repository: str, revision: str | None) -> Iterator[None]:
    """Within the block, what the Hub's client cannot do is a ValueError of one line; it logs nothing below errors, and shows
    progress on a terminal alone."""
    from huggingface_hub import errors, utils

    level, bars = utils.logging.get_verbosity(), not utils.are_progress_bars_disabled()
    utils.logging.set_verbosity_error()
    if bars and not sys.stderr.isatty():
        utils.disable_progress_bars()
    try:
        yield
    except errors.GatedRepoError as error:
        raise ValueError(
            f"{repository} asks those who want it to apply: do so on its page, and `hf auth login`"
        ) from error
    except errors.RevisionNotFoundError as error:
        raise ValueError(f"{repository} has no revision {revision}: name a branch, a tag or a commit of it") from error
    except errors.RepositoryNotFoundError as error:
        raise ValueError(
            f"{repository} is not on the Hub, or not for you: check its name, or `hf auth login`"
        ) from error
    except errors.HfHubHTTPError as error:
        status = error.response.status_code
        advice = ": `hf auth login` with a token that may write there, or set HF_TOKEN" if status in (401, 403) else ""
        said = error.server_message or _first_line(error)
        raise ValueError(f"the Hub refuses {repository} ({status}: {said}){advice}") from error
    except ValueError:  # of its checks, or of ours
        raise
    except errors.LocalEntryNotFoundError as error:
        raise ValueError(f"{repository} is not in the Hub's cache, and the Hub cannot be reached: go online") from error
    except Exception as error:  # of the client's several packages for the network
        if isinstance(error, OSError) and error.errno is not None and error.filename is not None:
            raise  # of a file of ours
        raise ValueError(f"the Hub cannot be reached for {repository} ({_first_line(error)})") from error
    finally:
        utils.logging.set_verbosity(level)
        if bars:
            utils.enable_progress_bars()


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
