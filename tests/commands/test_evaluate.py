import json
import shutil

import keras
import numpy as np
import pytest
from PIL import Image

from recipes import nss_variance
from recipes.dcgan_photos import RECIPE
from tests.metrics.networks_of_tests import save_tiny_inception
from tests.running.test_bad_input import snapshot
from tfnss import data, metrics
from tfnss.commands import evaluate
from tfnss.metrics import results
from tfnss.running.command_line import main as train
from tfnss.running.stored import load_run

pytestmark = pytest.mark.slow

TINY = ["--smoke", "--base-width", "4"]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A run of two seeds, and its first, which is a run too."""
    place = tmp_path_factory.mktemp("runs")
    train(RECIPE, [*TINY, "--trials", "2", "--run-dir", str(place / "two")])
    shutil.copytree(place / "two" / "seed-0", place / "one")
    return place


@pytest.fixture
def place(runs, tmp_path):
    """A copy of the runs, and folders of images."""
    shutil.copytree(runs, tmp_path / "runs")
    images = data.load("photos", 32).array
    for name, chosen in (("reals", images[:9]), ("fakes", images[9:15]), ("single", images[:1])):
        (tmp_path / name).mkdir()
        for index, image in enumerate(chosen):
            Image.fromarray(image).save(tmp_path / name / f"{index}.png")
    shutil.copytree(tmp_path / "fakes", tmp_path / "mixed")
    Image.fromarray(images[0, :16]).save(tmp_path / "mixed" / "9.png")
    for name, count in (("wide", 1), ("wide2", 2)):
        (tmp_path / name).mkdir()
        for index in range(count):
            Image.fromarray(images[index, :16]).save(tmp_path / name / f"{index}.png")
    (tmp_path / "empty").mkdir()
    return tmp_path


@pytest.mark.filterwarnings("ignore:the covariance")
def test_a_run_is_measured_and_recorded(place, capsys):
    run = place / "runs" / "one"
    evaluate.main([str(run), "--metrics", "fid,pr,spectrum,condition", "--images", "20", "--seed", "3"])
    (record,) = results.read(run / "metrics.jsonl")
    assert {"fid", "precision", "recall", "spectral_distance_db", "spectrum_gap", "mc", "ttmc"} < record.keys()
    assert (record["kimg"], record["seed"], record["fake_images"], record["real_images"]) == (0.064, 3, 20, 20)
    assert record["reals"] == "photos"
    assert "not comparable" in record["network"]
    gan = load_run(run)
    network = metrics.networks.load("embedded")
    expected = metrics.Evaluation(data.load("photos", 32), ("fid",), network, 20, 20, seed=3)(gan)
    assert record["fid"] == pytest.approx(expected["fid"])
    output = capsys.readouterr().out
    assert "at 0.1 kimg: 20 images (seed 3) against 20 of photos" in output
    assert "not comparable with Inception" in output
    with Image.open(run / "spectrum.png") as picture:
        assert np.asarray(picture).std() > 0
    page = (run / "report.html").read_text()
    assert f"{record['fid']:.4g}"[:4] in page
    assert "spectrum.png" in page


def test_all_seeds_of_a_run(place, capsys):
    evaluate.main([str(place / "runs" / "two"), "--metrics", "spectrum", "--images", "8"])
    values = []
    for seed in (0, 1):
        (record,) = results.read(place / "runs" / "two" / f"seed-{seed}" / "metrics.jsonl")
        values.append(record["spectral_distance_db"])
    last = next(line for line in reversed(capsys.readouterr().out.splitlines()) if "spectral_distance_db" in line)
    assert float(last.split()[1]) == pytest.approx(np.mean(values), rel=1e-4)
    assert float(last.split()[3]) == pytest.approx(np.std(values, ddof=1), rel=1e-3)


@pytest.mark.filterwarnings("ignore:the covariance")
def test_two_folders_under_inception(place, capsys):
    save_tiny_inception(place / "inception")
    out = place / "results" / "metrics.jsonl"
    flags = ["--metrics", "fid,is", "--data", str(place / "reals"), "--inception", str(place / "inception")]
    evaluate.main([str(place / "fakes"), *flags, "--out", str(out)])
    (record,) = results.read(out)
    assert record["network"] == "inception"
    assert (record["real_images"], record["fake_images"]) == (9, 6)
    assert "is_std" in record
    assert sorted(path.name for path in (place / "fakes").iterdir()) == [f"{i}.png" for i in range(6)]
    assert "299x299" in capsys.readouterr().out


@pytest.mark.filterwarnings("ignore:the covariance")
def test_reals_of_a_folder_are_brought_to_its_size(place):
    """Photographs of several sizes, and a named data set."""
    images = np.asarray(data.load("photos", 64).array[:9])
    (place / "photos").mkdir()
    for index, image in enumerate(images):
        Image.fromarray(image[: 64 - index]).save(place / "photos" / f"{index}.png")
    out = place / "metrics.jsonl"
    flags = ["--metrics", "fid", "--features", "embedded", "--out", str(out), "--images", "9"]
    for chosen in (["--data", str(place / "photos")], ["--data", "photos"]):
        evaluate.main([str(place / "fakes"), *flags, *chosen])
        evaluate.main([str(place / "fakes"), *flags, *chosen, "--resolution", "32"])
    first, again, named, named_again = (record["fid"] for record in results.read(out))
    assert first == again
    assert named == named_again != first


@pytest.mark.filterwarnings("ignore:the covariance")
@pytest.mark.parametrize(
    ("flags", "counts"),
    [
        ("--images 8 --reals 20", (20, 8)),
        ("--images 8 --reals all", (2500, 8)),
        pytest.param("--images 8", (8, 8), marks=pytest.mark.exhaustive),
        pytest.param("--images 8 --reals 1000000", (2500, 8), marks=pytest.mark.exhaustive),
        pytest.param("--reals 5", (5, 1000), marks=pytest.mark.exhaustive),
    ],
)
def test_all_reals_against_fewer_fakes(flags, counts, place):
    run = place / "runs" / "one"
    evaluate.main([str(run), *flags.split()])
    (record,) = results.read(run / "metrics.jsonl")
    assert (record["real_images"], record["fake_images"]) == counts
    network, reals = metrics.networks.load("embedded"), data.load("photos", 32)
    expected = metrics.Evaluation(reals, ("fid",), network, counts[1], counts[0])(load_run(run))
    assert record["fid"] == pytest.approx(expected["fid"], rel=1e-6)
    assert f"{counts[1]} fakes, {counts[0]} of photos" in (run / "report.html").read_text()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:the covariance")
def test_a_reference_stands_in_for_the_images(place, capsys):
    """Of the run's own images, and after they are gone."""
    run, file = place / "runs" / "one", place / "new" / "photos.npz"
    evaluate.main([str(run), "--images", "20", "--reals", "all", "--save-reference", str(file)])
    assert f"are in {file}, for --reference" in capsys.readouterr().out
    settings = json.loads((run / "settings.json").read_text())
    settings["settings"]["data"] = str(place / "gone")
    (run / "settings.json").write_text(json.dumps(settings))
    evaluate.main([str(run), "--images", "20", "--reference", str(file)])
    by_images, by_file = results.read(run / "metrics.jsonl")
    assert by_file["fid"] == pytest.approx(by_images["fid"])
    assert by_file == by_images | {"fid": by_file["fid"], "reference": str(file)}
    assert f"20 images (seed 0) against 2500 of photos, by {file}" in capsys.readouterr().out
    assert f"20 fakes, 2500 of photos, by {file}" in (run / "report.html").read_text()


@pytest.mark.filterwarnings("ignore:the covariance")
def test_references_of_folders_and_of_other_tools(place, capsys):
    """A file of --save-reference tells the features; of mu and sigma alone the user does."""
    flags, ours, theirs = ["--out", str(place / "m.jsonl")], place / "ours.npz", place / "theirs.npz"
    fakes = str(place / "fakes")
    named = ["--data", str(place / "reals"), "--features", "embedded"]
    evaluate.main([fakes, *flags, *named, "--save-reference", str(ours)])
    with np.load(ours) as arrays:
        np.savez_compressed(theirs, mu=arrays["mu"], sigma=arrays["sigma"])
    evaluate.main([fakes, *flags, "--reference", str(ours)])
    evaluate.main([fakes, *flags, "--reference", str(theirs), "--features", "embedded"])
    records = results.read(place / "m.jsonl")
    assert [record["fid"] for record in records] == pytest.approx([records[0]["fid"]] * 3)
    assert [record["real_images"] for record in records] == [9, 9, None]
    assert "resizing is not known" in records[2]["reference"]
    output = capsys.readouterr().out
    assert f"against an unknown number of theirs.npz, by {theirs} (of another tool" in output
    assert "reals: not known" in output


def test_kid_of_a_folder_counts_its_images(place, capsys):
    """50,000 are the default, which 9 reals are too few for."""
    flags = ["--metrics", "kid", "--features", "embedded", "--data", str(place / "reals")]
    evaluate.main([str(place / "fakes"), *flags])
    assert "kid " in capsys.readouterr().out


def test_spectra_are_drawn_beside_the_results(place):
    out = place / "results" / "metrics.jsonl"
    flags = ["--metrics", "spectrum", "--images", "6", "--out", str(out)]
    evaluate.main([str(place / "fakes"), "--data", str(place / "reals"), *flags])
    evaluate.main([str(place / "runs" / "two"), *flags])
    assert len(results.read(out)) == 3
    pictures = {f"spectrum-{name}.png" for name in ("fakes", "seed-0", "seed-1")}
    assert {path.name for path in out.parent.iterdir()} == {"metrics.jsonl", *pictures}
    for name in pictures:
        with Image.open(out.parent / name) as picture:
            assert np.asarray(picture).std() > 0
    assert not list((place / "runs" / "two").rglob("spectrum*"))


def test_path_length_with_weights_of_a_file(place):
    keras.utils.set_random_seed(0)
    keras.applications.VGG16(weights=None, include_top=False).save_weights(place / "vgg16.weights.h5")
    run = place / "runs" / "one"
    evaluate.main(
        [str(run), "--metrics", "ppl,ppl2_zfull", "--images", "8", "--vgg16", str(place / "vgg16.weights.h5")]
    )
    (record,) = results.read(run / "metrics.jsonl")
    assert record["ppl2_zend"] > 0
    assert record["ppl2_zfull"] > 0
    assert record["network"] is None
    assert record["perceptual_network"].startswith("LPIPS 0.1, VGG16 ")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:the covariance")
def test_fid_in_training_is_that_after_it(place):
    run = place / "runs" / "measured"
    train(RECIPE, [*TINY, "--fid-every", "0.03", "--fid-images", "20", "--run-dir", str(run)])
    evaluate.main([str(run)])
    lines = results.read(run / "metrics.jsonl")
    assert [line["kimg"] for line in lines] == [0.032, 0.064, 0.064]
    assert lines[1]["fid"] == pytest.approx(lines[2]["fid"])
    assert lines[2]["fake_images"] == 20  # the run's own settings


# Arguments ({} is the place), and what the line must say.
CASES = [
    ("{}/runs/one --out {}/fakes/0.png/x", "is no folder to write to; name another place"),
    ("{}/runs/one --save-reference {}/fakes/0.png/y.npz", "y.npz cannot be written: "),
    ("{}/nowhere", "nowhere is neither the folder of a run nor of images"),
    ("{}/single --data {}/reals --features embedded", "fake_images=1,"),
    ("{}/fakes --data {}/single --features embedded", "Received: 1 of "),
    ("{}/mixed --data {}/reals --features embedded", "images differ in size"),
    ("{}/wide --data {}/reals --features embedded --images 2", "fake_images=1,"),
    ("{}/wide2 --data {}/reals --features embedded --resolution 0x9", "WIDTHxHEIGHT such as 640x384. Received: 0x9"),
    ("{}/fakes --data {}/reals --features embedded --resolution 16", "images differ in size"),
    ("{}/fakes --data {}/reals --features embedded --metrics condition", "property of a generator"),
    ("{}/fakes --data {}/reals --features embedded --out {}/empty", "is a folder; name a file"),
    ("{}/runs/one --seed -1", "the seed must lie in"),
    ("{}/runs/half", "seed-1 has no checkpoint yet"),
    ("{}/runs/typed", "settings.json is damaged (base_width: x)"),
    ("{}/empty --data {}/reals", "empty holds no images"),
    ("{}/fakes", "name the real ones with --data DIR"),
    ("{}/fakes --data nothing --features embedded", "nothing is not a folder"),
    ("{}/fakes --data {}/reals --metrics ppl --vgg16 {}/no.h5", "no.h5 is not there"),
    ("{}/fakes --data {}/reals --inception {}/empty", "empty holds no SavedModel"),
    ("{}/runs/one --metrics fid,iq", "iq is not a metric; choose of fid, is, kid"),
    ("{}/runs/one --metrics is", "needs classes"),
    ("{}/runs/one --images 1", "at least 2 real and 2 fake"),
    ("{}/runs/one --batch-size 0", "batch_size=0"),
    ("{}/runs/one --metrics ppl_wend --vgg16 {}/vgg16.weights.h5 --images 4", "need a generator with styles"),
    ("{}/runs/one --reals some", "--reals must be all, or a number of at least 2. Received: some"),
    ("{}/runs/one --reals 1", "--reals must be all, or a number of at least 2. Received: 1"),
    ("{}/runs/one --reals -3", "--reals must be all, or a number of at least 2. Received: -3"),
    ("{}/runs/one --reals 2.5", "--reals must be all, or a number of at least 2. Received: 2.5"),
    ("{}/runs/one --metrics pr --reals 3", "pr needs at least 4 real"),
    ("{}/runs/one --metrics kid --reals all --images 4", "kid needs 2 images of each set per 1024"),
    ("{}/runs/one --reference {}/nowhere.npz", "nowhere.npz is not there"),
    ("{}/runs/one --reference {}/empty", "empty is a folder: name a file of --save-reference"),
    ("{}/runs/one --reference {}/text.npz", "text.npz is damaged, or no archive of plain arrays"),
    ("{}/runs/one --reference {}/cut.npz", "cut.npz is damaged, or no archive of plain arrays"),
    ("{}/runs/one --reference {}/pickled.npz", "pickled.npz is damaged, or no archive of plain arrays"),
    ("{}/runs/one --reference {}/images.npz --features embedded", "images.npz holds no mu"),
    ("{}/runs/one --reference {}/nan.npz", "nan.npz holds statistics that are not finite"),
    ("{}/runs/one --reference {}/askew.npz", "askew.npz holds a sigma that is not symmetric"),
    ("{}/runs/one --reference {}/few.npz", "few.npz is of 1 images; at least 2 are needed"),
    ("{}/runs/one --reference {}/future.npz", "future.npz is of format 2"),
    ("{}/runs/one --reference {}/large.npz", "large.npz is of images of 64x64, not 32x32"),
    ("{}/fakes --reference {}/large.npz", "large.npz is of images of 64x64, not 32x32"),
    ("{}/runs/one --reference {}/theirs.npz", "theirs.npz does not tell the network"),
    ("{}/runs/one --reference {}/theirs.npz --features embedded", "statistics of 3 features, and embedded"),
    ("{}/runs/one --reference {}/other.npz --features embedded", "of the features inception, not embedded"),
    (
        "{}/runs/one --reference {}/good.npz --metrics fid,kid,pr",
        "kid, pr cannot do without the real images: name --data",
    ),
    ("{}/runs/one --reference {}/good.npz --data {}/reals", "--data is about those: leave one out"),
    ("{}/runs/one --reference {}/good.npz --reals all", "--reals is about those: leave one out"),
    ("{}/runs/one --reference {}/good.npz --save-reference {}/x.npz", "--save-reference is about those"),
    ("{}/runs/one --reference {}/good.npz --nearest", "--nearest is about those: leave one out"),
    ("{}/fakes --data {}/reals --features embedded --nearest", "name their file with --out FILE"),
    ("{}/runs/one --save-reference {}/good.npz", "good.npz is there already: name another file"),
    ("{}/runs/one --save-reference {}/x", "x must end in .npz"),
    ("{}/runs/one --save-reference {}/x.npz --metrics spectrum", "add fid to --metrics"),
    ("{}/fakes --data {}/reals --features embedded --resolution 16 --save-reference {}/x.npz", "images differ in size"),
    ("{}/runs/one --data celeba", "celeba is not a folder"),
    ("{}/runs/one --seeds 3", "--seeds"),
    ("{}/runs/one --channels 1", "--channels goes with a folder of images"),
    ("{}/runs/one --resolution 16", "--resolution goes with a folder of images: those of a run have the run's"),
    ("{}/runs/untrained", "untrained has no checkpoint yet"),
    ("{}/runs/damaged", "settings.json is damaged"),
    ("{}/runs/foreign", "names the recipe os"),
    ("{}/runs/old", "is of another version of its recipe"),
]


@pytest.fixture
def broken(place):
    one = place / "runs" / "one"
    for name in ("untrained", "damaged", "foreign", "old", "typed"):
        shutil.copytree(one, place / "runs" / name)
    shutil.copytree(place / "runs" / "two", place / "runs" / "half")
    (place / "runs" / "half" / "seed-1" / "checkpoint.weights.h5").unlink()
    (place / "runs" / "untrained" / "checkpoint.weights.h5").unlink()
    (place / "runs" / "damaged" / "settings.json").write_text("{")
    settings = json.loads((one / "settings.json").read_text())
    for name, change in (
        ("foreign", {"recipe": "os"}),
        ("old", {"settings": {"data": "photos"}}),
        ("typed", {"settings": settings["settings"] | {"base_width": "x"}}),
    ):
        (place / "runs" / name / "settings.json").write_text(json.dumps(settings | change))
    save_bad_references(place)
    return place


def save_bad_references(place):
    about = {"format": 1, "count": 9, "network": "embedded (not comparable with Inception)", "size": [32, 32]}
    about |= {"key": metrics.networks.Embedded.key, "resize": "somehow", "name": "reals"}
    good = {"mu": np.zeros(120), "sigma": np.eye(120), "tfnss": np.array(json.dumps(about))}
    contents = {
        "good": good,
        "theirs": {"mu": np.zeros(3), "sigma": np.eye(3)},
        "images": {"arr_0": np.zeros((2, 8, 8, 3), np.uint8)},
        "pickled": good | {"mu": np.array([{}], object)},
        "nan": good | {"mu": np.full(120, np.nan)},
        "askew": good | {"sigma": np.eye(120) + np.eye(120, k=1)},
    }
    changes = {"few": {"count": 1}, "future": {"format": 2}, "large": {"size": [64, 64]}}
    changes["other"] = {"network": "inception", "key": "inception 0123"}
    contents |= {name: good | {"tfnss": np.array(json.dumps(about | change))} for name, change in changes.items()}
    for name, arrays in contents.items():
        np.savez(place / f"{name}.npz", **arrays)
    (place / "text.npz").write_text("no archive")
    whole = (place / "good.npz").read_bytes()
    (place / "cut.npz").write_bytes(whole[: len(whole) // 2])


@pytest.mark.parametrize(("arguments", "says"), CASES)
def test_one_line_and_nothing_written(arguments, says, broken, capsys, monkeypatch):
    monkeypatch.chdir(broken)
    if "vgg16.weights" in arguments:
        keras.applications.VGG16(weights=None, include_top=False).save_weights(broken / "vgg16.weights.h5")
    before = snapshot(broken)
    with pytest.raises(SystemExit) as end:
        evaluate.main(arguments.replace("{}", str(broken)).split())
    assert end.value.code == 2
    error = capsys.readouterr().err
    assert says in error
    assert len([line for line in error.splitlines() if "error" in line]) == 1
    assert snapshot(broken) == before


def test_variance_curves(tmp_path, capsys):
    nss_variance.main(["--resolution", "16", "--images", "32", "--out", str(tmp_path / "variance.png")])
    lines = capsys.readouterr().out.splitlines()
    first, last = ([float(x) for x in lines[i].split()] for i in (1, len(nss_variance.TIMES)))
    assert first[1] == first[2] == first[3]
    assert last[0] == 256
    assert last[1] > first[1] > last[2]
    assert (tmp_path / "variance.png").stat().st_size > 1000
    with pytest.raises(SystemExit):
        nss_variance.main(["--images", "0"])
    assert "--images must be at least 1" in capsys.readouterr().err
