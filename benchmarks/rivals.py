"""A model of this library, in the graph and under XLA, beside the same networks in PyTorch: the frame.

Images and logits of the same weights are compared before anything is timed. All take turns in each round; times are medians
and minima over the rounds. Memory is the peak of a process of its own above what it had after its imports, compilation and
first iteration included; and that of the iterations after the first. Where there is a GPU, it is the GPU's.
"""

import importlib
import os
import statistics
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from benchmarks import command_line, memory
from benchmarks.timing import print_table, turns, waited

OURS, RIVAL = ("tfnss, graph", "tfnss, XLA"), "PyTorch, channels last"
_LATER = 3  # iterations after the first whose memory is measured


class Case(NamedTuple):
    """A model and its rival.

    Attributes:
        name: What the table calls it.
        model: Name in `models`.
        rival: Name in `benchmarks` of a module with `LATENTS`, `LOGITS_IN_TRAINING`, `networks`, `take_weights` and
            `iteration`.
        arguments: Of the model and of the rival's networks alike.
        batch: Images that D sees in a step.
        discriminator_steps: Steps of D in an iteration.
    """

    name: str
    model: str
    rival: str
    arguments: dict[str, Any]
    batch: int
    discriminator_steps: int = 1


def run(description: str | None, cases: Sequence[Case], toys: Sequence[Case], argv: Sequence[str] | None) -> None:
    """A benchmark of these cases, or with `--quick` of the toys."""
    parser = command_line.with_turns(command_line.parser(description))
    arguments = parser.parse_args(argv)
    command_line.use_threads(arguments.threads)
    rows = []
    for case in toys if arguments.quick else cases:
        rows += _rows(case, arguments.threads, 1 if arguments.quick else arguments.rounds)
    print(f"{arguments.threads} threads\n")
    header = ("seconds, median", "least", "images/s", "over PyTorch's", "MB at the peak", "over PyTorch's", "MB later")
    print_table(("one iteration of", "library", *header), rows)


def _rows(case: Case, threads: int, rounds: int) -> list[tuple]:
    sides = list(OURS)
    try:
        import torch

        torch.set_num_threads(threads)
        compare(case)
        sides.append(RIVAL)
    except ModuleNotFoundError as error:
        print(f"without PyTorch ({error}): `pip install '.[benchmarks]'` adds it\n")
    times = turns({side: _iteration(case, side, threads) for side in sides}, rounds)
    peaks = {side: memory.in_own_process(_memory, case, side, threads) for side in sides}
    medians = {side: statistics.median(times[side]) for side in sides}
    rows = []
    for side in sides:
        over = "", ""
        if RIVAL in sides:
            memory_over = f"{peaks[side][0] / peaks[RIVAL][0]:.2f}" if peaks[RIVAL][0] else ""  # a toy may need none
            over = f"{medians[RIVAL] / medians[side]:.2f}", memory_over
        images = case.batch * case.discriminator_steps / medians[side]
        peak, later = (f"{mb:.0f}" for mb in peaks[side])
        rows.append((case.name, side, medians[side], min(times[side]), images, over[0], peak, over[1], later))
    return rows


def compare(case: Case) -> None:
    """Raises an AssertionError if images or logits of the same weights differ."""
    import torch

    rival = _rival(case)
    gan = _gan(case, jit_compile=False)
    networks = rival.networks(**case.arguments)
    rival.take_weights(networks, (gan.generator, gan.discriminator))
    latents = np.random.default_rng(0).normal(size=(case.batch, rival.LATENTS)).astype("float32")
    ours = gan.generator(latents, training=True)  # with the statistics of the batch
    with torch.no_grad():
        theirs = networks[0](_torch_rival().tensor(latents))
        logits = networks[1].train(rival.LOGITS_IN_TRAINING)(theirs)
    expected = gan.discriminator(ours, training=rival.LOGITS_IN_TRAINING)
    np.testing.assert_allclose(theirs.permute(0, 2, 3, 1).cpu().numpy(), ours, atol=1e-4)
    np.testing.assert_allclose(logits.cpu().numpy(), expected, atol=1e-3)


def _iteration(case: Case, side: str, threads: int) -> Callable[[], Any]:
    """One iteration of one side, as a function without arguments."""
    pixels = np.random.default_rng(0).integers(0, 256, (case.batch, *_size(case), 3), dtype=np.uint8)
    if side == RIVAL:
        import torch

        torch.set_num_threads(threads)
        rival = _rival(case)
        return rival.iteration(
            rival.networks(**case.arguments), _torch_rival().images(pixels.astype("float32") / 127.5 - 1)
        )
    gan = _gan(case, jit_compile=side == "tfnss, XLA")
    iterator = iter(_imported(case)[1](pixels, case.batch).dataset())
    gan.images_total.assign(10**9)
    train = gan.make_train_function()

    def iteration() -> Any:
        for _ in range(case.discriminator_steps):
            logs = train(iterator)
        return waited(logs)

    return iteration


def _memory(case: Case, side: str, threads: int) -> tuple[float, float]:
    """Peaks in MB above the imports: of everything, and after the first iteration. For a process of its own."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    library = "torch" if side == RIVAL else "tensorflow"
    if side == RIVAL:
        _rival(case)
    else:
        command_line.use_threads(threads)
        _imported(case)
    before = memory.used_mb(library)
    iteration = _iteration(case, side, threads)
    iteration()
    first = memory.peak_mb(library)
    memory.forget_peak(library)
    for _ in range(_LATER):
        iteration()
    later = memory.peak_mb(library)
    return max(first, later) - before, later - before


def _imported(case: Case) -> tuple[type, type]:
    """The model's class, and that of its data."""
    import models
    import tfnss

    return getattr(models, case.model), tfnss.data.Images


def _gan(case: Case, jit_compile: bool) -> Any:
    gan = _imported(case)[0](**case.arguments)
    gan.compile(jit_compile=jit_compile)
    return gan


def _size(case: Case) -> tuple[int, int]:
    return (case.arguments["resolution"],) * 2


def _rival(case: Case) -> Any:
    return importlib.import_module(f"benchmarks.{case.rival}")


def _torch_rival() -> Any:
    return importlib.import_module("benchmarks.torch_rival")
