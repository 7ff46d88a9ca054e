"""The FID of 10,000 + 10,000 activations of width 2048: streamed moments and TF-GAN's root against scipy's `sqrtm`.

    python -m benchmarks.frechet_distance

Each runs in a process of its own, so that its memory can be told.
"""

import time
from collections.abc import Callable, Sequence

import numpy as np
import scipy.linalg

from benchmarks import command_line, memory
from benchmarks.timing import print_table
from tfnss.metrics import FrechetDistance

COUNT, WIDTH, BATCH = 10_000, 2048, 100


def activations(seed: int, count: int = COUNT, width: int = WIDTH) -> np.ndarray:
    """Rectified mixtures with a decaying spectrum, as a network's last activations are."""
    random = np.random.default_rng(seed)
    mixture = np.random.default_rng(0).normal(size=(width, width)).astype(np.float32) / np.sqrt(width)
    scale = (1 + 0.1 * seed) * np.arange(1, width + 1, dtype=np.float32) ** -0.5
    return np.maximum((random.normal(size=(count, width)).astype(np.float32) * scale) @ mixture + 0.02 * seed, 0)


def streamed(real: np.ndarray, fake: np.ndarray) -> float:
    distance = FrechetDistance()
    for start in range(0, len(real), BATCH):
        distance.real.update(real[start : start + BATCH])
        distance.fake.update(fake[start : start + BATCH])
    return distance.result()


def at_once(real: np.ndarray, fake: np.ndarray) -> float:
    covariances = [np.cov(a.astype(np.float64), rowvar=False) for a in (real, fake)]
    root = scipy.linalg.sqrtm(covariances[0] @ covariances[1]).real
    difference = real.mean(axis=0, dtype=np.float64) - fake.mean(axis=0, dtype=np.float64)
    return float(difference @ difference + np.trace(covariances[0] + covariances[1] - 2 * root))


def measure(function: Callable[[np.ndarray, np.ndarray], float], *size: int) -> tuple[float, float, float]:
    """Value, seconds, and the process' peak of memory in GB."""
    real, fake = activations(0, *size), activations(1, *size)
    start = time.perf_counter()
    value = function(real, fake)
    return value, time.perf_counter() - start, memory.peak_mb() / 1e3


def main(argv: Sequence[str] | None = None) -> None:
    size = (300, 16) if command_line.parser(__doc__).parse_args(argv).quick else (COUNT, WIDTH)
    rows: list[tuple] = []
    for name, function in (("scipy sqrtm, all at once", at_once), ("tfnss, batches of 100", streamed)):
        rows.append((name, *memory.in_own_process(measure, function, *size)))
    print_table(("FID", "value", "seconds", "GB, TensorFlow and activations included"), rows)
    print(f"relative difference: {abs(rows[0][1] - rows[1][1]) / rows[0][1]:.1e}")


if __name__ == "__main__":
    main()
