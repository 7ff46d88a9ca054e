"""How far the jobs of a table are, in a terminal or line by line."""

import contextlib
import sys
import time
from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from tfnss.running.file_names import HISTORY
from tfnss.running.table.plan import Job, Plan, recipe_called
from tfnss.training.callbacks import read_history

_EVERY_SECONDS = 2.0


class TableProgress:
    """Tells how far jobs are: a bar that moves where there is a terminal, and a line for each job that ends.

    Args:
        plan: The table's plan.
        jobs: The jobs, those that are done too.
    """

    def __init__(self, plan: Plan, jobs: Sequence[Job]) -> None:
        self._jobs = list(jobs)
        self._kimg = {job.name: kimg_of(plan, job) for job in jobs}
        self._console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}%"),
            TimeElapsedColumn(),
            TextColumn("{task.fields[left]}"),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        self._failed: set[str] = set()
        self._begun, self._at_start = time.monotonic(), self._images()
        self._looked = 0.0

    @contextlib.contextmanager
    def shown(self) -> Iterator[None]:
        """Within the block, the bar is shown."""
        with self._bar:
            self._task = self._bar.add_task("", total=max(sum(self._kimg.values()), 1e-9), left="")
            self.look(at_once=True)
            yield

    def look(self, at_once: bool = False) -> None:
        """Looks how far the jobs are, at most every two seconds."""
        if self._bar.disable or (not at_once and time.monotonic() - self._looked < _EVERY_SECONDS):
            return
        self._looked = time.monotonic()
        self._bar.update(self._task, completed=self._images(), description=self._counts(), left=self._left())

    def ended(self, job: Job, failure: str | None) -> None:
        """A line of a job that was done, or failed."""
        if failure is None:
            values = (job.result() or {"values": {}})["values"]
            found = ", ".join(f"{name} {value:.4g}" for name, value in values.items())
            text = f"{job.name}: {found or 'done'}"
        else:
            self._failed.add(job.name)
            text = f"{job.name}: failed ({failure})"
        self._console.print(f"{text}; {self._counts()}{self._left()}", markup=False)
        self.look(at_once=True)

    def _counts(self) -> str:
        done = sum(job.result() is not None for job in self._jobs)
        failed = f", {len(self._failed)} failed" if self._failed else ""
        return f"{done} of {len(self._jobs)} runs{failed}"

    def _left(self) -> str:
        """The time left, from the images that were trained since the start; other processes' count too."""
        images = self._images()
        trained, left = images - self._at_start, sum(self._kimg.values()) - images
        if trained <= 0 or left <= 0:
            return ""
        seconds = round((time.monotonic() - self._begun) * left / trained)
        return f", about {seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02} left"

    def _images(self) -> float:
        """Thousands of images trained by all jobs. Failed ones count as whole: they are not tried again."""
        return sum(self._trained(job) for job in self._jobs)

    def _trained(self, job: Job) -> float:
        if job.name in self._failed or job.result() is not None:
            return self._kimg[job.name]
        try:
            rows = read_history(job.run / HISTORY)
        except (ValueError, OSError):
            return 0.0
        return min(rows[-1]["kimg"], self._kimg[job.name]) if rows else 0.0


def kimg_of(plan: Plan, job: Job) -> float:
    """Thousands of images that a job trains on."""
    settings = plan.settings_of(job.cell)
    return float(settings.get("kimg", recipe_called(job.cell.recipe).defaults["kimg"]))
