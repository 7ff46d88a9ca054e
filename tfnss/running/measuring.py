"""Runs and folders of images, measured."""

import contextlib
from pathlib import Path
from typing import Any

import numpy as np

import tfnss
from tfnss import plots
from tfnss.metrics import LPIPS, Evaluation, FolderImages, azimuthal_profile, networks, results, spectrum_gap
from tfnss.metrics.catalog import needs_network, needs_paths
from tfnss.metrics.names import CONDITIONS
from tfnss.running.file_names import METRICS
from tfnss.running.lock import only_writer
from tfnss.running.report import write_report
from tfnss.running.stored import check_trained, load_run, members, paper_figures, read_settings, recipe_of


def measure_run(target: Path, metrics: tuple[str, ...], given: dict[str, Any]) -> None:
    """Measures a run, or all seeds of one with trials, and keeps and prints what comes out.

    Args:
        target: Folder of the run.
        metrics: Names of the metrics.
        given: The flags of `tfnss evaluate`.

    Raises:
        ValueError: For a folder without a trained run, damaged files, or metrics that are not to be had.
    """
    if "channels" in given:
        raise ValueError("--channels goes with a folder of images: those of a run have the run's")
    runs = members(target)
    settings = read_settings(runs[0])["settings"]
    for run in runs:  # before the data, which may take long
        check_trained(run)
        if "out" not in given:
            _check_idle(run)
    classes = load_run(runs[0]).classes
    own = _same(given.get("data", settings["data"]), settings["data"])  # other images may have no labels, or others
    given = {"features": settings["features"], "images": settings["fid_images"], "data": settings["data"]} | given
    given = {"channels": settings.get("channels", 3), "background": settings.get("background")} | given  # of early runs
    evaluation = _evaluation(metrics, given, given["images"], settings["resolution"], labels=bool(classes) and own)
    measured = []
    for run in runs:
        gan = load_run(run)
        record = {"kimg": int(gan.images_seen.numpy()) / 1000, **evaluation(gan)}
        _print(run, record)
        _keep(record, evaluation, run, given.get("out"))
        measured.append(record)
    if len(measured) > 1:
        _print_summary(measured)
    figures = paper_figures(recipe_of(target), settings)
    if figures:
        print(f"The paper's figures for these settings: {figures}")


def _keep(record: dict[str, Any], evaluation: Evaluation, place: Path, out: Path | None) -> None:
    """Adds a record, and a picture of the spectra, to a run and its page, or to another file and beside it."""
    with contextlib.nullcontext() if out else only_writer(place):
        results.append(out or place / METRICS, record)
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


def _same(data: str, own: str) -> bool:
    """Whether a flag names the images of a run."""
    return data == own or (data not in tfnss.data.NAMES and Path(data).expanduser().resolve() == Path(own))


def measure_folder(metrics: tuple[str, ...], given: dict[str, Any]) -> None:
    """The same of a folder of images."""
    colours: dict[str, Any] = {"channels": given.get("channels"), "background": given.get("background")}
    fakes = FolderImages(given["target"], **colours)
    if "data" not in given:
        raise ValueError(f"{fakes.name} is a folder of images: name the real ones with --data DIR")
    height, width, channels = _shape(fakes)
    given = {"features": "inception", "images": 50_000, **given, **colours, "channels": channels}
    fake_images = min(given["images"], len(fakes))
    evaluation = _evaluation(metrics, given, fake_images, given.get("resolution", height if height == width else None))
    record, place = evaluation(fakes), Path(fakes.name)
    _print(place, record)
    if "out" in given:
        _keep(record, evaluation, place, given["out"])


def _shape(images: FolderImages) -> tuple[int, int, int]:
    """Height, width and channels of all images, which are those of the first one."""
    (first,) = images.batches(1, 1)
    _, height, width, channels = first.shape
    return height, width, channels


def _evaluation(
    metrics: tuple[str, ...], given: dict[str, Any], fake_images: int, resolution: int | None, labels: bool = False
) -> Evaluation:
    network, distance = None, None  # before the data, which may take long
    if needs_network(metrics):
        network = networks.load(given["features"], inception=given.get("inception"), vgg16=given.get("vgg16"))
    if "out" in given and given["out"].is_dir():
        raise ValueError(f"--out {given['out']} is a folder; name a file")
    if needs_paths(metrics):
        distance = LPIPS(given.get("vgg16", "imagenet"))
    return Evaluation(
        _reals(given, resolution, labels),
        metrics,
        network,
        fake_images=fake_images,
        real_images=given["images"],
        batch_size=given["batch_size"],
        seed=given["seed"],
        perceptual_distance=distance,
        progress=True,
    )


def _reals(given: dict[str, Any], resolution: int | None, labels: bool) -> Any:
    data, channels, background = given["data"], given["channels"], given["background"]
    if data in tfnss.data.NAMES:
        if resolution is None:
            raise ValueError(f"--data {data} comes in every size: add --resolution PIXELS")
        own = {"channels": channels, "background": background}
        return tfnss.data.load(data, resolution, 1, download=given["download"], labels=labels, **own)
    return FolderImages(data, resolution, labels, channels, background)


def _print(place: Path, record: dict[str, Any]) -> None:
    kimg = f" at {record['kimg']:.1f} kimg" if "kimg" in record else ""
    print(
        f"{place}{kimg}: {record['fake_images']} images (seed {record['seed']}) "
        f"against {record['real_images']} of {record['reals']}"
    )
    for name, value in _values(record).items():
        if np.isfinite(value):  # KID's error needs more than one block
            print(f"  {name:22} {value:.6g}")
    if record.get("classes"):
        print(f"  classes: {record['classes']}")
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
