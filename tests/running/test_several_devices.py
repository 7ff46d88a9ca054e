"""A recipe over several devices and over several machines trains the run of one device."""

import json
import os
import re
import signal
import subprocess
import sys

import h5py
import numpy as np
import pytest

from recipes.dcgan_photos import RECIPE
from tests.training.test_workers import free_ports
from tfnss.running.command_line import main

# Two logical devices, as in every test.
_RECIPE = """
import runpy
import tests.conftest
runpy.run_module("recipes.dcgan_photos", run_name="__main__", alter_sys=True)
"""
_FLAGS = ["--smoke", "--base-width", "4", "--batch-size", "8", "--nss", "--kimg", "0.08", "--checkpoint-every", "0.04"]


def begin(*command, **environment):
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2", **environment}
    return subprocess.Popen(
        [sys.executable, "-u", *command], env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


def workers(*arguments):
    """Two processes, as on two machines."""
    addresses = [f"127.0.0.1:{port}" for port in free_ports(2)]
    tasks = [{"type": "worker", "index": index} for index in range(2)]
    configs = [json.dumps({"cluster": {"worker": addresses}, "task": task}) for task in tasks]
    return [begin("-m", "recipes.dcgan_photos", *arguments, TF_CONFIG=config) for config in configs]


def finished(process):
    """What it said."""
    try:
        output, _ = process.communicate(timeout=300)
    finally:
        process.kill()
    assert process.returncode == 0, output
    return output


def weights(run):
    """All numbers of the networks, by name."""
    found = {}
    with h5py.File(run / "checkpoint.weights.h5") as file:
        for network in ("generator", "generator_ema", "discriminator"):
            file[network].visititems(lambda name, item, network=network: found.update({f"{network}/{name}": item}))
        return {name: item[()] for name, item in found.items() if isinstance(item, h5py.Dataset)}


def assert_same_weights(one, other):
    first, second = weights(one), weights(other)
    assert {name.split("/")[0] for name in first} == {"generator", "generator_ema", "discriminator"}
    assert first.keys() == second.keys()
    for name in first:
        np.testing.assert_allclose(first[name], second[name], rtol=0, atol=1e-5, err_msg=name)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The run of one device."""
    run = tmp_path_factory.mktemp("whole") / "run"
    main(RECIPE, [*_FLAGS, "--run-dir", str(run)])
    return run


@pytest.mark.slow
def test_two_devices_train_the_run_of_one(whole, tmp_path):
    run = tmp_path / "run"
    output = finished(begin("-c", _RECIPE, *_FLAGS, "--strategy", "mirrored", "--run-dir", str(run)))
    assert "on 2 devices" in output
    assert_same_weights(whole, run)


@pytest.mark.slow
def test_two_machines_train_the_run_of_one_and_are_stopped_together(whole, tmp_path):
    run = tmp_path / "run"
    chief, other = workers(*_FLAGS, "--run-dir", str(run))
    for line in chief.stdout:  # the first tick
        if " left " in line:
            break
    other.send_signal(signal.SIGTERM)
    outputs = finished(chief), finished(other)
    kimg = [re.search(r"Stopped at (.*) kimg; (.*)", output).groups() for output in outputs]
    assert kimg[0][0] == kimg[1][0]
    assert kimg[0][1].endswith(f"--resume --run-dir {run}")
    assert kimg[1][1] == "the first worker has the run"
    chief, other = workers("--resume", "--run-dir", str(run))
    assert f"Done: see {run}/report.html" in finished(chief)
    assert "Done: the first worker has the run." in finished(other)
    assert_same_weights(whole, run)
    assert not (run / ".lock").exists()
