"""Every bad input: status 2, one line that names the culprit, nothing written."""

import shutil
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from recipes.dcgan_church64 import RECIPE as CHURCH
from recipes.dcgan_photos import RECIPE
from tests.metrics.networks_of_tests import without
from tfnss.commands import prepare
from tfnss.running.command_line import main


@pytest.fixture
def place(tmp_path):
    """A folder with good and bad data below it."""
    for name in ("good", "empty", "corrupt", "text", "alpha"):
        (tmp_path / name).mkdir()
    pixels = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    for name in ("good", "corrupt", "text", "alpha"):
        for index in range(8):
            Image.fromarray(pixels).save(tmp_path / name / f"{index}.png")
    whole = (tmp_path / "good" / "0.png").read_bytes()
    (tmp_path / "corrupt" / "3.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text" / "5.png").write_text("no image")
    seen_through = Image.fromarray(pixels).convert("RGBA")
    seen_through.putpixel((3, 3), (0, 0, 0, 0))
    seen_through.save(tmp_path / "alpha" / "6.png")
    prepare.main([str(tmp_path / "good"), str(tmp_path / "records"), "--resolution", "32"])
    (tmp_path / "file").write_text("a file")
    np.savez(tmp_path / "three.npz", mu=np.zeros(3), sigma=np.eye(3))
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "thesis.txt").write_text("precious")
    return tmp_path


def snapshot(place):
    return {path: path.read_bytes() if path.is_file() else None for path in place.rglob("*")}


# Flags ({} is the place), and what the line must say.
CASES = [
    ("--data {}/missing", "missing is not a folder"),
    ("--data {}/empty", "empty holds no images"),
    ("--data {}/corrupt", "corrupt/3.png cannot be read"),
    ("--data {}/text", "text/5.png is not an image"),
    ("--data {}/taken", "taken holds no images (thesis.txt is not an image)"),
    ("--data {}/alpha", "alpha/6.png is transparent in places"),
    ("--data {}/corrupt", "tfnss prepare leaves out the others"),
    ("--data {}/alpha --channels 1", "lay it on a colour (--background white, say), or take 4 channels (--channels 4)"),
    ("--data {}/alpha --background nocolour", "a colour, such as white or #ff8000. Received: background=nocolour"),
    ("--data {}/alpha --background white --channels 4", "images of 4 channels keep their alpha"),
    ("--data {}/records --channels 1", "records holds images of 3 channels, not 1: take channels=3, or prepare other"),
    ("--channels 2", "argument --channels: invalid choice: 2"),
    ("--channels grey", "argument --channels: invalid int value"),
    ("--data celeba", "celeba is neither a folder nor one of the data sets"),
    ("--resolution 100", "resolution=100; the nearest right ones: 104 and 96"),
    ("--resolution 100x72", "resolution=100x72; the nearest right ones: 104x72 and 96x72"),
    (
        "--resolution 16x",
        "argument --resolution: a resolution is one number, or WIDTHxHEIGHT such as 640x384. Received: 16x",
    ),
    ("--resolution 16x0", "WIDTHxHEIGHT such as 640x384. Received: 16x0"),
    ("--data {}/records --resolution 32x16", "records holds images of 32x32, not 32x16: take resolution=32"),
    ("--resolution 0", "resolution=0"),
    ("--stddev -0.1", "stddev=-0.1"),
    ("--kernel-stddev 2", "kernel_stddev=2"),
    ("--initial-time -1", "initial_time=-1"),
    ("--batch-size 0", "--batch-size must be above 0"),
    ("--batch-size 100000", "fewer than one batch of 100000"),
    ("--batch-size many", "--batch-size"),
    ("--kimg 0", "--kimg must be above 0"),
    ("--kimg nan", "--kimg must be a number, and smaller than 2**31. Received: nan"),
    ("--kimg 1e309", "--kimg must be a number, and smaller than 2**31. Received: inf"),
    ("--base-width 2147483648", "--base-width must be a number, and smaller than 2**31"),
    ("--r1-interval 99999999999999999999", "--r1-interval must be a number, and smaller than 2**31"),
    ("--discriminator-steps 99999999999999999999", "--discriminator-steps must be a number, and smaller than 2**31"),
    ("--seed 2147483647 --trials 2", "needs seeds of 2**31 and more: take fewer"),
    ("--data ~nobody-of-this-name/x", "x is not a folder"),
    ("--checkpoint-every 0", "--checkpoint-every must be above 0"),
    ("--checkpoint-every -1", "--checkpoint-every must be above 0"),
    ("--fid-every -1", "--fid-every must be at least 0"),
    ("--fid-images 1", "--fid-images must be at least 2"),
    ("--fid-reals 1", "--fid-reals must be all, or a number of at least 2"),
    ("--fid-reals half", "--fid-reals must be all, or a number of at least 2"),
    ("--fid-reference {}/file", "--fid-reference is for FIDs: add --fid-every"),
    ("--fid-reference {}/file --fid-every 1 --fid-reals all", "which --fid-reals counts: leave one out"),
    ("--fid-reference {}/file --fid-every 1 --features embedded", "file is damaged, or no archive of plain arrays"),
    ("--fid-reference {}/no.npz --fid-every 1 --features embedded", "no.npz is not there"),
    ("--fid-reference {}/three.npz --fid-every 1 --features embedded", "statistics of 3 features, and embedded"),
    ("--features resnet", "--features"),
    ("--fid-every 1 --features inception --inception {}/empty", "empty holds no SavedModel"),
    ("--seed -1", "--seed must lie in"),
    ("--trials 0", "--trials must be at least 1"),
    ("--base-width 0", "base_width=0"),
    ("--learning-rate 0", "--learning-rate must be above 0"),
    ("--beta-1 1", "--beta-1 must lie in"),
    ("--method gan-gr --penalty-weight -1", "weight=-1"),
    ("--method gan-gr --gamma 5", "which --method gan-gr has by --penalty-weight: leave --gamma out"),
    ("--method sgan", "--method"),
    ("--learning-rates 1", "--learning-rates"),
    ("--batch-statistics batch", "argument --batch-statistics: invalid choice: 'batch'"),
    ("--xla-cache {}/file", "file cannot be written"),
    ("--xla-cache {}/file/xla", "file is no folder to write to; name another place"),
    ("--run-dir {}/file/run", "file"),
    ("--run-dir {}/file", "file is not empty"),
    ("--run-dir {}/taken", "taken is not empty"),
    ("--run-dir /proc/run", "/proc/run cannot be made (No such file or directory): name another place with --run-dir"),
    ("--resume", "--run-dir"),
    ("--resume --run-dir {}/taken", "taken holds no run"),
]


@pytest.mark.parametrize(("flags", "says"), CASES)
def test_one_line_and_nothing_written(flags, says, place, capsys, monkeypatch):
    monkeypatch.chdir(place)
    before = snapshot(place)
    arguments = [*([] if "--resume" in flags else ["--smoke"]), *flags.format(*[place] * flags.count("{}")).split()]
    if "--data" in flags and "--run-dir" not in flags:
        arguments += ["--run-dir", str(place / "run")]
    with pytest.raises(SystemExit) as end:
        main(RECIPE, arguments)
    assert end.value.code == 2
    error = capsys.readouterr().err
    assert says in error
    assert len(error.strip().splitlines()) == 1
    assert snapshot(place) == before


@pytest.mark.filterwarnings("ignore")
def test_data_that_is_not_on_disk(place, capsys, monkeypatch):
    tfds = pytest.importorskip("tensorflow_datasets")
    monkeypatch.setattr(tfds.core.constants, "DATA_DIR", str(place / "empty"))
    with pytest.raises(SystemExit) as end:
        main(CHURCH, ["--run-dir", str(place / "run")])
    assert end.value.code == 2
    error = capsys.readouterr().err
    assert "lsun_church is not on disk" in error
    assert "name its LMDB export" in error
    assert len(error.strip().splitlines()) == 1
    assert not (place / "run").exists()


@pytest.mark.parametrize("missing", ["tensorflow_hub", "tf_keras"])
def test_inception_by_its_name_without_the_extra(missing, place, capsys, monkeypatch):
    without(monkeypatch, "tensorflow_hub")
    monkeypatch.setitem(sys.modules, missing, None)
    before = snapshot(place)
    flags = ["--smoke", "--run-dir", str(place / "run"), "--fid-every", "1", "--features", "inception"]
    with pytest.raises(SystemExit) as end:
        main(RECIPE, flags)
    assert end.value.code == 2
    said = capsys.readouterr()
    (line,) = (said.out + said.err).strip().splitlines()
    assert f"cannot be imported (import of {missing} halted" in line
    assert "pip install 'tfnss[inception]'; or unpack https://tfhub.dev/" in line
    assert "(--inception DIR, or TFNSS_INCEPTION), or choose --features embedded" in line
    assert snapshot(place) == before


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    run_dir = tmp_path_factory.mktemp("trained") / "run"
    main(RECIPE, ["--smoke", "--base-width", "4", "--run-dir", str(run_dir)])
    return run_dir


def test_resume_with_other_settings(trained, capsys):
    before = snapshot(trained)
    for recipe, flags, says in [
        (RECIPE, ["--learning-rate", "0.1"], "--learning-rate 0.1 contradicts the run's 0.0005"),
        (RECIPE, ["--nss"], '--method nss contradicts the run\'s "gan"'),
        (RECIPE, ["--trials", "3"], "--trials 3 contradicts the run's null"),
        (CHURCH, [], "is a run of dcgan_photos, not of dcgan_church64"),
    ]:
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main(recipe, ["--resume", "--run-dir", str(trained), *flags])
        assert end.value.code == 2
        error = capsys.readouterr().err
        assert says in error
        assert len(error.strip().splitlines()) == 1
    assert snapshot(trained) == before


def test_damaged_files_of_a_run(trained, tmp_path, capsys):
    run_dir = tmp_path / "run"
    shutil.copytree(trained, run_dir)
    (run_dir / "metrics.jsonl").write_text('{"kimg": 1}\nnull')
    for name in ("metrics.jsonl", "checkpoint.weights.h5", "settings.json"):
        content = (run_dir / name).read_bytes()
        (run_dir / name).write_bytes(content[: len(content) // 2])
        before = snapshot(run_dir)
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main(RECIPE, ["--resume", "--run-dir", str(run_dir)])
        assert end.value.code == 2
        error = capsys.readouterr().err
        assert f"{name} is damaged" in error
        assert len(error.strip().splitlines()) == 1
        assert snapshot(run_dir) == before


@pytest.mark.slow
def test_no_traceback_on_the_command_line(place):
    command = [sys.executable, "-m", "recipes.dcgan_photos", "--data", str(place / "corrupt"), "--batch-size", "8"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert len(ended.stderr.strip().splitlines()) == 1
    assert "3.png" in ended.stderr
