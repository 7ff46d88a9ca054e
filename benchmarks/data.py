"""Training on images as fast as on one batch: a narrow DCGAN-64 on a constant batch, and on every kind of data.

    python -m benchmarks.data [JPEGS]

The data are the embedded photographs, and generated JPEG files of 128x128 (20,000 unless another number is given) as a
folder, a zip and records; pixels kept in memory, and read anew each time. On a CPU the networks have an eighth of the
canonical width, so that the data count for more. Short rounds on the constant batch and on the data take turns, so that what
else the machine does meets both; the ratio is the median over the rounds.
"""

import contextlib
import io
import tempfile
import time
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf
from PIL import Image

import tfnss
from benchmarks import command_line
from benchmarks.timing import print_table
from models import DCGAN
from tfnss.data.photos import photo_crops

JPEGS, FILE_SIZE = 20_000, 128
BATCH, RESOLUTION, STEPS, ROUNDS = 64, 64, 5, 9


def write_files(place: Path, count: int) -> list[Path]:
    """A folder, a zip and records of the same JPEG files."""
    folder, archive, records = place / "jpegs", place / "jpegs.zip", place / "records"
    folder.mkdir()
    with zipfile.ZipFile(archive, "w") as zipped:
        for index, pixels in enumerate(photo_crops(FILE_SIZE, count)):
            file = io.BytesIO()
            Image.fromarray(pixels).save(file, "JPEG", quality=90)
            name = f"{index:06d}.jpg"
            (folder / name).write_bytes(file.getvalue())
            zipped.writestr(name, file.getvalue())
    tfnss.data.prepare(tfnss.data.originals(folder), records, tfnss.data.Preparation(RESOLUTION))
    return [folder, archive, records]


def constant() -> tf.data.Dataset:
    """The same batch again and again, in memory as a pipeline leaves it."""
    batch = tf.random.stateless_uniform((BATCH, RESOLUTION, RESOLUTION, 3), (0, 1), -1, 1)
    return tf.data.Dataset.from_tensors(batch).repeat().prefetch(tf.data.AUTOTUNE)


@contextlib.contextmanager
def timed(seconds: list[float]) -> Iterator[None]:
    start = time.perf_counter()
    yield
    seconds.append(time.perf_counter() - start)


def compare(gan: tfnss.GAN, dataset: tf.data.Dataset, rounds: int = ROUNDS) -> tuple[float, float, float]:
    """Images per second on the constant batch and on the data, and the median ratio of neighbouring rounds."""
    train = gan.make_train_function()
    iterators = [iter(constant()), iter(dataset)]
    seconds: list[list[float]] = [[], []]
    for repeat in range(rounds + 1):
        for iterator, times in zip(iterators, seconds, strict=True):
            with timed(times):
                for _ in range(STEPS):
                    logs = train(iterator)
                tf.nest.map_structure(lambda x: x.numpy(), logs)  # waits for the results
            if repeat == 0:
                times.clear()  # compilation, and the pipeline's start
    on_constant, on_data = (BATCH * STEPS / np.array(times) for times in seconds)
    return float(np.median(on_constant)), float(np.median(on_data)), float(np.median(on_data / on_constant))


def main(argv: Sequence[str] | None = None) -> None:
    parser = command_line.parser(__doc__)
    parser.add_argument("jpegs", nargs="?", type=int, default=JPEGS, help=f"number of JPEG files ({JPEGS:,})")
    arguments = parser.parse_args(argv)
    count, rounds, own = (128, 1, []) if arguments.quick else (arguments.jpegs, ROUNDS, ["photos"])
    width = 1 if arguments.quick else 64 if tf.config.list_physical_devices("GPU") else 8
    gan = DCGAN(RESOLUTION, base_width=width)
    gan.compile(jit_compile=True)
    gan.images_total.assign(10**9)
    rows = []
    with tempfile.TemporaryDirectory() as place:
        files = write_files(Path(place), count)
        for source, cache_gb in [(source, 8) for source in (*own, *files)] + [(source, 0) for source in files]:
            start: list[float] = []
            with timed(start):
                images = tfnss.data.load(source, RESOLUTION, BATCH, mirror=True, cache_gb=cache_gb)
                images.read_all()
            kind = f"{Path(source).name}, {'kept' if cache_gb else 'read anew'}"
            rows.append((kind, len(images), *start, *compare(gan, images.dataset(), rounds)))
    print_table(("data", "images", "seconds to load", "constant, images/s", "data, images/s", "ratio"), rows)


if __name__ == "__main__":
    main()
