"""What XLA compiled is found by the next process, whole, or not at all."""

import os
import subprocess
import sys
import time

import pytest

from tfnss import xla_cache

# Trains two steps under XLA, after so many tensors, and prints a digest of the weights.
_TRAINING = """
import hashlib, sys
from tfnss import xla_cache
xla_cache.begin(sys.argv[1])
from tfnss.console import start_tensorflow
start_tensorflow()
xla_cache.begun()
import numpy as np
import tensorflow as tf
import tfnss
from tests.training.networks import tiny_gan
before = [tf.constant(number) for number in range(int(sys.argv[2]))]
gan = tiny_gan()
gan.compile(view=tfnss.NoisyScaleSpace(), annealing=tfnss.ExponentialAnnealing(8), jit_compile=True)
images = np.random.default_rng(0).integers(0, 256, (16, 8, 8, 3), dtype=np.uint8)
gan.fit(images, batch_size=8, verbose=0)
print(hashlib.sha256(b"".join(weight.tobytes() for weight in gan.get_weights())).hexdigest())
"""


def begin_training(folder, tensors=0):
    command = [sys.executable, "-c", _TRAINING, str(folder), str(tensors)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def weights(process):
    output, _ = process.communicate()
    assert process.returncode == 0
    return output.split()[-1]


def kept(place):
    return {path.name: path.stat().st_mtime_ns for path in place.glob("*/*.pb")}


@pytest.mark.slow
def test_a_second_process_finds_what_the_first_compiled(tmp_path):
    """Whatever it did before; with the weights of one that keeps nothing. Two at once, and damaged files, do no harm."""
    place = tmp_path / "of all"  # a blank in its name
    plain = begin_training("off")
    both = [begin_training(place), begin_training(place, 3)]
    expected = weights(plain)
    assert [weights(process) for process in both] == [expected] * 2
    files = kept(place)
    assert len(files) == 2  # a phase each
    assert weights(begin_training(place, tensors=7)) == expected
    assert kept(place) == files
    short, changed = sorted(place.glob("*/*.pb"))
    short.write_bytes(short.read_bytes()[:1000])
    content = bytearray(changed.read_bytes())
    content[len(content) // 2] ^= 1
    changed.write_bytes(content)
    assert weights(begin_training(place)) == expected
    again = kept(place)  # compiled anew; the same code may be written down in other bytes
    assert {name.split(".")[0] for name in again} == {name.split(".")[0] for name in files}
    assert len(again) == 2
    assert not list(place.glob("*/process-*"))


@pytest.fixture
def fresh(monkeypatch):
    """As in a process that has not imported TensorFlow."""
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    monkeypatch.delenv("TF_XLA_FLAGS", raising=False)
    monkeypatch.setattr(xla_cache, "_kept", None)
    monkeypatch.setattr(xla_cache, "_own", None)
    monkeypatch.setattr(xla_cache, "_given", None)
    monkeypatch.setattr(xla_cache.atexit, "register", lambda function: None)
    return monkeypatch


def another_process(monkeypatch, *arguments):
    xla_cache._end()
    monkeypatch.setattr(xla_cache, "_own", None)
    monkeypatch.delenv("TF_XLA_FLAGS", raising=False)
    xla_cache.begin(*arguments)
    return xla_cache._own


def test_files_go_from_process_to_process(fresh, tmp_path):
    fresh.setenv("TFNSS_CACHE", str(tmp_path))
    xla_cache.begin()
    assert xla_cache.in_use()
    flags = os.environ["TF_XLA_FLAGS"]
    assert f'--tf_xla_persistent_cache_directory="{tmp_path}/xla/' in flags
    (xla_cache._own / "a__1__CPU.pb").write_bytes(b"one")
    first, second = xla_cache._own, another_process(fresh)
    assert not first.exists()
    assert (second / "a__1__CPU.pb").read_bytes() == b"one"
    (whole,) = second.parent.glob("*.pb")
    whole.write_bytes(b"on")
    assert not list(another_process(fresh).glob("*.pb"))
    assert not whole.exists()


def test_what_is_kept_while_a_process_runs(fresh, tmp_path):
    xla_cache.begin(str(tmp_path))
    (xla_cache._own / "a.pb").write_bytes(b"one")
    xla_cache.keep()
    xla_cache.keep()
    assert [path.read_bytes() for path in tmp_path.glob("*/*.pb")] == [b"one"]


def test_what_another_process_is_writing_is_left_alone(fresh, tmp_path):
    xla_cache.begin(str(tmp_path))
    being_written = xla_cache._kept / ".partial.a.0.pb"
    being_written.write_bytes(b"on")
    assert not list(another_process(fresh, str(tmp_path)).glob("*.pb"))
    assert being_written.exists()


def test_the_oldest_go_and_what_killed_processes_left(fresh, tmp_path):
    other = tmp_path / "0123456789abcdef"  # of another TensorFlow
    for folder, age in (("process-killed", 2 * 86_400), ("process-alive", 60)):
        (other / folder).mkdir(parents=True)
        os.utime(other / folder, (time.time() - age,) * 2)
    for number in range(4):
        (other / f"{number}.00000000.pb").write_bytes(bytes(10))
        os.utime(other / f"{number}.00000000.pb", (number, number))
    fresh.setattr(xla_cache, "MOST_BYTES", 25)
    xla_cache.begin(str(tmp_path))
    assert sorted(path.name for path in other.iterdir()) == ["2.00000000.pb", "3.00000000.pb", "process-alive"]


def test_other_things_in_the_folder_stay(fresh, tmp_path):
    for folder in (tmp_path / "project", tmp_path / "0123456789abcdef"):
        for path in (folder / ".git" / "config", folder / "saved_model.pb", folder / ".hidden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(bytes(10))
            for old in (path, path.parent):
                os.utime(old, (0, 0))
    (tmp_path / "project" / "process-of-mine").mkdir()
    os.utime(tmp_path / "project" / "process-of-mine", (0, 0))
    before = set(tmp_path.rglob("*"))
    fresh.setattr(xla_cache, "MOST_BYTES", 5)
    xla_cache.begin(str(tmp_path))
    assert before < set(tmp_path.rglob("*"))


@pytest.mark.parametrize("name", ["XLA_FLAGS", "TF_NUM_INTRAOP_THREADS", "TF_XLA_FLAGS"])
def test_other_flags_have_other_files(fresh, name):
    before = xla_cache._kind()
    assert xla_cache._kind() == before
    fresh.setenv(name, "--of=another")
    assert xla_cache._kind() != before


@pytest.mark.parametrize("name", ["_tensorflow", "_processor"])
def test_another_tensorflow_or_processor_has_other_files(fresh, name):
    before = xla_cache._kind()
    assert getattr(xla_cache, name)()
    fresh.setattr(xla_cache, name, lambda: ["another"])
    assert xla_cache._kind() != before


@pytest.mark.parametrize("flags", ["--tf_xla_persistent_cache_directory=/mine", "flags.txt"])
def test_the_users_own_cache_wins(fresh, tmp_path, flags):
    fresh.setenv("TF_XLA_FLAGS", flags)
    xla_cache.begin(str(tmp_path / "xla"))
    assert os.environ["TF_XLA_FLAGS"] == flags
    assert not xla_cache.in_use()


def test_other_flags_of_the_user_stay(fresh, tmp_path):
    fresh.setenv("TF_XLA_FLAGS", "--tf_xla_auto_jit=2")
    xla_cache.begin(str(tmp_path))
    assert os.environ["TF_XLA_FLAGS"].startswith("--tf_xla_auto_jit=2 --tf_xla_persistent_cache_directory=")


@pytest.mark.parametrize("flags", [None, "", "--tf_xla_auto_jit=2"])
def test_processes_that_this_one_starts_get_the_flags_that_it_was_given(fresh, tmp_path, flags):
    if flags is not None:
        fresh.setenv("TF_XLA_FLAGS", flags)
    xla_cache.begin(str(tmp_path))
    assert str(tmp_path) in os.environ["TF_XLA_FLAGS"]
    xla_cache.begun()
    assert os.environ.get("TF_XLA_FLAGS") == flags
    fresh.setenv("TF_XLA_FLAGS", "--the_users_since")
    xla_cache.begun()
    assert os.environ["TF_XLA_FLAGS"] == "--the_users_since"


# Compiles a function under XLA after the flags are put back, and prints what a process that it starts is given.
_PARENT = """
import subprocess, sys
from tfnss import xla_cache
xla_cache.begin(sys.argv[1])
from tfnss.console import start_tensorflow
start_tensorflow()
xla_cache.begun()
import tensorflow as tf
tf.function(lambda x: tf.sin(x) + 1, jit_compile=True)(tf.constant(1.0))
subprocess.run([sys.executable, "-c", "import os; print(os.environ.get('TF_XLA_FLAGS'))"], check=True)
"""


def test_tensorflow_has_read_the_flags_once_it_has_started(tmp_path):
    environment = {name: value for name, value in os.environ.items() if name != "TF_XLA_FLAGS"}
    command = [sys.executable, "-c", _PARENT, str(tmp_path)]
    printed = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    assert printed.split() == ["None"]
    assert len(kept(tmp_path)) == 1


def test_off_and_too_late(fresh, tmp_path):
    xla_cache.begin("off")
    fresh.setitem(sys.modules, "tensorflow", object())
    xla_cache.begin(str(tmp_path / "xla"))
    assert not xla_cache.in_use()
    assert "TF_XLA_FLAGS" not in os.environ
    assert not list(tmp_path.iterdir())


def test_places_that_cannot_be_written(fresh, tmp_path):
    (tmp_path / "file").write_text("a file")
    with pytest.raises(ValueError, match="file/xla cannot be written"):
        xla_cache.begin(str(tmp_path / "file" / "xla"))
    fresh.setenv("TFNSS_CACHE", str(tmp_path / "file"))
    with pytest.warns(UserWarning, match="what XLA compiles is not kept"):
        xla_cache.begin()
    assert not xla_cache.in_use()
