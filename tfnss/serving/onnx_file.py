"""Generators as ONNX models."""

from pathlib import Path
from typing import Any

import keras

from tfnss.layers import plain_gradients
from tfnss.serving import one_file
from tfnss.serving.card import complete_card, description
from tfnss.serving.portable import portable

OPSETS = range(11, 19)  # tf2onnx knows no later ones, and earlier ones lack what generators need


def write(generator: keras.Model, path: Path, card: dict[str, Any], opset_version: int = 15) -> None:
    """Writes a file of the format `onnx` (see `tfnss.serving.export`)."""
    one_file.check_place(path, "onnx")
    onnx, tf2onnx = _libraries()
    if opset_version not in OPSETS:
        raise ValueError(f"`opset_version` must lie in 11 to 18. Received: opset_version={opset_version}")
    with plain_gradients():
        found = portable(generator)
        inputs = found.function.input_signature
        model, _ = tf2onnx.convert.from_function(found.function, input_signature=inputs, opset=opset_version)
        signature = description(found.function)
    try:
        onnx.checker.check_model(model)  # what tf2onnx cannot convert it leaves as it is
    except onnx.checker.ValidationError as error:
        why = " ".join(str(error).split())
        raise ValueError(f"the generator is no ONNX model of opset {opset_version} ({why})") from error
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "count"
    whole = complete_card(generator, card, {"images": signature}, format="onnx", noise=found.noise)
    one_file.write(path, lambda file: file.write_bytes(model.SerializeToString()), lambda _: whole)


def _libraries() -> tuple[Any, Any]:
    try:
        import onnx
        import tf2onnx
    except ImportError as error:
        raise ValueError("exporting ONNX needs the packages onnx and tf2onnx: pip install 'tfnss[onnx]'") from error
    return onnx, tf2onnx
