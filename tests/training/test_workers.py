"""Several machines: two processes on this one."""

import json
import os
import socket
import subprocess
import sys

import numpy as np
import pytest

from tests.training.workers import train


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


@pytest.mark.slow
def test_two_processes_give_the_weights_of_one(tmp_path):
    workers = [f"127.0.0.1:{port}" for port in free_ports(2)]
    processes = []
    for index in range(2):
        config = {"cluster": {"worker": workers}, "task": {"type": "worker", "index": index}}
        command = [sys.executable, "-m", "tests.training.workers", str(tmp_path / f"{index}.npz")]
        processes.append(subprocess.Popen(command, env={**os.environ, "TF_CONFIG": json.dumps(config)}))
    expected = train(parts=2)
    try:
        assert [process.wait(timeout=500) for process in processes] == [0, 0]
    finally:
        for process in processes:
            process.kill()
    results = [np.load(tmp_path / f"{index}.npz") for index in range(2)]
    for name, weights in expected.items():
        assert len(weights) > 20
        for index, weight in enumerate(weights):
            for result in results:
                np.testing.assert_allclose(result[f"{name}_{index}"], weight, atol=1e-5, err_msg=f"{name} {index}")
