"""Arithmetic and memory of training steps, counted from the shapes in their traced graphs; nothing is run.

Counted are the convolutions and the products of matrices, at two operations for a product and its sum, zeros around the
images included. The small filters of resampling, normalisation and everything elementwise take time and memory but are no
part of this arithmetic.
"""

import math
from collections.abc import Iterable
from typing import Any

import tensorflow as tf

KINDS = {
    "Conv2D": "convolutions",
    "Conv2DBackpropInput": "by images",
    "Conv2DBackpropFilter": "by kernel",
    "MatMul": "dense",
    "BatchMatMulV2": "dense",
}
_UNSEEN = ("PartitionedCall", "StatefulPartitionedCall", "While", "StatelessWhile", "If", "StatelessIf", "Einsum")
_SAME_BYTES = ("Identity", "IdentityN", "Reshape", "StopGradient", "ExpandDims", "Squeeze", "ReadVariableOp")
_IN_PLACE = {
    *(
        "Add",
        "AddV2",
        "AddN",
        "Sub",
        "Mul",
        "RealDiv",
        "Neg",
        "Square",
        "Sqrt",
        "Rsqrt",
        "Maximum",
        "Minimum",
        "SelectV2",
    ),
    *("Tanh", "Sigmoid", "Softplus", "Relu", "LeakyRelu", "TanhGrad", "SigmoidGrad", "ReluGrad", "LeakyReluGrad"),
}


def traced(gradients: Any, images: tuple[int, int, int, int]) -> Any:
    """The graph of a phase's gradients (`GAN._gradients`) on images `[batch, height, width, channels]`.

    The model must be compiled with `jit_compile=False`: in graphs for XLA, convolutions may be written in other forms.
    """
    function = tf.function(gradients.of_part, autograph=False)
    return function.get_concrete_function(tf.constant(0), tf.TensorSpec(images)).graph


def phase_name(phase: Any) -> str:
    """`D`, `G`, or the name of the lazy penalty."""
    names = {"DiscriminatorStep": "D", "GeneratorStep": "G"}
    return names.get(type(phase).__name__) or phase.penalty.name.removesuffix("_penalty").replace("_", " ")


def loss_of(graph: Any, phase: Any) -> Any:
    """The tensor of a traced phase's loss."""
    names = {"DiscriminatorStep": "d_loss", "GeneratorStep": "g_loss"}
    return graph.structured_outputs[1][names.get(type(phase).__name__) or phase.penalty.name]


def flop(graph: Any, targets: Iterable[Any] | None = None) -> dict[str, int]:
    """Operations by kind (the values of `KINDS`), of all that a graph computes or of what some tensors of it need.

    Raises:
        ValueError: For an operation of unknown shape, or one that holds a graph of its own.
    """
    counts = dict.fromkeys(KINDS.values(), 0)
    for operation in _needed(graph, targets):
        if operation.type in KINDS:
            counts[KINDS[operation.type]] += _flop(operation)
        elif operation.type in _UNSEEN:
            raise ValueError(f"cannot count the arithmetic of {operation.name}, a {operation.type}")
    return counts


def peak_bytes(graph: Any) -> int:
    """The most bytes that are needed at once, beside the weights, if operations run in the order of tracing.

    A tensor lives from the operation that makes it to the last one that reads it; gradients live to the end. Elementwise
    operations overwrite an input that nothing else reads later.
    """
    operations = _needed(graph, None)
    roots = _roots(operations)
    last = {root: number for number, op in enumerate(operations) for root in _inputs(op, roots)}
    last |= {roots[tensor.ref()]: len(operations) for tensor in graph.outputs if tensor.ref() in roots}
    live: dict[Any, int] = {}
    total = peak = 0
    for number, operation in enumerate(operations):
        ending = [root for root in {*_inputs(operation, roots)} if last[root] == number and root in live]
        made = [t for t in operation.outputs if roots.get(t.ref()) == t.ref() and _bytes(t)]
        if operation.type in _IN_PLACE and made:
            spare = next((root for root in ending if live[root] == _bytes(made[0])), None)
            if spare is not None:
                total -= live.pop(spare)
                ending.remove(spare)
        for tensor in made:
            live[tensor.ref()] = _bytes(tensor)
            total += live[tensor.ref()]
        peak = max(peak, total)
        for root in (*ending, *(tensor.ref() for tensor in made if tensor.ref() not in last)):
            total -= live.pop(root)
    return peak


def persistent_bytes(gan: Any) -> int:
    """Bytes of what stays between the steps of a compiled model: weights, their average and the optimizers' moments."""
    optimizers = {id(phase.optimizer): phase.optimizer for phase in gan.phases}.values()
    variables = [*gan.generator.weights, *gan.generator_ema.weights, *gan.discriminator.weights]
    variables += [variable for optimizer in optimizers for variable in optimizer.variables]
    return sum(math.prod(v.shape) * tf.as_dtype(v.dtype).size for v in {id(v): v for v in variables}.values())


def _flop(operation: Any) -> int:
    if operation.type in ("MatMul", "BatchMatMulV2"):
        flag = "transpose_a" if operation.type == "MatMul" else "adj_x"
        summed = _shape(operation.inputs[0])[-2 if operation.get_attr(flag) else -1]
        return 2 * math.prod(_shape(operation.outputs[0])) * summed
    results = operation.outputs[0] if operation.type == "Conv2D" else operation.inputs[2]
    kernel = operation.outputs[0] if operation.type == "Conv2DBackpropFilter" else operation.inputs[1]
    return 2 * math.prod(_shape(results)) * math.prod(_shape(kernel)[:3])


def _shape(tensor: Any) -> list[int]:
    if not tensor.shape.is_fully_defined():
        raise ValueError(f"{tensor.name} is of unknown shape")
    return tensor.shape.as_list()


def _needed(graph: Any, targets: Iterable[Any] | None) -> list[Any]:
    """The operations that tensors need, or all results and side effects of the graph, in the order of tracing."""
    if targets is None:
        waiting = [t.op for t in graph.outputs] + [op for op in graph.get_operations() if op in graph.control_outputs]
    else:
        waiting = [tensor.op for tensor in targets]
    found = set()
    while waiting:
        operation = waiting.pop()
        if operation not in found:
            found.add(operation)
            waiting += [tensor.op for tensor in operation.inputs] + list(operation.control_inputs)
    return [operation for operation in graph.get_operations() if operation in found]


def _roots(operations: list[Any]) -> dict[Any, Any]:
    """Of each tensor the one whose memory it is. Weights, which are no part of this, have none."""
    roots: dict[Any, Any] = {}
    for operation in operations:
        if operation.type == "ReadVariableOp":
            continue
        alias = operation.type in _SAME_BYTES
        for number, tensor in enumerate(operation.outputs):
            if not alias:
                roots[tensor.ref()] = tensor.ref()
            elif operation.inputs[number].ref() in roots:
                roots[tensor.ref()] = roots[operation.inputs[number].ref()]
    return roots


def _inputs(operation: Any, roots: dict[Any, Any]) -> list[Any]:
    return [roots[tensor.ref()] for tensor in operation.inputs if tensor.ref() in roots]


def _bytes(tensor: Any) -> int:
    """Bytes of a tensor; nothing for handles, and for constants, which are small."""
    if tensor.dtype in (tf.resource, tf.variant, tf.string) or tensor.op.type == "Const":
        return 0
    return math.prod(_shape(tensor)) * tensor.dtype.size if tensor.shape.rank is not None else 0
