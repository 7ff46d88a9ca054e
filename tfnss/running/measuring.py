"""Runs and folders of images, measured."""

import contextlib
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import tfnss
from tfnss import plots
from tfnss.console import say
from tfnss.data.remarks import remarks
from tfnss.files import expanded
from tfnss.metrics import LPIPS, Evaluation, FolderImages, Reference, azimuthal_profile, networks, results, spectrum_gap
from tfnss.metrics.catalog import needs_network, needs_paths
from tfnss.metrics.image_sets import FixedImages, as_image_set
from tfnss.metrics.names import CONDITIONS
from tfnss.resolution import sides
from tfnss.running.file_names import METRICS, NEAREST
from tfnss.running.lock import only_writer
from tfnss.running.nearest import SAMPLES, draw_nearest, draw_pairs
from tfnss.running.report import reals_in_words, write_report
from tfnss.running.settings import most_reals
from tfnss.running.stored import check_trained, completed, load_run, members, paper_figures, read_settings, recipe_of


def measure_run(target: Path, metrics: tuple[str, ...], given: dict[str, Any]) -> None:
    """Measures a run, or all seeds of one with trials, and keeps and prints what comes out.

    Args:
        target: Folder of the run.
        metrics: Names of the metrics.
        given: The flags of `tfnss evaluate`.

    Raises:
        ValueError: For a folder without a trained run, damaged files, or metrics that are not to be had.
    """
    for name in ("channels", "resolution"):
        if name in given:
            raise ValueError(f"--{name} goes with a folder of images: those of a run have the run's")
    runs = members(target)
    for run in runs:  # before the data, which may take long
        check_trained(run)
        if "out" not in given:
            _check_idle(run)
    settings = completed(recipe_of(runs[0]), read_settings(runs[0])["settings"])
    classes = load_run(runs[0]).classes
    own = _same(given.get("data", settings["data"]), settings["data"])  # other images may have no labels, or others
    given = {"channels": settings["channels"], "background": settings["background"]} | given
    given = _with_settings(given, settings)
    size = sides(settings["resolution"])
    evaluation = _evaluation(metrics, given, settings["features"], given["images"], size, labels=bool(classes) and own)
    images = _images(evaluation, given, size) if given["nearest"] else None
    measured = []
    for run in runs:
        gan = load_run(run)
        record = {"kimg": int(gan.images_seen.numpy()) / 1000, **evaluation(gan)}
        draw = None if images is None else partial(draw_nearest, run, images)
        _keep(record, evaluation, run, given.get("out"), draw)
        measured.append(record)
    _say_remarks(size, evaluation.reals, images)
    _save_reference(evaluation, given)
    if len(measured) > 1:
        _print_summary(measured)
    figures = paper_figures(recipe_of(target), settings)
    if figures:
        say(f"The paper's figures for these settings: {figures}")


def _keep(
    record: dict[str, Any], evaluation: Evaluation, place: Path, out: Path | None, draw: Callable[[Path], None] | None
) -> None:
    """Adds a record, and pictures of spectra and nearest images, to a run and its page, or to another file and beside it.

    The record is printed once it is kept: no terminal loses it.
    """

    def picture(name: str) -> Path:
        path = Path(name)
        return out.with_name(f"{path.stem}-{place.resolve().name}{path.suffix}") if out else place / path

    with contextlib.nullcontext() if out else only_writer(place):
        results.append(out or place / METRICS, record)
        _print(place, record)
        if "spectrum" in evaluation.metrics:
            _save_spectra(evaluation, picture("spectrum.png"))
        if draw is not None:
            draw(picture(NEAREST))
            _say(f"  picture: {picture(NEAREST)}")
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
    return data == own or (data not in tfnss.data.NAMES and expanded(data).resolve() == Path(own))


def measure_folder(metrics: tuple[str, ...], given: dict[str, Any]) -> None:
    """The same of a folder of images."""
    colours: dict[str, Any] = {"channels": given.get("channels"), "background": given.get("background")}
    fakes = FolderImages(given["target"], **colours)
    if not given.keys() & {"data", "reference"}:
        raise ValueError(f"{fakes.name} is a folder of images: name the real ones with --data DIR")
    if given["nearest"] and "out" not in given:
        raise ValueError("--nearest draws a picture beside the results: name their file with --out FILE")
    height, width, channels = _shape(fakes)
    given = {"images": 50_000} | given | colours | {"channels": channels}
    given = {"reals": given["images"]} | given
    fake_images = min(given["images"], len(fakes))
    size = sides(given["resolution"]) if "resolution" in given else (height, width)
    evaluation = _evaluation(metrics, given, "inception", fake_images, size)
    record, place = evaluation(fakes), Path(fakes.name)
    if "out" in given:
        draw = partial(_draw_first, fakes, evaluation) if given["nearest"] else None
        _keep(record, evaluation, place, given["out"], draw)
    else:
        _print(place, record)
    _say_remarks(size, fakes, evaluation.reals)
    _save_reference(evaluation, given)


def _draw_first(fakes: FolderImages, evaluation: Evaluation, picture: Path) -> None:
    """Draws some of a folder's images beside the real images nearest to them."""
    (samples,) = fakes.batches(SAMPLES, SAMPLES)
    assert isinstance(evaluation.reals, FixedImages)
    draw_pairs(samples, evaluation.reals.images, picture)


def _images(evaluation: Evaluation, given: dict[str, Any], size: tuple[int, int]) -> tfnss.data.Images:
    """The real images of a run, which a reference may stand in for."""
    reals = evaluation.reals
    if not isinstance(reals, FixedImages):
        reals = as_image_set(_reals(given, size, labels=False))
    assert isinstance(reals, FixedImages)
    return reals.images


def _with_settings(given: dict[str, Any], settings: dict[str, Any]) -> dict[str, Any]:
    """The flags, over the settings of a run."""
    if settings["fid_reference"] != "none" and not given.keys() & {"data", "reals", "reference", "save_reference"}:
        given = {"reference": settings["fid_reference"], "features": settings["features"]} | given
    given = {"data": settings["data"], "images": settings["fid_images"]} | given
    return {"reals": most_reals(settings | {"fid_images": given["images"]})} | given


def _save_reference(evaluation: Evaluation, given: dict[str, Any]) -> None:
    if "save_reference" in given:
        evaluation.reference().save(given["save_reference"])
        _say(f"The statistics of the real images are in {given['save_reference']}, for --reference")


def _shape(images: FolderImages) -> tuple[int, int, int]:
    """Height, width and channels of all images, which are those of the first one."""
    (first,) = images.batches(1, 1)
    _, height, width, channels = first.shape
    return height, width, channels


def _evaluation(
    metrics: tuple[str, ...],
    given: dict[str, Any],
    features: str,
    fake_images: int,
    size: tuple[int, int],
    labels: bool = False,
) -> Evaluation:
    """The evaluation that the flags ask for, of fakes of this size; `features` are those that no flag or file tells."""
    network, distance = None, None  # before the data, which may take long
    reference = _reference(given, size) if "reference" in given else None
    if needs_network(metrics):
        features = given.get("features") or (reference and reference.features) or features
        network = networks.load(features, inception=given.get("inception"), vgg16=given.get("vgg16"))
    if "out" in given and given["out"].is_dir():
        raise ValueError(f"--out {given['out']} is a folder; name a file")
    if needs_paths(metrics):
        distance = LPIPS(given.get("vgg16", "imagenet"))
    return Evaluation(
        reference or _reals(given, size, labels),
        metrics,
        network,
        fake_images=fake_images,
        real_images=given["reals"],
        batch_size=given["batch_size"],
        seed=given["seed"],
        perceptual_distance=distance,
        progress=True,
    )


def _reference(given: dict[str, Any], size: tuple[int, int]) -> Reference:
    """The statistics that stand in for real images, and go with fakes of this height and width."""
    reference = Reference.load(given["reference"])
    if reference.features is None and "features" not in given:
        raise ValueError(f"{reference.called} does not tell the network that its statistics are of: add --features")
    reference.check_size(*size)
    return reference


def _reals(given: dict[str, Any], size: tuple[int, int], labels: bool) -> Any:
    data, channels, background = given["data"], given["channels"], given["background"]
    if data in tfnss.data.NAMES:
        own = {"channels": channels, "background": background}
        return tfnss.data.load(data, size, 1, download=given["download"], labels=labels, **own)
    return FolderImages(data, size, labels, channels, background)


def _say_remarks(size: tuple[int, int], *sets: Any) -> None:
    """Says which files of sets of images were passed over, and how many were enlarged to a size: once of each set."""
    found = [images.images if isinstance(images, FixedImages) else images for images in sets]
    lines = [line for images in found if isinstance(images, tfnss.data.Images) for line in remarks(images, size)]
    for line in dict.fromkeys(lines):
        _say(line)


def _print(place: Path, record: dict[str, Any]) -> None:
    kimg = f" at {record['kimg']:.1f} kimg" if "kimg" in record else ""
    say(f"{place}{kimg}: {record['fake_images']} images (seed {record['seed']}) against {reals_in_words(record)}")
    for name, value in _values(record).items():
        if np.isfinite(value):  # KID's error needs more than one block
            say(f"  {name:22} {value:.6g}")
    if record.get("classes"):
        say(f"  classes: {record['classes']}")
    if record["network"]:
        _say(f"  features: {record['network']}; {record['resize']}")
    if record["perceptual_network"]:
        _say(f"  paths: {record['perceptual_network']}")


def _print_summary(results: list[dict[str, Any]]) -> None:
    say(f"Over {len(results)} seeds, mean ± standard deviation:")
    for name in _values(results[0]):
        values = np.array([record[name] for record in results])
        say(f"  {name:22} {values.mean():.6g} ± {values.std(ddof=1):.4g}")


def _say(line: str) -> None:
    """Says a line at once, for work that goes on."""
    say(line)
    sys.stdout.flush()


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
    _say(f"  picture: {path}")
