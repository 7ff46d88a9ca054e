"""Measures a run, or a folder of images, against real images.

python -m recipes.evaluate runs/00000-dcgan_photos-nss --metrics fid,pr,spectrum
"""

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import tfnss
from recipes.report import write_report
from recipes.running.directories import only_writer
from recipes.running.options import Parser, one_line_warnings, reporting
from recipes.running.runs import (
    METRICS,
    SETTINGS,
    check_trained,
    load_run,
    members,
    paper_figures,
    read_settings,
    recipe_of,
)
from tfnss import plots
from tfnss.metrics import LPIPS, NAMES, Evaluation, FolderImages, azimuthal_profile, networks, records, spectrum_gap
from tfnss.metrics.catalog import CONDITIONS, check_names, needs_network, needs_paths

PROGRAM = "python -m recipes.evaluate"
_DEFAULTS: dict[str, Any] = {"metrics": "fid", "batch_size": 64, "seed": 0, "download": False}


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line; ends with status 2 and one line on bad input."""
    given = _DEFAULTS | vars(_parser().parse_args(arguments))
    with reporting(PROGRAM, ValueError, OSError), one_line_warnings(PROGRAM):
        metrics = check_names(given["metrics"].split(","))
        target = Path(given["target"]).expanduser()
        given |= {"out": Path(given["out"]).expanduser()} if "out" in given else {}
        records_by_run = _evaluate_runs(target, metrics, given) if _is_run(target) else _evaluate_folder(metrics, given)
    if len(records_by_run) > 1:
        _print_summary(records_by_run)
    figures = _paper(target) if _is_run(target) else ""
    if figures:
        print(f"The paper's figures for these settings: {figures}")


def _parser() -> Parser:
    parser = Parser(prog=PROGRAM, description="Measure a run, or a folder of images, against real images.")
    flag = parser.add_argument
    flag("target", metavar="RUN", help="folder of a run (all seeds of one with --trials), or of images of one size")
    flag("--metrics", metavar="NAMES", help=f"which, with commas between them: {', '.join(NAMES)} (default: fid)")
    flag("--features", choices=networks.NAMES, help="feature network (default: the run's; inception for a folder)")
    flag("--inception", metavar="DIR", help="folder of Inception's SavedModel, instead of TensorFlow Hub")
    flag("--vgg16", metavar="FILE", help="Keras weights of VGG16, instead of Keras' download")
    flag("--data", metavar="DIR", help="real images: a data set by name, or a folder (default: the run's)")
    flag(
        "--images",
        type=int,
        metavar="N",
        help="most real images, and fake ones (default: the run's; 50000 for a folder)",
    )
    flag(
        "--resolution",
        type=int,
        metavar="PIXELS",
        help="for a folder, size to crop and resize real images to (default: that of its images)",
    )
    flag("--batch-size", type=int, metavar="IMAGES", help="images at a time (default: 64)")
    flag("--seed", type=int, help="seed of the samples (default: 0)")
    flag("--download", action="store_true", help="let TensorFlow Datasets download the real images")
    flag("--out", metavar="FILE", help=f"file that gets a line of JSON per result (default: {METRICS} in the run)")
    return parser


def _is_run(target: Path) -> bool:
    if not target.is_dir():
        raise ValueError(f"{target} is neither the folder of a run nor of images")
    return (target / SETTINGS).exists()


def _evaluate_runs(target: Path, metrics: tuple[str, ...], given: dict[str, Any]) -> list[dict[str, Any]]:
    runs = members(target)
    settings = read_settings(runs[0])["settings"]
    for run in runs:  # before the data, which may take long
        check_trained(run)
        if "out" not in given:
            _check_idle(run)
    load_run(runs[0])
    given = {"features": settings["features"], "images": settings["fid_images"], "data": settings["data"]} | given
    evaluation = _evaluation(metrics, given, given["images"], settings["resolution"])
    results = []
    for run in runs:
        gan = load_run(run)
        record = {"kimg": int(gan.images_seen.numpy()) / 1000, **evaluation(gan)}
        _print(run, record)
        _keep(record, evaluation, run, given.get("out"))
        results.append(record)
    return results


def _keep(record: dict[str, Any], evaluation: Evaluation, place: Path, out: Path | None) -> None:
    """Adds a record, and a picture of the spectra, to a run and its page, or to another file and beside it."""
    with contextlib.nullcontext() if out else only_writer(place):
        records.append(out or place / METRICS, record)
        if "spectrum" in evaluation.metrics:
            picture = out.with_name(f"spectrum-{place.resolve().name}.png") if out else place / "spectrum.png"
            _save_spectra(evaluation, picture)
        if not out:
            write_report(place)


def _check_idle(run: Path) -> None:
    try:
        with only_writer(run):
            pass
    except ValueError as error:
        raise ValueError(f"{error}, or name another file for the results with --out") from None


def _paper(target: Path) -> str:
    return paper_figures(recipe_of(target), read_settings(target)["settings"])


def _evaluate_folder(metrics: tuple[str, ...], given: dict[str, Any]) -> list[dict[str, Any]]:
    fakes = FolderImages(given["target"])
    if "data" not in given:
        raise ValueError(f"{fakes.name} is a folder of images: name the real ones with --data DIR")
    given = {"features": "inception", "images": 50_000, **given}
    fake_images = min(given["images"], len(fakes))
    evaluation = _evaluation(metrics, given, fake_images, given.get("resolution", _side(fakes)))
    record, place = evaluation(fakes), Path(fakes.name)
    _print(place, record)
    if "out" in given:
        _keep(record, evaluation, place, given["out"])
    return [record]


def _side(images: FolderImages) -> int | None:
    """Of images that are squares, as the first one is; else None."""
    (first,) = images.batches(1, 1)
    _, height, width, _ = first.shape
    return height if height == width else None


def _evaluation(
    metrics: tuple[str, ...], given: dict[str, Any], fake_images: int, resolution: int | None
) -> Evaluation:
    network, distance = None, None  # before the data, which may take long
    if needs_network(metrics):
        network = networks.load(given["features"], inception=given.get("inception"), vgg16=given.get("vgg16"))
    if "out" in given and given["out"].is_dir():
        raise ValueError(f"--out {given['out']} is a folder; name a file")
    if needs_paths(metrics):
        distance = LPIPS(given.get("vgg16", "imagenet"))
    return Evaluation(
        _reals(given["data"], resolution, given["download"]),
        metrics,
        network,
        fake_images=fake_images,
        real_images=given["images"],
        batch_size=given["batch_size"],
        seed=given["seed"],
        perceptual_distance=distance,
        progress=True,
    )


def _reals(data: str, resolution: int | None, download: bool) -> Any:
    if data in tfnss.data.NAMES:
        if resolution is None:
            raise ValueError(f"--data {data} comes in every size: add --resolution PIXELS")
        return tfnss.data.load(data, resolution, batch_size=1, download=download)
    return FolderImages(data, resolution)


def _print(place: Path, record: dict[str, Any]) -> None:
    kimg = f" at {record['kimg']:.1f} kimg" if "kimg" in record else ""
    print(
        f"{place}{kimg}: {record['fake_images']} images (seed {record['seed']}) "
        f"against {record['real_images']} of {record['reals']}"
    )
    for name, value in _values(record).items():
        if np.isfinite(value):  # KID's error needs more than one block
            print(f"  {name:22} {value:.6g}")
    if record["network"]:
        print(f"  features: {record['network']}; {record['resize']}", flush=True)
    if record["perceptual_network"]:
        print(f"  paths: {record['perceptual_network']}", flush=True)


def _print_summary(results: list[dict[str, Any]]) -> None:
    print(f"Over {len(results)} seeds, mean ± standard deviation:")
    for name in _values(results[0]):
        values = np.array([record[name] for record in results])
        print(f"  {name:22} {values.mean():.6g} ± {values.std(ddof=1):.4g}")


def _values(record: dict[str, Any]) -> dict[str, float]:
    return {name: value for name, value in record.items() if name not in (*CONDITIONS, "kimg")}


def _save_spectra(evaluation: Evaluation, path: Path) -> None:
    real, fake = evaluation.spectra
    plots.save_spectra(
        np.fft.fftshift(real.spectrum),
        np.fft.fftshift(fake.spectrum),
        spectrum_gap(real, fake)[0],
        {"reals": azimuthal_profile(real), "fakes": azimuthal_profile(fake)},
        path,
    )
    print(f"  picture: {path}", flush=True)


if __name__ == "__main__":
    main()
