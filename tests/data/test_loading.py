import numpy as np
import pytest
from PIL import Image

from tfnss.data import load
from tfnss.data.loading import open_source, originals
from tfnss.data.photos import photo_crops
from tfnss.data.pixels import resized


@pytest.fixture
def folder(tmp_path):
    """Twelve RGB images of several sizes and formats, one below another folder."""
    (tmp_path / "more").mkdir()
    for index in range(12):
        pixels = np.full((20 + index, 30, 3), index * 20, np.uint8)
        name = f"more/{index:02d}.jpg" if index % 2 else f"{index:02d}.png"
        Image.fromarray(pixels).save(tmp_path / name)
    return tmp_path


def test_folder(folder):
    images = load(folder, resolution=16, batch_size=4)
    assert images.array.shape == (12, 16, 16, 3)
    assert sorted(images.array[:, 8, 8, 0] // 20) == list(range(12))


def test_hidden_files_are_skipped(folder):
    (folder / ".DS_Store").write_text("junk")
    assert len(load(folder, 16, 4)) == 12


def test_centred_square_is_taken_and_turned_upright(tmp_path):
    pixels = np.zeros((10, 30, 3), np.uint8)
    pixels[:, 10:20] = 255
    Image.fromarray(pixels).save(tmp_path / "a.png")
    exif = Image.Exif()
    exif[274] = 3  # upside down
    half = np.zeros((10, 10, 3), np.uint8)
    half[:5] = 255
    Image.fromarray(half).save(tmp_path / "b.png", exif=exif)
    images = load(tmp_path, 10, 1).array
    assert (images[0] == 255).all()
    assert (images[1, :5] == 0).all()
    assert (images[1, 5:] == 255).all()


def test_photos_are_the_same_crops_at_every_resolution():
    small, large = photo_crops(8, count=10), photo_crops(32, count=10)
    assert small.shape == (10, 8, 8, 3)
    np.testing.assert_allclose(small.mean((1, 2)), large.mean((1, 2)), atol=12)
    np.testing.assert_array_equal(small, photo_crops(8, count=10))


def test_labels_are_the_subfolders_or_the_photographs(tmp_path):
    for index, name in enumerate(["cat/1.png", "cat/old/2.png", "ant/3.png", "dog/4.png"]):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (16, 16), (index * 40,) * 3).save(tmp_path / name)
    images = load(tmp_path, 16, 2, labels=True)
    classes = {
        int(pixel) // 40: int(label) for pixel, label in zip(images.array[:, 0, 0, 0], images.labels, strict=True)
    }
    assert classes == {0: 1, 1: 1, 2: 0, 3: 2}
    assert load(tmp_path, 16, 2).labels is None
    Image.new("RGB", (16, 16)).save(tmp_path / "astray.png")
    with pytest.raises(ValueError, match=r"astray\.png has no class"):
        load(tmp_path, 16, 2, labels=True)
    photos = load("photos", 8, 2, labels=True)
    rockets = photos.array[photos.labels == 4].mean(axis=(1, 2))
    assert len(rockets) == 500
    assert (rockets.argmax(axis=1) == 2).mean() > 0.7  # in the blue of the hour before dawn


def bad_image(kind, path):
    if kind == "not an image":
        path.write_text("hello")
    elif kind == "cannot be read":
        Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)).save(path, "PNG")
        path.write_bytes(path.read_bytes()[:2000])
    else:
        Image.new({"transparent": "RGBA", "floating point": "F"}[kind], (32, 32)).save(path, "TIFF")


@pytest.mark.parametrize("kind", ["not an image", "cannot be read", "transparent", "floating point"])
def test_bad_images_are_named(folder, kind):
    bad_image(kind, folder / "bad.png")
    with pytest.raises(ValueError, match=r"bad\.png") as error:
        load(folder, 16, 4)
    assert kind in str(error.value)


def test_bad_places(tmp_path):
    for source, message in [(tmp_path, "holds no images"), (tmp_path / "x", "not a folder"), ("celeba", "neither")]:
        with pytest.raises(ValueError, match=message):
            load(source, 16, 4)


@pytest.mark.parametrize("name", ["ffhq", "metfaces"])
def test_data_sets_of_elsewhere_are_pointed_to(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for read in (lambda: load(name, 16), lambda: originals(name), lambda: open_source(name)):
        with pytest.raises(ValueError, match=rf"the images of {name} are not here: https://github.com/NVlabs/{name}-d"):
            read()
    (tmp_path / name).mkdir()
    with pytest.raises(ValueError, match="holds no images"):
        load(name, 16)


@pytest.mark.parametrize("numbers", [{"resolution": 0}, {"resolution": 16, "batch_size": 0}])
def test_bad_numbers(numbers):
    with pytest.raises(ValueError, match="at least 1"):
        load("photos", **numbers)


def test_photos_of_rectangles_are_crops_of_their_shape(monkeypatch):
    boxes = []

    def noted(image, size, box):
        boxes.append((image.size, box))
        return resized(image, size, box)

    monkeypatch.setattr("tfnss.data.photos.resized", noted)
    for (height, width), aspect in (((24, 48), 2), ((40, 24), 0.6)):
        boxes.clear()
        assert photo_crops((height, width), count=20).shape == (20, height, width, 3)
        for size, (left, top, right, bottom) in boxes:
            assert (right - left) / (bottom - top) == pytest.approx(aspect, rel=0.02)
            assert 0 <= left < right <= size[0]
            assert 0 <= top < bottom <= size[1]
            assert max(right - left, bottom - top) >= min(size) // 2


def test_rectangles_are_centred_parts_of_their_shape(tmp_path):
    """Of 30 x 20 pixels: 20 x 20 for a square, 30 x 15 for one twice as wide, 15 x 20 for one of 3 to 4."""
    ramp = np.zeros((20, 30, 3), np.uint8)
    ramp[..., 0], ramp[..., 1] = 8 * np.arange(30), 8 * np.arange(20)[:, None]
    Image.fromarray(ramp).save(tmp_path / "a.png")
    for resolution, rows, columns in (
        ((20, 20), (0, 20), (5, 25)),
        ((15, 30), (2, 17), (0, 30)),
        ((20, 15), (0, 20), (7, 22)),
    ):
        images = load(tmp_path, resolution, 1)
        assert images.upscaled == 0
        np.testing.assert_array_equal(images.array[0], ramp[slice(*rows), slice(*columns)])
    assert load(tmp_path, (16, 32), 1).upscaled == 1
    assert load(tmp_path, (20, 20), 1).fingerprint == load(tmp_path, 20, 1).fingerprint
    assert load(tmp_path, (15, 30), 1).fingerprint != load(tmp_path, (30, 15), 1).fingerprint


@pytest.mark.parametrize("resolution", [0, (16, 0), (16,), 1.5, "16"])
def test_what_is_no_resolution_is_told(folder, resolution):
    for place in (folder, "photos"):
        with pytest.raises(ValueError, match="the resolution must be one number of pixels"):
            load(place, resolution, 4)
