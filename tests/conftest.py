"""Two logical CPU devices, set before TensorFlow starts, and what tests share."""

import functools
import gc
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import benchmarks  # noqa: F401  loads what must come before TensorFlow

# isort: split
import keras
import numpy as np
import pytest

if keras.backend.backend() == "tensorflow":
    import tensorflow as tf

    _CPU = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(_CPU, [tf.config.LogicalDeviceConfiguration()] * 2)


def pytest_collection_finish():
    """What is imported is no garbage: looking for it among TensorFlow's graphs took a tenth of the tests' time."""
    gc.freeze()
    gc.set_threshold(10_000)


@pytest.fixture(scope="module", autouse=True)
def _survivors():
    """What outlives a file of tests does so for good: it is not looked at in every later search for garbage."""
    yield
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _variables_without_names():
    """TensorFlow makes a kernel for every new name of a variable, which takes about half of the time of making one."""
    if keras.backend.backend() != "tensorflow":
        yield
        return
    from tensorflow.python.ops import gen_resource_variable_ops as operations

    made = operations.var_handle_op
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(operations, "var_handle_op", lambda *args, debug_name="", **kwargs: made(*args, **kwargs))
        yield


@pytest.fixture(scope="session", autouse=True)
def _kept_crops():
    """The embedded photographs are cut once for each size, not whenever it changes."""
    from tfnss.data import photos

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(photos, "_crops", functools.lru_cache(8)(photos._crops.__wrapped__))
        yield


@pytest.fixture(scope="session")
def mirrored():
    """One strategy on two replicas for all tests: the collectives of two strategies in one process collide."""
    return tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory, monkeypatch):
    """Statistics that tests keep do not outlive them, and networks come from nowhere but the tests."""
    monkeypatch.setenv("TFNSS_CACHE", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.delenv("TFNSS_INCEPTION", raising=False)


@pytest.fixture
def plain_graphs():
    """Graphs run as they are traced: to optimize them takes longer than to run those of toys."""
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
    yield
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": False})


@pytest.fixture
def zero_weights(monkeypatch):
    """Large networks are built fast: no random numbers are drawn for their weights."""
    for name in ("RandomNormal", "RandomUniform", "GlorotUniform", "VarianceScaling"):
        monkeypatch.setattr(
            getattr(keras.initializers, name),
            "__call__",
            lambda self, shape, dtype=None: keras.ops.zeros(shape, dtype or "float32"),
        )


@pytest.fixture
def pictures():
    """64 smooth random uint8 images of 32x32."""
    coarse = np.random.default_rng(0).integers(0, 256, (64, 8, 8, 3), dtype=np.uint8)
    return coarse.repeat(4, axis=1).repeat(4, axis=2)


@pytest.fixture
def fake_hub(tmp_path_factory, monkeypatch):
    """An empty Hub in place of the real one, for whose tokens `TOKEN` is one that may write; its cache is empty too."""
    from huggingface_hub import constants

    from tests.hub import TOKEN, FakeHub
    from tfnss.running import hub

    fake, home = FakeHub(), tmp_path_factory.mktemp("hub")
    monkeypatch.setattr(constants, "ENDPOINT", fake.address)
    monkeypatch.setattr(
        constants, "HUGGINGFACE_CO_URL_TEMPLATE", fake.address + "/{repo_id}/resolve/{revision}/{filename}"
    )
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(home / "cache"))
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(home / "token"))
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)  # a protocol of compiled code alone
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    hub._downloaded.cache_clear()
    yield fake
    fake.stop()
    hub._downloaded.cache_clear()
