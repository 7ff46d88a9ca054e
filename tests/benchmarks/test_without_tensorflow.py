"""The networks of the models on other backends of Keras, where there is no TensorFlow."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

import models

ROOT = Path(models.__file__).parents[1]
PROGRAM = """
import sys
sys.modules["tensorflow"] = None  # importing it fails
import numpy as np
from benchmarks import networks_jax
for case in networks_jax.TOYS:
    networks = networks_jax.networks_of(case)
    for network, x in zip(networks, networks_jax.inputs_of(case)):
        print(case.family, tuple(network(x).shape))
"""


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_networks_compute_without_tensorflow(backend):
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    environment = {**os.environ, "KERAS_BACKEND": backend}
    command = [sys.executable, "-c", PROGRAM]
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    shapes = ["dcgan (4, 16, 16, 3)", "sngan (4, 32, 32, 3)", "stylegan2 (4, 16, 16, 3)"]
    expected = [line for shape in shapes for line in (shape, f"{shape.split()[0]} (4, 1)")]
    assert result.stdout.splitlines() == expected


def test_beside_pytorch_or_a_word_of_what_is_missing():
    environment = {name: value for name, value in os.environ.items() if name != "KERAS_BACKEND"}
    command = [sys.executable, "-m", "benchmarks.networks_jax", "--quick", "--threads", "1"]
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    complete = all(importlib.util.find_spec(name) for name in ("jax", "torch"))
    assert ("| a small StyleGAN2 | G, gradients |" if complete else "nothing to measure (No module") in result.stdout
