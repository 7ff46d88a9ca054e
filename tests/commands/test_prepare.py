"""The command line of preparations, and training on what it writes."""

import errno
import io
import json
import zipfile

import numpy as np
import pytest

from recipes import nss_variance
from recipes.dcgan_photos import RECIPE
from tests.data.places import encoded, good_files, noise, truncated, write_folder, write_lmdb, write_zip
from tests.running.test_bad_input import snapshot
from tfnss import data
from tfnss.commands.prepare import main
from tfnss.data.folder import Folder
from tfnss.metrics import Evaluation
from tfnss.running.command_line import main as train
from tfnss.running.lock import only_writer
from tfnss.training.callbacks import read_history


@pytest.fixture
def place(tmp_path):
    """A folder of images, and what is none."""
    write_folder(tmp_path / "images", good_files())
    write_folder(tmp_path / "flawed", good_files(4) | {"a/cut.jpg": truncated("JPEG"), "a/cmyk.txt": b"x"})
    write_zip(tmp_path / "evil.zip", {"../evil.png": encoded(noise())})
    (tmp_path / "empty").mkdir()
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "thesis.txt").write_text("precious")
    write_folder(tmp_path / "locked", {".lock": b"another program's", "thesis.txt": b"precious"})
    return tmp_path


def test_what_it_prints(place, capsys):
    main([str(place / "flawed"), str(place / "records"), "--resolution", "16", "--labels"])
    lines = capsys.readouterr().out.strip().splitlines()
    assert lines[-5].startswith("4 images of 16x16, 2 classes: 1 shards, ")
    assert lines[-4].startswith("Skipped 2 (")
    assert lines[-3] == "  a/cmyk.txt is not an image"
    assert lines[-2].startswith("  a/cut.jpg cannot be read (")
    assert lines[-1].startswith(f"Next: tfnss train dcgan_photos --data {place / 'records'} --resolution 16")
    manifest = json.loads((place / "records" / "manifest.json").read_text())
    assert lines[-5].endswith(f"sha256 {manifest['sha256'][:16]}...")


@pytest.mark.filterwarnings("ignore")
def test_a_data_set_by_name(place):
    tfds = pytest.importorskip("tensorflow_datasets")
    with tfds.testing.mock_data(num_examples=7):
        arguments = ["cifar10", str(place / "records"), "--resolution", "16", "--labels", "--shard-images", "3"]
        main(arguments)
        expected = data.load("cifar10", 16, 1, labels=True)
        before = snapshot(place)
        (place / "records" / "shard-00001.tfrecord").unlink()
        main(arguments)
        assert snapshot(place) == before
    images = data.load(place / "records", 16, 1, labels=True)
    np.testing.assert_array_equal(images.take(range(7)), expected.array)
    np.testing.assert_array_equal(images.labels, expected.labels)


def test_an_lsun_export(place):
    pytest.importorskip("lmdb")
    files = {f"{index:03d}": encoded(noise(seed=index), "WEBP") for index in range(5)} | {"zzz": b"junk"}
    write_lmdb(place / "church_lmdb", files)
    main([str(place / "church_lmdb"), str(place / "records"), "--resolution", "16"])
    assert len(data.load(place / "records", 16, 1)) == 5
    assert json.loads((place / "records" / "manifest.json").read_text())["skipped"] == [["zzz", "is not an image"]]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:the covariance")
def test_a_run_on_records(place, capsys):
    main([str(place / "images"), str(place / "records"), "--resolution", "32"])
    arguments = ["--smoke", "--base-width", "4", "--batch-size", "4"]
    train(RECIPE, [*arguments, "--data", str(place / "records"), "--run-dir", str(place / "run")])
    assert read_history(place / "run" / "history.csv")[-1]["kimg"] > 0
    nss_variance.main(["--data", str(place / "records"), "--resolution", "32", "--images", "4"])
    assert "The variance at t = 256" in capsys.readouterr().out


def test_metrics_of_records_zips_and_folders_are_equal(place):
    main([str(place / "images"), str(place / "records"), "--resolution", "32"])
    with zipfile.ZipFile(place / "images.zip", "w") as archive:
        for name, content in good_files().items():
            archive.writestr(name, content)
    fakes = np.stack([noise(32, 32, seed) for seed in range(20, 30)])
    reals = [
        data.load(place / name, 32, 1, cache_gb=gb) for name in ("images", "images.zip", "records") for gb in (8, 0)
    ]
    values = [Evaluation(x, ("spectrum",))(fakes)["spectral_distance_db"] for x in (*reals, place / "records")]
    assert len(set(values)) == 1


CASES = [
    ("{}/missing {}/new --resolution 16", "missing is not a folder"),
    ("missing {}/new --resolution 16", "missing is neither a folder nor one of the data sets"),
    ("photos {}/new --resolution 16", "photos is neither a folder nor one of the data sets"),
    ("{}/missing.zip {}/new --resolution 16", "missing.zip is not a zip"),
    ("{}/empty {}/new --resolution 16", "empty holds no images"),
    ("{}/evil.zip {}/new --resolution 16", "evil.zip holds the name ../evil.png"),
    ("{}/images {}/taken --resolution 16", "taken is not empty"),
    ("{}/images {}/images/records --resolution 16", "lies in"),
    ("{}/images {}/new", "--resolution"),
    ("{}/images {}/new --resolution 0", "resolution=0"),
    ("{}/images {}/new --resolution 16 --shard-images 0", "shard_images=0"),
    ("{}/images {}/new --resolution 16 --max-images -1", "max_images=-1"),
    ("{}/images {}/new --resolution 16 --crop top", "--crop"),
    ("{}/images {}/new --resolution 16 --filter nearest", "--filter"),
    ("{}/taken {}/new --resolution 16 --labels", "taken holds no images (thesis.txt is not an image)"),
    ("{}/images {}/locked --resolution 16", "locked is not empty"),
    ("{}/images /proc/new --resolution 16", "/proc/new"),
]


@pytest.mark.parametrize(("flags", "says"), CASES)
def test_one_line_and_nothing_written(flags, says, place, capsys, monkeypatch):
    monkeypatch.chdir(place)
    before = snapshot(place)
    with pytest.raises(SystemExit) as end:
        main(flags.format(*[place] * flags.count("{}")).split())
    assert end.value.code == 2
    error = capsys.readouterr().err
    assert says in error
    assert len(error.strip().splitlines()) == 1
    assert snapshot(place) == before


def test_one_process_writes_and_leaves_no_lock(place, capsys):
    dest = place / "records"
    dest.mkdir()
    arguments = [str(place / "images"), str(dest), "--resolution", "16"]
    with only_writer(dest), pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2
    assert f"{dest} is being written by process" in capsys.readouterr().err
    assert not list(dest.iterdir())
    (dest / ".lock").write_text("process 1 on another machine")  # of a process that was killed
    main(arguments)
    assert {path.name for path in dest.iterdir()} == {"manifest.json", "shard-00000.tfrecord", "shard-00000.json"}


def test_a_failing_disk(place, capsys, monkeypatch):
    arguments = [str(place / "images"), str(place / "records"), "--resolution", "16", "--shard-images", "3"]
    opened = Folder.open

    def failing(files, index):
        if index == 7:
            raise OSError(errno.EIO, "Input/output error")
        return opened(files, index)

    with monkeypatch.context() as patch:
        patch.setattr(Folder, "open", failing)
        with pytest.raises(SystemExit) as end:
            main(arguments)
    assert end.value.code == 2
    error = capsys.readouterr().err
    assert "b/03.png cannot be read (Input/output error): mend that, and the same command goes on" in error
    assert len(error.strip().splitlines()) == 1
    assert len(list((place / "records").glob("shard-*.json"))) == 2
    main(arguments)
    assert json.loads((place / "records" / "manifest.json").read_text())["count"] == 12


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_any_name_is_printed(encoding, place, monkeypatch):
    out = io.TextIOWrapper(io.BytesIO(), encoding)
    monkeypatch.setattr("sys.stdout", out)
    write_folder(place / "flawed", {"\udcff[/b]é.png": b"x"})
    main([str(place / "flawed"), str(place / "records-\udcfe"), "--resolution", "16"])
    out.flush()
    lines = out.buffer.getvalue().decode(encoding).splitlines()
    assert f"  \\udcff[/b]{'é' if encoding == 'utf-8' else chr(92) + 'xe9'}.png is not an image" in lines
    assert "records-\\udcfe" in lines[-1]
    assert len(data.load(place / "records-\udcfe", 16, 1)) == 4


def test_stopped_by_the_keyboard(place, capsys, monkeypatch):
    def stopped(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("tfnss.data.prepare", stopped)
    with pytest.raises(SystemExit) as end:
        main([str(place / "images"), str(place / "new"), "--resolution", "16"])
    assert end.value.code == 130
    assert "The same command goes on" in capsys.readouterr().out
