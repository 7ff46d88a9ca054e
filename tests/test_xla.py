"""Names of compiled functions, where TensorFlow's private parts are others than those that give them."""

import pytest
import tensorflow as tf

from tfnss import xla


def other(*_):
    raise ImportError("no such part")


@pytest.mark.parametrize("part", ["_xla_context", "_renamed"])
def test_another_tensorflow_compiles_without_names(part, monkeypatch):
    monkeypatch.setattr(xla.NamedByContent, "_refused", False)
    monkeypatch.setattr(xla, part, other)
    functions = [xla.NamedByContent(tf.function(lambda x: x + 1, jit_compile=True, autograph=False)) for _ in range(2)]
    with pytest.warns(UserWarning, match="later starts compile everything anew") as warned:
        results = [float(function(tf.constant(value))) for function in functions for value in (1.0, 2.0)]
    assert results == [2.0, 3.0] * 2
    assert len(warned) == 1


def test_what_cannot_be_called_by_its_name_is_called_without(monkeypatch):
    monkeypatch.setattr(xla.NamedByContent, "_refused", False)
    monkeypatch.setattr(xla, "_renamed", lambda *_: other)
    function = xla.NamedByContent(tf.function(lambda x: x + 1, jit_compile=True, autograph=False))
    with pytest.warns(UserWarning, match="--xla-cache off"):
        assert float(function(tf.constant(1.0))) == 2.0


def test_an_error_of_the_function_itself_is_its_own(monkeypatch):
    monkeypatch.setattr(xla.NamedByContent, "_refused", False)
    function = xla.NamedByContent(tf.function(other, jit_compile=True, autograph=False))
    with pytest.raises(ImportError, match="no such part"):
        function(tf.constant(1.0))
    assert not xla.NamedByContent._refused
