"""The pictures of the page on analyses, from four runs that differ in one thing.

    old="--kimg 12 --loss non_saturating --gamma 1 --r2 0 --learning-rate 0.0025 --augment none --channel-max 32"
    tfnss train stylegan2_photos64 $old --run-dir eni --noise eni --path-length on
    tfnss train stylegan2_photos64 $old --run-dir rni --noise rni --path-length on
    tfnss train stylegan2_photos64 $old --run-dir none --noise plain --path-length on
    tfnss train stylegan2_photos64 $old --run-dir no-path-length --noise eni --path-length off
    python docs/pictures/analyses.py .

writes `four_usage.jpg`, `four_jacobian.jpg`, `four_noise.jpg` and `four_features.jpg` beside this file.
"""

import argparse
import tempfile
from pathlib import Path

from PIL import Image

from tfnss import files
from tfnss.commands import entry

HERE = Path(__file__).parent
PICTURES = {
    "usage": ("stylegan2_resolution_usage", ("eni", "rni", "none", "no-path-length")),
    "jacobian": ("stylegan2_jacobian", ("eni", "rni", "none", "no-path-length")),
    "noise": ("rni_noise", ("eni", "rni")),
    "features": ("stylegan2_features", ("eni", "rni", "none")),
}
WIDTH = 1200


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the pictures of the page on analyses.")
    parser.add_argument("folder", type=Path, help="where the four runs are")
    folder = parser.parse_args().folder
    with tempfile.TemporaryDirectory() as drawn:
        for name, (analysis, runs) in PICTURES.items():
            picture = Path(drawn) / f"{name}.png"
            entry.main(["analyse", analysis, *(str(folder / run) for run in runs), "--out", str(picture)])
            save_small(picture, HERE / f"four_{name}.jpg")


def save_small(picture: Path, path: Path) -> None:
    with Image.open(picture) as image, files.replacing(path) as temporary:
        image = image.convert("RGB")
        image.thumbnail((WIDTH, WIDTH), Image.Resampling.LANCZOS)
        image.save(temporary, "JPEG", quality=85, optimize=True)


if __name__ == "__main__":
    main()
