"""One runnable module per experiment: `python -m recipes.NAME --help`."""

import contextlib
import os
from collections.abc import Iterator


@contextlib.contextmanager
def _quiet_start() -> Iterator[None]:
    """Drops what TensorFlow's native code says on standard error while it starts, which no log level reaches."""
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
with _quiet_start():
    import tensorflow as tf

    tf.config.list_physical_devices()
