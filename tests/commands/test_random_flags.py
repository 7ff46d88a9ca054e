"""Any command line: it does what it says, or ends with a line that says what is wrong, and never with a traceback."""

import contextlib
import io
import os
import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from PIL import Image

from recipes import dcgan_photos, nss_variance, ssd_checkerboard, stylegan2_photos64
from tests.commands.flags import command_lines
from tfnss.commands import entry, project
from tfnss.metrics.networks import inception, vgg16
from tfnss.running import command_line, execution
from tfnss.running.table import cluster, estimate, working
from tfnss.showing import page, server

ORACLES = Path(__file__).parents[1] / "oracles"
OUTPUTS = ("--out", "--run-dir", "--resume", "--save-reference", "--dir")
ENDS = (0, 1, 2, 130)


class Evil:
    """A pickle that would be noticed if it were executed."""

    def __reduce__(self):
        return os.mkdir, ("executed",)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A working directory with all kinds of things."""
    place = tmp_path_factory.mktemp("whole")
    pixels = np.random.default_rng(0).integers(0, 256, (12, 20, 20, 3), dtype=np.uint8)
    for folder in ("good", "grey", "classes/cat", "classes/dog", "empty", "corrupt", "other"):
        (place / folder).mkdir(parents=True)
    for index, image in enumerate(map(Image.fromarray, pixels)):
        image.save(place / "good" / f"{index}.png")
        image.convert("L").save(place / "grey" / f"{index}.png")
        image.save(place / "classes" / ("cat", "dog")[index % 2] / f"{index}.png")
    content = (place / "good" / "0.png").read_bytes()
    (place / "corrupt" / "0.png").write_bytes(content[: len(content) // 2])
    (place / "other" / "thesis.txt").write_text("precious")
    (place / "text.txt").write_text("a text")
    (place / "evil.pkl").write_bytes(pickle.dumps(Evil()))
    np.savez(place / "evil.npz", mu=np.array([Evil()], object), sigma=np.eye(3))
    shutil.make_archive(str(place / "good"), "zip", place / "good")
    shutil.copy(ORACLES / "ada_pytorch_tiny.pkl", place / "official.pkl")
    with contextlib.chdir(place), pytest.MonkeyPatch.context() as patch:
        patch.setenv("TFNSS_CACHE", str(tmp_path_factory.mktemp("cache")))
        short = ["--smoke", "--kimg", "0.008", "--checkpoint-every", "0.008", "--run-dir"]
        command_line.main(dcgan_photos.RECIPE, [*short, "run", "--base-width", "4", "--ssd"])
        command_line.main(stylegan2_photos64.RECIPE, [*short, "styles", "--data", "photos"])
        entry.main(["export", "styles", "--out", "saved"])
        entry.main(["export", "run", "--out", "model.keras", "--format", "keras"])
        entry.main(["prepare", "good", "records", "--resolution", "16"])
        flags = ["--data", "good", "--features", "embedded", "--save-reference", "reference.npz"]
        entry.main(["evaluate", "good", *flags])
        patch.setattr(working, "work", lambda *_: {})
        entry.main(["table", "nss_table4", "--smoke", "--dir", "table"])
    return place


@pytest.fixture(scope="module")
def _cheap():
    """Nothing that takes long: trainings, measured steps, clusters, and networks to be downloaded."""

    def trained(self):
        self.gaps, self.samples = [0.0] * ssd_checkerboard.POINTS, np.stack([self.board] * ssd_checkerboard.BATCH)
        self.logits, self.seconds = (0.0, 0.0), 0.0

    def not_there(*_, **__):
        raise ValueError("no network")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(execution, "train", lambda *_: {})
        patch.setattr(ssd_checkerboard.Result, "train", trained)
        patch.setattr(working, "work", lambda *_: {})
        patch.setattr(cluster, "connected", lambda *_: contextlib.nullcontext())
        patch.setattr(estimate, "seconds_per_kimg", lambda plan, jobs: {job.cell.recipe: 1.0 for job in jobs})
        patch.setattr(page, "page", lambda *_: None)
        patch.setattr(server, "serve", lambda *_, **__: None)
        patch.setattr(inception, "_load_from_hub", not_there)
        patch.setattr(vgg16.keras.applications, "VGG16", not_there)
        patch.setitem(project._DEFAULTS, "steps", 1)
        patch.setitem(nss_variance._DEFAULTS, "images", 4)
        yield


@pytest.fixture(scope="module")
def place(whole, tmp_path_factory, _cheap):
    """A copy of it, the working directory."""
    place = tmp_path_factory.mktemp("place") / "work"
    shutil.copytree(whole, place)
    with contextlib.chdir(place):
        yield place


def listing(place):
    """Names, sizes and times of all that is there, times of folders aside."""
    found = {}
    for path in place.rglob("*"):
        status = path.lstat()
        found[path.relative_to(place)] = (status.st_size, status.st_mtime_ns) if path.is_file() else None
    return found


def allowed(arguments):
    """The places that a command line says are to be written."""
    named = [Path("runs"), Path("tables"), *(Path(word) for word in arguments if not word.startswith("--"))]
    named += [Path(word.partition("=")[2]) for word in arguments if word.startswith(OUTPUTS) and "=" in word]
    return named


def run(arguments):
    """The status that a command line ends with, and what it says on stderr."""
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    error = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="backslashreplace")
    status = 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(error):
        try:
            entry.main(arguments)
        except SystemExit as end:
            status = end.code or 0
    error.seek(0)
    return status, error.read()


def check(arguments, place, whole):
    before = listing(place)
    status, error = run(arguments)
    after = listing(place)
    changed = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    if changed:
        _restore(place, whole)
    assert status in ENDS
    assert Path("executed") not in changed
    leftovers = [path for path in changed if path.name.startswith((".partial.", ".old.", ".lock"))]
    assert leftovers == []
    outside = [path for path in changed if not any(_below(path, named) for named in allowed(arguments))]
    assert outside == []
    if status == 2:
        lines = [line for line in error.splitlines() if ": warning: " not in line]
        assert len(lines) == 1, error
        assert lines[0].startswith(("tfnss", "python -m recipes.")), error
        assert ": error: " in lines[0]
        if not {"prepare", "table", "ssd_lambda_sweep"} & {*arguments[:2]}:  # these go on with what is done
            assert changed == set()


def _below(path, named):
    resolved = [Path(os.path.abspath(each)) for each in (path, named)]
    return resolved[0] == resolved[1] or resolved[1] in resolved[0].parents or resolved[0] in resolved[1].parents


def _restore(place, whole):
    for path in place.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    shutil.copytree(whole, place, dirs_exist_ok=True)


def examples(count):
    """Settings under which a test draws the same examples each time; what is drawn from a seed does not shrink."""
    return settings(
        max_examples=count,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@given(arguments=command_lines())
@examples(20)
def test_no_command_line_ends_in_a_traceback(arguments, place, whole):
    check(arguments, place, whole)


@pytest.mark.exhaustive
@pytest.mark.filterwarnings("ignore")
@given(arguments=command_lines())
@examples(180)
def test_nor_do_more_of_them(arguments, place, whole):
    check(arguments, place, whole)
