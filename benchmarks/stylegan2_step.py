"""One StyleGAN2 iteration at 64x64, channel base 4096, batch 8: each phase alone and the lazy ones amortised.

    python -m benchmarks.stylegan2_step

Graph and XLA; Riemannian against Euclidean noise; and the package stylegan2-torch where it is installed, with the same
widths and each library's default of threads. A part is a loss and its gradients, without the optimizer. The last column is
the share of the time that the phase's plain convolutions would take alone, at the same sizes: three times the forward's time
for a step, six times for a penalty, whose gradient is differentiated.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import tensorflow as tf

import tfnss
from benchmarks import command_line
from benchmarks.timing import print_table, seconds_per_call
from models import StyleGAN2
from models.sizes import channels_at, pyramid

RIVAL = "stylegan2-torch"
PARTS = ("D", "R1", "G", "path length")
INTERVALS = {"D": 1, "R1": 16, "G": 1, "path length": 4}


class Size(NamedTuple):
    """Side of the images, channel base, images in the batch, and calls that are timed."""

    resolution: int = 64
    base: int = 4096
    batch: int = 8
    calls: int = 4


TOY = Size(8, 64, 4, 1)


def gan(size: Size, noise: str, jit_compile: bool) -> StyleGAN2:
    model = StyleGAN2(size.resolution, channel_base=size.base, noise=noise)
    model.compile(regularizers=[tfnss.R1(1.0, 16), tfnss.PathLength()], jit_compile=jit_compile)
    return model


def seconds_per_part(size: Size, model: StyleGAN2) -> dict[str, float]:
    """The gradients of each phase."""
    real = tf.random.stateless_uniform((size.batch, size.resolution, size.resolution, 3), (0, 1), -1, 1)
    functions = [g.of_part if g.compiled else tf.function(g.of_part) for g in model._gradients]
    times = [seconds_per_call(lambda f=f: f(tf.constant(0), real)[0], calls=size.calls) for f in functions]
    return dict(zip(PARTS, times, strict=True))


def plain_convolutions(size: Size) -> dict[str, float]:
    """Forward time of the 3x3 convolutions of either network, by player."""
    return {"G": _seconds(size, generator=True), "D": _seconds(size, generator=False)}


def _seconds(size: Size, generator: bool) -> float:
    pairs: list[tuple[Any, Any]] = []
    for r in pyramid(size.resolution).nominals:
        width, half = channels_at(r, size.base, 512), channels_at(max(4, r // 2), size.base, 512)
        inner = tf.random.normal((size.batch, r, r, width))
        pairs.append((inner, tf.random.normal((3, 3, width, width))))
        if r > 4:  # the convolution that resamples: as many products as one at the smaller size
            narrow, wide = (half, width) if generator else (width, half)
            pairs.append(
                (tf.random.normal((size.batch, r // 2, r // 2, narrow)), tf.random.normal((3, 3, narrow, wide)))
            )

    @tf.function
    def forward() -> list[Any]:
        return [tf.nn.conv2d(x, kernel, 1, "SAME") for x, kernel in pairs]

    return seconds_per_call(forward, calls=size.calls)


def rival_seconds(size: Size, ours: StyleGAN2) -> dict[str, float]:
    """The same of stylegan2-torch, with as many parameters."""
    from benchmarks import stylegan2_torch_rival as rival

    widths = {r: channels_at(r, size.base, 512) for r in pyramid(size.resolution).nominals}
    networks = rival.networks(size.resolution, widths)
    for name, network, theirs in zip("GD", (ours.generator, ours.discriminator), networks, strict=True):
        count = sum(math.prod(weight.shape) for weight in network.trainable_variables)
        their_count = rival.parameter_count(theirs)
        print(f"parameters of {name}, tfnss and stylegan2-torch: {count:,} and {their_count:,}")
        assert count == their_count
    phases = rival.phases(*networks, size.batch, size.resolution)
    return {part: seconds_per_call(phases[part], calls=size.calls) for part in PARTS}


def measured(size: Size) -> dict[str, dict[str, float]]:
    """Seconds by part, of each way to run the iteration."""
    models = {
        "Euclidean, graph": gan(size, "euclidean", False),
        "Euclidean, XLA": gan(size, "euclidean", True),
        "Riemannian, XLA": gan(size, "riemannian", True),
    }
    seconds = {name: seconds_per_part(size, model) for name, model in models.items()}
    try:
        seconds[RIVAL] = rival_seconds(size, models["Euclidean, graph"])
    except ModuleNotFoundError as error:
        print(f"without {RIVAL} ({error}): `pip install '.[benchmarks]'` adds it")
    return seconds


def main(argv: Sequence[str] | None = None) -> None:
    size = TOY if command_line.parser(__doc__).parse_args(argv).quick else Size()
    plain = plain_convolutions(size)
    # In forward passes: D's step makes fakes and passes D twice, both ways; half of the batch goes into path lengths.
    floor = {
        "D": plain["G"] + 2 * 3 * plain["D"],
        "R1": 6 * plain["D"],
        "G": 3 * (plain["G"] + plain["D"]),
        "path length": 6 * plain["G"] / 2,
    }
    rows, totals = [], {}
    for name, seconds in measured(size).items():
        rows += [(name, part, value, f"{floor[part] / value:.0%}") for part, value in seconds.items()]
        totals[name] = sum(value / INTERVALS[part] for part, value in seconds.items())
        rows.append((name, "iteration, amortised", totals[name], f"{size.batch / totals[name]:.1f} images/s"))
    print_table((f"StyleGAN2-{size.resolution}", "part", "seconds", "share of plain convolutions"), rows)
    ratios = [("time of Riemannian over Euclidean noise, XLA", totals["Riemannian, XLA"] / totals["Euclidean, XLA"])]
    if RIVAL in totals:
        ratios += [
            (f"images/s over {RIVAL}'s, {n}", totals[RIVAL] / totals[f"Euclidean, {n}"]) for n in ("graph", "XLA")
        ]
    print_table(("ratios of iterations", "ratio"), ratios)


if __name__ == "__main__":
    main()
