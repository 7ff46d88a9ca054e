"""One StyleGAN2 iteration at 64x64, channel base 4096, batch 8: each phase alone and the lazy ones amortised.

    python -m benchmarks.stylegan2_step

Graph and XLA; Riemannian against Euclidean noise; and the package stylegan2-torch where it is installed, with the same
widths and each library's default of threads. A part is a loss and its gradients, without the optimizer. The last column is
the share of the time that the phase's plain convolutions would take alone, at the same sizes: three times the forward's time
for a step, six times for a penalty, whose gradient is differentiated.
"""

import math
from typing import Any

import tensorflow as tf

import tfnss
from benchmarks.timing import print_table, seconds_per_call
from models import StyleGAN2
from models.sizes import pyramid
from models.stylegan2.sizes import channels_at

RESOLUTION, BASE, BATCH, CALLS = 64, 4096, 8, 4
RIVAL = "stylegan2-torch"
PARTS = ("D", "R1", "G", "path length")
INTERVALS = {"D": 1, "R1": 16, "G": 1, "path length": 4}


def gan(noise: str, jit_compile: bool) -> StyleGAN2:
    model = StyleGAN2(RESOLUTION, channel_base=BASE, noise=noise)
    model.compile(regularizers=[tfnss.R1(1.0, 16), tfnss.PathLength()], jit_compile=jit_compile)
    return model


def seconds_per_part(model: StyleGAN2) -> dict[str, float]:
    """The gradients of each phase."""
    real = tf.random.stateless_uniform((BATCH, RESOLUTION, RESOLUTION, 3), (0, 1), -1, 1)
    functions = [g.of_part if g.compiled else tf.function(g.of_part) for g in model._gradients]
    times = [seconds_per_call(lambda f=f: f(tf.constant(0), real)[0], calls=CALLS) for f in functions]
    return dict(zip(PARTS, times, strict=True))


def plain_convolutions() -> dict[str, float]:
    """Forward time of the 3x3 convolutions of either network, by player."""
    return {"G": _seconds(generator=True), "D": _seconds(generator=False)}


def _seconds(generator: bool) -> float:
    pairs: list[tuple[Any, Any]] = []
    for r in pyramid(RESOLUTION).nominals:
        width, half = channels_at(r, BASE, 512), channels_at(max(4, r // 2), BASE, 512)
        inner = tf.random.normal((BATCH, r, r, width))
        pairs.append((inner, tf.random.normal((3, 3, width, width))))
        if r > 4:  # the convolution that resamples: as many products as one at the smaller size
            narrow, wide = (half, width) if generator else (width, half)
            pairs.append((tf.random.normal((BATCH, r // 2, r // 2, narrow)), tf.random.normal((3, 3, narrow, wide))))

    @tf.function
    def forward() -> list[Any]:
        return [tf.nn.conv2d(x, kernel, 1, "SAME") for x, kernel in pairs]

    return seconds_per_call(forward, calls=CALLS)


def rival_seconds(ours: StyleGAN2) -> dict[str, float]:
    """The same of stylegan2-torch, with as many parameters."""
    from benchmarks import stylegan2_torch_rival as rival

    widths = {r: channels_at(r, BASE, 512) for r in pyramid(RESOLUTION).nominals}
    networks = rival.networks(RESOLUTION, widths)
    for name, network, theirs in zip("GD", (ours.generator, ours.discriminator), networks, strict=True):
        count = sum(math.prod(weight.shape) for weight in network.trainable_variables)
        their_count = rival.parameter_count(theirs)
        print(f"parameters of {name}, tfnss and stylegan2-torch: {count:,} and {their_count:,}")
        assert count == their_count
    phases = rival.phases(*networks, BATCH, RESOLUTION)
    return {part: seconds_per_call(phases[part], calls=CALLS) for part in PARTS}


def measured() -> dict[str, dict[str, float]]:
    """Seconds by part, of each way to run the iteration."""
    models = {
        "Euclidean, graph": gan("euclidean", False),
        "Euclidean, XLA": gan("euclidean", True),
        "Riemannian, XLA": gan("riemannian", True),
    }
    seconds = {name: seconds_per_part(model) for name, model in models.items()}
    try:
        seconds[RIVAL] = rival_seconds(models["Euclidean, graph"])
    except ModuleNotFoundError as error:
        print(f"without {RIVAL} ({error}): `pip install stylegan2-torch` adds it")
    return seconds


def main() -> None:
    plain = plain_convolutions()
    # In forward passes: D's step makes fakes and passes D twice, both ways; half of the batch goes into path lengths.
    floor = {
        "D": plain["G"] + 2 * 3 * plain["D"],
        "R1": 6 * plain["D"],
        "G": 3 * (plain["G"] + plain["D"]),
        "path length": 6 * plain["G"] / 2,
    }
    rows, totals = [], {}
    for name, seconds in measured().items():
        rows += [(name, part, value, f"{floor[part] / value:.0%}") for part, value in seconds.items()]
        totals[name] = sum(value / INTERVALS[part] for part, value in seconds.items())
        rows.append((name, "iteration, amortised", totals[name], f"{BATCH / totals[name]:.1f} images/s"))
    print_table(("StyleGAN2-64", "part", "seconds", "share of plain convolutions"), rows)
    print(f"Riemannian over Euclidean noise: {totals['Riemannian, XLA'] / totals['Euclidean, XLA'] - 1:+.1%}")
    if RIVAL in totals:
        times = {name: totals[RIVAL] / totals[f"Euclidean, {name}"] for name in ("graph", "XLA")}
        print(f"images/s over stylegan2-torch's: {times['graph']:.2f} in the graph, {times['XLA']:.2f} under XLA")


if __name__ == "__main__":
    main()
