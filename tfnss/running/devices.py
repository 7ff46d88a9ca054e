"""The devices that a recipe trains on, by TensorFlow's strategies."""

import functools
import json
import os

import tensorflow as tf

_OTHER_TASKS = "start chief and workers alone, and measure the run with `tfnss evaluate`"


@functools.cache
def strategy(name: str) -> tf.distribute.Strategy:
    """The strategy that `--strategy` names. One per process, before TensorFlow computes: the collectives of two collide.

    Raises:
        ValueError: For devices that are not there.
    """
    if name == "auto":
        name = _found()
    if name == "multiworker":
        if not _workers():
            raise ValueError("--strategy multiworker needs TF_CONFIG with the cluster's workers and this task")
        return tf.distribute.MultiWorkerMirroredStrategy()
    if name == "tpu":
        return _tpu()
    if name == "mirrored":
        kind = "GPU" if tf.config.list_logical_devices("GPU") else "CPU"
        return tf.distribute.MirroredStrategy([device.name for device in tf.config.list_logical_devices(kind)])
    return tf.distribute.get_strategy()


def _found() -> str:
    if len(_workers()) > 1:
        return "multiworker"
    if os.environ.get("TPU_NAME"):
        return "tpu"
    return "mirrored" if len(tf.config.list_physical_devices("GPU")) > 1 else "one"


def _workers() -> list[str]:
    """The addresses in TF_CONFIG of those who train together, as TensorFlow means it: chief and workers.

    An empty cluster is none; evaluators and parameter servers do not train.
    """
    text = os.environ.get("TF_CONFIG", "")
    if not text:
        return []
    try:
        config = json.loads(text)
        cluster = config.get("cluster") or {}
        workers = [*cluster.get("chief", []), *cluster.get("worker", [])]
        if not workers:
            return []
        kind, index = config["task"]["type"], int(config["task"].get("index", 0))
        if kind in ("chief", "worker"):
            cluster[kind][index]
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise ValueError(
            f"TF_CONFIG is not as TensorFlow defines it ({type(error).__name__}: {error}): "
            '{"cluster": {"worker": ["HOST:PORT", ...]}, "task": {"type": "worker", "index": 0}}'
        ) from None
    if kind not in ("chief", "worker"):
        raise ValueError(f"TF_CONFIG makes this process a task of type {kind}, which does not train: {_OTHER_TASKS}")
    return workers


def _tpu() -> tf.distribute.Strategy:
    try:
        resolver = tf.distribute.cluster_resolver.TPUClusterResolver()
        tf.config.experimental_connect_to_cluster(resolver)
        tf.tpu.experimental.initialize_tpu_system(resolver)
    except (ValueError, RuntimeError, tf.errors.OpError) as error:
        raise ValueError(f"--strategy tpu finds no TPU ({' '.join(str(error).split())[:200]})") from None
    return tf.distribute.TPUStrategy(resolver)


def check_batch_size(chosen: tf.distribute.Strategy, batch_size: int) -> None:
    """Raises a ValueError if a global batch cannot be divided over the devices."""
    devices = chosen.num_replicas_in_sync
    if batch_size % devices:
        raise ValueError(f"--batch-size must be a multiple of the {devices} devices. Received: {batch_size}")


def is_chief(chosen: tf.distribute.Strategy) -> bool:
    """Whether this process writes the run: the first worker of several."""
    resolver = chosen.cluster_resolver
    return resolver is None or resolver.task_type in (None, "chief") or _first_worker(resolver)


def _first_worker(resolver: tf.distribute.cluster_resolver.ClusterResolver) -> bool:
    return resolver.task_id == 0 and "chief" not in resolver.cluster_spec().jobs


def processes(chosen: tf.distribute.Strategy) -> int:
    """How many processes train together."""
    return len(_workers()) if isinstance(chosen, tf.distribute.MultiWorkerMirroredStrategy) else 1


def described(chosen: tf.distribute.Strategy) -> str:
    """The devices in words."""
    kind = "GPU" if tf.config.list_physical_devices("GPU") else "CPU"
    count = chosen.num_replicas_in_sync
    return f"{count} devices" if count > 1 else f"one {kind}"
