"""Where XLA compiles, and what."""

import functools
import hashlib
import warnings
from collections.abc import Callable, Hashable, Sequence
from typing import Any

import tensorflow as tf
from tensorflow.python.framework import ops
from tensorflow.python.ops import control_flow_util

from tfnss import xla_cache


def chosen(jit_compile: bool | str) -> bool:
    """Whether XLA is to compile: what is asked for, and for "auto" where there is a GPU or TPU."""
    if jit_compile == "auto":
        return accelerated()
    return bool(jit_compile)


def accelerated() -> bool:
    """Whether there is a GPU or TPU."""
    return bool(tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("TPU"))


def compiling() -> bool:
    """Whether what is being traced now is what XLA compiles."""
    # TensorFlow tells its own operations by this, and has no public name for it.
    return tf.inside_function() and control_flow_util.GraphOrParentsInXlaContext(ops.get_default_graph())


def compiling_for_cpu() -> bool:
    """Whether what is being traced now is what XLA compiles, for a machine without a GPU or TPU."""
    return compiling() and not accelerated()


def shared(function: Callable, arrays: Sequence, *settings: Hashable) -> Any:
    """`function(*arrays, *settings)`; in what XLA compiles, as a call of the graph that is traced once for these sizes.

    What is shared, and why: `tfnss.layers.shared_graphs`.
    """
    if not compiling() or not all(tf.is_symbolic_tensor(x) and x.shape.is_fully_defined() for x in arrays):
        return function(*arrays, *settings)
    specs = [tf.TensorSpec(array.shape, array.dtype) for array in arrays]
    graph = _traced(function, settings).get_concrete_function(*specs)
    (result,) = tf.raw_ops.PartitionedCall(args=list(arrays), Tout=[graph.outputs[0].dtype], f=graph)
    result.set_shape(graph.outputs[0].shape)
    return result


@functools.lru_cache(512)  # those of a graph that is in use live on without this
def _traced(function: Callable, settings: tuple) -> Any:
    return tf.function(lambda *arrays: function(*arrays, *settings), autograph=False)


def compiled(function: Callable) -> Any:
    """The function of tensors, compiled by XLA; found again by the next process where that is kept."""
    traced = tf.function(function, jit_compile=True, autograph=False)
    return NamedByContent(traced) if xla_cache.in_use() else traced


class NamedByContent:
    """A compiled function whose graphs have names that follow from what they hold.

    XLA's executables are kept by the names of their graphs. TensorFlow's own count all that a process did before, so that a
    resumed run would not find those of the run that it resumes. TensorFlow has no public way to choose them: where its
    private parts are others than here, functions keep TensorFlow's names, and a warning says so once.

    Args:
        traced: A `tf.function` that XLA compiles, of tensors. No gradient is taken of its results.
    """

    _refused = False  # by this TensorFlow

    def __init__(self, traced: Any) -> None:
        self._traced = traced
        self._named: dict[Any, Any] = {}

    def __call__(self, *inputs: Any) -> Any:
        results = None if self._refused else self._tried(self.get_concrete_function(*inputs), *inputs)
        return self._traced(*inputs) if self._refused else results

    def get_concrete_function(self, *inputs: Any) -> Any:
        """The function of inputs of these shapes, on this device."""
        within = self._tried(_xla_context)
        if within is None:
            return self._traced.get_concrete_function(*inputs)
        with within:  # as a call does
            concrete = self._traced.get_concrete_function(*inputs)
        if concrete not in self._named:
            # With the replica's number, as two that compile the same at the same time would write one file.
            replica = tf.distribute.get_replica_context().replica_id_in_sync_group
            self._named[concrete] = self._tried(_renamed, concrete, f"_{tf.get_static_value(replica)}") or concrete
        return self._named[concrete]

    def _tried(self, function: Callable, *arguments: Any) -> Any:
        """What a function gives that needs private parts of TensorFlow, or None where these are others."""
        if self._refused:
            return None
        try:
            return function(*arguments)
        except (AttributeError, ImportError, TypeError) as error:
            NamedByContent._refused = True
            warnings.warn(
                f"later starts compile everything anew: TensorFlow {tf.__version__} has other private parts than those that "
                f"its cache needs here ({error}); --xla-cache off ends this warning",
                stacklevel=2,
            )
            return None


def _xla_context() -> Any:
    """What is traced within it is for XLA."""
    from tensorflow.python.eager.polymorphic_function import polymorphic_function

    return polymorphic_function.OptionalXlaContext(True)


def _renamed(concrete: Any, suffix: str) -> Any:
    """A concrete function under a name that follows from what it holds, with a suffix."""
    from tensorflow.python.eager.polymorphic_function import concrete_function

    return concrete_function.ConcreteFunction(_by_content(concrete.inference_fn, concrete.graph, suffix))


def _by_content(function: Any, graph: Any = None, suffix: str = "") -> Any:
    """A function of TensorFlow's runtime, and all that it calls, under names that follow from what they hold."""
    from tensorflow.core.framework import function_pb2
    from tensorflow.python.eager import context
    from tensorflow.python.eager.polymorphic_function import atomic_function

    called = {child.name.decode(): _by_content(child) for child in function.children}
    definition = function_pb2.FunctionDef.FromString(function.definition.SerializeToString())
    for node in definition.node_def:
        node.attr.pop("_gradient_op_type", None)  # the name of a gradient, which nobody takes any more
        for value in node.attr.values():
            for reference in (value.func, *value.list.func):
                if reference.name in called:
                    reference.name = called[reference.name].name.decode()
    definition.signature.name = ""
    digest = hashlib.sha256(definition.SerializeToString(deterministic=True)).hexdigest()[:16]
    definition.signature.name = f"__inference_{digest}{suffix}"
    context.context().add_function_def(definition)
    return atomic_function.AtomicFunction(
        definition.signature.name,
        context.context(),
        function.function_type,
        list(called.values()),
        function.call_options,
        graph,
    )
