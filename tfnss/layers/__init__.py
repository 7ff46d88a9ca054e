"""Keras layers, on every Keras backend."""

from tfnss.layers.normalization import LayerNormalization
from tfnss.layers.scale_space import NoiseSpace, NoisyScaleSpace, ScaleSpace, preserving_stddev

__all__ = ["LayerNormalization", "NoiseSpace", "NoisyScaleSpace", "ScaleSpace", "preserving_stddev"]
