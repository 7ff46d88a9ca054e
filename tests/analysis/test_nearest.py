import numpy as np
import pytest
from PIL import Image

from tests.metrics.test_evaluation import Means
from tfnss import data
from tfnss.analysis import nearest, nearest_images
from tfnss.metrics.networks import Embedded
from tfnss.uint8 import from_uint8


def brute_force(samples, images, network):
    """Indices, distances and the median among the images, from the definition."""
    a, b = (network(x).activations.astype(np.float64) for x in (samples, images))
    distances = np.sqrt(((a[:, None] - b[None]) ** 2).sum(axis=-1))
    among = np.sqrt(((b[:, None] - b[None]) ** 2).sum(axis=-1))
    nearest_others = [np.delete(row, index).min() for index, row in enumerate(among)]
    return distances.argmin(axis=1), distances.min(axis=1), np.median(nearest_others)


def check(found, expected, images):
    indices, distances, median = expected
    np.testing.assert_array_equal(found.indices, indices)
    np.testing.assert_allclose(found.distances, distances, rtol=1e-5, atol=1e-6)
    assert found.distances.dtype == np.float64
    np.testing.assert_array_equal(found.images, images[indices])
    assert found.real_distance == pytest.approx(median, rel=1e-5)


@pytest.mark.parametrize("batch_size", [1, 7, 64])
def test_is_brute_force(batch_size, pictures, monkeypatch):
    monkeypatch.setattr(nearest, "_ROWS", 5)  # so that there are several blocks of distances
    samples = np.random.default_rng(1).integers(0, 256, (12, 32, 32, 3), dtype=np.uint8)
    found = nearest_images(samples, pictures, Means(), batch_size=batch_size)
    check(found, brute_force(samples, pictures, Means()), pictures)
    assert found.searched == 64


def test_a_copy_is_found_by_the_embedded_features():
    images = data.load("photos", 32).array[::100]
    copies = np.stack([images[7], np.clip(images[3].astype(int) + 2, 0, 255).astype(np.uint8)])
    found = nearest_images(copies, images)
    check(found, brute_force(copies, images, Embedded()), images)
    assert list(found.indices) == [7, 3]
    assert found.distances[0] == pytest.approx(0, abs=1e-5)
    assert found.distances.max() < 0.2 * found.real_distance


def test_the_images_searched_are_chosen_by_the_seed(pictures):
    def searched(seed, count=20):
        return set(nearest_images(pictures, pictures, Means(), count=count, seed=seed).indices)

    assert searched(0) == searched(0) != searched(1)
    assert len(searched(0)) == 20  # each of those is its own nearest, and nothing else is found
    assert len(searched(0, None)) == len(searched(0, 1000)) == 64
    few = nearest_images(pictures, pictures, Means(), count=20)
    kept = pictures[sorted(searched(0))]
    assert few.real_distance == pytest.approx(brute_force(kept, kept, Means())[2], rel=1e-5)


def test_floats_files_and_grey_images_are_alike(pictures, tmp_path):
    samples = pictures[:4] // 2 + 20
    expected = nearest_images(samples, pictures, Means())
    for index, image in enumerate(pictures):
        Image.fromarray(image).save(tmp_path / f"{index:03d}.png")
    folder = data.load(tmp_path, 32, batch_size=8, mirror=True, cache_gb=0)
    for found in (
        nearest_images(from_uint8(samples).numpy(), from_uint8(pictures).numpy(), Means()),
        nearest_images(samples, folder, Means()),
    ):
        for ours, theirs in zip(found, expected, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-6)
    grey = nearest_images(samples[..., :1], pictures[..., :1], Means())
    assert grey.images.shape == (4, 32, 32, 1)


def test_memory_is_that_of_a_batch(pictures):
    """Images of a source are asked for batch by batch."""
    asked = []

    class Watched(data.Images):
        def take(self, indices):
            asked.append(len(indices))
            return super().take(indices)

    nearest_images(pictures[:3], Watched(pictures, 1), Means(), batch_size=16)
    assert max(asked) == 16


def test_samples_go_through_the_network_in_batches(pictures):
    sizes = []

    class Watching(Means):
        def __call__(self, images):
            sizes.append(len(images))
            return super().__call__(images)

    found = nearest_images(pictures[:10], pictures[:20], Watching(), batch_size=4)
    assert max(sizes) == 4
    assert sum(sizes) == 30
    check(found, brute_force(pictures[:10], pictures[:20], Means()), pictures)


def test_any_name_stands_in_the_progress_line(pictures, capfd):
    nearest_images(pictures[:2], data.Images(pictures, 1, name="[/old]\udcff"), Means(), progress=True)
    assert "nearest of [/old]\\udcff" in capfd.readouterr().out


def test_one_image_has_no_other():
    image = np.zeros((1, 8, 8, 3), np.uint8)
    found = nearest_images(image, image, Means())
    assert found.distances[0] == 0
    assert np.isnan(found.real_distance)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"samples": np.zeros((0, 32, 32, 3), np.uint8)}, "expected samples"),
        ({"samples": np.zeros((32, 32, 3), np.uint8)}, "expected samples"),
        ({"samples": np.zeros((1, 16, 16, 3), np.uint8)}, r"samples \(16, 16, 3\) and images \(32, 32, 3\)"),
        ({"samples": np.zeros((1, 32, 32, 1), np.uint8)}, "of one height and width"),
        (
            {"samples": np.zeros((1, 9, 9, 2), np.uint8), "images": np.zeros((2, 9, 9, 2), np.uint8)},
            "1, 3 or 4 channels",
        ),
        ({"samples": np.full((1, 32, 32, 3), 200)}, "samples: expected an array .* Received: .*, int64"),
        ({"samples": np.full((1, 32, 32, 3), 200.0)}, "samples: floats are to be in .* to 200"),
        ({"samples": np.full((1, 32, 32, 3), np.nan)}, "samples holds NaN"),
        ({"count": 0}, "count=0"),
        ({"batch_size": 0}, "batch_size=0"),
        ({"images": np.zeros((4, 32, 32), np.uint8)}, "expected an array"),
    ],
)
def test_bad_input(arguments, says, pictures):
    with pytest.raises(ValueError, match=says):
        nearest_images(**{"samples": pictures[:2], "images": pictures, "network": Means(), **arguments})
