"""Classes from folders and lists, as users have them."""

import json

import numpy as np
import pytest

from tests.data.places import encoded, noise, write_folder, write_zip
from tests.training.networks import tiny_gan
from tfnss.data import Images, Preparation, load, originals, prepare
from tfnss.data.classes import check_classes, file_classes
from tfnss.data.folder import Folder

PIXELS = encoded(noise())


def classes_of(names, tmp_path, writer=write_folder):
    place = writer(tmp_path / ("x.zip" if writer is write_zip else "x"), dict.fromkeys(names, PIXELS))
    return load(place, 8, 1, labels=True).labels.tolist()


@pytest.mark.parametrize("writer", [write_folder, write_zip])
@pytest.mark.parametrize(
    ("names", "labels"),
    [
        (["cat/1.png", "dog/2.png"], [0, 1]),
        (["pets/cat/1.png", "pets/dog/2.png"], [0, 1]),
        (["pets/train/cat/1.png", "pets/train/dog/2.png", "pets/train/dog/3.png"], [0, 1, 1]),
        (["train/cat/1.png", "train/dog/2.png", "Test/cat/3.png", "Test/dog/4.png"], [0, 1, 0, 1]),
        (["cat/old/1.png", "cat/2.png", "dog/3.png"], [0, 0, 1]),
        (["train/1.png", "wreck/2.png"], [0, 1]),
        (["train/cat/1.png", "train/dog/2.png", "dev/cat/3.png", "Eval/dog/4.png"], [0, 1, 0, 1]),
    ],
    ids=str,
)
def test_the_class_is_the_folder_below_those_that_hold_all(names, labels, writer, tmp_path):
    order = sorted(range(len(names)), key=lambda index: tuple(names[index].split("/")))
    assert classes_of(names, tmp_path, writer) == [labels[index] for index in order]


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (["cat/1.png", "cat/2.png"], r"all 2 images of .*x are of one class \(cat\)"),
        (["pets/train/cat/1.png", "pets/train/cat/2.png"], r"one class \(cat\)"),
        (["1.png", "2.png"], r"1\.png has no class"),
        (["pets/cat/1.png", "pets/2.png"], r"2\.png has no class"),
        (["train/1.png", "test/2.png"], r"\.png has no class"),
        (["train/cat/1.png", "train/dog/2.png", "extra/cat/3.png"], "has the folders train and extra side by side"),
        (
            ["test/cat/1.png", "train/dog/2.png", "unlabelled/x/3.png"],
            "has the folders test and unlabelled side by side",
        ),
    ],
    ids=str,
)
def test_labels_that_tell_nothing_are_an_error(names, says, tmp_path):
    with pytest.raises(ValueError, match=says):
        classes_of(names, tmp_path)
    assert load(tmp_path / "x", 8, 1).labels is None


@pytest.mark.parametrize("names_in_list", [["00/1.png", "00/2.png"], ["pets/00/1.png", "pets/00/2.png"]], ids=str)
@pytest.mark.parametrize("writer", [write_folder, write_zip])
def test_a_list_in_the_one_folder_counts(writer, names_in_list, tmp_path):
    listed = json.dumps({"labels": [[name, index] for index, name in enumerate(names_in_list)]}).encode()
    files = {"pets/00/1.png": PIXELS, "pets/00/2.png": PIXELS, "pets/dataset.json": listed}
    place = writer(tmp_path / ("x.zip" if writer is write_zip else "x"), files)
    assert load(place, 8, 1, labels=True).labels.tolist() == [0, 1]
    assert len(load(place, 8, 1)) == 2


def test_names_of_classes(tmp_path):
    place = write_folder(tmp_path / "x", dict.fromkeys(["pets/dog/1.png", "pets/cat/2.png"], PIXELS))
    labels, names = file_classes(Folder(place))
    assert (labels.tolist(), names) == ([0, 1], ["cat", "dog"])
    images = load(place, 8, 1, labels=True)
    assert (images.class_names, images.class_counts.tolist()) == (["cat", "dog"], [1, 1])
    assert (load(place, 8, 1).class_names, load(place, 8, 1).class_counts) == (None, None)
    prepare(originals(place, labels=True), tmp_path / "records", Preparation(8))
    records = load(tmp_path / "records", 8, 1, labels=True).reseeded(5)
    assert (records.class_names, records.class_counts.tolist()) == (["cat", "dog"], [1, 1])
    assert load(tmp_path / "records", 8, 1).class_names is None


@pytest.mark.parametrize(
    ("class_names", "expected"),
    [
        (None, ["0", "1", "2", "3"]),
        (["ant", "bee", "cat", "dog", "eel"], ["ant", "bee", "cat", "dog", "eel"]),
        (["ant", "bee"], r"dataset\.json names 2 classes, and labels go up to 3; name all 4"),
        ("ants", "a list of strings"),
        ([1, 2, 3, 4], "a list of strings"),
    ],
)
def test_names_of_classes_in_a_list(class_names, expected, tmp_path):
    listed = {"labels": [["1.png", 3], ["2.png", 0]]} | ({} if class_names is None else {"class_names": class_names})
    files = {"1.png": PIXELS, "2.png": PIXELS, "dataset.json": json.dumps(listed).encode()}
    place = write_folder(tmp_path / "x", files)
    if isinstance(expected, str):
        with pytest.raises(ValueError, match=expected) as error:
            load(place, 8, 1, labels=True)
        assert "\n" not in str(error.value)
        return
    images = load(place, 8, 1, labels=True)
    assert images.class_names == expected
    assert images.class_counts.tolist() == [1, 0, 0, 1, 0][: len(expected)]
    assert images.class_counts.dtype == np.int64


def test_names_of_classes_of_arrays_and_photographs():
    array, labels = np.zeros((3, 8, 8, 3), np.uint8), np.array([2, 0, 2])
    assert Images(array, 1, labels=labels).class_names == ["0", "1", "2"]
    assert Images(array, 1, labels=labels).class_counts.tolist() == [1, 0, 2]
    assert Images(array, 1, labels=labels, class_names=np.array(["a", "b", "c"])).class_names == ["a", "b", "c"]
    assert Images(array, 1).class_names is None
    for names, says in ((["a", "b"], "names 2 classes, and labels go up to 2"), ("abc", "a list of strings")):
        with pytest.raises(ValueError, match=f"images.*{says}"):
            Images(array, 1, labels=labels, class_names=names)
    with pytest.raises(ValueError, match="has no labels"):
        Images(array, 1, class_names=["a"])
    photos = load("photos", 8, 1, labels=True)
    assert photos.class_names == ["astronaut", "cat", "coffee", "motorcycle", "rocket"]
    assert photos.class_counts.tolist() == [500] * 5


def test_classes_without_images():
    check_classes(np.array([0, 2, 1]), 3, "pets")
    with pytest.raises(ValueError, match=r"pets has no images of class 1, of a GAN of 3 classes.*as have images, 2"):
        check_classes(np.array([0, 2]), 3, "pets")
    check_classes(np.array([0, 2]), 3, "a batch", every=False)
    with pytest.raises(ValueError, match=r"class 3, out of range for a GAN of 3 classes \(0 to 2\)"):
        check_classes(np.array([0, 3]), 3, "pets")


def test_floats_from_0_to_1_are_refused_or_asked_for():
    """Keras' own examples divide by 255."""
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8, 8, 3), dtype=np.uint8)
    with pytest.raises(ValueError, match=r"these are in \[0, 1\].*value_range=\(0, 1\)"):
        Images(pixels / 255, 4)
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        tiny_gan_fit(pixels / 255)
    asked = Images(pixels / 255, 4, value_range=(0, 1))
    np.testing.assert_allclose(asked.take([3]), Images(pixels / 127.5 - 1, 4).take([3]), atol=1e-12)
    with pytest.raises(ValueError, match="value_range"):
        Images(pixels, 4, value_range=(0, 255))
    bright = Images(0.8 + pixels / 1275, 4, value_range=(0, 1))
    assert bright.take(range(8)).min() >= 0.6
    np.testing.assert_allclose(next(iter(bright.dataset()))[0].numpy().max(), bright.take(range(8)).max(), atol=0.1)
    with pytest.raises(ValueError, match=r"in \[0, 1\], as value_range=\(0, 1\) says.*from 0 to 255"):
        Images(pixels.astype("float32"), 4, value_range=(0, 1))
    with pytest.raises(ValueError, match=r"as value_range=\(0, 1\) says"):
        Images(pixels / 127.5 - 1, 4, value_range=(0, 1))
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        Images(np.zeros((8, 8, 8, 3)), 4)
    assert Images(pixels, 4, value_range=(0, 1)).take([0]).dtype == np.uint8  # of 8 bits there is but one range


def tiny_gan_fit(images):
    gan = tiny_gan()
    gan.compile()
    gan.fit(images, batch_size=4)
