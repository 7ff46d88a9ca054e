import json

import pytest
import tensorflow as tf

from tfnss.running import devices


@pytest.fixture(autouse=True)
def forget():
    devices.strategy.cache_clear()
    yield
    devices.strategy.cache_clear()


def test_auto_is_one_device_here():
    assert devices.strategy("auto") is tf.distribute.get_strategy()
    assert devices.is_chief(devices.strategy("one"))


@pytest.mark.parametrize(
    ("config", "gpus", "found"),
    [
        ("", 0, "one"),
        ("", 1, "one"),
        ("", 2, "mirrored"),
        (json.dumps({"cluster": {"worker": ["a:1", "b:1"]}, "task": {"type": "worker", "index": 1}}), 2, "multiworker"),
        (json.dumps({"cluster": {}, "task": {"type": "worker", "index": 0}}), 0, "one"),
        (json.dumps({"cluster": {"chief": ["a:1"]}, "task": {"type": "chief", "index": 0}}), 0, "one"),
        (
            json.dumps({"cluster": {"worker": ["a:1", "b:1"]}, "task": {"type": "worker", "index": "1"}}),
            0,
            "multiworker",
        ),
        (
            json.dumps(
                {"cluster": {"worker": ["a:1", "b:1"], "evaluator": ["c:1"]}, "task": {"type": "worker", "index": 0}}
            ),
            0,
            "multiworker",
        ),
        (json.dumps({"cluster": {"worker": ["a:1"]}, "task": {"type": "worker", "index": 0}}), 2, "mirrored"),
        (
            json.dumps({"cluster": {"chief": ["a:1"], "worker": ["b:1"]}, "task": {"type": "chief", "index": 0}}),
            0,
            "multiworker",
        ),
    ],
)
def test_auto_takes_what_there_is(config, gpus, found, monkeypatch):
    monkeypatch.setenv("TF_CONFIG", config)
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [kind] * gpus)
    assert devices._found() == found


def test_a_tpu_is_taken_by_its_name(monkeypatch):
    monkeypatch.setenv("TPU_NAME", "local")
    assert devices._found() == "tpu"


@pytest.mark.parametrize(
    ("name", "config", "says"),
    [
        ("multiworker", "", "needs TF_CONFIG"),
        ("multiworker", "{", "TF_CONFIG is not as TensorFlow defines it"),
        ("auto", '{"cluster": 3}', "TF_CONFIG is not as"),
        ("auto", '{"cluster": {"worker": ["a:1"]}}', "TF_CONFIG is not as"),
        ("auto", '{"cluster": {"worker": ["a:1"]}, "task": {"type": "evaluator", "index": 0}}', "does not train"),
        ("auto", '{"cluster": {"worker": ["a:1"]}, "task": {"type": "worker", "index": 3}}', "TF_CONFIG is not as"),
        ("tpu", "", "finds no TPU"),
    ],
)
def test_missing_devices_are_one_line(name, config, says, monkeypatch):
    monkeypatch.setenv("TF_CONFIG", config)
    with pytest.raises(ValueError, match=says) as error:
        devices.strategy(name)
    assert "\n" not in str(error.value)


def test_batches_are_divided_evenly(mirrored):
    devices.check_batch_size(mirrored, 4)
    with pytest.raises(ValueError, match="a multiple of the 2 devices"):
        devices.check_batch_size(mirrored, 5)


def test_other_workers_are_no_chiefs():
    class Resolver:
        task_type, task_id = "worker", 1

        def cluster_spec(self):
            return tf.train.ClusterSpec({"worker": ["a:1", "b:1"]})

    class Strategy:
        cluster_resolver = Resolver()

    assert not devices.is_chief(Strategy())
    Resolver.task_id = 0
    assert devices.is_chief(Strategy())


def test_processes_that_train_together_are_counted(monkeypatch):
    cluster = {"chief": ["a:1"], "worker": ["b:1", "c:1"]}
    monkeypatch.setenv("TF_CONFIG", json.dumps({"cluster": cluster, "task": {"type": "worker", "index": 1}}))
    several = object.__new__(tf.distribute.MultiWorkerMirroredStrategy)
    assert devices.processes(several) == 3
    assert devices.processes(tf.distribute.get_strategy()) == 1  # whatever TF_CONFIG says
