"""The frame of analyses: which models it takes, what it writes where, and what it refuses."""

import dataclasses
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from recipes.dcgan_photos import RECIPE
from tests.recipes.test_ssd_analyses import save_untrained
from tests.running.test_bad_input import snapshot
from tfnss import plots
from tfnss.console import check_range
from tfnss.running.analysis.command_line import main
from tfnss.running.analysis.declaration import Analysis, Found
from tfnss.running.analysis.model import opened, place_of
from tfnss.running.analysis.outcome import read_outcome
from tfnss.running.analysis.work import Work
from tfnss.running.analysis.writing import plain
from tfnss.running.lock import only_writer
from tfnss.running.option import Option
from tfnss.running.report import write_report
from tfnss.running.stored import load_run

PICKLE = Path(__file__).parents[1] / "oracles" / "ada_pytorch_tiny.pkl"


def look(models, given, work):
    """Draws an image of each; a part of the work is kept."""
    images = {model.name: model.images(1, given["seed"], 2) for model in models}
    part = work.kept("part", lambda: {"count": given["images"]})
    numbers = {"means": {name: image.mean() for name, image in images.items()}, "part": part, "nothing": np.nan}
    told = [f"{name}: {image.mean():.3f}" for name, image in images.items()]
    return Found(
        numbers, told, lambda path: plots.save_rows(images, path), {"-more.txt": lambda path: path.write_text("more")}
    )


LOOK = Analysis(
    name="looking",
    summary="Look at an image.",
    analyse=look,
    options=(Option("images", int, "images", 3), Option("window", bool, "whether there is a window", False)),
    picture="look",
    check=lambda given: check_range(given, "images", 1),
    smoke={"images": 1},
    remarks=("Nothing was chosen.",),
)


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    place = tmp_path_factory.mktemp("models")
    save_untrained(RECIPE, place / "run", base_width=2)
    save_untrained(RECIPE, place / "other", base_width=2, seed=1)
    (place / "run" / "checkpoints").mkdir()
    shutil.copyfile(place / "other" / "checkpoint.weights.h5", place / "run" / "checkpoints" / "000064.weights.h5")
    load_run(place / "run").generator_ema.save(place / "generator.keras")
    shutil.copyfile(place / "other" / "checkpoint.weights.h5", place / "lost.weights.h5")
    saved = json.loads((place / "run" / "settings.json").read_text())
    for name, change in (("untrained", {}), ("several", {"trials": 2})):
        (place / name).mkdir()
        (place / name / "settings.json").write_text(json.dumps(saved | change))
    (place / "several" / "seed-0").mkdir()
    (place / "exported").mkdir()
    (place / "exported" / "saved_model.pb").write_bytes(b"")
    (place / "empty").mkdir()
    (place / "broken.keras").write_bytes(b"no archive")
    (place / "broken.pkl").write_bytes(b"no pickle")
    (place / "taken.png").write_bytes(b"a picture")
    (place / "told.json").write_text("{}")
    return place


@pytest.fixture
def place(models, tmp_path, monkeypatch):
    shutil.copytree(models, tmp_path / "place")
    monkeypatch.chdir(tmp_path / "place")
    return tmp_path / "place"


@pytest.mark.slow
def test_every_kind_of_model_side_by_side(place, capsys):
    paths = ["run", "run/checkpoints/000064.weights.h5", "other", "generator.keras", str(PICKLE)]
    main(LOOK, paths)
    outcome = read_outcome(place / "run" / "look.json")
    assert outcome.models == ["run", "000064", "other", "generator.keras", PICKLE.name]
    means = outcome.numbers["means"]
    assert means["000064"] == means["other"] != means["run"] == means["generator.keras"]
    expected = load_run(place / "other").generate(1, seed=0, batch_size=2).mean()
    assert means["other"] == pytest.approx(expected)
    said = capsys.readouterr().out
    assert (
        "Picture: run/look.png\nNumbers: run/look.json, run/look-more.txt\nReport: run/report.html\n"
        in said.replace(f"{place}/", "")
    )
    assert all(line in said for line in outcome.told)


def test_the_report_shows_it_once_and_again_after_others(place, capsys):
    main(LOOK, ["run"])
    page = (place / "run" / "report.html").read_text()
    for text in ("Look at an image.", "<figcaption>look.png", "run: ", "images 3", "Nothing was chosen."):
        assert text in page
    assert page.count("<figcaption>look.png") == 1
    main(LOOK, ["run", "--out", "run/drawing.svg", "--images", "2"])
    page = (place / "run" / "report.html").read_text()
    assert page.count("Look at an image.") == 2
    assert "The picture is drawing.svg, beside this page." in page
    (place / "run" / "look.png").unlink()
    assert write_report(place / "run").read_text().count("Look at an image.") == 1


def test_a_run_in_training_keeps_its_report(place, capsys):
    with only_writer(place / "run"):
        main(LOOK, ["run"])
    assert (place / "run" / "look.png").is_file()
    assert not (place / "run" / "report.html").exists()


def test_without_a_run_the_working_directory_gets_it(place, capsys):
    main(LOOK, ["generator.keras", "--smoke"])
    assert read_outcome(place / "look.json").settings == {"seed": 0, "batch_size": 16, "images": 1, "window": False}
    with Image.open("look.png") as picture:
        assert np.asarray(picture).std() > 0
    with pytest.raises(SystemExit):
        main(LOOK, ["generator.keras"])
    assert "look.png is there already: name another --out, or add --overwrite" in capsys.readouterr().err
    main(LOOK, ["generator.keras", "--overwrite", "--window"])
    assert read_outcome(place / "look.json").settings["window"] is True


CASES = [
    (
        "nowhere",
        "nowhere is neither the folder of a run, one of its checkpoints, a pickle of StyleGAN2 nor a .keras file",
    ),
    ("empty", "empty is neither the folder of a run"),
    ("untrained", "untrained has no checkpoint yet"),
    ("several", "several holds runs of several seeds: name one of them"),
    ("exported", "exported is an exported model, into which nobody can look: name the run that it came from"),
    ("lost.weights.h5", "lost.weights.h5 is the checkpoint of no run"),
    ("run/settings.json", "settings.json is not a StyleGAN2 checkpoint that can be read"),
    ("broken.keras", "broken.keras"),
    ("broken.pkl", "broken.pkl is not a StyleGAN2 checkpoint that can be read"),
    ("run run", "run is named twice: each model must be another"),
    ("run run/checkpoint.weights.h5", "run is named twice"),
    ("run other run", "run is named twice"),
    ("run --images 0", "--images must be at least 1. Received: 0"),
    ("run --images many", "--images"),
    ("run --seed -1", "--seed must lie in"),
    ("run --batch-size 0", "--batch-size must lie in"),
    ("run --window yes", "unrecognized arguments: yes"),
    ("run --colour red", "--colour"),
    ("run --out look", "--out must name a picture (.png .pdf .svg). Received: look"),
    ("run --out look.jpg", "--out must name a picture"),
    ("run --out empty", "--out must name a picture"),
    ("run --out taken.png", "taken.png is there already: name another --out, or add --overwrite"),
    ("run --out told.png", "told.json is there already, and not of an analysis"),
    ("run --out told.png --overwrite", "told.json is there already, and not of an analysis"),
    ("run --out run/settings.png --overwrite", "settings.json is there already, and not of an analysis"),
    ("run --out taken.png/look.png", "taken.png is no folder to write to"),
    ("run --out /proc/here/look.png", "/proc/here"),
    ("~nobody-of-this-name/run", "~nobody-of-this-name/run is neither"),
    ("", "MODEL"),
]


@pytest.mark.parametrize(("arguments", "says"), CASES)
def test_one_line_and_nothing_written(arguments, says, place, capsys):
    before = snapshot(place)
    with pytest.raises(SystemExit) as end:
        main(LOOK, arguments.split())
    assert end.value.code == 2
    error = capsys.readouterr().err
    assert says in error
    assert len(error.strip().splitlines()) == 1
    assert snapshot(place) == before


def test_most_models_and_reals(place, capsys):
    single = Analysis("single", "Look at one.", look, most=1)
    with pytest.raises(SystemExit):
        main(single, ["run", "other"])
    assert "single takes at most 1 models. Received: 2" in capsys.readouterr().err
    real = Analysis(
        "real",
        "Look at reals.",
        lambda models, given, work: (_ for _ in ()).throw(ValueError(given["data"])),
        reals=True,
    )
    for arguments, says in (
        (["generator.keras"], "generator.keras is not of a run"),
        (["generator.keras", "run"], "photos"),
    ):
        with pytest.raises(SystemExit):
            main(real, arguments)
        assert says in capsys.readouterr().err


def test_names_tell_models_apart(place):
    for name in ("a", "b"):
        (place / name).mkdir()
        shutil.copytree(place / "run", place / name / "run")
    found = opened([place_of(Path(name)) for name in ("a/run", "b/run", "other")])
    assert [model.name for model in found] == ["a/run", "b/run", "place/other"]


# -- work ---


def stopping(number):
    """An analysis of three parts that stops in the one of this number; `done` has the parts that were made."""
    done = []

    def analyse(models, given, work):
        def make(index):
            if index == number:
                raise KeyboardInterrupt
            done.append(index)
            return {"square": np.array(index**2)}

        squares = [int(work.kept(f"part-{index}", lambda index=index: make(index))["square"]) for index in range(3)]
        return Found({"squares": squares}, ["done"], lambda path: plots.save_png(np.zeros((2, 2, 3), "u1"), path))

    return Analysis("stopping", "Stop.", analyse, options=(Option("steps", int, "steps", 1),)), done


def test_a_stopped_command_goes_on(place, capsys):
    analysis, done = stopping(2)
    with pytest.raises(SystemExit) as end:
        main(analysis, ["run"])
    assert end.value.code == 130
    assert done == [0, 1]
    assert not (place / "run" / "stopping.png").exists()
    (work,) = (place / "run").glob(".stopping.work-*")
    analysis, done = stopping(None)
    main(analysis, ["run", "--steps", "2"])  # another command: nothing of that work is its own
    assert done == [0, 1, 2]
    assert work.is_dir()
    analysis, done = stopping(None)
    main(analysis, ["run"])
    assert done == [2]
    assert read_outcome(place / "run" / "stopping.json").numbers == {"squares": [0, 1, 4]}
    assert not list((place / "run").glob(".*"))


def test_a_refused_command_leaves_no_folder_of_work(place, capsys):
    def refused(models, given, work):
        work.kept("part", lambda: (_ for _ in ()).throw(ValueError("no part")))

    with pytest.raises(SystemExit):
        main(Analysis("refused", "Refuse.", refused), ["run"])
    assert not list((place / "run").glob(".*"))


def test_work_of_other_weights_is_not_taken(place, capsys):
    analysis, _ = stopping(2)
    with pytest.raises(SystemExit):
        main(analysis, ["run"])
    shutil.copyfile(place / "other" / "checkpoint.weights.h5", place / "run" / "checkpoint.weights.h5")
    analysis, done = stopping(None)
    main(analysis, ["run"])
    assert done == [0, 1, 2]


@pytest.mark.parametrize("changed", ["images/cat/0.png", "one.png", None])
def test_work_on_other_files_of_the_same_names_is_not_taken(changed, place, capsys):
    (place / "images" / "cat").mkdir(parents=True)
    files = [place / "images" / "cat" / "0.png", place / "one.png"]
    for file in files:
        Image.new("RGB", (8, 8), "red").save(file)

    def look(number):
        analysis, done = stopping(number)
        image = Option("image", str, "image", metavar="FILE")
        analysis = dataclasses.replace(analysis, reals=True, options=(image,))
        main(analysis, ["run", "--data", "images", "--image", "one.png", "--out", "images/stopping.png"])
        return done

    with pytest.raises(SystemExit):
        look(2)
    if changed:
        os.utime(place / changed, (0, 0))
    assert look(None) == ([0, 1, 2] if changed else [2])


def test_parts_that_cannot_be_kept_or_read(tmp_path):
    work = Work(tmp_path / "work")
    with work.going_on():
        work.kept("part", lambda: {"x": np.arange(3)})
        with pytest.raises(ValueError, match="is being written by"):
            Work(tmp_path / "work").kept("part", dict)
        (tmp_path / "work" / "part.npz").write_bytes(b"PK")
        with pytest.raises(ValueError, match=r"part\.npz is damaged .*: remove it"):
            work.kept("part", dict)
        with pytest.raises(ValueError, match="cannot be called"):
            work.kept("../part", dict)
    work.finish()
    assert not (tmp_path / "work").exists()


def test_any_name_stands_in_a_progress_line(tmp_path, capfd):
    work = Work(tmp_path / "work")
    work.shown = True
    assert list(work.track(iter("ab"), "spectra, [/old]\udcff")) == ["a", "b"]
    assert "spectra, [/old]\\udcff" in capfd.readouterr().out


def test_numbers_as_json_has_them():
    given = {"a": np.arange(2), 4: (np.float32(1.5), np.inf, None), "p": Path("x"), "n": {"m": np.bool_(True)}}
    assert plain(given) == {"a": [0, 1], "4": [1.5, None, None], "p": "x", "n": {"m": True}}
