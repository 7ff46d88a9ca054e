"""How arithmetic and memory of StyleGAN and StyleGAN2 grow with resolution, batch and devices, up to 1024x1024.

    python -m benchmarks.cost_at_scale [--xla] [--processes 2] [--page docs/memory.md]

Nothing of the large sizes is run: their steps are traced, and operations and bytes are counted from the shapes
(`benchmarks.counting`). At 64x64 and 128x128 the steps are run too, each resolution in a process of its own, and the counted
bytes are compared with the peak of its memory. `--page` puts the tables into a page, in place of those that are there.
"""

import contextlib
import io
import math
import multiprocessing
import os
import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks import command_line, memory
from benchmarks.timing import print_table
from tfnss.files import replacing

GB = 1e9
RESERVE_GB = 1.0  # of the GPU's context and the workspace of its convolutions: an assumption
GPUS_GB = (8, 11, 16, 24, 40, 48, 80, 141)
BEGIN, END = "<!-- tables of benchmarks.cost_at_scale -->", "<!-- end of the tables -->"
_BETWEEN = rf"(?s){BEGIN}\n.*{END}\n"


class Case(NamedTuple):
    """A model, whose steps are counted.

    Attributes:
        name: What the tables call it.
        model: Name in `models`.
        arguments: Of the model.
    """

    name: str
    model: str
    arguments: tuple[tuple[str, Any], ...]

    @property
    def network(self) -> tuple[str, Any]:
        """What the costs follow from: cases of one network share them."""
        return self.model, self.arguments

    def half(self) -> "Case":
        """The same in half precision, whose tensors are as large in either kind."""
        return Case(self.name, self.model, (*self.arguments, ("precision", "float16")))


class Cost(NamedTuple):
    """What a step costs.

    Attributes:
        step: `D`, `G` or the name of the lazy penalty.
        interval: Iterations from one to the next.
        flop: Operations.
        bytes: Needed at once, beside what stays.
        gradient_bytes: What several devices exchange.
    """

    step: str
    interval: int
    flop: int
    bytes: int
    gradient_bytes: int


def _of(resolution: int, config: str | None = None) -> tuple[tuple[str, Any], ...]:
    return (("resolution", resolution), *((("config", config),) if config else ()))


Costs = tuple[int, dict[int, list[Cost]]]  # bytes that stay; by batch, the steps

CONFIGS = (
    Case("paper256", "StyleGAN2", _of(256, "paper256")),
    Case("paper512", "StyleGAN2", _of(512, "paper512")),
    Case("paper1024, stylegan2 (f)", "StyleGAN2", _of(1024, "paper1024")),
    Case("StyleGAN (a), when grown", "StyleGAN", _of(1024)),
)
GROWTH = tuple(Case(f"{r}x{r}", "StyleGAN2", _of(r, "paper1024")) for r in (64, 128, 256, 512, 1024))
CALIBRATION = tuple(Case(f"{r}x{r}", "StyleGAN2", _of(r, "paper256")) for r in (64, 128))
_TOY = Case("8x8", "StyleGAN2", (*_of(8), ("channel_base", 64), ("mapping_layers", 1)))


def built(case: Case, jit_compile: bool = False) -> Any:
    """The compiled model, at its full resolution."""
    import models

    gan = getattr(models, case.model)(**dict(case.arguments))
    gan.compile(jit_compile=jit_compile, growth=False)
    return gan


def counted(case: Case, batches: Sequence[int]) -> Costs:
    """What the steps cost at each batch."""
    from benchmarks import counting

    gan, costs = built(case), {}
    for batch in batches:
        costs[batch] = []
        for gradients in gan._gradients:
            phase = gradients.phase
            graph = counting.traced(gradients, _shape(gan, batch))
            exchanged = sum(math.prod(x.shape) * x.dtype.size for x in graph.structured_outputs[0])
            counts = sum(counting.flop(graph).values()), counting.peak_bytes(graph), exchanged
            costs[batch].append(Cost(counting.phase_name(phase), phase.interval, *counts))
    return counting.persistent_bytes(gan), costs


def measured(case: Case, batch: int, jit_compile: bool, index: int) -> tuple[float, float]:
    """The bytes that a call of a step takes at its peak, and its seconds.

    For a process of its own: the allocator keeps what a step before it took, and a peak would hide in that.
    """
    import tensorflow as tf

    from benchmarks.timing import waited

    gan = built(case)
    real = tf.random.stateless_uniform(_shape(gan, batch), (0, 1), -1, 1)
    function = tf.function(gan._gradients[index].of_part, autograph=False, jit_compile=jit_compile)
    function.get_concrete_function(tf.constant(0), real)
    before = memory.used_mb("tensorflow")
    waited(function(tf.constant(0), real)[0])  # compiles
    memory.forget_peak("tensorflow")
    start = time.perf_counter()
    waited(function(tf.constant(0), real)[0])
    seconds = time.perf_counter() - start
    return (memory.peak_mb("tensorflow") - before) * 1e6, seconds


def _shape(gan: Any, batch: int) -> tuple[int, int, int, int]:
    return (batch, *gan.generator.compute_output_shape((batch, gan.latent_dim))[1:])


def main(argv: Sequence[str] | None = None) -> None:
    parser = command_line.parser(__doc__)
    parser.add_argument(
        "--xla", action="store_true", help="also compare with the memory under XLA, which takes minutes"
    )
    parser.add_argument(
        "--processes", type=int, default=os.cpu_count(), help="models that are traced side by side (default: all cores)"
    )
    parser.add_argument("--page", type=Path, help=f"file whose lines between {BEGIN} and {END} the tables replace")
    arguments = parser.parse_args(argv)
    text = arguments.page.read_text(encoding="utf-8") if arguments.page else f"{BEGIN}\n{END}\n"
    if not re.search(_BETWEEN, text):
        parser.error(f"{arguments.page} has no lines {BEGIN} and {END}")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        _print_tables(arguments.quick, arguments.xla, arguments.processes)
    print(printed.getvalue())
    if arguments.page:
        with replacing(arguments.page) as temporary:
            temporary.write_text(
                re.sub(_BETWEEN, lambda _: f"{BEGIN}\n\n{printed.getvalue().strip()}\n\n{END}\n", text),
                encoding="utf-8",
            )


def _print_tables(quick: bool, xla: bool, processes: int) -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ["MALLOC_MMAP_THRESHOLD_"] = "65536"  # freed tensors go back to the system, or peaks would hide in them
    batches = (4,) if quick else (4, 8)
    growth, configs, calibration = ((_TOY,),) * 3 if quick else (GROWTH, CONFIGS, CALIBRATION)
    cases = (*configs, *(case.half() for case in configs), *growth, *calibration)
    jobs = {case.network: (case, batches) for case in cases}
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        costs = dict(zip(jobs, pool.starmap(counted, jobs.values(), chunksize=1), strict=True))
    factor = _calibrate(calibration, costs, batches[0], xla)
    _grow(growth, costs, batches[0])
    _configs(configs, costs, batches, factor)
    _devices(configs[min(2, len(configs) - 1)], costs, factor)


def _calibrate(cases: Sequence[Case], costs: dict[Any, Costs], batch: int, xla: bool) -> float:
    """Compares counted bytes with measured ones; gives the greatest ratio of the two in the graph's largest steps."""
    rows, ratios = [], []
    for case in cases:
        for mode in ("graph", "XLA") if xla else ("graph",):
            steps = costs[case.network][1][batch]
            for index, cost in enumerate(steps):
                taken, seconds = memory.in_own_process(measured, case, batch, mode == "XLA", index)
                ratio = taken / cost.bytes
                rate = cost.flop / seconds / 1e9
                rows.append((case.name, mode, cost.step, _gb(cost.bytes), _gb(taken), f"{ratio:.2f}", rate))
                if mode == "graph" and cost.bytes == max(cost.bytes for cost in steps):
                    ratios.append(ratio)
    print_table(("counted and measured", "mode", "step", "GB, counted", "GB, measured", "ratio", "GFLOP/s"), rows)
    print(
        f"The tables below take {max(1.0, *ratios):.2f} times the bytes counted: the greatest ratio of a largest step.\n"
    )
    return max(1.0, *ratios)


def _grow(cases: Sequence[Case], costs: dict[Any, Costs], batch: int) -> None:
    """By resolution and step: how arithmetic and memory grow."""
    rows = []
    for case in cases:
        stays, by_batch = costs[case.network]
        for cost in by_batch[batch]:
            per_image = cost.flop / batch / 1e9
            rows.append(
                (case.name, cost.step, f"every {cost.interval}", per_image, _gb(cost.bytes / batch, 3), _gb(stays))
            )
    header = ("step", "iterations", "GFLOP per image", "GB per image, counted", "GB of weights and moments")
    print_table(("config f at", *header), rows)


def _configs(cases: Sequence[Case], costs: dict[Any, Costs], batches: Sequence[int], factor: float) -> None:
    """What memory each config needs on a GPU."""
    rows = []
    for case in cases:
        for precision, kind in (("float32", case), ("half", case.half())):
            stays, by_batch = costs[kind.network]
            for batch in batches:
                largest = max(by_batch[batch], key=lambda cost: cost.bytes)
                amortised = sum(cost.flop / cost.interval for cost in by_batch[batch]) / batch / 1e9
                needed = stays + factor * largest.bytes + RESERVE_GB * GB
                fits = next((str(size) for size in GPUS_GB if needed <= size * GB), "more")
                step = largest.step, _gb(factor * largest.bytes)
                row = case.name, precision, f"batch of {batch}", _gb(stays), *step, _gb(needed), fits, amortised
                rows.append(row)
    header = ("precision", "on each GPU", "GB that stay", "largest step", "GB of it", "GB in all", "smallest GPU, GB")
    print_table(("config", *header, "GFLOP per image, amortised"), rows)


def _devices(case: Case, costs: dict[Any, Costs], factor: float) -> None:
    """What more devices change at a global batch of 32: the share of each, and what they exchange."""
    stays, by_batch = costs[case.network]
    batch, steps = next(iter(by_batch.items()))
    largest = {count: max(cost.bytes for cost in found) for count, found in by_batch.items()}
    each = (
        (largest[max(largest)] - largest[batch]) / (max(largest) - batch)
        if len(largest) > 1
        else largest[batch] / batch
    )
    flop = sum(cost.flop / cost.interval for cost in steps) / batch
    gradients = sum(cost.gradient_bytes / cost.interval for cost in steps)
    rows = []
    for devices in (1, 2, 4, 8):
        share = 32 // devices
        needed = stays + factor * (largest[batch] + (share - batch) * each) + RESERVE_GB * GB
        exchanged = 2 * (devices - 1) / devices * gradients  # a ring: each sends all but its own share, twice
        rows.append((devices, share, share * flop / 1e9, _gb(needed), _gb(exchanged)))
    header = (
        "images of 32 on each",
        "GFLOP per iteration on each",
        "GB in all on each",
        "GB that each sends per iteration",
    )
    print_table((f"devices, {case.name}", *header), rows)


def _gb(count: float, digits: int = 2) -> str:
    return f"{count / GB:.{digits}f}"


if __name__ == "__main__":
    main()
