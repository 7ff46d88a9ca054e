"""The memory of a process, and functions in processes of their own.

The peak that `resource.getrusage` tells is, on Linux, at least what the parent had when it started the process; the
kernel's own record of the process (`VmHWM`) is not.
"""

import contextlib
import multiprocessing
import resource
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

_STATUS, _REFERENCES = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def in_own_process(function: Callable, *arguments: Any) -> Any:
    """What a function of a module gives, called in a new process.

    Raises:
        BrokenProcessPool: If that is killed, as for want of memory. (`multiprocessing.Pool` would wait for ever.)
    """
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def used_mb(library: str | None = None) -> float:
    """MB of memory that this process has now; where the system does not tell, its peak so far.

    Args:
        library: `tensorflow` or `torch`: where that has a GPU, it is the GPU's memory that counts, here and below.
    """
    if _on_gpu(library):
        return _of_gpu(library, "current")
    return _status_mb("VmRSS")


def peak_mb(library: str | None = None) -> float:
    """The most MB of memory that this process had so far, or since `forget_peak`."""
    if _on_gpu(library):
        return _of_gpu(library, "peak")
    return _status_mb("VmHWM")


def forget_peak(library: str | None = None) -> None:
    """Counts peaks anew from here on, where the system lets us."""
    if not _on_gpu(library):
        with contextlib.suppress(OSError):
            _REFERENCES.write_text("5")
    elif library == "torch":
        import torch

        torch.cuda.reset_peak_memory_stats()
    else:
        import tensorflow as tf

        tf.config.experimental.reset_memory_stats("GPU:0")


def _on_gpu(library: str | None) -> bool:
    if library == "torch":
        from benchmarks.torch_rival import DEVICE

        return DEVICE.type == "cuda"
    if library == "tensorflow":
        import tensorflow as tf

        return bool(tf.config.list_physical_devices("GPU"))
    return False


def _of_gpu(library: str | None, which: str) -> float:
    """The library's `current` or `peak` memory on its first GPU."""
    if library == "torch":
        import torch

        tell = {"current": torch.cuda.memory_allocated, "peak": torch.cuda.max_memory_allocated}
        return tell[which]() / 1e6
    import tensorflow as tf

    return tf.config.experimental.get_memory_info("GPU:0")[which] / 1e6


def _status_mb(name: str) -> float:
    if _STATUS.exists():
        line = next(line for line in _STATUS.read_text().splitlines() if line.startswith(f"{name}:"))
        return int(line.split()[1]) * 1024 / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6
