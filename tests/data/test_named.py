import threading

import numpy as np
import pytest

from tfnss.data import load, named
from tfnss.data.named import NAMED, NamedDataset, NamedOriginals
from tfnss.data.pixels import squeezed

tfds = pytest.importorskip("tensorflow_datasets")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", NAMED)
def test_reads_prepared_data(name):
    """Through TensorFlow Datasets' own mock: its shapes and splits, random pixels."""
    with tfds.testing.mock_data(num_examples=4):
        images = load(name, resolution=16, batch_size=2)
    assert images.array.shape[0] >= 4
    assert images.array.shape[1:] == (16, 16, 3)
    assert images.array.dtype == np.uint8
    assert images.array.std() > 0
    assert images.labels is None


@pytest.mark.filterwarnings("ignore")
def test_images_are_resized_by_several_threads_in_their_order(monkeypatch):
    threads = set()

    def resized(*args):
        threads.add(threading.current_thread())
        return squeezed(*args)

    monkeypatch.setattr(named, "squeezed", resized)
    with tfds.testing.mock_data(num_examples=100):
        images = load("cifar10", 16, 2, labels=True)
        originals = list(NamedOriginals("cifar10", labels=True).between(0, 100))
    assert threading.main_thread() not in threads
    np.testing.assert_array_equal(images.labels, [original.label for original in originals])
    for image, original in zip(images.array, originals, strict=True):
        with original.opening as pixels:
            np.testing.assert_array_equal(image, squeezed(pixels, 16))


@pytest.mark.filterwarnings("ignore")
def test_pixels_that_do_not_fit_are_an_error():
    with tfds.testing.mock_data(num_examples=100):
        assert len(load("cifar10", 50, 2, cache_gb=0.00075)) == 100
        with pytest.raises(ValueError, match=r"takes 0\.00075 GB .* at 50x50, over cache_gb=0\.00074: .*data\.prepare"):
            load("cifar10", 50, 2, cache_gb=0.00074)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("channels", [1, 4])
def test_other_channels(channels):
    with tfds.testing.mock_data(num_examples=4):
        images, colours = (load("cifar10", 32, 2, channels=count).array.astype(int) for count in (channels, 3))
    assert images.shape == (*colours.shape[:3], channels)
    if channels == 1:
        np.testing.assert_allclose(images[..., 0], colours @ [0.299, 0.587, 0.114], atol=1)
    else:
        np.testing.assert_array_equal(images[..., :3], colours)
        assert (images[..., 3] == 255).all()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("channels", [1, 3])
def test_grey_data_sets(channels, monkeypatch):
    monkeypatch.setitem(NAMED, "mnist", NamedDataset("mnist", "train", classes=10))
    with tfds.testing.mock_data(num_examples=4):
        images = load("mnist", 28, 2, channels=channels).array
        grey = load("mnist", 28, 2, channels=1).array
    assert images.shape == (4, 28, 28, channels)
    np.testing.assert_array_equal(images, grey.repeat(channels, 3))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", NAMED)
def test_labels_are_the_data_sets_own(name):
    with tfds.testing.mock_data(num_examples=4):
        if not NAMED[name].classes:
            with pytest.raises(ValueError, match=f"{name} has no labels"):
                load(name, resolution=16, batch_size=2, labels=True)
            return
        images = load(name, resolution=16, batch_size=2, labels=True)
    labels = images.labels
    assert images.class_names == tfds.builder(NAMED[name].tfds_name).info.features["label"].names
    assert labels.dtype == np.int64
    assert labels.max() < NAMED[name].classes
    assert NAMED[name].classes == tfds.builder(NAMED[name].tfds_name).info.features["label"].num_classes


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", NAMED)
def test_says_how_to_get_what_is_not_on_disk(name, tmp_path, monkeypatch):
    monkeypatch.setattr(tfds.core.constants, "DATA_DIR", str(tmp_path))
    with pytest.raises(ValueError, match=f"{name} is not on disk: .*a folder of its images"):
        load(name, 16, 2)
