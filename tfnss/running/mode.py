"""What a command line asks for beside settings."""

from dataclasses import dataclass
from pathlib import Path

from tfnss.running.hub import own_folder


@dataclass(frozen=True)
class Mode:
    """The flags that say what to do rather than what to train."""

    run_dir: str | None = None
    resume: bool = False
    change: bool = False
    checkpoint: str | None = None
    trials: int | None = None
    dry_run: bool = False
    smoke: bool = False
    paper: bool = False
    download: bool = False
    inception: str | None = None
    strategy: str = "auto"
    xla_cache: str | None = None

    @property
    def place(self) -> Path | None:
        """The folder that is asked for."""
        return own_folder(self.run_dir) if self.run_dir else None
