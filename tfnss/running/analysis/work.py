"""The work of an analysis: its progress, and what is kept of it until it is done."""

import contextlib
import hashlib
import json
import re
import sys
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from tfnss import files
from tfnss.running.lock import only_writer

Item = TypeVar("Item")


class Work:
    """What an analysis shows of its progress, and a folder where a long one keeps its parts.

    The folder belongs to one command on the same models: their files and all settings are part of its name. It is made when
    the first part is kept, and removed when the analysis is done.

    Args:
        folder: The folder.

    Attributes:
        shown: Whether progress is shown: for the `progress` of functions of `tfnss.analysis`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.shown = sys.stdout.isatty()
        self._held = contextlib.ExitStack()
        self._begun = False

    def track(self, items: Iterable[Item], what: str, total: float | None = None) -> Iterable[Item]:
        """The items, with a line of progress and the time left on a terminal. Only one at a time may be shown.

        Args:
            items: What to go through.
            what: What is done. It may hold any path.
            total: Number of items; None for that of a sequence, or where it is not known.
        """
        from tfnss.data.mapping import tracked

        return tracked(items, what, total, shown=self.shown)

    def kept(self, name: str, make: Callable[[], Mapping[str, Any]]) -> dict[str, np.ndarray]:
        """A part of the work: arrays by name, read back where an earlier try has kept them, else made and kept.

        Args:
            name: Name of the part: letters, digits, `-` and `_`.
            make: Makes it.

        Raises:
            ValueError: If another process does the same work, or for a damaged file. The message names it.
        """
        if not re.fullmatch(r"[A-Za-z0-9_-]+", name):
            raise ValueError(f"a part of work cannot be called {name}")
        self._begin()
        path = self.folder / f"{name}.npz"
        if not path.is_file():
            with files.replacing(path) as temporary:
                np.savez(temporary, allow_pickle=False, **{key: np.asarray(value) for key, value in make().items()})
        try:
            with np.load(path, allow_pickle=False) as saved:
                return {key: saved[key] for key in saved.files}
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise ValueError(f"{path} is damaged ({error}): remove it, and that part is done again") from error

    def _begin(self) -> None:
        if not self._begun:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._held.enter_context(only_writer(self.folder))
            self._begun = True

    @contextlib.contextmanager
    def going_on(self) -> Iterator[None]:
        """Within the block the work is this process's. If no part was kept, its folder is gone afterwards."""
        try:
            with self._held:
                yield
        finally:
            if self._begun:
                with contextlib.suppress(OSError):  # it holds parts, another process has it now, or it is gone
                    self.folder.rmdir()

    def finish(self) -> None:
        """Removes what was kept."""
        self._held.close()
        files.remove(self.folder)


def digest(*parts: Any) -> str:
    """A short name for values of JSON and paths of files, other for other contents of these as far as their status tells."""
    told = [
        [str(part.resolve()), part.stat().st_size, part.stat().st_mtime_ns] if isinstance(part, Path) else part
        for part in parts
    ]
    return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()[:12]
