"""What is said when the process of a run ends early."""

from pathlib import Path
from typing import NoReturn

from tfnss.console import fail
from tfnss.processes import quoted
from tfnss.training.callbacks import Checkpoint


class Status:
    """Where a run stands on disk, for that.

    Args:
        program: What was typed before the flags.
        again: What continues the run; by default the program, told to resume it.

    Attributes:
        directory: Its folder, once it is there.
        writes: Whether this process writes it.
        together: Whether other processes train it with this one, and can only stop with it.
        checkpoint: What saves it, once it is in training.
        exporting: Whether its model is being exported, or will be when the epoch at hand is saved.
    """

    def __init__(self, program: str, again: str | None = None) -> None:
        self._program, self._again = program, again
        self.directory: Path | None = None
        self.writes, self.together = True, False
        self.checkpoint: Checkpoint | None = None
        self.exporting = False

    def unsaved(self) -> bool:
        """Whether something is lost if the process ends at once."""
        return self.exporting or (self.checkpoint is not None and (self.together or self.checkpoint.unsaved))

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
        said = str(error)
        if isinstance(error, MemoryError):
            said = f"the memory is not enough ({said or 'none is left'})"
        remedy = self._continuation()
        if isinstance(error, FloatingPointError):
            remedy = "resumed, it would diverge again: start another run with a lower learning rate"
        fail(self._program, f"{said}; {saved}; {remedy}")

    def _saved(self) -> str | None:
        images = self.checkpoint.images if self.checkpoint else None
        return None if images is None else f"{images / 1000:.3f} kimg"

    def _continuation(self) -> str:
        if not self.writes:
            return "the first worker has the run"
        again = self._again or f"{self._program} --resume --run-dir {quoted(str(self.directory))}"
        return f"continue with: {again}"
