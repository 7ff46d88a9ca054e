"""What stands for the globals of official StyleGAN2 checkpoints: decoders of NumPy's and PyTorch's arrays, and data.

Reference for the bytes of a tensor: PyTorch's legacy serialisation (before the zip format of 1.6), in which pickled
storages still are: five pickles (magic number, version, facts about the machine, the storage's description, the list of
its keys), the number of elements as int64, and the elements, little-endian.
"""

import io
import math
import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.stylegan2.checkpoints.unpickling import Built, StandIn, Whitelist, interpret

TORCH_MAGIC, TORCH_VERSION = 0x1950A86A20F9469CFC6C, 1001


class Network(Built):
    """An instance of dnnlib.tflib.network.Network: its state alone."""

    state: Any = None

    def build(self, state: Any) -> None:
        self.state = state


class NumpyType(Built):
    """A numpy.dtype of numbers."""

    def __init__(self, code: Any, *_: Any) -> None:
        if not isinstance(code, str) or not re.fullmatch("f[248]|[iu][1248]|b1", code):
            raise ValueError(f"it holds an array of type {ascii(code)[:40]}, not of numbers")
        self.dtype = np.dtype(code)

    def build(self, state: Any) -> None:
        _, order, *_ = state  # version, byte order, and what only structured types have
        self.dtype = self.dtype.newbyteorder(order)


class NumpyArray(Built):
    """A numpy.ndarray; `value` is None until the file gives its contents."""

    value: np.ndarray | None = None

    def __init__(self, *_: Any) -> None:
        """Takes numpy's class, an empty shape and a type code, which the state replaces."""

    def build(self, state: Any) -> None:
        _, shape, dtype, fortran, contents = state
        self.value = _array(contents, dtype, shape, "F" if fortran else "C")


@dataclass(frozen=True)
class Storage:
    """The elements of a tensor, in a row."""

    elements: np.ndarray


def _array(contents: Any, dtype: Any, shape: Any, order: Any) -> np.ndarray:
    if isinstance(contents, str):  # bytes of Python 2
        contents = contents.encode("latin1")
    if not isinstance(dtype, NumpyType) or not isinstance(contents, bytes | bytearray):
        raise ValueError("it holds an array that is not of numbers")
    return np.frombuffer(contents, dtype.dtype).reshape(_sizes(shape, "shape"), order=order)


def _array_of_buffer(contents: Any, dtype: Any, shape: Any, order: Any, axes: Any = None) -> np.ndarray:
    """NumPy writes arrays so in protocol 5. Order K has the shape in memory, and the axes that permute it."""
    if order == "K":
        return _array(contents, dtype, shape, "C").transpose(_sizes(axes, "axes"))
    return _array(contents, dtype, shape, order)


def _scalar(dtype: Any, contents: Any) -> Any:
    return _array(contents, dtype, (), "C").item()


def _sizes(values: Any, what: str) -> tuple[int, ...]:
    if not isinstance(values, tuple) or not all(type(value) is int and value >= 0 for value in values):
        raise ValueError(f"the {what} of an array must be a tuple of integers >= 0")
    return values


def _encode(text: Any, encoding: Any) -> bytes:
    """Python 3 writes bytes so in protocols below 3."""
    if encoding not in ("latin1", "latin-1"):
        raise ValueError(f"it encodes a text as {ascii(encoding)[:40]}")
    return text.encode("latin1")


def _dictionary(*items: Any) -> dict[Any, Any]:
    if items:
        raise ValueError("it fills a dictionary in an unusual way")
    return {}


def _set(items: Any = ()) -> set[str]:
    if not all(isinstance(item, str) for item in items):
        raise ValueError("it holds a set of other things than strings")
    return set(items)


def _persistent_object(meta: Any) -> dict[str, Any]:
    """The description of a PyTorch module. The official loader executes its `module_src`; here it stays a string."""
    if not isinstance(meta, dict):
        raise ValueError("the description of a module is not a dictionary")
    return meta


_STORAGES = {
    **{"HalfStorage": "<f2", "FloatStorage": "<f4", "DoubleStorage": "<f8", "BoolStorage": "|b1"},
    **{"ByteStorage": "|u1", "CharStorage": "|i1", "ShortStorage": "<i2", "IntStorage": "<i4", "LongStorage": "<i8"},
}
_STORAGE_WHITELIST: Whitelist = {("torch", name): StandIn(name) for name in _STORAGES}


def _described_storage(identity: Any) -> tuple[np.dtype, Any, Any]:
    kind, storage, key, _location, count, *view = identity
    if kind != "storage" or not isinstance(storage, StandIn) or view not in ([], [None]):
        raise ValueError("a tensor's storage has an unknown description")
    return np.dtype(_STORAGES[storage.name]), key, count


def _storage(blob: Any) -> Storage:
    if not isinstance(blob, bytes):
        raise ValueError("a tensor's storage is not bytes")
    stream = io.BytesIO(blob)
    magic, version, _machine = (interpret(stream, {}) for _ in range(3))
    if magic != TORCH_MAGIC or version != TORCH_VERSION:
        raise ValueError("a tensor's storage is not of PyTorch's legacy format")
    dtype, key, count = interpret(stream, _STORAGE_WHITELIST, _described_storage)
    if interpret(stream, {}) != [key]:
        raise ValueError("a tensor's storage is not the only one of its block")
    written = int.from_bytes(stream.read(8), "little", signed=True)
    start = stream.tell()
    if count != written or not 0 <= written == (len(blob) - start) / dtype.itemsize:
        raise ValueError(
            f"a tensor's storage holds {len(blob) - start} bytes, not the {ascii(count)[:40]} numbers it claims"
        )
    return Storage(np.frombuffer(blob, dtype, written, start))


def _tensor(storage: Any, offset: Any, size: Any, stride: Any, *_: Any) -> np.ndarray:
    if not isinstance(storage, Storage):
        raise ValueError("a tensor has no storage")
    elements, size = storage.elements, _sizes(size, "shape")
    if math.prod(size) > elements.size:
        raise ValueError(f"a tensor of {ascii(math.prod(size))[:40]} numbers has a storage of {elements.size}")
    (offset,), stride = _sizes((offset,), "offset"), _sizes(stride, "strides")
    strides = [step * elements.itemsize for step in stride]
    return np.ndarray(size, elements.dtype, elements, offset * elements.itemsize, strides)  # checks every bound


def _parameter(tensor: Any, *_: Any) -> np.ndarray:
    if not isinstance(tensor, np.ndarray):
        raise ValueError("a parameter is not a tensor")
    return tensor


def _stand_ins() -> Whitelist:
    calls: dict[tuple[str, str], Any] = {
        ("collections", "OrderedDict"): _dictionary,
        ("builtins", "set"): _set,
        ("__builtin__", "set"): _set,
        ("_codecs", "encode"): _encode,
        ("numpy", "dtype"): NumpyType,
        ("numpy", "ndarray"): None,
        ("dnnlib.util", "EasyDict"): _dictionary,
        ("dnnlib.tflib.network", "Network"): Network,
        ("torch_utils.persistence", "_reconstruct_persistent_obj"): _persistent_object,
        ("torch._utils", "_rebuild_tensor_v2"): _tensor,
        ("torch._utils", "_rebuild_parameter"): _parameter,
        ("torch.storage", "_load_from_bytes"): _storage,
    }
    for core in ("numpy.core", "numpy._core"):  # before and since NumPy 2
        calls[f"{core}.multiarray", "_reconstruct"] = NumpyArray
        calls[f"{core}.multiarray", "scalar"] = _scalar
        calls[f"{core}.numeric", "_frombuffer"] = _array_of_buffer
    return {name: StandIn(".".join(name), call) for name, call in calls.items()}


WHITELIST = _stand_ins()
