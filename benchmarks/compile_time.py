"""What a start waits for: a model's first step in a fresh process, compiled anew, from the cache, and in the graph.

    python -m benchmarks.compile_time

Each start is a process of its own, one after the other, with nothing else that runs. The first step traces and compiles all
phases of the iteration, the lazy ones too. Processor time is what all cores worked, which tells on a busy machine too. The
cache is a new folder, filled by the first start.
"""

import json
import subprocess
import sys
import tempfile
import time

MODELS = ("DCGAN-64", "StyleGAN2-64")
BATCHES = {"DCGAN-64": 128, "StyleGAN2-64": 8}


def first_step(name: str, jit_compile: bool) -> dict[str, float]:
    """Seconds of the first step, and of the second, with and without the processor's."""
    import numpy as np

    import tfnss
    from models import DCGAN, StyleGAN2

    if name == "DCGAN-64":
        gan = DCGAN(64)
        gan.compile(jit_compile=jit_compile)
    else:
        gan = StyleGAN2(64, channel_base=4096)
        gan.compile(regularizers=[tfnss.R1(1.0, 16), tfnss.PathLength()], jit_compile=jit_compile)
    array = np.random.default_rng(0).integers(0, 256, (BATCHES[name], 64, 64, 3), dtype=np.uint8)
    iterator = iter(tfnss.data.Images(array, BATCHES[name]).dataset())
    gan.images_total.assign(10**9)
    step, times = gan.make_train_function(), {}
    for which in ("first", "second"):
        wall, processor = time.perf_counter(), time.process_time()
        for value in step(iterator).values():
            value.numpy()
        times |= {which: time.perf_counter() - wall, f"{which}_processor": time.process_time() - processor}
    return times


def main() -> None:
    from benchmarks.timing import print_table  # imports TensorFlow, which a start is to do only with its cache

    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name in MODELS:
            for how, cache in (("XLA, compiled anew", folder), ("XLA, from the cache", folder), ("graph", "off")):
                command = [sys.executable, "-m", "benchmarks.compile_time", name, how.split(",")[0], cache]
                output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
                times = json.loads(output.splitlines()[-1])
                rows.append((name, how, times["first"], times["first_processor"], times["second"]))
    print_table(("model", "start", "first step, seconds", "processor seconds", "second step, seconds"), rows)


if __name__ == "__main__":
    if len(sys.argv) == 1:
        main()
    else:
        from tfnss import xla_cache
        from tfnss.console import start_tensorflow

        xla_cache.begin(sys.argv[3])
        start_tensorflow()
        print(json.dumps(first_step(sys.argv[1], sys.argv[2] == "XLA")))
