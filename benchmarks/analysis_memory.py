"""The memory that each analysis needs at 1024x1024 pixels beside the network, which is to be 4 GB at most.

    python -m benchmarks.analysis_memory
    python -m benchmarks.analysis_memory ssd_spectra stylegan2_jacobian

Each is made by its command in a process of its own, with the batch size of its flag's default, of an untrained StyleGAN2
whose layers at the highest resolution have 2 channels: what is measured is the analysis, not the network. Feature maps are
what that analysis is about: there the network has 32 channels, as configuration F has them at the last resolution. What
TensorFlow and the network need for such a batch is measured before, and taken off; gradients through the network count.

There are few images and steps, so that it takes minutes. Memory does not grow with their number, but where `grows` says how;
that is added for the number of the flag's default and two models.

A Jacobian has all of its 512 columns here. They are of a network that costs next to nothing, an enlarged product of
matrices: 768 derivatives of a real one would take an hour.
"""

import functools
import gc
import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from benchmarks import command_line, memory
from benchmarks.timing import print_table
from tfnss import plots

RESOLUTION, STYLE = 1024, 512
IMAGE_GB = 3 * RESOLUTION**2 / 1e9  # of 8 bits
NARROW = {"channel_base": 2 * RESOLUTION, "channel_max": 32}
WIDE = {"channel_base": 32 * RESOLUTION, "channel_max": 32}
LPIPS = "--vgg16 {vgg16}"

# Flags of each analysis, and how many images of 8 bits it goes on to keep with its default flags and two models.
ANALYSES: dict[str, tuple[str, int]] = {
    "stylegan2_resolution_usage": ("--images 16", 0),
    "stylegan2_features": ("--images 4", 0),
    "stylegan2_path_lengths": (f"--images 2 {LPIPS}", 0),
    "stylegan2_detection": (f"--images 2 --altered 1 --steps 2 {LPIPS}", 0),
    "stylegan2_projection_noise": (f"--steps 2 {LPIPS}", 0),
    "stylegan2_directions": ("--count 2", 2 * 8 * 5),
    "rni_noise": ("--noises 9", 2 * 10),
    "rni_inversion": (f"--images 4 --embedding-steps 2 --projection-steps 2 {LPIPS}", 46 * (1 + 2 * 2)),
    "ssd_interpolation": (f"--steps 2 {LPIPS}", 9),
    "ssd_spectra": ("--images 32", 0),
    "ssd_discriminator_blindness": ("--images 16 --radii 100 --factors 0,2", 0),
    "ssd_spectral_quality": ("--images 32", 0),
    "nss_predictions": ("--images 16 --times 0,16", 0),
}


class Enlarged:
    """Images whose blocks of 64x64 pixels have one colour, a product of the style; and features of 9 sizes."""

    slots = 18

    def __init__(self, latent_dim: int) -> None:
        self.latent_dim = latent_dim
        draws = np.random.default_rng(0)
        self.kernel = tf.constant(draws.normal(size=(self.latent_dim, 16 * 16 * 3)), tf.float32)
        self.synthesis = _Synthesis(self)

    def mapping(self, latents: Any, labels: Any = None) -> Any:
        return latents

    def styles(self, latents: Any, labels: Any = None) -> Any:
        return tf.repeat(latents[:, None], self.slots, axis=1)

    def colours(self, styles: Any) -> Any:
        return tf.reshape(tf.tanh(styles[:, 0] @ self.kernel / self.latent_dim**0.5), (-1, 16, 16, 3))


class _Synthesis:
    def __init__(self, network: Enlarged) -> None:
        self._network = network

    def __call__(self, styles: Any, training: bool = False) -> Any:
        return _enlarged(self._network.colours(styles), RESOLUTION)

    def features(self, styles: Any) -> dict[str, Any]:
        colours = self._network.colours(styles)
        sizes = [2**power for power in range(4, 11)]
        return {f"b{size}": tf.tile(_enlarged(colours, size), (1, 1, 1, 8)) for size in sizes}


def _enlarged(images: Any, size: int) -> Any:
    block = size // images.shape[1]
    return tf.repeat(tf.repeat(images, block, axis=1), block, axis=2)


def jacobian(columns: int) -> None:
    from tfnss.analysis import jacobian_spectra

    jacobian_spectra(Enlarged(columns), count=1)


def layers(columns: int) -> None:
    from tfnss.analysis import layer_spectra

    layer_spectra(Enlarged(columns), count=1)


def made(name: str, folder: Path) -> Callable[[], None]:
    """What makes an analysis of a new run, after a batch of its network was made."""
    from recipes import stylegan2_photos64
    from tfnss.metrics.networks.vgg16 import vgg16
    from tfnss.running.analysis import command_line
    from tfnss.running.stored import load_run

    run, reals = folder / "run", folder / "reals"
    for path in (run, reals):
        path.mkdir()
    recipe = stylegan2_photos64.RECIPE
    wanted = {"resolution": RESOLUTION, "latent_dim": STYLE, "noise": "rni", "spectral": "ssd", "data": str(reals)}
    channels = WIDE if name == "stylegan2_features" else NARROW
    settings = recipe.settings(**(recipe.smoke | wanted | channels))
    recipe.build(settings).save_weights(run / "checkpoint.weights.h5")
    (run / "settings.json").write_text(json.dumps({"recipe": recipe.name, "trials": None, "settings": settings}))
    ramp = np.linspace(0, 255, RESOLUTION).astype(np.uint8)
    for index in range(32):
        plots.save_png(
            np.stack(np.broadcast_arrays(ramp[:, None], ramp, np.uint8(index)), axis=-1), reals / f"{index}.png"
        )
    vgg16(None, include_top=False).save_weights(folder / "vgg16.weights.h5")
    analysis = command_line.analysis_called(name)
    load_run(run).generate(analysis.batch_size, batch_size=analysis.batch_size)
    gc.collect()
    flags = ANALYSES[name][0].format(vgg16=folder / "vgg16.weights.h5").split()
    return lambda: command_line.main(analysis, [str(run), *flags])


def measure(name: str, columns: int = STYLE) -> tuple[float, float, float]:
    """GB before, GB at the peak, and seconds."""
    with tempfile.TemporaryDirectory() as folder:
        small = {"stylegan2_jacobian": jacobian, "stylegan2_jacobian, layers": layers}.get(name)
        if small is not None:
            Enlarged(columns).synthesis(tf.zeros((8, 18, columns)))
        make = functools.partial(small, columns) if small else made(name, Path(folder))
        before, start = memory.peak_mb() / 1e3, time.perf_counter()
        make()
        return before, memory.peak_mb() / 1e3, time.perf_counter() - start


def main(argv: Sequence[str] | None = None) -> None:
    names = ["stylegan2_jacobian", "stylegan2_jacobian, layers", *ANALYSES]
    parser = command_line.parser(__doc__)
    parser.add_argument("analyses", nargs="*", metavar="ANALYSIS", help=f"of {'; '.join(names)}; all by default")
    arguments = parser.parse_args(argv)
    unknown = [name for name in arguments.analyses if name not in names]
    if unknown:
        parser.error(f"no analysis is called {unknown[0]}; there are {'; '.join(names)}")
    rows: list[tuple] = []
    for name in arguments.analyses or (names[:1] if arguments.quick else names):
        before, peak, seconds = memory.in_own_process(measure, name, 8 if arguments.quick else STYLE)
        grows = ANALYSES[name][1] * IMAGE_GB if name in ANALYSES else 0.0
        rows.append((name, before, peak - before, grows, peak - before + grows, seconds))
        print(rows[-1], file=sys.stderr, flush=True)
    print_table(
        ("analysis", "GB, TensorFlow and network", "GB beside them", "GB by growth", "GB in all", "seconds"), rows
    )


if __name__ == "__main__":
    main()
