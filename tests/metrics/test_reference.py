import dataclasses
import json
import os
import pickle
import re

import numpy as np
import pytest
import scipy.linalg

from tests.metrics.test_classes import Perfect, Pixels, reals
from tests.metrics.test_evaluation import Means
from tests.training.networks import tiny_gan, tiny_images
from tfnss.data import Images
from tfnss.metrics import Evaluation, Reference, frechet_distance, networks
from tfnss.metrics.networks.inception import HANDLE


def fid_of(a, b):
    """From the formula, by NumPy and SciPy alone."""
    (mu_a, cov_a), (mu_b, cov_b) = ((x.mean(axis=0), np.cov(x, rowvar=False)) for x in (a, b))
    root = scipy.linalg.sqrtm(cov_a @ cov_b).real
    return np.sum((mu_a - mu_b) ** 2) + np.trace(cov_a + cov_b - 2 * root)


@pytest.fixture
def images(pictures):
    return tiny_images(pictures)


@pytest.fixture
def file(images, tmp_path):
    path = tmp_path / "deep" / "reals.npz"
    Evaluation(Images(images, 8, name="faces"), network=Means(), real_images=None).reference().save(path)
    return path


def change(file, **entries):
    """Other entries of a file; None for none."""
    with np.load(file) as archive:
        arrays = dict(archive) | entries
    np.savez(file, **{name: array for name, array in arrays.items() if array is not None})


def about(file, **values):
    with np.load(file) as archive:
        return np.array(json.dumps(json.loads(archive["tfnss"].item()) | values))


def test_a_reference_holds_the_moments_of_all_images(images, file):
    activations = Means()(images).activations.astype(np.float64)
    with np.load(file, allow_pickle=False) as archive:
        np.testing.assert_allclose(archive["mu"], activations.mean(axis=0), rtol=1e-12)
        np.testing.assert_allclose(archive["sigma"], np.cov(activations, rowvar=False), rtol=1e-9)
        assert archive["mu"].dtype == archive["sigma"].dtype == np.float64
        assert json.loads(archive["tfnss"].item()) == {
            "format": 1,
            "count": 64,
            "network": "means",
            "key": "means 1",
            "resize": "none",
            "size": [8, 8],
            "name": "faces",
        }
    reference = Reference.load(file)
    assert (reference.count, reference.size, reference.name, reference.foreign) == (64, (8, 8), "faces", False)
    assert [path.name for path in file.parent.iterdir()] == ["reals.npz"]


@pytest.mark.parametrize(("real_images", "count"), [(None, 64), (20, 20), (10**6, 64)])
def test_fid_by_a_reference_is_that_of_its_images(real_images, count, images, tmp_path):
    gan, network = tiny_gan(), Means()
    evaluation = Evaluation(images, network=network, fake_images=30, real_images=real_images)
    record = evaluation(gan)
    assert (record["real_images"], record["fake_images"], record["reference"]) == (count, 30, None)
    chosen = images[np.random.default_rng(0).permutation(64)[:count]]
    expected = fid_of(*(network(x).activations.astype(np.float64) for x in (chosen, gan.generate(30))))
    assert record["fid"] == pytest.approx(expected, rel=1e-6)
    evaluation.reference().save(tmp_path / "x.npz")
    by_file = Evaluation(Reference.load(tmp_path / "x.npz"), ("fid", "is"), network, fake_images=30)(gan)
    assert by_file["fid"] == pytest.approx(expected, rel=1e-6)
    assert by_file["is"] == Evaluation(images, ("is",), network, fake_images=30)(gan)["is"]
    same = {name: by_file[name] for name in record if name not in ("fid", "reference")}
    assert same == {name: record[name] for name in same}
    assert by_file["reference"] == str(tmp_path / "x.npz")


def test_all_reals_are_read_once_and_kept(images):
    network = Means()
    Evaluation(images, network=network, real_images=None, fake_images=8)(tiny_gan())
    assert network.images == 64 + 8
    Evaluation(images, network=network, real_images=64, fake_images=8)(tiny_gan())
    assert network.images == 64 + 8 + 8


def test_all_reals_do_not_count_mirrored_ones(images):
    assert Evaluation(Images(images, 8, mirror=True), network=Means(), real_images=None).real_images == 64


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_a_file_of_another_tool(save, dtype, images, tmp_path):
    gan, network = tiny_gan(), Means()
    network.comparable = True
    activations = network(images).activations.astype(np.float64)
    sigma = np.cov(activations, rowvar=False).astype(dtype)
    save(tmp_path / "theirs.npz", mu=activations.mean(axis=0).astype(dtype), sigma=sigma)
    reference = Reference.load(tmp_path / "theirs.npz")
    assert reference.foreign
    record = Evaluation(reference, network=network, fake_images=30)(gan)
    expected = fid_of(activations, network(gan.generate(30)).activations.astype(np.float64))
    assert record["fid"] == pytest.approx(expected, rel=1e-3 if dtype == np.float32 else 1e-6)
    assert record["reals"] == "theirs.npz"
    assert record["reference"] == f"{tmp_path / 'theirs.npz'} (of another tool: its resizing is not known)"
    assert record["real_images"] is None
    assert record["resize"] == "fakes: none; reals: not known"
    assert record["comparable"] is False


def test_other_tools_can_read_a_file(file, images):
    with np.load(file) as archive:
        mean, covariance = archive["mu"][:], archive["sigma"][:]
    fakes = np.random.default_rng(0).normal(size=(20, 6))
    theirs = np.sum((mean - fakes.mean(axis=0)) ** 2) + np.trace(covariance + np.cov(fakes, rowvar=False))
    theirs -= 2 * np.trace(scipy.linalg.sqrtm(covariance @ np.cov(fakes, rowvar=False)).real)
    assert frechet_distance(Reference.load(file), fakes) == pytest.approx(theirs, rel=1e-6)


def test_classes_follow_the_labels_of_a_reference(tmp_path):
    """The samples are those that the images themselves would ask for."""
    evaluation = Evaluation(reals(), ("fid",), Pixels(), fake_images=100, real_images=50)
    expected = evaluation(Perfect())
    evaluation.reference().save(tmp_path / "x.npz")
    record = Evaluation(Reference.load(tmp_path / "x.npz"), ("fid",), Pixels(), fake_images=100)(Perfect())
    assert record["classes"] == expected["classes"] == "in the shares of the reals"
    assert record["fid"] == pytest.approx(expected["fid"])


def test_metrics_of_generators_need_no_images(file):
    record = Evaluation(Reference.load(file), ("condition",), fake_images=4)(tiny_gan())
    assert record["mc"] > 0


class Other(Means):
    name, key = "inception", HANDLE


def test_inception_of_the_hub_and_of_a_folder(images, tmp_path):
    """Which cannot be told to be one network."""
    Evaluation(images, network=Other()).reference().save(tmp_path / "x.npz")
    folder = Other()
    folder.key = "inception 0123"
    with pytest.warns(UserWarning, match="one network only if the folder holds"):
        Evaluation(Reference.load(tmp_path / "x.npz"), network=folder)
    Evaluation(images, network=folder).reference().save(tmp_path / "y.npz")
    folder.key = "inception 4567"
    with pytest.raises(ValueError, match="of the features inception, with other weights"):
        Evaluation(Reference.load(tmp_path / "y.npz"), network=folder)


@pytest.mark.parametrize("metric", ["kid", "pr", "spectrum"])
def test_metrics_that_need_the_images(metric, file):
    with pytest.raises(ValueError, match=f"reals.npz holds the mean and covariance .* {metric} cannot .*--data"):
        Evaluation(Reference.load(file), ("fid", metric), Means())


def test_fakes_of_another_size(file, pictures):
    evaluation = Evaluation(Reference.load(file), network=Means())
    with pytest.raises(ValueError, match=r"reals\.npz are 8x8, the fakes 32x32"):
        evaluation(pictures)
    Reference.load(file).check_size(8, 8)
    with pytest.raises(ValueError, match=r"reals\.npz is of images of 8x8, not 16x8"):
        Reference.load(file).check_size(8, 16)


def test_a_reference_needs_fid(images):
    with pytest.raises(ValueError, match="a reference is what fid needs"):
        Evaluation(images, ("kid",), Means(), fake_images=20).reference()


def test_a_file_in_the_home_folder(file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    Reference.load(file).save("~/reals.npz")
    assert (tmp_path / "home" / "reals.npz").exists()
    assert Reference.load("~/reals.npz").count == Reference.load(file).count


def test_a_file_needs_its_ending(file, tmp_path):
    with pytest.raises(ValueError, match=r"x must end in \.npz"):
        Reference.load(file).save(tmp_path / "x")
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"count": None}, "without count, as it is of the network means: give Reference(..., count=...)"),
        ({"size": None, "key": None}, "without key and size, as it is of the network means"),
        ({"resize": None}, "without resize"),
        ({"count": 1}, "is of 1 images; at least 2"),
        ({"labels": np.zeros(3, int)}, "has labels of shape (3,), int64; give integers >= 0 [64]"),
        ({"labels": np.zeros(64)}, "has labels of shape (64,), float64"),
    ],
)
def test_what_would_not_be_read_again_is_not_saved(change, says, file, tmp_path):
    whole = Reference.load(file)
    with pytest.raises(ValueError, match=re.escape(says)):
        dataclasses.replace(whole, **change).save(tmp_path / "x.npz")
    assert not (tmp_path / "x.npz").exists()


def test_numbers_of_numpy_are_saved(file, tmp_path):
    whole = Reference.load(file)
    labels = np.arange(64, dtype=np.uint64) % 3
    numpys = dataclasses.replace(whole, count=np.int64(64), size=np.array([8, 8]), labels=labels)
    numpys.save(tmp_path / "x.npz")
    again = Reference.load(tmp_path / "x.npz")
    assert (again.count, again.size, again.labels.dtype) == (64, (8, 8), np.int64)
    np.testing.assert_array_equal(again.labels, labels)
    foreign = Reference(whole.mean, whole.covariance)
    foreign.save(tmp_path / "foreign.npz")
    assert Reference.load(tmp_path / "foreign.npz").foreign


def test_a_reference_of_other_features(file):
    with pytest.raises(ValueError, match="of the features means, not embedded"):
        Evaluation(Reference.load(file), network=networks.load("embedded"))
    change(file, tfnss=None)
    with pytest.raises(ValueError, match=r"statistics of 6 features, and embedded .* has 120: .*--features"):
        Evaluation(Reference.load(file), network=networks.load("embedded"))


class Evil:
    def __reduce__(self):
        return os.mkdir, ("was-executed",)


# What is done to a file's entries, and what the line must say.
ENTRIES = [
    ({"mu": None}, "holds no mu"),
    ({"sigma": None}, "holds no sigma"),
    ({"mu": np.zeros((2, 3))}, "mu of shape (2, 3)"),
    ({"mu": np.zeros(0), "sigma": np.zeros((0, 0))}, "mu of shape (0,)"),
    ({"sigma": np.eye(5)}, "sigma of shape (5, 5)"),
    ({"sigma": np.eye(6) * 1j}, "not real numbers"),
    ({"mu": np.array(["x"] * 6)}, "not real numbers"),
    ({"mu": np.full(6, np.nan)}, "not finite"),
    ({"sigma": np.diag([1, 1, 1, 1, 1, np.inf])}, "not finite"),
    ({"sigma": np.eye(6) + np.eye(6, k=1)}, "not symmetric"),
    ({"sigma": np.diag([1.0, 1, 1, 1, 1, -1])}, "negative eigenvalue"),
    ({"mu": np.array([Evil()], object)}, "no archive of plain arrays"),
    ({"tfnss": np.array("{")}, "is damaged (tfnss"),
    ({"tfnss": np.array("[]")}, "is damaged (tfnss"),
    ({"tfnss": np.array(3)}, "is damaged (tfnss"),
    ({"labels": np.zeros(3, int)}, "labels of shape (3,)"),
]


@pytest.mark.parametrize(("entries", "says"), ENTRIES)
def test_bad_entries(entries, says, file, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    change(file, **entries)
    with pytest.raises(ValueError, match=re.escape(says)) as error:
        Reference.load(file)
    assert str(file) in str(error.value)
    assert "--save-reference" in str(error.value)
    assert not (tmp_path / "was-executed").exists()


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"count": 1}, "is of 1 images; at least 2 are needed"),
        ({"count": "many"}, "is damaged"),
        ({"format": 2}, "is of format 2"),
        ({"format": "1"}, "is damaged"),
        ({"network": None}, "is damaged"),
        ({"size": [8]}, "is damaged"),
        ({"size": None}, "is damaged"),
    ],
)
def test_bad_words_about_the_statistics(values, says, file):
    change(file, tfnss=about(file, **values))
    with pytest.raises(ValueError, match=re.escape(f"{file} {says}")) as error:
        Reference.load(file)
    assert "--save-reference" in str(error.value)


def test_bad_files(file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    whole = file.read_bytes()
    np.save(tmp_path / "one.npy", np.zeros(3))
    contents = {
        "empty": b"",
        "text": b"no archive",
        "truncated": whole[: len(whole) // 2],
        "flipped": whole[:200] + bytes([whole[200] ^ 255]) + whole[201:],
        "pickle": pickle.dumps({"mu": Evil()}),
        "one": (tmp_path / "one.npy").read_bytes(),
    }
    for name, content in contents.items():
        (tmp_path / f"{name}.npz").write_bytes(content)
        with pytest.raises(ValueError, match=f"{name}.npz is damaged, or no archive of plain arrays"):
            Reference.load(tmp_path / f"{name}.npz")
    with pytest.raises(ValueError, match=r"nowhere\.npz is not there"):
        Reference.load(tmp_path / "nowhere.npz")
    with pytest.raises(ValueError, match="is a folder"):
        Reference.load(tmp_path)
    assert not (tmp_path / "was-executed").exists()
