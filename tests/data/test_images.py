import numpy as np
import pytest

from tfnss.data import Images


def numbered(count, batch_size, seed=0):
    """Images whose pixels hold their index."""
    array = np.arange(count, dtype="float32")[:, None, None, None] * np.ones((1, 1, 1, 1), "float32")
    return Images(array, batch_size, seed)


def read(images, batches, images_seen=0):
    return [int(i) for batch in images.dataset(images_seen).take(batches) for i in batch.numpy().ravel()]


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
    assert read(numbered(10, 4, seed=1), 10) != order


def test_labels_follow_their_images():
    array = np.arange(10, dtype="float32")[:, None, None, None]
    images = Images(array, 4, labels=np.arange(10) % 3)
    for batch, labels in images.dataset(images_seen=8).take(5):
        np.testing.assert_array_equal(batch.numpy().ravel() % 3, labels)


def test_one_image():
    assert read(numbered(1, 1), 3) == [0, 0, 0]


def test_pixels_become_floats_in_minus_one_to_one():
    array = np.array([0, 127, 128, 255], np.uint8).reshape(1, 2, 2, 1)
    batch = next(iter(Images(array, 1).dataset())).numpy()
    np.testing.assert_allclose(batch.ravel(), [-1, -1 / 255, 1 / 255, 1], atol=1e-6)
    assert batch.dtype == np.float32


def test_static_shapes():
    assert Images(np.zeros((5, 4, 6, 3), np.uint8), 2).dataset().element_spec.shape == (2, 4, 6, 3)


@pytest.mark.parametrize(
    ("array", "batch_size", "message"),
    [
        (np.zeros((3, 4, 4), np.uint8), 1, "count, height, width, channels"),
        (np.zeros((3, 4, 4, 3), np.int64), 1, "uint8"),
        (np.zeros((3, 4, 4, 3), np.uint8), 4, "smaller batch"),
        (np.zeros((3, 4, 4, 3), np.uint8), 0, "at least 1"),
    ],
)
def test_rejects(array, batch_size, message):
    with pytest.raises(ValueError, match=message):
        Images(array, batch_size)
