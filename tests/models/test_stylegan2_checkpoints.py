import collections
import contextlib
import gzip
import io
import os
import pickle
import struct
import subprocess
import sys
import types
import zipfile
import zlib
from pathlib import Path
from unittest import mock

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest

from models.stylegan2.checkpoints import read_checkpoint

FIXTURE = Path(__file__).parents[1] / "oracles" / "ada_pytorch_tiny.pkl"  # by PyTorch: make_ada_pytorch_oracle.py
WIDTHS = {4: 4, 8: 4, 16: 2}  # min(32 // resolution, 4)
LATENT, STYLE = 7, 5


# --- Arrays of our networks -----------------------------------------------------------------------------------------


def drawn(shapes):
    """Multiples of 1/64, so that adding 1 is exact."""
    draw = np.random.default_rng(0)
    return {name: np.float32(draw.integers(-512, 512, shape) / 64) for name, shape in shapes.items()}


def our_generator(architecture="skip", classes=0, noise=True, widths=WIDTHS, channels=3, layers=2, style=STYLE):
    shapes = {"average_style": (style,), "b4_constant/constant": (4, 4, widths[4])}

    def dense(name, inputs, units):
        shapes.update({f"{name}/kernel": (inputs, units), f"{name}/bias": (units,)})

    def styled(name, kernel, inputs, units):
        shapes.update({f"{name}/kernel": (kernel, kernel, inputs, units), f"{name}/bias": (units,)})
        dense(f"{name}/affine", style, inputs)

    if classes:
        dense("embed", classes, style)
    for layer in range(layers):
        dense(f"dense{layer}", style if layer else LATENT + (style if classes else 0), style)
    for size, width in widths.items():
        for layer in ("conv",) if size == 4 else ("conv0", "conv1"):
            styled(f"b{size}_{layer}", 3, widths[size // 2] if layer == "conv0" else width, width)
            if noise:
                shapes.update({f"b{size}_{layer}/strength": (), f"b{size}_{layer}/noise_constant": (size, size)})
        if architecture == "skip" or size == max(widths):
            styled(f"b{size}_rgb", 1, width, channels)
        if architecture == "resnet" and size > 4:
            shapes[f"b{size}_skip/kernel"] = (1, 1, widths[size // 2], width)
    return drawn(shapes)


def our_discriminator(architecture="resnet", classes=0, label_layers=0, widths=WIDTHS, channels=3):
    first, shapes = widths[4], {}

    def layer(name, *kernel):
        shapes.update({f"{name}/kernel": kernel, f"{name}/bias": kernel[-1:]})

    for size, width in widths.items():
        if architecture == "skip" or size == max(widths):
            layer(f"b{size}_from_rgb", 1, 1, channels, width)
        if size > 4:
            layer(f"b{size}_conv0", 3, 3, width, width)
            layer(f"b{size}_conv1", 3, 3, width, widths[size // 2])
            if architecture == "resnet":
                shapes[f"b{size}_skip/kernel"] = (1, 1, width, widths[size // 2])
    layer("b4_conv", 3, 3, first + 1, first)
    layer("b4_dense", 16 * first, first)
    layer("b4_output", first, first if classes else 1)
    if classes:
        layer("embed", classes, first)
    for number in range(label_layers):
        layer(f"label_dense{number}", first, first)
    return drawn(shapes)


# --- The official names and layouts of these arrays, in index notation ----------------------------------------------


def rows_to_channels_first(kernel):
    """Rows of ours are (y * 4 + x) * C + c, the official ones (c * 4 + y) * 4 + x."""
    official, channels = np.empty_like(kernel), len(kernel) // 16
    for c in range(channels):
        for y in range(4):
            for x in range(4):
                official[(c * 4 + y) * 4 + x] = kernel[(y * 4 + x) * channels + c]
    return official


def rotated(kernel):
    """kernel[y, x] at [size - 1 - y, size - 1 - x]."""
    official = np.empty_like(kernel)
    for y in range(len(kernel)):
        for x in range(len(kernel)):
            official[len(kernel) - 1 - y, len(kernel) - 1 - x] = kernel[y, x]
    return official


def tf_name(name):
    """(layer, weight) of TensorFlow's file for a name of ours."""
    layer, _, weight = name.partition("/")
    size = layer[1:].partition("_")[0]
    layers = {
        "b4_conv": "4x4/Conv",
        f"b{size}_conv0": f"{size}x{size}/Conv0_up",
        f"b{size}_conv1": f"{size}x{size}/Conv1",
        f"b{size}_rgb": f"{size}x{size}/ToRGB",
        f"b{size}_skip": f"{size}x{size}/Skip",
    }
    weights = {
        "affine/kernel": "mod_weight",
        "affine/bias": "mod_bias",
        "strength": "noise_strength",
        "kernel": "weight",
    }
    return layers[layer], weights.get(weight, weight)


def tf_generator(ours):
    """The arrays of the generator itself, of its mapping and of its synthesis."""
    parts = ({}, {}, {})
    for name, array in ours.items():
        layer, _, weight = name.partition("/")
        if name == "average_style":
            parts[0]["dlatent_avg"] = array
        elif layer.startswith(("dense", "embed")):
            parts[1][f"{layer.replace('dense', 'Dense').replace('embed', 'LabelEmbed')}/{tf_weight(weight)}"] = array
        elif weight == "constant":
            parts[2]["4x4/Const/const"] = np.einsum("yxc->cyx", array)[None]
        elif weight == "noise_constant":
            order = ["b4_conv", "b8_conv0", "b8_conv1", "b16_conv0", "b16_conv1"]
            parts[2][f"noise{order.index(layer)}"] = array[None, None]
        else:
            parts[2]["/".join(tf_name(name))] = array - 1 if weight == "affine/bias" else array
    return parts


def tf_weight(weight):
    return weight.replace("kernel", "weight")


def tf_discriminator(ours):
    arrays = {}
    for name, array in ours.items():
        layer, _, weight = name.partition("/")
        size = layer[1:].partition("_")[0]
        names = {
            "b4_conv": "4x4/Conv",
            "b4_dense": "4x4/Dense0",
            "b4_output": "Output",
            "embed": "LabelEmbed",
            "label_dense0": "Mapping0",
            f"b{size}_from_rgb": f"{size}x{size}/FromRGB",
            f"b{size}_conv0": f"{size}x{size}/Conv0",
            f"b{size}_conv1": f"{size}x{size}/Conv1_down",
            f"b{size}_skip": f"{size}x{size}/Skip",
        }
        official = rows_to_channels_first(array) if name == "b4_dense/kernel" else array
        arrays[f"{names[layer]}/{tf_weight(weight)}"] = official
    return arrays


def pytorch_arrays(ours):
    """The tensors of a network of PyTorch, of the generator (which has an average style) or the discriminator."""
    generates = "average_style" in ours
    return dict(pytorch_array(name, array, generates) for name, array in ours.items())


def pytorch_array(name, array, generates):
    layer, _, weight = name.partition("/")
    size = layer[1:].partition("_")[0]
    weight = {"strength": "noise_strength", "noise_constant": "noise_const"}.get(weight, tf_weight(weight)).replace(
        "/", "."
    )
    if name == "average_style":
        return "mapping.w_avg", array
    if weight == "constant":
        return "synthesis.b4.const", np.einsum("yxc->cyx", array)
    if weight.endswith("weight"):
        if generates and layer.endswith("conv0") and weight == "weight":
            array = rotated(array)
        if layer == "b4_dense":
            array = rows_to_channels_first(array)
        array = np.einsum("yxio->oiyx" if array.ndim == 4 else "io->oi", array)
    if layer.startswith(("dense", "embed", "label_dense")):
        return f"mapping.{layer.replace('label_', '').replace('dense', 'fc')}.{weight}", array
    names = {"from_rgb": "fromrgb", "rgb": "torgb", "dense": "fc", "output": "out"}
    part = layer.partition("_")[2]
    part = "conv1" if generates and layer == "b4_conv" else names.get(part, part)
    return f"{'synthesis.' if generates else ''}b{size}.{part}.{weight}", array


# --- Pickles with the official globals ------------------------------------------------------------------------------


class EasyDict(dict):
    """The official one adds attributes."""


class Network:
    def __init__(self, **state):
        self.__dict__.update(state)


def under_official_name(module, name):
    def function(*arguments):
        raise AssertionError("This is only pickled.")

    function.__module__, function.__name__, function.__qualname__ = module, name, name
    return function


EasyDict.__module__, Network.__module__ = "dnnlib.util", "dnnlib.tflib.network"
persistent_object = under_official_name("torch_utils.persistence", "_reconstruct_persistent_obj")
rebuild_tensor = under_official_name("torch._utils", "_rebuild_tensor_v2")
rebuild_parameter = under_official_name("torch._utils", "_rebuild_parameter")
load_from_bytes = under_official_name("torch.storage", "_load_from_bytes")


@contextlib.contextmanager
def official_modules():
    modules = {}
    for value in (EasyDict, Network, persistent_object, rebuild_tensor, rebuild_parameter, load_from_bytes):
        package = value.__module__.partition(".")[0]
        modules.setdefault(package, types.ModuleType(package))
        setattr(modules.setdefault(value.__module__, types.ModuleType(value.__module__)), value.__name__, value)
    with mock.patch.dict(sys.modules, modules):
        yield


def dumps(value, protocol=4):
    with official_modules():
        return pickle.dumps(value, protocol)


class Reduced:
    """Pickled as the call of a function."""

    def __init__(self, function, *arguments):
        self.reduced = function, arguments

    def __reduce__(self):
        return self.reduced


def text(value):
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def storage_blob(
    elements, storage="torch\nFloatStorage", magic=0x1950A86A20F9469CFC6C, count=None, written=None, keys=("7",)
):
    """PyTorch's legacy serialisation of a storage, from its format."""
    count = elements.size if count is None else count
    described = b"(" + text("storage") + b"c" + storage.encode() + b"\n" + text("7") + text("cuda:0")
    described += b"\x8a\x09" + count.to_bytes(9, "little", signed=True) + b"NtQ."
    sizes = {"short": 2, "int": 4, "long": 4}
    facts = {"protocol_version": 1001, "little_endian": True, "type_sizes": sizes}
    return b"".join(
        [
            *(pickle.dumps(value, 2) for value in (magic, 1001, facts)),
            b"\x80\x02" + described,
            pickle.dumps(list(keys), 2),
            struct.pack("<q", count if written is None else written),
            elements.tobytes(),
        ]
    )


def tensor(array, blob=None, offset=0, size=None, stride=None):
    array = np.asarray(array)
    stride = tuple(step // array.itemsize for step in array.strides) if stride is None else stride
    elements = array.ravel("K")
    storage = Reduced(load_from_bytes, storage_blob(elements) if blob is None else blob)
    return Reduced(rebuild_tensor, storage, offset, array.shape if size is None else size, stride, False, EasyDict())


def parameter(array):
    return Reduced(rebuild_parameter, tensor(array), True, collections.OrderedDict())


def module(parts=None, source="", keywords=None, **attributes):
    state = {
        "_parameters": collections.OrderedDict(),
        "_buffers": collections.OrderedDict(),
        "_modules": collections.OrderedDict(parts or {}),
        "_non_persistent_buffers_set": set(),
        "_init_args": (),
        "_init_kwargs": EasyDict(keywords or {}),
        "training": False,
        **attributes,
    }
    meta = EasyDict(type="class", version=6, module_src=source, class_name="Part", state=state)
    built = Reduced(persistent_object, meta)
    built.state = state
    return built


def pytorch_module(arrays, source="", clamp=None, group_size=None):
    """Modules nested as the dots of the names."""
    root = module(source=source)
    for name, array in arrays.items():
        *path, leaf = name.split(".")
        place = root
        for part in path:
            place = place.state["_modules"].setdefault(part, module(source=source, conv_clamp=clamp))
        if leaf in ("w_avg", "noise_const"):
            place.state["_buffers"][leaf] = tensor(array)
        else:
            place.state["_parameters"][leaf] = parameter(array)
        if leaf == "noise_const":
            place.state["_buffers"]["resample_filter"] = tensor(np.ones((4, 4), "float32"))
    if group_size is not None:
        mbstd = module(group_size=group_size, num_channels=1)
        root.state["_modules"]["b4"].state["_modules"]["mbstd"] = mbstd
    return root


def pytorch_contents(generator=None, discriminator=None, keywords=None, **settings):
    generator = pytorch_module(pytorch_arrays(generator or our_generator()), **settings)
    if keywords is None:
        keywords = {"synthesis_kwargs": EasyDict(channel_base=32, channel_max=4)}
    generator.state["_init_kwargs"] = EasyDict(keywords)
    discriminator = pytorch_module(pytorch_arrays(discriminator or our_discriminator()), group_size=2, **settings)
    return {"G": None, "D": discriminator, "G_ema": generator, "training_set_kwargs": EasyDict(), "augment_pipe": None}


def network(arrays, components=(), version=4, **settings):
    return Network(
        version=version,
        name="network",
        static_kwargs=EasyDict(settings),
        components=EasyDict(components),
        build_module_src="raise SystemExit",
        build_func_name="G_main",
        variables=list(arrays.items()),
    )


def tf_contents(generator=None, discriminator=None, version=4, extra=None, **settings):
    own, mapping, synthesis = tf_generator(generator or our_generator())
    synthesis.update(extra or {})
    parts = {"mapping": network(mapping), "synthesis": network(synthesis)}
    averaged = network(own, parts, version, **{"fmap_base": 16, "fmap_max": 4, **settings})
    judge = network(
        tf_discriminator(discriminator or our_discriminator()), fmap_base=16, fmap_max=4, mbstd_group_size=8
    )
    return network({}), judge, averaged


def write(path, contents, protocol=4):
    path.write_bytes(contents if isinstance(contents, bytes) else dumps(contents, protocol))
    return path


@pytest.fixture
def file(tmp_path):
    return tmp_path / "network.pkl"


def assert_equal(found, expected):
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        assert found[name].dtype == np.float32, name
        assert found[name].flags.c_contiguous, name
        np.testing.assert_array_equal(found[name], array, err_msg=name, strict=True)


# --- What is read ---------------------------------------------------------------------------------------------------

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


# --- What is refused ------------------------------------------------------------------------------------------------


def refused(path, reason):
    with pytest.raises(ValueError, match=reason) as caught:
        read_checkpoint(path)
    message = str(caught.value)
    assert message.startswith(f"{path} is not a StyleGAN2 checkpoint")
    assert "Nothing of it was executed. Take an official" in message
    assert "\n" not in message
    assert len(message) < 1000


def without(arrays, name):
    return {key: array for key, array in arrays.items() if key != name}


def replaced(arrays, name, array):
    return {**arrays, name: np.float32(array)}


UNSUPPORTED = [
    (lambda: tf_contents(version=3), "version 3"),
    (lambda: tf_contents(extra={"8x8/Conv/StyleMod/weight": np.ones(2)}), "configuration A"),
    (lambda: tf_contents(extra={"ToRGB_lod2/weight": np.ones(2)}), "configurations A to D"),
    (lambda: tf_contents(extra={"lod": np.float32(0)}), "configurations A to D"),
    (lambda: tf_contents(extra={"LabelConcat/weight": np.ones((2, 2))}), "conditional network of the first"),
    (lambda: tf_contents(extra={"8x8/Conv0_up/sn_u": np.ones(2)}), "synthesis/8x8/Conv0_up/sn_u"),
    (lambda: tf_contents(extra={"noise77": np.ones((1, 1, 4, 4))}), "noise map of number 77"),
    (lambda: tf_contents(extra={"noise0": np.ones(4)}), "synthesis/noise0.* unexpected shape"),
    (lambda: tf_contents(mapping_lrmul=0.1), "mapping_lrmul is 0.1; supported is 0.01"),
    (lambda: tf_contents(resample_kernel=[1, 2, 1]), "resample_kernel"),
    (lambda: tf_contents(conv_clamp=-1), "conv_clamp is -1"),
    (lambda: pytorch_contents(keywords={"mapping_kwargs": {"lr_multiplier": 1}}), "lr_multiplier"),
    (lambda: pytorch_contents(without(our_generator(), "b8_conv1/bias")), "lacks b8_conv1/bias"),
    (lambda: pytorch_contents(without(our_generator(), "dense0/kernel")), "lacks dense0/kernel"),
    (
        lambda: pytorch_contents(replaced(our_generator(), "b8_conv1/bias", [0, 1])),
        r"b8_conv1/bias has the shape \(2,\)",
    ),
    (lambda: pytorch_contents(replaced(our_generator(), "b8_conv1/strength", np.inf)), "not finite"),
    (
        lambda: pytorch_contents({n.replace("b16_", "b32_"): a for n, a in our_generator().items()}),
        r"resolutions \[4, 8, 32\]",
    ),
    (lambda: pytorch_contents(our_generator(widths={4: 2, 8: 4})), "widths by resolution"),
    (lambda: pytorch_contents(None, without(our_discriminator(), "b4_output/bias")), "lacks b4_output/bias"),
    (lambda: pytorch_contents(None, replaced(our_discriminator(), "b8_rgb/kernel", np.ones((1, 1, 1, 1)))), "b8.torgb"),
    (lambda: {"G_ema": module({"synthesis": module({"input": module()})})}, "StyleGAN3"),
    (lambda: {"G_ema": module({"backbone": module()})}, "lacks synthesis"),
    (lambda: {"G_ema": 3}, "of type int"),
    (lambda: {"g_ema": {}}, "neither"),
    (lambda: [1, 2], "neither"),
    (lambda: 3, "neither"),
    (lambda: None, "neither"),
    (lambda: (1, 2, 3), "in place of a network"),
    (lambda: (network({}), network({}), network({"dlatent_avg": "3"})), "not an array"),
    (lambda: (network({}), network({}), Network(version=4)), "KeyError"),
]


@pytest.mark.parametrize(("contents", "reason"), UNSUPPORTED)
def test_other_networks_are_refused(file, contents, reason):
    refused(write(file, contents()), reason)


def test_modules_in_a_circle_are_refused(file):
    contents = pytorch_contents()
    loop = contents["G_ema"].state["_modules"]["mapping"].state["_modules"]
    loop["again"] = loop["fc0"]
    refused(write(file, contents), "appears twice")


def test_other_files_are_refused(file, tmp_path):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("archive/data.pkl", dumps(3))
    for contents, reason in {
        b"": "it is empty",
        gzip.compress(dumps(pytorch_contents())): "gzip",
        archive.getvalue(): "zip archive",
        b"<!DOCTYPE html>": "web page",
        b"\x89HDF\r\n\x1a\n": "HDF5",
        b"version https://git-lfs.github.com/spec/v1": "Git LFS",
        b"\x80\x63.": "protocol 99",
    }.items():
        refused(write(file, contents), reason)
    refused(tmp_path, "not a file")
    with pytest.raises(FileNotFoundError, match="There is no file"):
        read_checkpoint(tmp_path / "missing.pkl")


def test_a_huge_file_is_not_read(file):
    with file.open("wb") as opened:
        opened.truncate(5 << 30)  # sparse
    refused(file, "more than any checkpoint has")


WITNESS = "witness_of_execution"
CODE = f"open({WITNESS!r}, 'w').close()"
HOSTILE = {
    "os.system": (dumps(Reduced(os.system, f"touch {WITNESS}")), "system"),
    "eval": (dumps(Reduced(eval, CODE)), "eval"),
    "exec": (dumps(Reduced(exec, CODE)), "exec"),
    "subprocess": (dumps(Reduced(subprocess.Popen, ["touch", WITNESS])), "subprocess.Popen"),
    "getattr": (dumps(Reduced(getattr, Reduced(__import__, "os"), "system")), "builtins.getattr"),
    "import": (dumps(Reduced(__import__, WITNESS)), "builtins.__import__"),
    "in a whitelisted call": (dumps(Reduced(persistent_object, {"state": Reduced(eval, CODE)})), "builtins.eval"),
    "in a network": (dumps((Network(version=Reduced(eval, CODE)), 1, 2)), "builtins.eval"),
    "in a tensor's bytes": (dumps(tensor(np.ones(2), dumps(Reduced(eval, CODE), 4))), "builtins.eval"),
    "as a tensor's kind": (dumps(tensor(np.ones(2), storage_blob(np.ones(2, "f4"), "os\nsystem"))), "os.system"),
    "tensor in a tensor": (
        dumps(tensor(np.ones(2), dumps(tensor(np.ones(2, "f4")), 2))),
        "torch._utils._rebuild_tensor_v2",
    ),
    "dotted name": (
        b"\x80\x04\x8c\x06dnnlib\x8c\x0dutil.EasyDict\x93.",
        "dnnlib.util",
    ),
    "dotted attribute": (b"\x80\x04\x8c\x05numpy\x8c\x0edtype.__init__\x93.", "numpy.dtype.__init__"),
    "other module": (b"cos\nsystem\n(S'touch witness_of_execution'\ntR.", "os.system"),
    "case": (b"\x80\x04\x8c\x0bCollections\x8c\x0bOrderedDict\x93.", "Collections.OrderedDict"),
    "name is no text": (b"\x80\x04K\x01K\x02\x93.", "of type int stands where str"),
    "line break in a name": (b"\x80\x04\x8c\x02o\n\x8c\x01s\x93.", "o.n.s"),
    "long name": (b"c" + b"a" * 10**5 + b"\nb\n.", "aaaa"),
    "inst": (b"(S'touch witness_of_execution'\nios\nsystem\n.", "INST"),
    "obj": (b"(cos\nsystem\no.", "os.system"),
    "extension 1": (b"\x80\x02\x82\x01.", "EXT1"),
    "extension 2": (b"\x80\x02\x83\x01\x00.", "EXT2"),
    "extension 4": (b"\x80\x02\x84\x01\x00\x00\x00.", "EXT4"),
    "persistent id": (b"Pname\n.", "PERSID"),
    "binary persistent id": (b"\x80\x02K\x01Q.", "persistent id"),
    "newobj_ex": (b"\x80\x04cdnnlib.util\nEasyDict\n)}\x92.", "NEWOBJ_EX"),
    "next buffer": (b"\x80\x05\x97.", "NEXT_BUFFER"),
    "call of a class's name": (b"cnumpy\nndarray\n)R.", "it calls numpy.ndarray"),
    "call of a result": (b"cdnnlib.util\nEasyDict\n)R)R.", "calls an object of type dict"),
    "arguments are no tuple": (b"cdnnlib.util\nEasyDict\n]R.", "of type list stands where tuple"),
    "state for a stand-in": (b"cdnnlib.util\nEasyDict\n}b.", "of type StandIn stands where Built"),
    "state for a dictionary": (b"}}b.", "of type dict stands where Built"),
    "attribute of a network": (b"cdnnlib.tflib.network\nNetwork\n)\x81}S'__class__'\nNsb.", "neither"),
    "key is a tuple": (b"})Ns.", "of type tuple is a key"),
    "nested key": (b"}" + b")" + b"\x85" * 2 * 10**5 + b"Ns.", "of type tuple is a key"),
    "append to a tuple": (b")Na.", "of type tuple stands where list"),
    "odd items": (b"(Nd.", "zip"),
    "empty stack": (b".", "IndexError"),
    "empty call": (b"R.", "empty stack"),
    "no mark": (b"t.", "IndexError"),
    "no memo": (b"h\x05.", "KeyError"),
    "huge memo": (b"Nr\xff\xff\xff\xff.", "neither"),
    "huge bytes": (b"\x80\x04\x8e" + b"\xff" * 7 + b"\x7f" + b"a.", "bytes8"),
    "huge string": (b"\x80\x04\x8d" + b"\xff" * 8 + b"a.", "8"),
    "huge integer": (b"\x80\x02\x8b\xff\xff\xff\x7f.", "long4"),
    "codec": (dumps(Reduced(__import__("_codecs").encode, "touch", "rot13")), "rot13"),
    "array of objects": (dumps((network({"a": np.array([None])}),) * 3), "type 'O8'"),
    "array of texts": (dumps((network({"a": np.array(["b"])}),) * 3), "type 'U1'"),
    "not a pickle": (b"StyleGAN2", "opcode|instruction|pickle|empty"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_pickles_execute_nothing(file, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    contents, reason = HOSTILE[name]
    refused(write(file, contents), reason)
    assert not (tmp_path / WITNESS).exists()


ONES = np.ones(8, "float32")
DAMAGED_TENSORS = {
    "size": (tensor(ONES, size=(9,)), "9 numbers has a storage of 8"),
    "huge size": (tensor(ONES, size=(10**9, 10**9), stride=(0, 0)), "has a storage of 8"),
    "repeated": (tensor(ONES, size=(9,), stride=(0,)), "has a storage of 8"),
    "overflowing size": (tensor(ONES, size=(2**63, 0), stride=(1, 1)), "Maximum allowed dimension"),
    "negative size": (tensor(ONES, size=(-2, -2), stride=(1, 1)), "integers >= 0"),
    "negative stride": (tensor(ONES, offset=7, size=(4,), stride=(-1,)), "strides.*integers >= 0"),
    "negative offset": (tensor(ONES, offset=-4, size=(2,)), "offset.*integers >= 0"),
    "offset": (tensor(ONES, offset=1, size=(8,)), "buffer|bounds"),
    "huge offset": (tensor(ONES, offset=2**70, size=(1,), stride=(1,)), "OverflowError|int"),
    "stride": (tensor(ONES, size=(4,), stride=(3,)), "strides|buffer"),
    "huge stride": (tensor(ONES, size=(2,), stride=(2**61,)), "Maximum allowed dimension|strides"),
    "strides of another rank": (tensor(ONES, size=(4, 2), stride=(1,)), "strides"),
    "size of floats": (tensor(ONES, size=(8.0,)), "integers >= 0"),
    "size of booleans": (tensor(ONES, size=(True,)), "integers >= 0"),
    "size of another type": (tensor(ONES, size="8"), "tuple of integers"),
    "too many axes": (tensor(ONES, size=(1,) * 99, stride=(1,) * 99), "dimension"),
    "short storage": (tensor(ONES, storage_blob(ONES)[:-1]), "31 bytes, not the 8 numbers"),
    "long storage": (tensor(ONES, storage_blob(ONES) + b"a"), "33 bytes"),
    "claimed": (tensor(ONES, storage_blob(ONES, count=9)), "32 bytes, not the 9 numbers"),
    "counts differ": (tensor(ONES, storage_blob(ONES, written=7)), "32 bytes, not the 8 numbers"),
    "negative count": (tensor(ONES, storage_blob(ONES, count=-8, written=-8)), "not the -8 numbers"),
    "huge count": (tensor(ONES, storage_blob(ONES, count=2**62)), "numbers it claims"),
    "magic": (tensor(ONES, storage_blob(ONES, magic=7)), "legacy format"),
    "keys": (tensor(ONES, storage_blob(ONES, keys=("7", "8"))), "not the only one"),
    "type": (tensor(ONES, storage_blob(ONES, "torch\nQUInt8Storage")), "torch.QUInt8Storage"),
    "empty storage": (tensor(ONES, b""), "pickle exhausted"),
    "zip storage": (tensor(ONES, b"PK\x03\x04"), "newline"),
    "storage of a text": (tensor(ONES, "text"), "not bytes"),
    "no storage": (Reduced(rebuild_tensor, ONES, 0, (8,), (1,)), "has no storage"),
    "tensor as storage": (Reduced(rebuild_tensor, tensor(ONES), 0, (8,), (1,)), "has no storage"),
    "few arguments": (Reduced(rebuild_tensor), "TypeError"),
    "parameter": (Reduced(rebuild_parameter, 3), "not a tensor"),
    "module": (Reduced(persistent_object, 3), "not a dictionary"),
}


@pytest.mark.parametrize("name", DAMAGED_TENSORS)
def test_damaged_tensors_are_refused(file, name):
    damaged, reason = DAMAGED_TENSORS[name]
    refused(write(file, damaged), reason)


@pytest.mark.parametrize(
    ("shape", "contents"),
    [((9,), b"1234"), ((-1,), b"1234"), ((2**62, 2**62), b""), ([1], b"1234"), ((1,), None), ((1,), [1.0])],
)
def test_damaged_arrays_are_refused(file, shape, contents):
    class Damaged(np.ndarray):
        def __reduce__(self):
            function, arguments, _ = np.ones(1, "float32").__reduce__()
            return function, (np.ndarray, *arguments[1:]), (1, shape, np.dtype("float32"), False, contents)

    refused(write(file, (network({}), network({}), network({"a": np.ones(1).view(Damaged)}))), "array|reshape|buffer")


def survives(path, contents):
    """Reading either works or ends in the one error; nothing else comes out."""
    path.write_bytes(contents)
    with contextlib.suppress(ValueError):
        read_checkpoint(path)


@pytest.fixture(scope="module")
def pickles():
    small = {"widths": {4: 1, 8: 1}}
    contents = tf_contents(our_generator(**small), our_discriminator(**small))
    return FIXTURE.read_bytes(), dumps(contents), dumps(contents, 2)


@pytest.mark.parametrize("which", range(3))
def test_truncated_files_are_refused(file, pickles, which):
    contents = pickles[which]
    for end in [1, 2, 11, *np.linspace(12, len(contents) - 1, 60).astype(int)]:
        refused(write(file, contents[:end]), "checkpoint")


@hypothesis.settings(
    max_examples=150, deadline=None, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture]
)
@hypothesis.given(
    which=st.integers(0, 2), place=st.floats(0, 1, exclude_max=True), bytes=st.binary(min_size=1, max_size=4)
)
def test_changed_bytes_never_escape(file, pickles, which, place, bytes):
    contents = bytearray(pickles[which])
    start = int(place * len(contents))
    contents[start : start + len(bytes)] = bytes
    survives(file, contents)


@hypothesis.settings(
    max_examples=150, deadline=None, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture]
)
@hypothesis.given(contents=st.binary(max_size=200))
def test_random_bytes_are_refused(file, contents):
    with pytest.raises(ValueError, match="checkpoint"):
        read_checkpoint(write(file, contents))
