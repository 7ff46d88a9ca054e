"""Runs on a Hub: named to every command that takes a model, fetched no further than needed, and never written into."""

import json
import os
import re
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from recipes import dcgan_photos, stylegan2_photos64
from tests.commands.test_project import write_run
from tests.running.test_bad_input import snapshot
from tfnss.commands import entry
from tfnss.running import hub
from tfnss.running.analysis.model import opened, place_of
from tfnss.training.callbacks.checkpoint import images_at

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A run with styles, and one without, of tiny networks."""
    place = tmp_path_factory.mktemp("runs")
    write_run(stylegan2_photos64.RECIPE, place / "styled", resolution=8)
    write_run(dcgan_photos.RECIPE, place / "plain", base_width=4)
    return place


def as_repository(run):
    """The files of a run, with others that nobody needs."""
    files = {name: (run / name).read_bytes() for name in ("settings.json", "checkpoint.weights.h5")}
    return files | {"README.md": b"---\n---\n", "saved_model/saved_model.pb": b"a program", "more/big.bin": b"0" * 1000}


def tfnss(line, place):
    entry.main([word.replace("{}", str(place)) for word in line.split()])


def read(path):
    with Image.open(path) as image:
        return np.asarray(image)


def test_a_name_is_a_folder_in_the_hubs_own_cache(fake_hub, runs):
    from huggingface_hub import constants

    first = fake_hub.create("someone/faces", as_repository(runs / "plain"))
    folder = hub.located("hf://someone/faces")
    assert folder.is_relative_to(constants.HF_HUB_CACHE)
    assert folder.name == first
    assert {path.name for path in folder.iterdir()} == {"settings.json", "checkpoint.weights.h5"}
    assert sorted(fake_hub.fetched) == ["checkpoint.weights.h5", "settings.json"]
    assert hub.called(folder) == f"hf://someone/faces@{first[:7]}"
    assert hub.called(folder / "settings.json") == f"hf://someone/faces@{first[:7]}/settings.json"
    assert hub.is_copy(folder)
    assert hub.pinned("hf://someone/faces") == f"hf://someone/faces@{first}"


def test_a_revision_is_a_branch_or_a_commit(fake_hub, runs):
    first = fake_hub.create("someone/faces", as_repository(runs / "plain"))
    other = (runs / "styled" / "settings.json").read_bytes()
    fake_hub.repositories["someone/faces"]["branches"]["styled"] = first
    second = fake_hub.commit("someone/faces", "styled", {"settings.json": other})
    assert hub.located("hf://someone/faces").name == first
    assert hub.located("hf://someone/faces@styled").name == second
    assert (hub.located(f"hf://someone/faces@{second}") / "settings.json").read_bytes() == other


def test_what_was_fetched_is_there_without_a_hub(fake_hub, runs):
    fake_hub.create("someone/faces", as_repository(runs / "plain"))
    folder = hub.located("hf://someone/faces")
    fake_hub.stop()
    hub._downloaded.cache_clear()
    assert hub.located("hf://someone/faces") == folder


def test_other_paths_are_those_of_this_machine(fake_hub):
    assert str(hub.located("~/x")) == os.path.expanduser("~/x")
    assert hub.called(hub.located("a/b")) == "a/b"
    assert hub.pinned("a/b") == "a/b"
    assert not fake_hub.fetched


@pytest.mark.parametrize(
    ("line", "written"),
    [
        ("generate MODEL --out {}/out --seeds 0-3 --truncation 0.5", "out/grid.png"),
        ("generate MODEL --out {}/out --seeds 0-3 --direction 0 --directions sefa", "out/direction.png"),
        ("video MODEL --out {}/film.webp --frames 2 --seeds 0-1", "film.webp"),
        ("project MODEL {}/image.png --out {}/out --distance pixels --steps 2", "out/styles.npz"),
        ("analyse stylegan2_resolution_usage MODEL --smoke", "resolution_usage.png"),
        ("analyse stylegan2_resolution_usage MODEL {}/run --smoke --out {}/both.png", "both.png"),
        ("export MODEL --out {}/model", "model/saved_model.pb"),
        ("blend MODEL {}/run --at 8 --out {}/new", "new/settings.json"),
        ("evaluate MODEL --metrics spectrum --images 4 --data {}/data --out {}/results.jsonl", "results.jsonl"),
    ],
)
def test_every_command_takes_one(line, written, fake_hub, runs, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "image.png")
    (tmp_path / "data").mkdir()
    for index in range(4):
        Image.fromarray(pixels).save(tmp_path / "data" / f"{index}.png")
    (tmp_path / "run").symlink_to(runs / "styled")
    commit = fake_hub.create("someone/faces", as_repository(runs / "styled"))
    hub.located("hf://someone/faces")
    cache = hub.located("hf://someone/faces").parents[1]
    before = snapshot(cache)
    tfnss(line.replace("MODEL", "hf://someone/faces"), tmp_path)
    assert (tmp_path / written).is_file()
    assert snapshot(cache) == before
    if line.startswith("analyse"):
        told = json.loads((tmp_path / written).with_suffix(".json").read_text())["models"][0]
        assert told["name"] == f"someone/faces@{commit[:7]}"
        assert told["path"] == f"hf://someone/faces@{commit[:7]}"


def test_its_images_are_those_of_the_run(fake_hub, runs, tmp_path):
    fake_hub.create("someone/faces", as_repository(runs / "plain"))
    tfnss("generate hf://someone/faces --out {}/there --seeds 0-3", tmp_path)
    tfnss(f"generate {runs / 'plain'} --out {{}}/here --seeds 0-3", tmp_path)
    np.testing.assert_array_equal(read(tmp_path / "there" / "grid.png"), read(tmp_path / "here" / "grid.png"))


@pytest.mark.slow
def test_a_run_starts_from_one_and_remembers_its_commit(fake_hub, runs, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    commit = fake_hub.create("someone/faces", as_repository(runs / "plain"))
    tfnss("train dcgan_photos --smoke --kimg 0.008 --init hf://someone/faces --run-dir {}/run", tmp_path)
    settings = json.loads((tmp_path / "run" / "settings.json").read_text())["settings"]
    assert settings["init"] == f"hf://someone/faces@{commit}"
    assert settings["base_width"] == 4  # of the networks that it started from
    record = json.loads((tmp_path / "run" / "init.json").read_text())
    assert record["source"] == settings["init"]
    assert not record["generator"]["initial"]
    fake_hub.stop()  # it needs them no more
    hub._downloaded.cache_clear()
    tfnss("train dcgan_photos --resume {}/run --change --kimg 0.016", tmp_path)
    assert images_at(tmp_path / "run" / "checkpoint.weights.h5") == 16


def test_models_of_the_hub_are_told_apart(fake_hub, runs):
    commits = [fake_hub.create(f"someone/{name}", as_repository(runs / "plain")) for name in ("cats", "dogs")]
    models = opened([place_of(hub.located(f"hf://someone/{name}")) for name in ("cats", "dogs")])
    assert [model.name for model in models] == [
        f"someone/{name}@{commit[:7]}" for name, commit in zip(("cats", "dogs"), commits, strict=True)
    ]


CASES = [
    ("generate hf://faces --out {}/out", "hf://faces is no name of a run on the Hub: write hf://USER/NAME"),
    ("generate hf://a/b/c --out {}/out", "hf://a/b/c is no name of a run on the Hub"),
    ("generate hf://a/b@../c --out {}/out", "hf://a/b@../c is no name of a run on the Hub"),
    ("generate hf://a--b/c --out {}/out", "a--b/c"),
    ("generate hf://someone/missing --out {}/out", "someone/missing is not on the Hub, or not for you"),
    ("generate hf://someone/faces@v9 --out {}/out", "someone/faces has no revision v9: name a branch"),
    ("generate hf://someone/empty --out {}/out", "hf://someone/empty holds no run as `tfnss push` puts one there"),
    ("generate hf://someone/exported --out {}/out", "(no settings.json and no checkpoint.weights.h5)"),
    ("generate hf://someone/cut --out {}/out", ": hf://someone/cut@COMMIT/settings.json is damaged"),
    ("generate hf://someone/torn --out {}/out", ": hf://someone/torn@COMMIT/checkpoint.weights.h5 is damaged"),
    (
        "evaluate hf://someone/torn --out {}/a --metrics spectrum",
        ": hf://someone/torn@COMMIT/checkpoint.weights.h5 is damaged",
    ),
    (
        "generate hf://someone/foreign --out {}/out",
        ": hf://someone/foreign@COMMIT/settings.json names the recipe of_a_stranger, which is not in this version",
    ),
    ("evaluate hf://someone/faces", "name a file for the results with --out"),
    ("export hf://someone/faces", "name a place for the model with --out"),
    ("report hf://someone/faces", "hf://someone/faces is on the Hub, and this needs a run of your own"),
    ("video hf://someone/faces --training --out {}/film.webp", "hf://someone/faces is on the Hub"),
    ("push hf://someone/faces someone/other", "hf://someone/faces is on the Hub"),
    ("train dcgan_photos --resume hf://someone/faces", "hf://someone/faces is on the Hub"),
    ("train dcgan_photos --smoke --init hf://someone/missing --run-dir {}/run", "someone/missing is not on the Hub"),
    ("train dcgan_photos --smoke --init hf://faces --run-dir {}/run", "hf://faces is no name of a run on the Hub"),
    ("blend hf://someone/missing hf://someone/faces --at 8 --out {}/new", "someone/missing is not on the Hub"),
    ("analyse stylegan2_directions hf://someone/missing", "someone/missing is not on the Hub"),
    ("project hf://someone/faces {}/image.png --out {}/out", "has no styles"),
    ("push {}/image.png someone/other", "image.png holds no run"),
    ("push {}/image.png other", "other is no name of a repository on the Hub: write USER/NAME"),
]


@pytest.mark.parametrize(("line", "says"), CASES)
def test_one_line_and_nothing_written(line, says, fake_hub, runs, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Image.new("RGB", (8, 8)).save(tmp_path / "image.png")
    whole = as_repository(runs / "plain")
    fake_hub.create("someone/faces", whole)
    fake_hub.create("someone/empty", {})
    fake_hub.create("someone/exported", {"saved_model/saved_model.pb": b"a program"})
    fake_hub.create("someone/cut", whole | {"settings.json": whole["settings.json"][:50]})
    fake_hub.create("someone/torn", whole | {"checkpoint.weights.h5": whole["checkpoint.weights.h5"][:500]})
    settings = json.loads(whole["settings.json"]) | {"recipe": "of_a_stranger"}
    fake_hub.create("someone/foreign", whole | {"settings.json": json.dumps(settings).encode()})
    before = snapshot(tmp_path)
    with pytest.raises(SystemExit) as end:
        tfnss(line, tmp_path)
    assert end.value.code == 2
    error = capsys.readouterr().err
    assert says in re.sub(r"@[0-9a-f]{7}/", "@COMMIT/", error)
    assert "snapshots" not in error  # a folder of the Hub's cache
    assert len(error.strip().splitlines()) == 1
    assert snapshot(tmp_path) == before


def test_without_a_network_or_the_package_one_line_says_so(fake_hub, tmp_path, capsys, monkeypatch):
    fake_hub.stop()
    with pytest.raises(SystemExit) as end:
        tfnss("generate hf://someone/faces --out {}/out", tmp_path)
    assert end.value.code == 2
    error = capsys.readouterr().err
    assert "someone/faces is not in the Hub's cache, and the Hub cannot be reached" in error
    assert len(error.strip().splitlines()) == 1
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(SystemExit):
        tfnss("generate hf://someone/faces --out {}/out", tmp_path)
    assert "hf://someone/faces needs the package huggingface_hub: pip install 'tfnss[hub]'" in capsys.readouterr().err


def test_a_copy_is_not_written_into_by_its_path_either(fake_hub, runs):
    from tfnss.running.lock import only_writer

    fake_hub.create("someone/faces", as_repository(runs / "plain"))
    with (
        pytest.raises(ValueError, match="in the Hub's cache, where nothing is written"),
        only_writer(hub.located("hf://someone/faces")),
    ):
        pass


def test_the_hub_is_that_of_the_environment(fake_hub, runs, tmp_path):
    """In a process of its own, as a user has it."""
    fake_hub.create("someone/faces", as_repository(runs / "plain"))
    environment = {**os.environ, "HF_ENDPOINT": fake_hub.address, "HF_HOME": str(tmp_path / "home")}
    command = [
        sys.executable,
        "-m",
        "tfnss",
        "generate",
        "hf://someone/faces",
        "--seeds",
        "0",
        "--out",
        str(tmp_path / "out"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "grid.png").is_file()
    assert list((tmp_path / "home" / "hub").glob("models--someone--faces/snapshots/*/settings.json"))
