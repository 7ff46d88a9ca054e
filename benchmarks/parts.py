"""The table of parts: arithmetic of each step of a training, its speed, and how near to the machine's peak that is.

    python -m benchmarks.parts [--threads 2] [--rounds 3] [--match StyleGAN2]

A step is a loss and its gradients, without the optimizer. Its arithmetic is counted from shapes (`benchmarks.counting`), in
the forms in which Keras has the convolutions: of the loss, which for a penalty holds the gradient by the images, and of its
gradients by the weights, which for a penalty are second derivatives. The kinds: forward convolutions, those by images (with
transposed convolutions, which are the same), those by kernels, and dense layers. All steps of a network and the peaks take
turns; times are medians. Winograd's forms do fewer products than are counted and may pass the peak.
"""

import statistics
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import tensorflow as tf

import models
import tfnss
from benchmarks import command_line, counting, peaks
from benchmarks.sizes import main_job
from benchmarks.timing import print_table, turns, waited

MODES = {"graph": False, "XLA": True}


class Case(NamedTuple):
    """A model to train.

    Attributes:
        name: What the tables call it.
        model: Name in `models`.
        arguments: Of the model.
        batch: Images in the batch.
        compiling: Arguments of `compile`.
    """

    name: str
    model: str
    arguments: dict[str, Any]
    batch: int
    compiling: dict[str, Any] = {}  # noqa: RUF012 (never changed)


def cases(quick: bool) -> list[Case]:
    if quick:
        return [Case("a small StyleGAN2", "StyleGAN2", {"resolution": 8, "channel_base": 64, "mapping_layers": 1}, 4)]
    network, batch = main_job()
    style = {"regularizers": [tfnss.R1(1.0, 16), tfnss.PathLength()]}
    return [
        Case("DCGAN-64, batch 128", "DCGAN", {"resolution": 64}, 128),
        Case(f"DCGAN of the main job, batch {batch}", "DCGAN", network, batch),
        Case("SNGAN-32, batch 64", "SNGAN", {"resolution": 32}, 64),
        Case("StyleGAN2-64, batch 8", "StyleGAN2", {"resolution": 64, "channel_base": 4096}, 8, style),
    ]


def built(case: Case, jit_compile: bool) -> Any:
    gan = getattr(models, case.model)(**case.arguments)
    gan.compile(jit_compile=jit_compile, **case.compiling)
    return gan


def arithmetic(case: Case) -> dict[str, tuple[int, int, dict[str, int], int]]:
    """By step: operations of the loss and of its gradients, all by kind, and the interval of the step in iterations."""
    gan, found = built(case, jit_compile=False), {}
    for gradients in gan._gradients:
        graph = counting.traced(gradients, _shape(gan, case))
        kinds = counting.flop(graph)
        loss = sum(counting.flop(graph, [counting.loss_of(graph, gradients.phase)]).values())
        step = counting.phase_name(gradients.phase)
        found[step] = loss, sum(kinds.values()) - loss, kinds, gradients.phase.interval
    return found


def calls(case: Case, mode: str) -> dict[tuple[str, str], Callable[[], Any]]:
    """Functions that take the gradients of each step."""
    gan = built(case, MODES[mode])
    real = tf.random.stateless_uniform(_shape(gan, case), (0, 1), -1, 1)
    made = {}
    for gradients in gan._gradients:
        function = gradients.of_part if gradients.compiled else tf.function(gradients.of_part, autograph=False)
        made[mode, counting.phase_name(gradients.phase)] = lambda f=function: waited(f(tf.constant(0), real)[0])
    return made


def _shape(gan: Any, case: Case) -> tuple[int, int, int, int]:
    return (case.batch, *gan.generator.compute_output_shape((case.batch, gan.latent_dim))[1:])


def main(argv: Sequence[str] | None = None) -> None:
    parser = command_line.with_turns(command_line.parser(__doc__), rounds=3)
    parser.add_argument("--match", default="", help="only the networks whose name contains this")
    arguments = parser.parse_args(argv)
    command_line.use_threads(arguments.threads)
    counted, timed = [], []
    for case in (c for c in cases(arguments.quick) if arguments.match.lower() in c.name.lower()):
        steps = arithmetic(case)
        giga = {step: (loss + rest) / 1e9 for step, (loss, rest, _, _) in steps.items()}
        for step, (loss, rest, kinds, _) in steps.items():
            shares = [value / 1e9 for value in kinds.values()]
            counted.append((case.name, step, loss / 1e9, rest / 1e9, giga[step], *shares))
        measured = calls(case, "graph") | calls(case, "XLA")
        measured |= {name: call for name, (call, _) in peaks.calls(arguments.quick).items()}
        times = turns(measured, 1 if arguments.quick else arguments.rounds)
        peak = peaks.gflops(times, arguments.quick)
        for mode in MODES:
            seconds = {step: statistics.median(times[mode, step]) for step in steps}
            pairs = [(step, giga[step], seconds[step]) for step in steps]
            intervals = {step: interval for step, (_, _, _, interval) in steps.items()}
            whole = [sum(v[step] / intervals[step] for step in steps) for v in (giga, seconds)]
            for step, amount, time in [*pairs, ("iteration, amortised", *whole)]:
                shares = [f"{amount / time / peak[name]:.0%}" for name in peaks.NAMES]
                timed.append((case.name, mode, step, time, amount / time, *shares))
    print(f"{arguments.threads} threads\n")
    print_table(("GFLOP of", "step", "loss", "its gradients", "all", *dict.fromkeys(counting.KINDS.values())), counted)
    shares = [f"share of a {name}" for name in peaks.NAMES]
    print_table(("speed of", "mode", "step", "seconds", "GFLOP/s", *shares), timed)


if __name__ == "__main__":
    main()
