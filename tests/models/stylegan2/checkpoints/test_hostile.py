import contextlib
import os
import subprocess

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest

from models.stylegan2.checkpoints import read_checkpoint
from tests.models.stylegan2.checkpoints.first_release import growing
from tests.models.stylegan2.checkpoints.ours import our_discriminator, our_generator
from tests.models.stylegan2.checkpoints.pickles import (
    FIXTURE,
    Network,
    Reduced,
    dumps,
    network,
    persistent_object,
    rebuild_parameter,
    rebuild_tensor,
    storage_blob,
    tensor,
    tf_contents,
    write,
)
from tests.models.stylegan2.checkpoints.test_refused import refused

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
    grown = growing(our_generator("orig", **small), our_discriminator("orig", **small), **small)
    return FIXTURE.read_bytes(), dumps(contents), dumps(contents, 2), dumps(grown)


@pytest.mark.parametrize("which", range(4))
def test_truncated_files_are_refused(file, pickles, which):
    contents = pickles[which]
    for end in [1, 2, 11, *np.linspace(12, len(contents) - 1, 60).astype(int)]:
        refused(write(file, contents[:end]), "checkpoint")


@hypothesis.settings(
    max_examples=150, deadline=None, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture]
)
@hypothesis.given(
    which=st.integers(0, 3), place=st.floats(0, 1, exclude_max=True), bytes=st.binary(min_size=1, max_size=4)
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
