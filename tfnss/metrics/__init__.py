"""Metrics of generators and of sets of images."""

from tfnss.metrics import networks
from tfnss.metrics.blindness import amplify_bands, discriminator_response
from tfnss.metrics.catalog import NAMES
from tfnss.metrics.condition import condition_numbers, mean_conditions
from tfnss.metrics.evaluation import Evaluation
from tfnss.metrics.frechet import FrechetDistance, Moments, frechet_distance
from tfnss.metrics.images import ArrayImages, FolderImages, GeneratedImages
from tfnss.metrics.inception_score import InceptionScore, inception_score
from tfnss.metrics.kernel import KernelDistance, kernel_distance
from tfnss.metrics.lpips import LPIPS
from tfnss.metrics.path_length import perceptual_path_length
from tfnss.metrics.precision_recall import PrecisionRecall, precision_recall
from tfnss.metrics.spectrum import Spectra, azimuthal_profile, spectral_distance, spectrum_gap
from tfnss.metrics.variance import variance_curves

__all__ = [
    "LPIPS",
    "NAMES",
    "ArrayImages",
    "Evaluation",
    "FolderImages",
    "FrechetDistance",
    "GeneratedImages",
    "InceptionScore",
    "KernelDistance",
    "Moments",
    "PrecisionRecall",
    "Spectra",
    "amplify_bands",
    "azimuthal_profile",
    "condition_numbers",
    "discriminator_response",
    "frechet_distance",
    "inception_score",
    "kernel_distance",
    "mean_conditions",
    "networks",
    "perceptual_path_length",
    "precision_recall",
    "spectral_distance",
    "spectrum_gap",
    "variance_curves",
]
