"""What a start waits for: a model's first step in a fresh process, compiled anew, from the cache, and in the graph.

    python -m benchmarks.compile_time

Each start is a process of its own, one after the other, with nothing else that runs. The first step traces and compiles all
phases of the iteration, the lazy ones too. Processor time is what all cores worked, which tells on a busy machine too. The
cache, which keeps what is for CPUs, is a new folder, filled by the first start.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import command_line
from benchmarks.timing import print_table

# By what the table calls them: name in `models`, its arguments, and images in the batch.
MODELS: dict[str, tuple[str, dict[str, Any], int]] = {
    "DCGAN-64": ("DCGAN", {"resolution": 64}, 128),
    "StyleGAN2-64": ("StyleGAN2", {"resolution": 64, "channel_base": 4096}, 8),
}
TOYS: dict[str, tuple[str, dict[str, Any], int]] = {"a small DCGAN": ("DCGAN", {"resolution": 16, "base_width": 4}, 4)}
_ROOT = Path(__file__).parents[1]


def first_step(name: str, jit_compile: bool) -> dict[str, float]:
    """Seconds of the first step, and of the second, with and without the processor's. For a process of its own."""
    import numpy as np

    import models
    import tfnss

    model, arguments, batch = (MODELS | TOYS)[name]
    gan = getattr(models, model)(**arguments)
    lazy = {"regularizers": [tfnss.R1(1.0, 16), tfnss.PathLength()]} if model == "StyleGAN2" else {}
    gan.compile(**lazy, jit_compile=jit_compile)
    shape = (batch, arguments["resolution"], arguments["resolution"], 3)
    array = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    iterator = iter(tfnss.data.Images(array, batch).dataset())
    gan.images_total.assign(10**9)
    step, times = gan.make_train_function(), {}
    for which in ("first", "second"):
        wall, processor = time.perf_counter(), time.process_time()
        for value in step(iterator).values():
            value.numpy()
        times |= {which: time.perf_counter() - wall, f"{which}_processor": time.process_time() - processor}
    return times


def start(name: str, mode: str, cache: str) -> None:
    """Prints the times of a start, `XLA` or `graph`, whose TensorFlow has a cache (`off` for none)."""
    from tfnss import xla_cache
    from tfnss.console import start_tensorflow

    xla_cache.begin(cache)
    start_tensorflow()
    print(json.dumps(first_step(name, mode == "XLA")))


def main(argv: Sequence[str] | None = None) -> None:
    parser = command_line.parser(__doc__)
    parser.add_argument("--start", nargs=3, help=argparse.SUPPRESS)  # one of the processes: model, mode and cache
    arguments = parser.parse_args(argv)
    if arguments.start:
        start(*arguments.start)
        return
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name in TOYS if arguments.quick else MODELS:
            for how, cache in (("XLA, compiled anew", folder), ("XLA, from the cache", folder), ("graph", "off")):
                command = [sys.executable, "-m", "benchmarks.compile_time", "--start", name, how.split(",")[0], cache]
                output = subprocess.run(command, cwd=_ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
                times = json.loads(output.splitlines()[-1])
                rows.append((name, how, times["first"], times["first_processor"], times["second"]))
    print_table(("model", "start", "first step, seconds", "processor seconds", "second step, seconds"), rows)


if __name__ == "__main__":
    main()
