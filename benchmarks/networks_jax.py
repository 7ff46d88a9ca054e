"""Forward passes and gradients of the networks through Keras' JAX backend, beside the same networks in PyTorch.

    python -m benchmarks.networks_jax [--threads 2] [--rounds 5] [--match StyleGAN2]

For machines that have these two and no TensorFlow: `pip install jax keras lazy_loader scipy torch`. Both compute on the GPU
where they find one. Images, logits and gradients of the same weights are compared before anything is timed. The gradients
are those of the mean square of a network's results, by its weights. All take turns; figures are medians over the rounds. On
a GPU each library multiplies as it does by itself (TensorFloat-32 or not), and results are compared the more loosely.
"""

import os
import statistics
import sys
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from benchmarks import command_line
from benchmarks.timing import print_table, turns

JAX, RIVAL = "Keras on JAX", "PyTorch, channels last"


class Case(NamedTuple):
    """Two networks and their rivals.

    Attributes:
        name: What the table calls them.
        family: `dcgan`, `sngan` or `stylegan2`.
        arguments: Of `networks_of` below, and of the rival.
        batch: Images in the batch.
    """

    name: str
    family: str
    arguments: dict[str, Any]
    batch: int


CASES = (
    Case("DCGAN-64, batch 128", "dcgan", {"resolution": 64, "base_width": 64}, 128),
    Case("SNGAN-32, batch 64", "sngan", {"resolution": 32, "width": 1.0}, 64),
    Case("StyleGAN2-64, batch 8", "stylegan2", {"resolution": 64, "channel_base": 4096}, 8),
    Case("StyleGAN2-256, batch 4", "stylegan2", {"resolution": 256, "channel_base": 16384}, 4),
)
TOYS = (
    Case("a small DCGAN", "dcgan", {"resolution": 16, "base_width": 4}, 4),
    Case("a narrow SNGAN-32", "sngan", {"resolution": 32, "width": 1 / 16}, 4),
    Case("a small StyleGAN2", "stylegan2", {"resolution": 16, "channel_base": 64}, 4),
)


def main(argv: Sequence[str] | None = None) -> None:
    parser = command_line.with_turns(command_line.parser(__doc__), rounds=5)
    parser.add_argument("--match", default="", help="only the networks whose name contains this")
    arguments = parser.parse_args(argv)
    if "keras" not in sys.modules:
        os.environ["KERAS_BACKEND"] = "jax"
    flags = f"--xla_cpu_multi_thread_eigen={'true' if arguments.threads > 1 else 'false'}"
    os.environ["XLA_FLAGS"] = (
        f"{os.environ.get('XLA_FLAGS', '')} {flags} intra_op_parallelism_threads={arguments.threads}"
    )
    try:
        import jax
        import torch
    except ModuleNotFoundError as error:
        print(f"nothing to measure ({error}): `pip install jax torch` adds what is missing")
        return
    torch.set_num_threads(arguments.threads)
    rows = []
    for case in TOYS if arguments.quick else CASES:
        if arguments.match.lower() in case.name.lower():
            rows += _rows(case, 1 if arguments.quick else arguments.rounds)
    print(f"{arguments.threads} threads; JAX on {jax.devices()[0]}, PyTorch on {_torch('torch_rival').DEVICE}\n")
    print_table(("networks", "part", f"{JAX}, seconds", f"{RIVAL}, seconds", "faster than PyTorch"), rows)


def _rows(case: Case, rounds: int) -> list[tuple]:
    networks, inputs = networks_of(case), inputs_of(case)
    ours, theirs = jax_parts(networks, inputs, _trains(case)), torch_parts(case, networks, inputs)
    for part in ours:
        compare(
            part, _arrays(ours[part]()), _arrays(theirs[part]()), loosely=_torch("torch_rival").DEVICE.type != "cpu"
        )
    calls = {(JAX, part): call for part, call in ours.items()} | {(RIVAL, part): call for part, call in theirs.items()}
    times = {name: statistics.median(seconds) for name, seconds in turns(calls, rounds).items()}
    return [
        (case.name, part, times[JAX, part], times[RIVAL, part], f"{times[RIVAL, part] / times[JAX, part]:.2f}")
        for part in ours
    ]


def compare(part: str, ours: list[np.ndarray], theirs: list[np.ndarray], loosely: bool = False) -> None:
    """Raises an AssertionError if results differ: an array, or the norms of all gradients, in any order."""
    tolerance = 2e-2 if loosely else 2e-3
    if part.endswith("forward"):
        scale = np.abs(ours[0]).max()
        np.testing.assert_allclose(theirs[0], ours[0], atol=tolerance * scale, err_msg=part)
        return
    norms = [np.sort([np.linalg.norm(array) for array in arrays]) for arrays in (ours, theirs)]
    np.testing.assert_allclose(norms[1], norms[0], rtol=tolerance, atol=tolerance * norms[0].max(), err_msg=part)


def networks_of(case: Case) -> tuple[Any, Any]:
    """The generator and the discriminator, on whichever backend Keras has."""
    from models.initializers import Initializers

    arguments = case.arguments
    if case.family == "dcgan":
        from models.dcgan.networks import discriminator_of, generator_of
        from models.sizes import pyramid

        size, draws = pyramid(arguments["resolution"]), Initializers(0)
        widths = [arguments["base_width"] * 2**level for level in range(size.doublings)]
        return generator_of(size, 100, widths[::-1], 3, "transposed", None, draws), discriminator_of(
            size, 3, widths, "batch", draws
        )
    if case.family == "sngan":
        from models.sngan import networks
        from models.sngan.sizes import sizes_of

        sizes, draws = sizes_of(arguments["resolution"]), Initializers(0)
        generator, discriminator = (
            [round(width * arguments["width"]) for width in widths] for widths in (sizes.generator, sizes.discriminator)
        )
        return (
            networks.generator_of(sizes.stem, 128, generator, 3, None, draws),
            networks.discriminator_of(
                (*(arguments["resolution"],) * 2, 3), discriminator, sizes.halvings, "average", "rectified", draws
            ),
        )
    from models.stylegan2 import StyleGAN2Discriminator, StyleGAN2Generator
    from models.stylegan2.weights import randomize

    pair = StyleGAN2Generator(**arguments), StyleGAN2Discriminator(**arguments)
    for number, network in enumerate(pair):
        randomize(network, [0, number])
    return pair


def inputs_of(case: Case) -> tuple[np.ndarray, np.ndarray]:
    """Latents and images, as our networks take them."""
    rng, width = np.random.default_rng(0), {"dcgan": 100, "sngan": 128, "stylegan2": 512}[case.family]
    resolution = case.arguments["resolution"]
    images = rng.uniform(-1, 1, (case.batch, resolution, resolution, 3))
    return rng.normal(size=(case.batch, width)).astype("float32"), images.astype("float32")


def jax_parts(networks: tuple[Any, Any], inputs: Sequence[np.ndarray], training: Sequence[bool]) -> dict[str, Callable]:
    """Functions without arguments: the forward pass and the gradients of either network."""
    import jax

    parts = {}
    for player, network, array, trains in zip("GD", networks, inputs, training, strict=True):
        fixed = [variable.value for variable in network.non_trainable_variables]
        options = {} if player == "D" or not hasattr(network, "mixing_probability") else {"noise": "constant"}

        def forward(weights: Any, x: Any, n: Any = network, f: Any = fixed, t: bool = trains, o: Any = options) -> Any:
            return n.stateless_call(weights, f, x, training=t, **o)[0]

        def loss(weights: Any, x: Any, forward: Callable = forward) -> Any:
            return (forward(weights, x) ** 2).mean()

        arguments = [variable.value for variable in network.trainable_variables], jax.numpy.asarray(array)
        for name, function in (("forward", forward), ("gradients", jax.grad(loss))):
            compiled = jax.jit(function)
            parts[f"{player}, {name}"] = lambda f=compiled, a=arguments: jax.block_until_ready(f(*a))
    return parts


def torch_parts(case: Case, ours: tuple[Any, Any], inputs: Sequence[np.ndarray]) -> dict[str, Callable]:
    """The same in PyTorch, on the same weights."""
    import torch

    common = _torch("torch_rival")
    if case.family == "stylegan2":
        from models.stylegan2 import named_weights

        module = _torch("stylegan2_torch_networks")
        arrays = [{name: weight.numpy() for name, weight in named_weights(network).items()} for network in ours]
        group = ours[1].get_config()["group_size"]
        networks = common.placed(module.Generator(arrays[0]), module.Discriminator(arrays[1], group))
    else:
        module = _torch(f"{case.family}_torch_rival")
        networks = module.networks(**case.arguments)
        module.take_weights(networks, ours)
        networks[1].train(module.LOGITS_IN_TRAINING)

    def waited(results: Any) -> Any:
        if common.DEVICE.type == "cuda":
            torch.cuda.synchronize()
        return results

    parts = {}
    arguments = common.tensor(inputs[0]), common.images(inputs[1])
    for player, network, x in zip("GD", networks, arguments, strict=True):
        weights = [weight for weight in network.parameters() if weight.requires_grad]

        def forward(n: Any = network, x: Any = x) -> Any:
            with torch.no_grad():
                return waited(n(x))

        def gradients(n: Any = network, x: Any = x, w: Any = weights) -> Any:
            return waited(torch.autograd.grad(n(x).square().mean(), w, materialize_grads=True))

        parts |= {f"{player}, forward": forward, f"{player}, gradients": gradients}
    return parts


def _trains(case: Case) -> tuple[bool, bool]:
    """Whether generator and discriminator are called as in training: with the statistics of the batch, if any."""
    return {"dcgan": (True, True), "sngan": (True, False), "stylegan2": (False, False)}[case.family]


def _arrays(results: Any) -> list[np.ndarray]:
    """Results as arrays, images with the channels last."""
    if not isinstance(results, list | tuple):
        results = [results]
    arrays = [np.asarray(r.detach().cpu() if hasattr(r, "detach") else r) for r in results]
    last = len(arrays) == 1 and arrays[0].ndim == 4 and hasattr(results[0], "detach")
    return [array.transpose(0, 2, 3, 1) if last else array for array in arrays]


def _torch(name: str) -> Any:
    import importlib

    return importlib.import_module(f"benchmarks.{name}")


if __name__ == "__main__":
    main()
