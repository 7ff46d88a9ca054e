"""The memory and the time of one Jacobian of 512 columns at 1024x1024 pixels, whose 6.4 GB are never held at once.

    python -m benchmarks.jacobian_memory

The network has 2 channels at every resolution, so that what is measured is the Jacobian and not the network. It is in a
process of its own; what TensorFlow and the network need, with one batch of columns, is measured before.
"""

import multiprocessing
import resource
import time

from benchmarks.timing import print_table
from models.stylegan2 import StyleGAN2Generator
from models.stylegan2.weights import randomize
from tfnss.analysis import jacobian_spectra

RESOLUTION, COLUMNS, BATCH = 1024, 512, 4


def network() -> StyleGAN2Generator:
    generator = StyleGAN2Generator(RESOLUTION, latent_dim=COLUMNS, style_dim=COLUMNS, mapping_layers=1, channel_max=2)
    randomize(generator, [0])
    return generator


def peak_gb() -> float:
    """Of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def measure(memory_gb: float) -> tuple[float, float, float]:
    """GB before, GB at the peak, and seconds of one place."""
    generator = network()
    # Averaged down to nothing, the Jacobian is small: this is the network's own need.
    few = StyleGAN2Generator(RESOLUTION, latent_dim=BATCH, style_dim=BATCH, mapping_layers=1, channel_max=2)
    randomize(few, [0])
    jacobian_spectra(few, count=1, size=4, batch_size=BATCH)
    before, start = peak_gb(), time.perf_counter()
    jacobian_spectra(generator, count=1, batch_size=BATCH, memory_gb=memory_gb)
    return before, peak_gb(), time.perf_counter() - start


def main() -> None:
    rows: list[tuple] = []
    for memory_gb in (4.0,):
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            before, peak, seconds = pool.apply(measure, (memory_gb,))
        rows.append((memory_gb, before, peak, peak - before, seconds))
    print_table(("memory_gb", "GB, TensorFlow and network", "GB, peak", "GB of the Jacobian", "seconds"), rows)


if __name__ == "__main__":
    main()
