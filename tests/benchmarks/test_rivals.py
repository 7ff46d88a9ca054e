"""The rivals are the same networks: wherever a weight is another, results differ, and the comparison tells."""

import numpy as np
import pytest

from benchmarks import networks_jax, rivals

torch = pytest.importorskip("torch")

_RESIZED = {"resolution": 16, "base_width": 4, "upsampling": "nearest"}
TOYS = {
    "DCGAN, nearest": rivals.Case("toy", "DCGAN", "dcgan_torch_rival", _RESIZED, 4),
    "DCGAN": rivals.Case("toy", "DCGAN", "dcgan_torch_rival", {"resolution": 16, "base_width": 4}, 4),
    "SNGAN": rivals.Case("toy", "SNGAN", "sngan_torch_rival", {"resolution": 32, "width": 1 / 16}, 4, 5),
}


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.parametrize("name", TOYS)
def test_images_and_logits_are_the_same(name):
    rivals.compare(TOYS[name])


@pytest.mark.parametrize("name", TOYS)
@pytest.mark.parametrize("player", [0, 1])
def test_a_difference_is_noticed(name, player, monkeypatch):
    module = rivals._rival(TOYS[name])
    take = module.take_weights

    def almost(networks, ours):
        take(networks, ours)
        with torch.no_grad():
            for parameter in networks[player].parameters():
                parameter *= 1.1

    monkeypatch.setattr(module, "take_weights", almost)
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        rivals.compare(TOYS[name])


@pytest.mark.parametrize("name", TOYS)
def test_a_game_moves_both_players(name):
    torch.manual_seed(0)
    module = rivals._rival(TOYS[name])
    networks = module.networks(**TOYS[name].arguments)
    before = [[parameter.detach().clone() for parameter in network.parameters()] for network in networks]
    size = TOYS[name].arguments["resolution"]
    pixels = np.random.default_rng(0).normal(size=(4, size, size, 3)).astype("float32")  # black ones move few kernels
    iterate = module.iteration(networks, rivals._torch_rival().images(pixels))
    assert np.isfinite(iterate())
    for network, old in zip(networks, before, strict=True):
        assert all(not torch.equal(new, was) for new, was in zip(network.parameters(), old, strict=True))
        assert all(parameter.requires_grad for parameter in network.parameters())


@pytest.mark.parametrize("case", networks_jax.TOYS, ids=lambda case: case.family)
def test_networks_and_gradients_in_pytorch(case):
    """All weights random, biases and strengths of noise too. The gradients of ours are TensorFlow's here."""
    import tensorflow as tf

    networks, inputs = networks_jax.networks_of(case), networks_jax.inputs_of(case)
    rng = np.random.default_rng(1)
    for network in networks:
        for weight in network.weights:
            if weight.name in ("bias", "strength", "beta"):
                weight.assign(rng.normal(size=weight.shape))
    theirs = networks_jax.torch_parts(case, networks, inputs)
    for player, network, x, training in zip("GD", networks, inputs, networks_jax._trains(case), strict=True):
        options = {"noise": "constant"} if player == "G" and case.family == "stylegan2" else {}
        with tf.GradientTape() as tape:
            results = network(x, training=training, **options)
            loss = tf.reduce_mean(results**2)
        gradients = tape.gradient(loss, [weight.value for weight in network.trainable_weights])
        for part, ours in (("forward", [results]), ("gradients", gradients)):
            arrays = networks_jax._arrays(theirs[f"{player}, {part}"]())
            networks_jax.compare(f"{player}, {part}", [np.asarray(array) for array in ours], arrays)
