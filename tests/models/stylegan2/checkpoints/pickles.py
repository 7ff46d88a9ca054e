"""Pickles with the official globals."""

import collections
import contextlib
import pickle
import struct
import sys
import types
from pathlib import Path
from unittest import mock

import numpy as np

from tests.models.stylegan2.checkpoints.official import pytorch_arrays, tf_discriminator, tf_generator
from tests.models.stylegan2.checkpoints.ours import our_discriminator, our_generator

FIXTURE = Path(__file__).parents[3] / "oracles" / "ada_pytorch_tiny.pkl"  # by PyTorch: make_ada_pytorch_oracle.py


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
