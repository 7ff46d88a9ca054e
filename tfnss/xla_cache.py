"""What XLA compiled, kept from one process to the next.

TensorFlow can keep XLA's executables in a folder (its `TF_XLA_FLAGS`, which it reads once, when it first lists the devices
of the machine). It writes each in place, and a process that meets half of one fails. So every process gets a folder of its
own, into which the kept executables are linked as it starts; its new ones go to the others when they are whole, each with a
checksum in its name. Processes that it starts get no such flag from it. Executables of another TensorFlow, processor or
other flags lie in another folder. It imports no TensorFlow.
"""

import atexit
import contextlib
import hashlib
import importlib.util
import itertools
import os
import platform
import re
import sys
import tempfile
import time
import warnings
import zlib
from pathlib import Path

from tfnss import files

OFF = "off"
MOST_BYTES = 2 * 10**9
_FLAGS = "TF_XLA_FLAGS"
_CACHE_FLAG = "tf_xla_persistent_cache_directory"
_WHOLE = "[!.]*.pb"  # those of names with a point before are being written
_OWN, _PARTIAL = "process-", ".partial."  # folders of processes, and files that `files.replacing` writes
_KIND, _KEPT = (
    re.compile(r"[0-9a-f]{16}"),
    re.compile(r"[^.]+\.[0-9a-f]{8}\.pb"),
)  # names of folders and files kept in them
_SECONDS_OF_PROCESSES = 86_400.0  # after which what a killed one left is removed; one that lives can do without, too
_BUILT_FROM = ("XLA_FLAGS", "TF_NUM_INTRAOP_THREADS", "TF_ENABLE_ONEDNN_OPTS")

_kept: Path | None = None  # the folder of all processes of this kind,
_own: Path | None = None  # and that of this one
_given: str | None = None  # the flags that this process was given


def begin(folder: str | None = None) -> None:
    """Lets TensorFlow, which has not started, keep executables for CPUs and find them, unless the user names a cache.

    Call `begun` once it has started.

    Args:
        folder: Where they are kept; `off` for nowhere, None for the folder `xla` of `tfnss.files.cache_folder`. If that one
            cannot be written, nothing is kept, and a warning says so.

    Raises:
        ValueError: For a given folder that cannot be written.
    """
    global _kept, _own, _given
    if folder == OFF:
        return
    place = files.cache_folder() / "xla" if folder is None else files.expanded(folder)
    if folder is not None:
        files.check_folder(place, f"--xla-cache {folder}")
    given = os.environ.get(_FLAGS, "").strip()
    if _own is not None or "tensorflow" in sys.modules or _CACHE_FLAG in given:
        return
    if given and not given.startswith("-"):  # the name of a file of flags, which may name a cache
        return
    try:
        _kept = place.absolute() / _kind()
        _kept.mkdir(parents=True, exist_ok=True)
        _tidy(place.absolute())
        _own = Path(tempfile.mkdtemp(prefix=_OWN, dir=_kept))
        _link(_kept, _own)
    except OSError as error:
        if folder is not None:
            raise ValueError(f"--xla-cache {folder} cannot be written ({error}): name another place, or off") from error
        warnings.warn(f"what XLA compiles is not kept: {error}; name another folder by {files.CACHE}", stacklevel=2)
        return
    ours = f"--{_CACHE_FLAG}={_quoted(_own)} --tf_xla_persistent_cache_device_types=CPU"
    _given = os.environ.get(_FLAGS)
    os.environ[_FLAGS] = f"{given} {ours}".strip()
    atexit.register(_end)


def begun() -> None:
    """Puts back the flags that `begin` changed, once TensorFlow has listed the devices of the machine and so has read them.

    A process that a user's program starts would keep its executables in the folder of this one otherwise.
    """
    if _own is None or _quoted(_own) not in os.environ.get(_FLAGS, ""):
        return
    if _given is None:
        del os.environ[_FLAGS]
    else:
        os.environ[_FLAGS] = _given


def in_use() -> bool:
    """Whether what is compiled in this process is kept."""
    return _own is not None


def keep() -> None:
    """Gives what this process compiled to those that come after it. No other thread may compile meanwhile."""
    if _own is None or _kept is None:
        return
    known = {_plain_name(path) for path in _kept.glob(_WHOLE)}
    for path in _own.glob(_WHOLE):
        with contextlib.suppress(OSError):  # a full disk, or another process at the same: no reason to fail a run
            if path.name not in known and path.stat().st_size:
                with files.replacing(_kept / f"{path.stem}.{_checksum(path)}.pb") as temporary:
                    files.link(path, temporary)


def _end() -> None:
    keep()
    if _own is not None:
        with contextlib.suppress(OSError):
            files.remove(_own)


def _link(kept: Path, own: Path) -> None:
    """Gives the sound ones of the kept executables their names for TensorFlow in the folder of a process."""
    for path in kept.glob(_WHOLE):
        with contextlib.suppress(OSError):  # another process has just removed it
            if path.name == f"{path.name.split('.')[0]}.{_checksum(path)}.pb":
                files.link(path, own / _plain_name(path))
            else:
                path.unlink()


def _tidy(place: Path) -> None:
    """Removes what killed processes left, and the oldest executables beyond `MOST_BYTES`, of whatever TensorFlow.

    The user may have named a folder that holds other things, too: they stay.
    """
    found = []
    for path in itertools.chain.from_iterable(each.glob("*") for each in place.iterdir() if _KIND.fullmatch(each.name)):
        with contextlib.suppress(OSError):
            status = path.stat()
            if path.name.startswith((_OWN, _PARTIAL)):
                if time.time() - status.st_mtime > _SECONDS_OF_PROCESSES:
                    files.remove(path)
            elif _KEPT.fullmatch(path.name):
                found.append((status.st_mtime, status.st_size, path))
    total = 0
    for _, size, path in sorted(found, reverse=True):
        total += size
        if total > MOST_BYTES:
            with contextlib.suppress(OSError):  # another process has just removed it, or it is another user's
                path.unlink()


def _plain_name(path: Path) -> str:
    """TensorFlow's name of a kept executable, which has no point but that of the suffix."""
    return f"{path.name.split('.')[0]}.pb"


def _checksum(path: Path) -> str:
    value = 0
    with open(path, "rb") as file:
        while block := file.read(2**20):
            value = zlib.crc32(block, value)
    return f"{value:08x}"


def _quoted(path: Path) -> str:
    """A path as a value of TensorFlow's flags, whose quotes know a backslash."""
    text = path.as_posix().replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def _kind() -> str:
    """Name of the folder of executables that this process can use: by TensorFlow, processor, threads and flags of XLA."""
    made = [*_tensorflow(), *_processor(), str(os.cpu_count()), str(_cores())]
    made += [f"{name}={os.environ.get(name)}" for name in _BUILT_FROM] + [os.environ.get(_FLAGS, "")]
    return hashlib.sha256("\n".join(made).encode()).hexdigest()[:16]


def _tensorflow() -> list[str]:
    """What tells one installation of TensorFlow from another, without importing it."""
    found = importlib.util.find_spec("tensorflow")
    folder = Path(found.origin).parent if found is not None and found.origin else None
    libraries = sorted(folder.glob("libtensorflow*")) if folder else []
    return [f"{path.name} {path.stat().st_size} {path.stat().st_mtime_ns}" for path in libraries]


def _processor() -> list[str]:
    """Model and features of the processor."""
    try:
        first = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").split("\n\n")[0]
    except OSError:
        return [platform.system(), platform.machine(), platform.processor()]
    changing = ("processor", "cpu MHz", "core id", "apicid", "initial apicid", "bogomips", "BogoMIPS", "physical id")
    return [line for line in first.splitlines() if line.split(":")[0].strip() not in changing]


def _cores() -> int:
    allowed = getattr(os, "sched_getaffinity", None)  # of Linux alone
    return os.cpu_count() or 1 if allowed is None else len(allowed(0))
