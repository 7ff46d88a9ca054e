"""Keras callbacks for a run's files, its progress line and its end."""

from tfnss.training.callbacks.checkpoint import Checkpoint, restore
from tfnss.training.callbacks.divergence import StopWhenDiverged
from tfnss.training.callbacks.evaluation import Evaluate
from tfnss.training.callbacks.history import Events, HistoryCSV, read_history
from tfnss.training.callbacks.samples import SampleGrid
from tfnss.training.callbacks.signals import StopOnSignal
from tfnss.training.callbacks.status import StatusLine

__all__ = [
    "Checkpoint",
    "Evaluate",
    "Events",
    "HistoryCSV",
    "SampleGrid",
    "StatusLine",
    "StopOnSignal",
    "StopWhenDiverged",
    "read_history",
    "restore",
]
