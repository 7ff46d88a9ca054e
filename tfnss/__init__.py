"""tfnss: Keras GANs that learn all frequencies of their data.

The layers run on every Keras backend. `tfnss.data` and `tfnss.training` are TensorFlow's, and imported when first used.
"""

import importlib
from typing import Any

from tfnss.layers import NoiseSpace, NoisyScaleSpace, ScaleSpace, SpectralRealness, preserving_stddev

__version__ = "0.1.0"

_TRAINING = (
    "DRAGAN",
    "GAN",
    "R1",
    "AdaptiveAugmentation",
    "Augmentation",
    "ConstantAnnealing",
    "DecayingWaveAnnealing",
    "ExponentialAnnealing",
    "GradientPenalty",
    "PathLength",
    "SpectralRegularization",
    "StepAnnealing",
    "View",
)
_MODULES = ("data", "layers", "metrics", "training")

__all__ = [
    "NoiseSpace",
    "NoisyScaleSpace",
    "ScaleSpace",
    "SpectralRealness",
    "preserving_stddev",
    *_TRAINING,
    *_MODULES,
]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"tfnss.{name}")
    if name in _TRAINING:
        return getattr(importlib.import_module("tfnss.training"), name)
    raise AttributeError(f"module 'tfnss' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
