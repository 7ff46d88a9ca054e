"""Images, and parameters as they are drawn or given."""

import numpy as np
from keras import ops

from tfnss.layers.augment import PIPELINES
from tfnss.layers.augment.parameters import NORMALS, UNIFORMS, Parameters, from_draws

ADA = [name for name in PIPELINES if not name.startswith("diffaugment")]


def random_images(*shape):
    return np.random.default_rng(0).uniform(-1, 1, shape).astype("float32")


def draw(batch, probability, operations=PIPELINES["bgcfnc"], seed=0, **kwargs):
    """Parameters as float32 arrays."""
    generator = np.random.default_rng(seed)
    uniform = generator.uniform(size=(batch, UNIFORMS)).astype("float32")
    normal = generator.normal(size=(batch, NORMALS)).astype("float32")
    drawn = from_draws(*map(ops.convert_to_tensor, (uniform, normal, np.float32(probability))), operations, **kwargs)
    return Parameters(*map(ops.convert_to_numpy, drawn))


def given(batch, **values):
    """Parameters that do nothing but what `values` says."""
    nothing = draw(batch, 0)
    full = {name: np.broadcast_to(np.float32(x), (batch,)) for name, x in values.items()}
    return nothing._replace(**full)


def rows_of(parameters):
    return [Parameters(*row) for row in zip(*(np.asarray(x, "float64") for x in parameters), strict=True)]


def tensors(parameters):
    return Parameters(*map(ops.convert_to_tensor, parameters))
