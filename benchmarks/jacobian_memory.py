"""The memory and the time of one Jacobian of 512 columns at 1024x1024 pixels, whose 6.4 GB are never held at once.

    python -m benchmarks.jacobian_memory

The network has 2 channels at every resolution, so that what is measured is the Jacobian and not the network. It is in a
process of its own; what TensorFlow and the network need, with one batch of columns, is measured before.
"""

import time
from collections.abc import Sequence

from benchmarks import command_line, memory
from benchmarks.timing import print_table
from models.stylegan2 import StyleGAN2Generator
from models.stylegan2.weights import randomize
from tfnss.analysis import jacobian_spectra

RESOLUTION, COLUMNS, BATCH = 1024, 512, 4


def network(resolution: int, columns: int) -> StyleGAN2Generator:
    generator = StyleGAN2Generator(resolution, latent_dim=columns, style_dim=columns, mapping_layers=1, channel_max=2)
    randomize(generator, [0])
    return generator


def measure(memory_gb: float, resolution: int, columns: int) -> tuple[float, float, float]:
    """GB before, GB at the peak, and seconds of one place."""
    generator = network(resolution, columns)
    # Averaged down to nothing, the Jacobian is small: this is the network's own need.
    jacobian_spectra(network(resolution, BATCH), count=1, size=4, batch_size=BATCH)
    before, start = memory.peak_mb() / 1e3, time.perf_counter()
    jacobian_spectra(generator, count=1, batch_size=BATCH, memory_gb=memory_gb)
    return before, memory.peak_mb() / 1e3, time.perf_counter() - start


def main(argv: Sequence[str] | None = None) -> None:
    rows: list[tuple] = []
    quick = command_line.parser(__doc__).parse_args(argv).quick
    sizes = (16, 8) if quick else (RESOLUTION, COLUMNS)
    for memory_gb in (4.0,):
        before, peak, seconds = memory.in_own_process(measure, memory_gb, *sizes)
        rows.append((memory_gb, before, peak, peak - before, seconds))
    print_table(("memory_gb", "GB, TensorFlow and network", "GB, peak", "GB of the Jacobian", "seconds"), rows)


if __name__ == "__main__":
    main()
