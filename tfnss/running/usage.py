"""How much each resolution contributes to the images over a training (StyleGAN2, figure 8)."""

import re
import warnings
from pathlib import Path

import keras

from tfnss import analysis, plots
from tfnss.metrics import GeneratedImages
from tfnss.running.file_names import HISTORY
from tfnss.training.callbacks import read_history
from tfnss.training.callbacks.clock import images_seen, images_total
from tfnss.training.callbacks.signals import Interrupted, interruptible

PICTURE = "usage.png"
_COUNT, _BATCH = 1024, 8  # the paper's number of styles
_TITLES = {"usage": "RGB layers by resolution", "octave": "octaves of the images by resolution"}


class RecordUsage(keras.callbacks.Callback):
    """Adds the shares of resolutions to the logs of epochs, whenever another `every_kimg` are seen, and at the end.

    The generator's average is measured. Of one with skip connections the logs get `usage_4`, `usage_8` and so on, the shares
    of its RGB layers; of another `octave_4` and so on, those of the octaves of its images.

    Args:
        every_kimg: Thousands of images between measurements.
        count: Number of styles, or images.

    Raises:
        ValueError: For `every_kimg` of 0 or less.
    """

    def __init__(self, every_kimg: float, count: int = _COUNT) -> None:
        super().__init__()
        if not every_kimg > 0:
            raise ValueError(f"`every_kimg` must be above 0. Received: every_kimg={every_kimg}")
        self.every_kimg, self.count = every_kimg, count

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self._start = images_seen(self.model) - (self.params or {}).get("images_done", 0)

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        seen, every = images_seen(self.model), max(1, round(self.every_kimg * 1000))
        if logs is None or not (seen >= images_total(self.model) or seen // every > self._start // every):
            return
        try:
            with interruptible():
                logs.update(shares(self.model.generator_ema, self.count))
        except Interrupted:
            return
        except ValueError as error:  # no reason to fail a run
            warnings.warn(f"the usage of resolutions is left out at {seen / 1000:g} kimg: {error}", stacklevel=2)


def shares(generator: keras.Model, count: int = _COUNT) -> dict[str, float]:
    """The columns of a generator, as `RecordUsage` has them.

    Raises:
        ValueError: As `resolution_usage` and `band_usage`.
    """
    if analysis.has_rgb_layers(generator):
        found = analysis.resolution_usage(generator, count, batch_size=_BATCH)
        return {f"usage_{resolution}": share for resolution, share in found.items()}
    found = analysis.band_usage(GeneratedImages(generator, count).batches(_BATCH, count))
    return {f"octave_{resolution}": share for resolution, share in found.items()}


def draw_usage(run_dir: Path) -> None:
    """Draws what a run's history has of the shares, if it has them twice: `usage.png`, which its report shows."""
    rows = read_history(run_dir / HISTORY)
    for kind, title in _TITLES.items():
        own = [row for row in rows if any(re.fullmatch(rf"{kind}_\d+", name) for name in row)]
        resolutions = sorted(
            {int(name.split("_")[1]) for row in own for name in row if re.fullmatch(rf"{kind}_\d+", name)}
        )
        if len(own) > 1:
            parts = {f"{r}²": [row.get(f"{kind}_{r}", 0.0) for row in own] for r in resolutions}
            plots.save_shares_over_time([row["kimg"] for row in own], parts, title, run_dir / PICTURE)
            return
