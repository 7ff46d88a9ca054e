"""What all command lines share: how flags are read, and how errors and warnings are told. It imports no TensorFlow."""

import argparse
import contextlib
import difflib
import math
import os
import re
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NoReturn


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, and keeps to the flags that were given."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(argument_default=argparse.SUPPRESS, allow_abbrev=False, **kwargs)
        self._negative_number_matcher = re.compile(
            r"-\.?\d[\d.,eE+-]*$"
        )  # so that `--by -2,0,2` is a flag and its value

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As argparse has it; the error of a flag that there is not names the nearest one."""
        found, unknown = self.parse_known_args(args, namespace)
        if unknown:
            flag = unknown[0].split("=")[0]
            near = nearest(flag, self._option_string_actions) if flag.startswith("--") else ""
            self.error(f"unrecognized arguments: {' '.join(unknown)}{near}")
        return found

    def error(self, message: str) -> NoReturn:
        fail(self.prog, message)


def parser_of(program: str, summary: str, add_flags: Callable[[Parser], None]) -> Parser:
    """The parser of a command."""
    parser = Parser(prog=program, description=summary)
    add_flags(parser)
    return parser


def fail(program: str, message: object) -> NoReturn:
    """Ends the program with status 2 and one line."""
    print(f"{program}: error: {' '.join(str(message).split())}", file=sys.stderr)
    raise SystemExit(2)


@contextlib.contextmanager
def reporting(program: str, *errors: type[Exception]) -> Iterator[None]:
    """Within the block, these errors and want of memory end the program with status 2 and one line; Ctrl-C with 130."""
    try:
        yield
    except errors as error:
        fail(program, error)
    except Exception as error:
        if not isinstance(error, _memory_errors()):
            raise
        fail(
            program,
            f"the memory is not enough ({str(error) or 'none is left'}): take smaller sizes, or fewer images at a time",
        )
    except KeyboardInterrupt:
        print(f"{program}: stopped", file=sys.stderr)
        raise SystemExit(130) from None


def _memory_errors() -> tuple[type[Exception], ...]:
    """How Python, NumPy and, where it is in use, TensorFlow tell of it."""
    tf = sys.modules.get("tensorflow")
    return (MemoryError, tf.errors.ResourceExhaustedError) if tf else (MemoryError,)


@contextlib.contextmanager
def one_line_warnings(program: str) -> Iterator[None]:
    """Within the block, warnings are printed as one line each."""
    with warnings.catch_warnings():
        warnings.showwarning = lambda message, *_, **__: print(f"{program}: warning: {message}", file=sys.stderr)
        yield


def check_range(
    settings: Mapping[str, Any], name: str, least: float = 0, below: float = math.inf, above: bool = False
) -> None:
    """Raises a ValueError if a setting does not lie in `[least, below)`, or is `least` where it must be above that."""
    value = settings[name]
    if least <= value < below and not (above and value == least):
        return
    range_ = f"be at least {least}" if below == math.inf else f"lie in [{least}, {below})"
    flag = "--" + name.replace("_", "-")
    raise ValueError(f"{flag} must {f'be above {least}' if above else range_}. Received: {value}")


def start_tensorflow() -> None:
    """Imports TensorFlow without what its native code says while it starts: no log level reaches that."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        import tensorflow as tf

        tf.config.list_physical_devices()
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def nearest(name: str, names: Iterable[str]) -> str:
    """` (did you mean NAME?)` where one of the names is near to this one, else nothing."""
    near = difflib.get_close_matches(name, list(names), n=1)
    return f" (did you mean {near[0]}?)" if near else ""


def say(text: str) -> None:
    """Prints any text, with `\\` and a code for what the terminal has no character for, as in some names of files."""
    encoding = sys.stdout.encoding or "utf-8"
    print(text.encode(encoding, "backslashreplace").decode(encoding))


def count_or_all(text: str, flag: str, least: int = 2) -> int | None:
    """A number of images, or None for `all`.

    Raises:
        ValueError: For anything else, or a number below the least. The message names the flag.
    """
    if text == "all":
        return None
    if not (text.isascii() and text.isdigit() and int(text) >= least):
        raise ValueError(f"{flag} must be all, or a number of at least {least}. Received: {text}")
    return int(text)


def floats(text: str) -> list[float]:
    """Numbers with commas between them."""
    return [float(number) for number in text.split(",")]


def integers(text: str) -> list[int]:
    """The same of whole numbers."""
    return [int(number) for number in text.split(",")]
