"""The pictures of the page on analyses, from four runs that differ in one thing.

    tfnss train stylegan2_photos64 --kimg 12 --run-dir eni
    tfnss train stylegan2_photos64 --kimg 12 --run-dir rni --noise rni
    tfnss train stylegan2_photos64 --kimg 12 --run-dir none --noise plain
    tfnss train stylegan2_photos64 --kimg 12 --run-dir no-path-length --path-length off
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
