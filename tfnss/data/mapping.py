"""Work over many images: by several threads, with a progress line."""

import collections
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Executor, Future
from typing import TypeVar

from rich.markup import escape
from rich.progress import track

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


def tracked(items: Iterable[A], description: str, count: int, images: int | None = None) -> Iterable[A]:
    """The items, with a progress line where they are many.

    Args:
        items: What to go through.
        description: What is done. It may hold any path.
        count: Number of items.
        images: Number of images; by default that of the items.
    """
    printable = description.encode(errors="backslashreplace").decode()
    many = (count if images is None else images) >= _MANY
    return track(items, escape(printable), count, disable=not many)
