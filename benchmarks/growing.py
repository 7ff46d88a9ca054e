"""What growing costs at each of its stages: seconds per iteration and memory, beside those of the full size.

    python -m benchmarks.growing [--model StyleGAN] [--resolution 128] [--batch 8]

Each resolution is measured in a process of its own, so that its peak of memory is its own. All weights are there at every
resolution; what shrinks with the images is what the iterations need beside them.
"""

from collections.abc import Sequence

import numpy as np

import models
import tfnss
from benchmarks import command_line, memory
from benchmarks.timing import print_table, seconds_per_call
from tfnss.training.stages import full_resolution

_NARROW = {"channel_base": 64, "mapping_layers": 1}


def measured(
    model: str, sizes: dict[str, int], batch_size: int, halvings: int | None
) -> tuple[int, float, float, float]:
    """Side, seconds per iteration, MB of memory before the iterations and at their peak; None for no growth."""
    gan, resolution = getattr(models, model)(**sizes), sizes["resolution"]
    growth = tfnss.Growth(stable_kimg=1, fade_kimg=1, batch_sizes={8: batch_size}) if halvings is not None else False
    gan.compile(growth=growth)
    stage = next(s for s in gan.stages if halvings in (None, s.halvings))
    gan.images_seen.assign(stage.first)
    gan.images_total.assign(10**9)
    gan._enter(stage)
    array = np.random.default_rng(0).integers(0, 256, (batch_size, resolution, resolution, 3), dtype=np.uint8)
    images = tfnss.data.Images(array, batch_size).at(batch_size, stage.halvings)
    before = memory.used_mb("tensorflow")
    seconds = seconds_per_call(gan.make_train_function(), iter(images.dataset().map(lambda x: (x,))), calls=5)
    return (full_resolution(gan.generator) >> stage.halvings), seconds, before, memory.peak_mb("tensorflow")


def main(argv: Sequence[str] | None = None) -> None:
    parser = command_line.parser(__doc__)
    parser.add_argument("--model", default="StyleGAN", help="a model that can grow")
    parser.add_argument("--resolution", type=int, default=128, help="its full resolution")
    parser.add_argument("--batch", type=int, default=8, help="images in the batch, at every resolution")
    args = parser.parse_args(argv)
    if args.quick:
        args.resolution, args.batch = 16, 4
    sizes = {"resolution": args.resolution} | (_NARROW if args.quick else {})
    rows = []
    levels = range((args.resolution // 8).bit_length() - 1, -1, -1)
    for halvings in (*levels, None):
        side, seconds, before, after = memory.in_own_process(measured, args.model, sizes, args.batch, halvings)
        name = f"{side}x{side}" if halvings is not None else f"{side}x{side}, no growth"
        rows.append((name, seconds, args.batch / seconds, f"{before:.0f}", f"{after - before:.0f}"))
    title = f"{args.model}-{args.resolution}"
    print_table((title, "seconds per iteration", "images/s", "MB before", "MB more at the peak"), rows)


if __name__ == "__main__":
    main()
