"""JSON files with a checksum of their own content."""

import hashlib
import json
from pathlib import Path
from typing import Any

from tfnss import files

_CHECKSUM = "checksum"


def write(path: Path, content: dict[str, Any]) -> None:
    """Writes a JSON file, whole or not at all. Keys are strings; `checksum` is not among them."""
    with files.replacing(path) as temporary:
        temporary.write_text(json.dumps(content | {_CHECKSUM: _checksum(content)}) + "\n", encoding="utf-8")


def read(path: Path) -> dict[str, Any]:
    """The content of a file that `write` wrote.

    Raises:
        ValueError: For another content. The message does not name the file.
        OSError: For a file that cannot be read.
    """
    try:
        content = json.loads(path.read_bytes())
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not isinstance(content, dict) or content.pop(_CHECKSUM, None) != _checksum(content):
        raise ValueError("its checksum differs")
    return content


def _checksum(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
