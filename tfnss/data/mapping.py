"""Work over many images: by several threads, with a progress line."""

import collections
import sys
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Executor, Future
from typing import Literal, TypeVar

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Column

A = TypeVar("A")
B = TypeVar("B")
_AHEAD = 64  # items in work, or done and not yet asked for
_MANY = 1000  # images, from which on there is a progress line


def mapped(pool: Executor, function: Callable[[A], B], items: Iterable[A]) -> Generator[B, None, None]:
    """The results for all items, in order. Unlike `Executor.map`, it takes few items before their turn.

    When it ends or is closed before all is done, what has not begun is cancelled.
    """
    ahead: collections.deque[Future[B]] = collections.deque()
    try:
        for item in items:
            ahead.append(pool.submit(function, item))
            if len(ahead) >= _AHEAD:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()
    finally:
        for future in ahead:
            future.cancel()


def tracked(
    items: Iterable[A],
    description: str,
    count: float | None,
    images: int | None = None,
    shown: bool | None = None,
) -> Iterable[A]:
    """The items, with a progress line: where they are many, unless `shown` says whether.

    Args:
        items: What to go through.
        description: What is done. It may hold any path.
        count: Number of items; None for that of a sequence, or where it is not known.
        images: Number of images; by default that of the items.
        shown: Whether there is a line.
    """
    if shown is None:
        shown = ((count if images is None else images) or 0) >= _MANY
    return _with_line(items, description, count) if shown else items


def _with_line(items: Iterable[A], description: str, count: float | None) -> Iterator[A]:
    encoding = sys.stdout.encoding or "utf-8"
    printable = description.encode(encoding, "backslashreplace").decode(encoding)
    cut: Literal["ellipsis", "crop"] = "ellipsis" if encoding.lower().startswith("utf") else "crop"  # that is no ASCII

    def column() -> Column:
        return Column(no_wrap=True, overflow=cut)

    columns = (
        TextColumn("{task.description}", markup=False, table_column=column()),
        BarColumn(table_column=column()),
        TaskProgressColumn(show_speed=True, table_column=column()),
        TimeRemainingColumn(elapsed_when_finished=True, table_column=column()),
    )
    with Progress(*columns) as progress:
        yield from progress.track(items, count, description=printable)
