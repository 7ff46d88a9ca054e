"""Keras layers, on every Keras backend."""

from tfnss.layers.activation import scaled_leaky_relu
from tfnss.layers.augment import Augment
from tfnss.layers.equalized import EqualizedConv2D, EqualizedDense
from tfnss.layers.minibatch import MinibatchStandardDeviation
from tfnss.layers.modulation import ModulatedConv2D
from tfnss.layers.noise import EuclideanNoise, RiemannianNoise
from tfnss.layers.normalization import LayerNormalization, PixelNormalization
from tfnss.layers.polyphase import plain_gradients
from tfnss.layers.resample import (
    BilinearUpsampling2D,
    FIRDownsampling2D,
    FIRUpsampling2D,
    bilinear_upsample2d,
    downsample2d,
    fir2d,
    upsample2d,
)
from tfnss.layers.scale_space import NoiseSpace, NoisyScaleSpace, ScaleSpace, preserving_stddev
from tfnss.layers.spectral_normalization import SpectralConv2D, SpectralDense
from tfnss.layers.spectral_realness import SpectralRealness
from tfnss.layers.spectrum import azimuthal_spectrum
from tfnss.layers.wavelet import HaarDownsample, HaarUpsample, haar2d, inverse_haar2d

__all__ = [
    "Augment",
    "BilinearUpsampling2D",
    "EqualizedConv2D",
    "EqualizedDense",
    "EuclideanNoise",
    "FIRDownsampling2D",
    "FIRUpsampling2D",
    "HaarDownsample",
    "HaarUpsample",
    "LayerNormalization",
    "MinibatchStandardDeviation",
    "ModulatedConv2D",
    "NoiseSpace",
    "NoisyScaleSpace",
    "PixelNormalization",
    "RiemannianNoise",
    "ScaleSpace",
    "SpectralConv2D",
    "SpectralDense",
    "SpectralRealness",
    "azimuthal_spectrum",
    "bilinear_upsample2d",
    "downsample2d",
    "fir2d",
    "haar2d",
    "inverse_haar2d",
    "plain_gradients",
    "preserving_stddev",
    "scaled_leaky_relu",
    "upsample2d",
]
