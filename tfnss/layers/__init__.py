"""Keras layers, on every Keras backend."""

from tfnss.layers.activation import scaled_leaky_relu
from tfnss.layers.augment import Augment
from tfnss.layers.equalized import EqualizedConv2D, EqualizedDense
from tfnss.layers.minibatch import MinibatchStandardDeviation
from tfnss.layers.modulation import ModulatedConv2D
from tfnss.layers.noise import EuclideanNoise, RiemannianNoise
from tfnss.layers.normalization import LayerNormalization, PixelNormalization
from tfnss.layers.resample import FIRDownsampling2D, FIRUpsampling2D, downsample2d, fir2d, plain_gradients, upsample2d
from tfnss.layers.scale_space import NoiseSpace, NoisyScaleSpace, ScaleSpace, preserving_stddev

__all__ = [
    "Augment",
    "EqualizedConv2D",
    "EqualizedDense",
    "EuclideanNoise",
    "FIRDownsampling2D",
    "FIRUpsampling2D",
    "LayerNormalization",
    "MinibatchStandardDeviation",
    "ModulatedConv2D",
    "NoiseSpace",
    "NoisyScaleSpace",
    "PixelNormalization",
    "RiemannianNoise",
    "ScaleSpace",
    "downsample2d",
    "fir2d",
    "plain_gradients",
    "preserving_stddev",
    "scaled_leaky_relu",
    "upsample2d",
]
