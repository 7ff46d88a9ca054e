import zlib

import numpy as np
import pytest

from models.stylegan2.checkpoints import read_checkpoint
from tests.models.stylegan2.checkpoints.official import pytorch_arrays
from tests.models.stylegan2.checkpoints.ours import LATENT, STYLE, our_discriminator, our_generator
from tests.models.stylegan2.checkpoints.pickles import (
    FIXTURE,
    dumps,
    pytorch_contents,
    storage_blob,
    tensor,
    tf_contents,
    write,
)


def assert_equal(found, expected):
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        assert found[name].dtype == np.float32, name
        assert found[name].flags.c_contiguous, name
        np.testing.assert_array_equal(found[name], array, err_msg=name, strict=True)


VARIANTS = [
    ({}, {}),
    ({"architecture": "resnet"}, {"architecture": "skip"}),
    ({"architecture": "orig"}, {"architecture": "orig"}),
    ({"noise": False, "channels": 1, "layers": 1}, {"channels": 1}),
    ({"classes": 3}, {"classes": 3}),
    ({"classes": 3}, {"classes": 3, "label_layers": 1}),
]


@pytest.mark.parametrize("contents", [tf_contents, pytorch_contents])
@pytest.mark.parametrize(("g", "d"), VARIANTS)
def test_every_array_comes_in_our_names_and_layout(file, contents, g, d):
    generator, discriminator = our_generator(**g), our_discriminator(**d)
    checkpoint = read_checkpoint(write(file, contents(generator, discriminator)))
    assert_equal(checkpoint.generator, generator)
    assert_equal(checkpoint.discriminator, discriminator)
    config = checkpoint.config["generator"]
    assert config["architecture"] == g.get("architecture", "skip")
    assert config["noise"] == ("euclidean" if g.get("noise", True) else None)
    assert (config["classes"], config["mapping_layers"]) == (g.get("classes", 0), g.get("layers", 2))
    assert config["channels"] == checkpoint.config["discriminator"]["channels"] == g.get("channels", 3)
    config = checkpoint.config["discriminator"]
    assert config["architecture"] == d.get("architecture", "resnet")
    assert (config["classes"], config["label_layers"]) == (d.get("classes", 0), d.get("label_layers", 0))


def test_tensorflow_configuration(file):
    checkpoint = read_checkpoint(write(file, tf_contents(conv_clamp=128)))
    shared = {"resolution": 16, "channels": 3, "channel_base": 32, "channel_max": 4, "classes": 0}
    assert checkpoint.config == {
        "generator": {
            **shared,
            "latent_dim": LATENT,
            "style_dim": STYLE,
            "mapping_layers": 2,
            "architecture": "skip",
            "noise": "euclidean",
            "clamp": 128,
        },
        "discriminator": {**shared, "architecture": "resnet", "label_layers": 0, "group_size": 8, "clamp": None},
    }


def test_pytorch_configuration(file):
    config = read_checkpoint(write(file, pytorch_contents(clamp=256))).config
    assert config["generator"]["clamp"] == config["discriminator"]["clamp"] == 256
    assert config["discriminator"]["group_size"] == 2


@pytest.mark.parametrize(
    ("widths", "rule"),
    [
        ({4: 4, 8: 4, 16: 2}, (32, 4)),  # measured: the file states nothing
        ({4: 512}, (32768, 512)),  # the default fits
        ({4: 2, 8: 2}, (16, 2)),
    ],
)
def test_widths_without_a_stated_rule(file, widths, rule):
    generator = our_generator(widths=widths, style=2)
    discriminator = our_discriminator(widths=widths)
    config = read_checkpoint(write(file, pytorch_contents(generator, discriminator, keywords={}))).config
    for name in ("generator", "discriminator"):
        assert (config[name]["channel_base"], config[name]["channel_max"]) == rule


def test_tensorflow_states_half_the_base(file):
    widths = {4: 4, 8: 4}  # alone they would be measured as of base 32
    contents = tf_contents(our_generator(widths=widths), our_discriminator(widths=widths), fmap_base=64)
    assert read_checkpoint(write(file, contents)).config["generator"]["channel_base"] == 128


def test_a_file_without_discriminator(file):
    contents = pytorch_contents()
    checkpoint = read_checkpoint(write(file, {"G_ema": contents["G_ema"]}))
    assert checkpoint.discriminator == {}
    assert checkpoint.config["discriminator"] is None


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_protocols(file, protocol):
    for contents in (tf_contents(), pytorch_contents()):
        assert_equal(read_checkpoint(write(file, contents, protocol)).generator, our_generator())


def test_names_of_numpy_1(file):
    pickled = dumps(tf_contents(), 2)
    old = pickled.replace(b"numpy._core.", b"numpy.core.")
    assert old != pickled
    assert_equal(read_checkpoint(write(file, old)).generator, our_generator())


def permuted_in_memory(array):
    return np.moveaxis(np.moveaxis(array, -1, 0).copy(), 0, -1) if array.ndim else array


@pytest.mark.parametrize("protocol", [2, 4, 5])
@pytest.mark.parametrize("convert", [np.asfortranarray, lambda array: array.astype(">f8"), permuted_in_memory])
def test_arrays_of_other_orders_and_types(file, convert, protocol):
    contents = tf_contents()
    contents[1].variables = [(name, convert(array)) for name, array in contents[1].variables]
    assert_equal(read_checkpoint(write(file, contents, protocol)).discriminator, our_discriminator())


@pytest.mark.parametrize(
    ("dtype", "storage"), [("<f2", "HalfStorage"), ("<f8", "DoubleStorage"), ("<i8", "LongStorage")]
)
def test_tensors_of_other_types_offsets_and_strides(file, dtype, storage):
    values = np.arange(40).astype(dtype)
    contents = pytorch_contents()
    place = contents["G_ema"].state["_modules"]["synthesis"].state["_modules"]["b4"].state["_modules"]["conv1"].state
    blob = storage_blob(values, f"torch\n{storage}")
    place["_buffers"]["noise_const"] = tensor(values, blob, offset=2, size=(4, 4), stride=(1, 8))
    found = read_checkpoint(write(file, contents)).generator["b4_conv/noise_constant"]
    np.testing.assert_array_equal(found, [[2 + y + 8 * x for x in range(4)] for y in range(4)])


def test_a_file_of_pytorch():
    checkpoint = read_checkpoint(FIXTURE)
    for arrays in (checkpoint.generator, checkpoint.discriminator):
        for name, array in pytorch_arrays(arrays).items():
            start = zlib.crc32(name.encode()) % 100
            expected = start + np.arange(array.size).reshape(array.shape) / 64
            np.testing.assert_array_equal(array, expected, err_msg=name)
    assert len(checkpoint.generator) == 26
    assert len(checkpoint.discriminator) == 13
    assert checkpoint.config["generator"]["architecture"] == "orig"
    assert checkpoint.config["generator"]["clamp"] == checkpoint.config["discriminator"]["clamp"] == 256
    assert checkpoint.config["discriminator"]["group_size"] == 2


def test_embedded_source_is_not_executed(file, tmp_path):
    witness = tmp_path / "executed"
    source = f"open({str(witness)!r}, 'w').close()"
    read_checkpoint(write(file, pytorch_contents(source=source)))
    contents = tf_contents()
    contents[2].build_module_src = source
    read_checkpoint(write(file, contents))
    assert not witness.exists()
