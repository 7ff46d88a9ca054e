"""The training engine and its parts."""

from tfnss.training import callbacks
from tfnss.training.augmentation import AdaptiveAugmentation, Augmentation
from tfnss.training.gan import GAN
from tfnss.training.losses import Hinge, LeastSquares, Loss, Minimax, NonSaturating, Wasserstein
from tfnss.training.path_length import PathLength
from tfnss.training.penalty import GeneratorPenalty
from tfnss.training.regularizers import DRAGAN, R1, GradientPenalty, Regularizer
from tfnss.training.schedules import (
    Annealing,
    ConstantAnnealing,
    DecayingWaveAnnealing,
    ExponentialAnnealing,
    StepAnnealing,
)
from tfnss.training.spectral_regularization import SpectralRegularization
from tfnss.training.view import View

__all__ = [
    "DRAGAN",
    "GAN",
    "R1",
    "AdaptiveAugmentation",
    "Annealing",
    "Augmentation",
    "ConstantAnnealing",
    "DecayingWaveAnnealing",
    "ExponentialAnnealing",
    "GeneratorPenalty",
    "GradientPenalty",
    "Hinge",
    "LeastSquares",
    "Loss",
    "Minimax",
    "NonSaturating",
    "PathLength",
    "Regularizer",
    "SpectralRegularization",
    "StepAnnealing",
    "View",
    "Wasserstein",
    "callbacks",
]
