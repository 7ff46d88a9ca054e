import threading

import numpy as np
import pytest
import tensorflow as tf

from tests.training.networks import tiny_gan, tiny_images
from tfnss.data import Images
from tfnss.uint8 import to_uint8


class Numbers:
    """A source of images whose pixels hold their index, that counts what is read."""

    name, labels, fingerprint = "numbers", None, None

    def __init__(self, count, shape=(2, 2, 1)):
        self.count, self.shape, self.reads, self.lock = count, shape, [], threading.Lock()

    def __len__(self):
        return self.count

    def read(self, index):
        with self.lock:
            self.reads.append(index)
        return np.full(self.shape, index % 256, np.uint8)


def numbered(count, batch_size, seed=0):
    """Images whose pixels hold their index."""
    return Images(np.arange(count, dtype=np.uint8)[:, None, None, None], batch_size, seed)


def indices(batch):
    """What the pixels of a batch hold."""
    return to_uint8(batch).numpy().astype(int)


def read(images, batches, images_seen=0):
    return [i for batch in images.dataset(images_seen).take(batches) for i in indices(batch).ravel().tolist()]


def test_every_epoch_is_a_new_permutation():
    order = read(numbered(10, 4), 15)
    epochs = [order[start : start + 10] for start in range(0, 60, 10)]
    assert all(sorted(epoch) == list(range(10)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 6


def test_order_is_a_function_of_seed_and_position():
    images = numbered(10, 4)
    order = read(images, 10)
    assert read(images, 10) == order
    assert read(images, 3, images_seen=28) == order[28:]
    assert read(numbered(10, 2), 3, images_seen=20) == order[20:26]  # whatever the batch size
    other = read(numbered(10, 4, seed=1), 10)
    assert other != order
    assert read(images.reseeded(1), 10) == other


def test_labels_follow_their_images():
    array = np.arange(10, dtype=np.uint8)[:, None, None, None]
    images = Images(array, 4, labels=np.arange(10) % 3)
    for batch, labels in images.dataset(images_seen=8).take(5):
        np.testing.assert_array_equal(indices(batch).ravel() % 3, labels)


def test_labels_may_be_a_list():
    images = Images(np.zeros((3, 4, 4, 3), np.uint8), 1, labels=[0, 1, 1])
    assert images.class_counts.tolist() == [1, 2]


@pytest.mark.parametrize("dtype", ["uint8", "uint64", "int32"])
def test_labels_of_any_integers(dtype):
    images = Images(np.zeros((3, 4, 4, 1), np.uint8), 1, labels=np.array([2, 0, 2], dtype))
    assert images.labels.dtype == np.int64
    assert images.class_counts.tolist() == [1, 0, 2]
    with pytest.raises(ValueError, match="integers >= 0"):
        Images(np.zeros((1, 4, 4, 1), np.uint8), 1, labels=np.array([2**64 - 1], np.uint64))


def test_one_image():
    assert read(numbered(1, 1), 3) == [0, 0, 0]


def test_pixels_become_floats_in_minus_one_to_one():
    array = np.array([0, 127, 128, 255], np.uint8).reshape(1, 2, 2, 1)
    batch = next(iter(Images(array, 1).dataset())).numpy()
    np.testing.assert_allclose(batch.ravel(), [-1, -1 / 255, 1 / 255, 1], atol=1e-6)
    assert batch.dtype == np.float32


def test_floats_stay_as_they_are():
    array = np.float32([-1, -0.25, 0.5, 1 + 1e-6]).reshape(1, 2, 2, 1)
    np.testing.assert_array_equal(next(iter(Images(array, 1).dataset())), array)


def test_static_shapes():
    for images in (np.zeros((5, 4, 6, 3), np.uint8), Numbers(5, (4, 6, 3))):
        assert Images(images, 2, mirror=True).dataset().element_spec.shape == (2, 4, 6, 3)


# -- mirroring -------------------------------------------------------------------------------------------------------


def mirrored(count, batch_size, epochs, seed=0, images_seen=0):
    """Index of the image and whether it is mirrored, position by position."""
    array = 2 * np.arange(count, dtype=np.uint8)[:, None, None, None].repeat(2, axis=2)
    array[:, :, 1] += 1  # the right pixel
    images = Images(array, batch_size, seed, mirror=True)
    taken = images.dataset(images_seen).take((epochs * count - images_seen) // batch_size)
    rows = np.concatenate([indices(batch)[:, 0, :, 0] for batch in taken])
    np.testing.assert_array_equal(np.sort(rows) - np.sort(rows)[:, :1], [[0, 1]] * len(rows))
    return [(int(min(row)) // 2, bool(row[0] > row[1])) for row in rows]


def test_every_two_epochs_show_each_image_both_ways():
    seen = mirrored(40, 5, epochs=8)
    pairs = [seen[start : start + 80] for start in range(0, 320, 80)]
    for pair in pairs:
        assert sorted(pair) == [(index, way) for index in range(40) for way in (False, True)]
        assert sum(way for _, way in pair[:40]) == 20
    assert len({tuple(sorted(pair[:40])) for pair in pairs}) == 4  # another half each time


def test_mirroring_is_a_function_of_seed_and_position():
    seen = mirrored(40, 5, epochs=4)
    assert mirrored(40, 5, epochs=4) == seen
    assert mirrored(40, 8, epochs=4) == seen
    assert mirrored(40, 5, epochs=4, images_seen=60) == seen[60:]
    other = mirrored(40, 5, epochs=4, seed=1)
    assert dict(other[:40]) != dict(seen[:40])


def test_no_mirroring_unless_asked():
    array = np.array([0, 200], np.uint8).reshape(1, 1, 2, 1)
    for batch in Images(array, 1).dataset().take(4):
        np.testing.assert_allclose(batch.numpy().ravel(), array.ravel() / 127.5 - 1, atol=1e-6)


# -- sources ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cache_gb", [8, 0])
def test_a_source_gives_the_batches_of_its_array(cache_gb):
    source = Numbers(20)
    array = np.stack([source.read(index) for index in range(20)])
    labels = np.arange(20) % 7
    for images_seen in (0, 32):
        of_array, of_source = (
            Images(images, 8, 3, labels=labels, mirror=True, cache_gb=cache_gb).dataset(images_seen).take(6)
            for images in (array, source)
        )
        for (a, a_labels), (b, b_labels) in zip(of_array, of_source, strict=True):
            np.testing.assert_array_equal(a, b)
            np.testing.assert_array_equal(a_labels, b_labels)


def test_what_fits_is_read_once():
    for cache_gb, most in ((1e-7, 1), (0.9e-7, 4)):  # 25 images of 4 bytes
        source = Numbers(25)
        images = Images(source, 5, cache_gb=cache_gb)
        for _ in range(4):
            np.testing.assert_array_equal(images.take(range(25))[:, 0, 0, 0], np.arange(25))
        assert sorted(source.reads) == sorted(list(range(25)) * most)
        assert (images.array is None) == (most == 4)


def test_read_all():
    source = Numbers(600)
    images = Images(source, 5)
    assert images.array is None
    assert images.read_all()
    assert images.reseeded(3).array is images.array
    np.testing.assert_array_equal(images.array[:, 0, 0, 0], np.arange(600).astype(np.uint8))
    assert not Images(source, 5, cache_gb=0).read_all()
    assert len(source.reads) == 600


def test_take_gives_pixels_as_they_are():
    array = np.random.default_rng(0).uniform(-1, 1, size=(5, 2, 2, 3)).astype("float32")
    np.testing.assert_array_equal(Images(array, 2, mirror=True).take([4, 0, 4]), array[[4, 0, 4]])


class Broken(Numbers):
    def read(self, index):
        if index == 7:
            raise ValueError("the seventh is broken")
        return super().read(index)


class Changing(Numbers):
    def read(self, index):
        return np.zeros((1, 1, 1) if index == 7 else self.shape, np.uint8)


@pytest.mark.parametrize(("source", "message"), [(Broken, "the seventh is broken"), (Changing, "as number 7")])
def test_errors_of_a_source_are_raised_as_they_are(source, message, pictures):
    images = Images(source(20, (8, 8, 3)), 4)
    with pytest.raises(ValueError, match=message):
        images.take([3, 7])
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        list(images.dataset().take(5))
    gan = tiny_gan()
    gan.compile()
    with pytest.raises(ValueError, match=message):
        gan.fit(images, epochs=1, verbose=0)
    with pytest.raises(tf.errors.OpError), Images(tiny_images(pictures), 4).own_errors():
        tf.debugging.assert_equal(tf.constant(1), tf.constant(2))


@pytest.mark.parametrize(
    ("array", "batch_size", "message"),
    [
        (np.zeros((3, 4, 4), np.uint8), 1, "count, height, width, channels"),
        (np.zeros((3, 4, 4, 3), np.int64), 1, "uint8"),
        (np.zeros((3, 4, 4, 3), np.uint8), 4, "smaller batch"),
        (np.zeros((3, 4, 4, 3), np.uint8), 0, "at least 1"),
        (Numbers(3), 4, "numbers: 3 images are fewer"),
        (np.float32([[[[0, 255]]]]), 1, r"floats are to be in \[-1, 1\].* as uint8.* from 0 to 255"),
        (np.float16([[[[-1.01, 0]]]]), 1, r"clip others\. Received: values from -1\.01 to 0"),
        (np.float64([[[[0, np.inf]]]]), 1, "to inf"),
        (np.float32([[[[0, np.nan]]]]), 1, "images holds NaN"),
        (np.zeros((0, 4, 4, 3), np.float32), 1, "0 images are fewer"),
        ([np.zeros((4, 4, 3), np.uint8)], 1, "NumPy array or a `Source`. Received: list"),
    ],
)
def test_rejects(array, batch_size, message):
    with pytest.raises(ValueError, match=message):
        Images(array, batch_size)
