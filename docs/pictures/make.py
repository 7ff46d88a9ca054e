"""The pictures of the README, from the embedded photographs and two runs.

    tfnss train dcgan_photos --nss --run-dir runs/dcgan
    tfnss train stylegan2_photos64 --run-dir runs/stylegan2
    python docs/pictures/make.py runs/dcgan runs/stylegan2

writes `scale_space.jpg`, `training.png` and `analysis.png` beside this file. The photograph is Chelsea the cat, by Stefan
van der Walt (CC0).
"""

import argparse
import io
from pathlib import Path

import numpy as np
from PIL import Image

import tfnss
from tfnss import files, plots
from tfnss.commands import entry

HERE = Path(__file__).parent
TIMES, SIDE = (0, 1, 4, 16, 64, 256), 128
SHOWN = 4  # images along a side of each grid


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the pictures of the README.")
    parser.add_argument("dcgan", type=Path, help="run whose samples over training are shown")
    parser.add_argument("stylegan2", type=Path, help="run of a StyleGAN2 that is analysed")
    given = parser.parse_args()
    save_scale_space(HERE / "scale_space.jpg")
    save_training(given.dcgan, HERE / "training.png")
    flags = ["--out", str(HERE / "analysis.png"), "--overwrite"]
    entry.main(["analyse", "stylegan2_resolution_usage", str(given.stylegan2), *flags])
    (HERE / "analysis.json").unlink()


def save_scale_space(path: Path) -> None:
    """A photograph along the noisy scale-space."""
    cat = Image.fromarray(_cat()).resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    image = np.asarray(cat, np.float32)[np.newaxis] / 127.5 - 1
    space = tfnss.NoisyScaleSpace(stddev=0.15, seed=0)
    states = np.concatenate([np.asarray(space(image, float(time))) for time in TIMES])
    pixels = np.round((states.clip(-1, 1) + 1) * 127.5).astype(np.uint8)
    strip = plots.grid(pixels, len(TIMES), [f"t = {time}" for time in TIMES])
    packed = io.BytesIO()
    Image.fromarray(strip).save(packed, "JPEG", quality=80)
    with files.replacing(path) as temporary:
        temporary.write_bytes(packed.getvalue())


def _cat() -> np.ndarray:
    """The square of the photograph that has the face."""
    import skimage.data

    return skimage.data.chelsea()[:, 75:375]


def save_training(run: Path, path: Path) -> None:
    """The same samples of a run at six moments."""
    grids = sorted((run / "samples").glob("fakes_*.png"))
    chosen = [grids[round(share * (len(grids) - 1))] for share in (0.05, 0.1, 0.2, 0.4, 0.7, 1)]
    shown = np.stack([_corner(grid) for grid in chosen])
    captions = [f"{int(grid.stem.split('_')[1]):,} images" for grid in chosen]
    plots.save_png(plots.grid(shown, len(chosen), captions), path)


def _corner(grid: Path) -> np.ndarray:
    """The first samples of a grid of 8 x 8."""
    with Image.open(grid) as image:
        pixels = np.asarray(image)
    side = len(pixels) * SHOWN // 8
    return pixels[:side, :side]


if __name__ == "__main__":
    main()
