"""A file of results, one line of JSON each."""

import json
import math
import os
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from tfnss import files, locks

_PATIENCE_SECONDS = 30.0  # with another process that adds a record, which takes moments


def append(path: str | os.PathLike, record: dict[str, Any]) -> None:
    """Adds a record; numbers that are not finite become null. A kill at any moment leaves whole lines.

    Several processes may add records to one file.
    """
    finite = {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in record.items()}
    with _alone(path):
        _write(path, [*_lines(path), json.dumps(finite)])


def read(path: str | os.PathLike) -> list[dict[str, Any]]:
    """The records of a file; none if there is no file.

    Raises:
        ValueError: For a damaged file. The message names it.
    """
    try:
        records = [json.loads(line) for line in _lines(path)]
        for record in records:
            float(record.get("kimg", 0))
        return records
    except (ValueError, AttributeError, TypeError) as error:
        raise ValueError(f"{path} is damaged ({error}); remove it to go on without its records") from error


def drop_after(path: str | os.PathLike, kimg: float) -> None:
    """Removes the records of a future that a resumed run does not share."""
    if not Path(path).exists():
        return
    with _alone(path):
        lines, records = _lines(path), read(path)
        kept = [line for line, record in zip(lines, records, strict=True) if record.get("kimg", 0) <= kimg]
        if len(kept) < len(lines):
            _write(path, kept)


def _alone(path: str | os.PathLike) -> AbstractContextManager[None]:
    """In the block no other process changes the file."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    return locks.held(path.with_name(f".{path.name}.lock"), path, _PATIENCE_SECONDS)


def _lines(path: str | os.PathLike) -> list[str]:
    return Path(path).read_text(encoding="utf-8").splitlines() if Path(path).exists() else []


def _write(path: str | os.PathLike, lines: list[str]) -> None:
    with files.replacing(path) as temporary:
        temporary.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
