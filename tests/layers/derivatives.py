"""Second derivatives against finite differences, on TensorFlow, JAX and PyTorch."""

import contextlib

import keras
import numpy as np
import pytest

# Of functions with gradients of their own, which only TensorFlow's XLA takes.
once_on_torch = pytest.mark.skipif(
    keras.backend.backend() == "torch",
    reason="on PyTorch, Keras' custom gradients do not depend on what they are gradients of",
)


def check_second_derivatives(function, *inputs, variables=()):
    """The gradient of a penalty on gradients, along a random direction: on TensorFlow compiled by XLA and not, on JAX
    compiled, on PyTorch not.

    Args:
        function: From tensors to a tensor, in float64.
        inputs: Arrays to differentiate by, twice.
        variables: Keras variables in the function, to differentiate the penalty by; on TensorFlow only.
    """
    random = np.random.default_rng(0)
    inputs = [np.asarray(x, "float64") for x in inputs]
    directions = [random.normal(size=x.shape) for x in inputs]
    if keras.backend.backend() == "jax":
        _check_on_jax(function, inputs, directions)
    elif keras.backend.backend() == "torch":
        _check_on_torch(function, inputs, directions)
    else:
        for jit_compile in (False, True):
            _check_on_tensorflow(function, inputs, directions, variables, random, jit_compile)


def _check_on_jax(function, inputs, directions):
    import jax

    with jax.enable_x64(True) if hasattr(jax, "enable_x64") else contextlib.nullcontext():
        indices = tuple(range(len(inputs)))
        gradients = jax.grad(lambda *x: (function(*x) ** 3).sum(), indices)
        penalty = jax.jit(lambda *x: sum((g**2).sum() for g in gradients(*x)))
        slopes = jax.jit(jax.grad(penalty, indices))(*inputs)
        analytic = sum(float((s * d).sum()) for s, d in zip(slopes, directions, strict=True))
        _compare(analytic, lambda step: penalty(*(x + step * d for x, d in zip(inputs, directions, strict=True))))


def _check_on_torch(function, inputs, directions):
    import torch

    def penalty(*inputs):
        gradients = torch.autograd.grad((function(*inputs) ** 3).sum(), inputs, create_graph=True)
        return sum((g**2).sum() for g in gradients)

    def leaves(step):
        shifted = (x + step * d for x, d in zip(inputs, directions, strict=True))
        return [torch.tensor(x, requires_grad=True) for x in shifted]

    unmoved = leaves(0)
    slopes = torch.autograd.grad(penalty(*unmoved), unmoved)
    analytic = sum(float((s.numpy() * d).sum()) for s, d in zip(slopes, directions, strict=True))
    _compare(analytic, lambda step: penalty(*leaves(step)).detach())


def _check_on_tensorflow(function, inputs, directions, variables, random, jit_compile):
    import tensorflow as tf

    weights = [v.value for v in variables]
    shifts = [random.normal(size=w.shape) for w in weights]

    def penalty(*inputs):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            total = tf.reduce_sum(function(*inputs) ** 3)
        gradients = tape.gradient(total, inputs)
        return tf.add_n([tf.reduce_sum(g**2) for g in gradients])

    def slopes(*inputs):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            value = penalty(*inputs)
        return tape.gradient(value, (*inputs, *weights), unconnected_gradients="zero")

    compiled = tf.function(penalty, jit_compile=jit_compile)

    def shifted(step):
        for weight, shift in zip(weights, shifts, strict=True):
            weight.assign_add(step * shift)
        value = compiled(*(tf.constant(x + step * d) for x, d in zip(inputs, directions, strict=True)))
        for weight, shift in zip(weights, shifts, strict=True):
            weight.assign_sub(step * shift)
        return value

    found = tf.function(slopes, jit_compile=jit_compile)(*map(tf.constant, inputs))
    analytic = sum(float(tf.reduce_sum(s * d)) for s, d in zip(found, (*directions, *shifts), strict=True))
    _compare(analytic, shifted)


def _compare(analytic, function, step=1e-6):
    numeric = (float(function(step)) - float(function(-step))) / (2 * step)
    assert np.isfinite(analytic)
    np.testing.assert_allclose(analytic, numeric, rtol=1e-4)
