import json
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests.metrics.networks_of_tests import save_tiny_inception, whole_classifier_metrics
from tests.training.networks import tiny_gan, tiny_images
from tfnss import files, random
from tfnss.data import Images
from tfnss.metrics import (
    NAMES,
    ArrayImages,
    Evaluation,
    FolderImages,
    GeneratedImages,
    Moments,
    frechet_distance,
    inception_score,
    kernel_distance,
    networks,
    precision_recall,
    results,
    spectral_distance,
)
from tfnss.metrics.names import CONDITIONS
from tfnss.metrics.networks import Outputs
from tfnss.random.stateless import sampling_latents
from tfnss.uint8 import to_uint8

WIDTH = 4


class Means:
    """A feature network of the means of colours and of halves, which counts its calls."""

    name, key, resize, has_classes, comparable = "means", "means 1", "none", True, False

    def __init__(self):
        self.images = 0

    def __call__(self, images):
        self.images += len(images)
        x = images / 127.5 - 1
        half = x[:, : x.shape[1] // 2].mean(axis=(1, 2))
        activations = np.concatenate([x.mean(axis=(1, 2)), half], axis=1).astype(np.float32)
        return Outputs(activations, tf.nn.softmax(3 * half).numpy())


def write_images(folder, images):
    folder.mkdir()
    for index, image in enumerate(images):
        Image.fromarray(image).save(folder / f"{index:03d}.png")
    return folder


def fakes_of(gan, count, seed=0):
    return gan.generate(count, seed=seed)


def test_all_image_metrics_are_those_of_the_array_functions(pictures):
    reals, gan, network = tiny_images(pictures), tiny_gan(), Means()
    record = Evaluation(reals, ("fid", "is", "kid", "pr", "spectrum"), network, fake_images=50, batch_size=16)(gan)
    fakes = fakes_of(gan, 50)
    a, b = network(reals).activations, network(fakes).activations
    order = np.random.default_rng(0).permutation(len(reals))  # of the reals, as KID's blocks need
    assert record["fid"] == pytest.approx(frechet_distance(a, b), rel=1e-6)
    assert record["kid"] == pytest.approx(kernel_distance(a[order], b), rel=1e-5)
    assert (record["precision"], record["recall"]) == precision_recall(a, b)
    assert (record["is"], record["is_std"]) == pytest.approx(inception_score(network(fakes).probabilities, 10))
    assert record["spectral_distance_db"] == pytest.approx(spectral_distance(reals, fakes), rel=1e-6)
    assert record["network"] == "means"
    assert (record["comparable"], record["resize"], record["seed"]) == (False, "none", 0)
    assert (record["real_images"], record["fake_images"]) == (64, 50)


def test_statistics_of_reals_are_kept_by_data_network_and_count(pictures):
    reals, gan = tiny_images(pictures), tiny_gan()

    def seen(images=reals, metrics=("fid",), key="means 1", **kwargs):
        network = Means()
        network.key = key
        Evaluation(images, metrics, network, fake_images=8, **kwargs)(gan)
        return network.images - 8  # of the reals

    assert seen() == 64
    assert seen() == 0
    assert seen(Images(reals.copy(), 8)) == 0
    assert seen(key="means 2") == 64
    assert seen(real_images=20) == 20
    assert seen(reals[::-1]) == 64
    assert seen(metrics=("pr",)) == 64
    assert seen(metrics=("pr", "kid", "fid")) == 0
    for path in (files.cache_folder() / "statistics").iterdir():
        path.write_bytes(path.read_bytes()[:50])
    assert seen() == 64
    assert seen() == 0


def test_kept_statistics_give_the_same_numbers(pictures):
    metrics = ("fid", "kid", "pr", "spectrum")
    first, second = (Evaluation(tiny_images(pictures), metrics, Means(), fake_images=32)(tiny_gan()) for _ in range(2))
    assert first.keys() == second.keys()
    for name, value in first.items():
        assert second[name] == (pytest.approx(value, nan_ok=True) if isinstance(value, float) else value)


def test_a_cache_that_cannot_be_written(pictures, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(files.CACHE, str(tmp_path / "file"))
    with pytest.warns(UserWarning, match="statistics are not kept"):
        Evaluation(tiny_images(pictures), ("fid",), Means(), fake_images=8)(tiny_gan())


def test_folders_and_arrays_are_alike(pictures, tmp_path):
    folder = write_images(tmp_path / "reals", pictures)
    fakes = write_images(tmp_path / "fakes", pictures[::2])
    values = [
        Evaluation(reals, ("fid", "spectrum"), Means())(images)
        for reals in (pictures, folder, FolderImages(folder, 32))
        for images in (pictures[::2], fakes)
    ]
    for name in ("fid", "spectral_distance_db"):
        np.testing.assert_allclose([value[name] for value in values], values[0][name], rtol=1e-6)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_folders_of_samples_of_other_channels(channels, pictures, tmp_path):
    """As `generate` writes them."""
    pictures = pictures[:8]
    array = pictures[..., :1] if channels == 1 else pictures
    array = np.concatenate([array, array[..., :1]], -1) if channels == 4 else array
    folder = write_images(tmp_path / "x", array[..., 0] if channels == 1 else array)
    found = FolderImages(folder)
    (batch,) = found.batches(8, 8)
    (expected,) = ArrayImages(array).batches(8, 8)
    np.testing.assert_array_equal(batch, expected)
    assert next(FolderImages(folder, 16).batches(2, 2)).shape == (2, 16, 16, channels)
    (grey,) = FolderImages(folder, channels=1).batches(8, 8) if channels != 4 else (expected[..., :1],)
    assert grey.shape == (8, 32, 32, 1)


def test_a_folder_has_the_channels_of_its_first_image(pictures, tmp_path):
    grey = write_images(tmp_path / "grey", [pictures[0, ..., 0], pictures[1]])
    with pytest.raises(ValueError, match=r"001\.png is in colour, and .*000\.png is grey; choose channels for all"):
        list(FolderImages(grey).batches(2, 2))
    for channels in (1, 3):
        assert next(FolderImages(grey, channels=channels).batches(2, 2)).shape == (2, 32, 32, channels)
    colours = write_images(tmp_path / "colours", [pictures[0], pictures[1, ..., 0]])
    assert next(FolderImages(colours).batches(2, 2)).shape == (2, 32, 32, 3)


def test_a_changed_folder_is_read_again(pictures, tmp_path):
    folder = write_images(tmp_path / "reals", pictures[:8])
    before = FolderImages(folder).fingerprint
    assert FolderImages(folder).fingerprint == before
    assert FolderImages(folder, 16).fingerprint != before
    Image.fromarray(pictures[9]).save(folder / "000.png")
    assert FolderImages(folder).fingerprint != before


def test_generated_images_are_quantised_and_do_not_depend_on_the_batch():
    gan = tiny_gan(latent_dim=5)
    expected = gan.generate(21, seed=3)
    for batch_size in (1, 8, 64):
        batches = list(GeneratedImages(gan, 21, seed=3).batches(batch_size, 21))
        np.testing.assert_array_equal(np.concatenate(batches), expected)
        assert batches[0].dtype == np.uint8


def test_any_generator():
    def function(latents):
        return np.tanh(np.asarray(latents))[:, :3].reshape(-1, 1, 1, 3).repeat(8, 1).repeat(8, 2)

    model = keras.Sequential([keras.Input((WIDTH,)), keras.layers.Dense(192), keras.layers.Reshape((8, 8, 3))])
    for generator, latent_dim in ((function, WIDTH), (model, None)):
        images = np.concatenate(list(GeneratedImages(generator, 10, latent_dim).batches(4, 10)))
        assert images.shape == (10, 8, 8, 3)
    with pytest.raises(ValueError, match="needs `latent_dim`"):
        GeneratedImages(function, 10)
    with pytest.raises(ValueError, match="diverged"):
        list(GeneratedImages(lambda z: np.full((len(z), 8, 8, 3), np.nan), 4, WIDTH).batches(4, 4))


@pytest.mark.parametrize(
    ("scaled", "says"),
    [
        (lambda x: (127.5 * (x + 1)).astype(int), "samples: images are to be uint8 or floats in .* Received: int64"),
        (lambda x: 127.5 * (x + 1), "samples: floats are to be in .* values from .* to 2"),
        (lambda x: (x + 1) / 2, r"samples: .* these are in \[0, 1\]"),
        (lambda x: np.where(x > 0.5, np.inf, x), "samples: images hold NaN or infinity; .* diverged"),
    ],
)
def test_functions_of_another_range(scaled, says):
    def function(latents):
        return scaled(np.tanh(np.asarray(latents)))[:, :3].reshape(-1, 1, 1, 3).repeat(8, 1).repeat(8, 2)

    with pytest.raises(ValueError, match=says):
        list(GeneratedImages(function, 20, WIDTH).batches(4, 20))


def test_a_model_that_has_collapsed_is_measured():
    """To white pictures, beyond the range: that is its state, and no error."""
    white = keras.layers.Lambda(lambda x: 0 * x + 1.5)
    model = keras.Sequential([keras.Input((WIDTH,)), keras.layers.Dense(192), keras.layers.Reshape((8, 8, 3)), white])
    assert next(GeneratedImages(model, 4).batches(4, 4)).min() == 255
    assert len(list(GeneratedImages(model, 4).batches(2, 4))) == 2


@pytest.mark.parametrize("name", ["[/old]", "\udcff"])
def test_any_name_stands_in_the_progress_line(name, pictures, capfd):
    Evaluation(Images(pictures, 8, name=name), ("spectrum",), fake_images=4, progress=True).prepare()
    assert f"reading {'[/old]' if name == '[/old]' else chr(92) + 'udcff'}" in capfd.readouterr().out


def test_a_function_of_another_width_is_another_generator(pictures):
    widths = []

    def function(latents):
        widths.append(latents.shape[1])
        return pictures[: len(latents)]

    evaluation = Evaluation(pictures, ("spectrum",), fake_images=8)
    for latent_dim in (6, 9):
        evaluation(function, latent_dim)
    assert set(widths) == {6, 9}


def test_tensors_are_images(pictures):
    evaluation = Evaluation(tf.constant(pictures), network=Means())
    assert evaluation(tf.constant(pictures)) == Evaluation(pictures, network=Means())(pictures) | {"reals": "reals"}


def test_damaged_statistics_are_gathered_anew(pictures, monkeypatch):
    def fail(*_, **__):
        raise NotImplementedError("That compression method is not supported")

    before = Evaluation(pictures, network=Means())(pictures)
    monkeypatch.setattr(np, "load", fail)
    assert Evaluation(pictures, network=Means())(pictures) == before


def test_noise_of_layers_follows_the_seed():
    class Noisy(keras.layers.Layer):
        def call(self, x):
            return x + random.stream().normal((tf.shape(x)[0], 8, 8, 3))

    inputs = keras.Input((WIDTH,))
    x = keras.layers.Reshape((8, 8, 3))(keras.layers.Dense(192)(inputs))
    model = keras.Model(inputs, Noisy()(x))

    def sample(seed):
        return np.concatenate(list(GeneratedImages(model, 8, seed=seed).batches(4, 8)))

    np.testing.assert_array_equal(sample(0), sample(0))
    assert (sample(0) != sample(1)).any()
    assert (sample(0)[:4] != sample(0)[4:]).any()


@pytest.mark.parametrize(
    ("place", "name"),
    [("photos", "ppl2_zend"), ("/data/lsun/church", "ppl2_zend"), ("/data/FFHQ/images1024x1024", "ppl_zend")],
)
def test_path_lengths_are_cropped_for_aligned_faces_alone(place, name, pictures):
    reals = Images(pictures, 1, name=place)
    evaluation = Evaluation(reals, ("ppl",), fake_images=4, perceptual_distance=lambda pair: np.ones(len(pair[0])))
    assert set(evaluation(tiny_gan())) - {*CONDITIONS} == {name}


def test_metrics_of_generators(pictures):
    distances = []

    def distance(pair):
        distances.append(pair[0].shape)
        return np.sum((pair[0] - pair[1]) ** 2, axis=(1, 2, 3))

    metrics = ("ppl", "ppl_zfull", "condition")
    evaluation = Evaluation(pictures, metrics, fake_images=100, perceptual_distance=distance)
    record = evaluation(tiny_gan())
    assert record["ppl2_zend"] > 0
    assert record["ppl_zfull"] > 0
    assert record["ttmc"] > record["mc"] > 0
    assert record["ttmc_of"] == 2
    assert record["network"] is None
    assert {(4, 4), (8, 8)} == {shape[1:3] for shape in distances}
    assert record["perceptual_network"] is None
    with pytest.raises(ValueError, match="property of a generator"):
        evaluation(pictures)


@pytest.mark.filterwarnings("ignore:the covariance")
def test_inception_end_to_end(pictures, tmp_path, monkeypatch):
    """The numbers under a SavedModel are those of its activations, through TF-GAN's own functions."""
    module = save_tiny_inception(tmp_path / "model")
    network = networks.load("inception", inception=tmp_path / "model")
    record = Evaluation(pictures, ("fid", "is"), network, fake_images=40)(pictures[:40] // 2)
    outputs = [
        module(tf.image.resize(tf.cast(x, tf.float32), (299, 299)) / 127.5 - 1) for x in (pictures, pictures[:40] // 2)
    ]
    theirs = whole_classifier_metrics(monkeypatch).frechet_classifier_distance_from_activations(
        *(o["pool_3"] for o in outputs)
    )
    assert record["fid"] == pytest.approx(float(theirs), rel=1e-3)
    assert record["network"] == "inception"
    assert record["comparable"]


@pytest.mark.parametrize(
    ("metrics", "comparable", "expected"),
    [
        (("fid", "is", "kid"), True, True),
        (("fid", "spectrum"), True, True),
        (("fid",), False, False),
        (("fid", "pr"), True, False),  # precision and recall are measured under VGG16
        (("spectrum",), True, None),
    ],
)
def test_comparable_are_metrics_under_the_network_of_the_literature(metrics, comparable, expected, pictures):
    network = Means()
    network.comparable = comparable
    assert Evaluation(pictures, metrics, network, fake_images=40)(pictures[:40])["comparable"] is expected


@pytest.mark.filterwarnings("ignore:the covariance")
def test_memory_does_not_grow_with_the_images():
    """What is held of 2,000 images is O(d²): neither they nor their activations."""

    def function(latents):
        return np.tanh(np.asarray(latents))[:, :3].reshape(-1, 1, 1, 3).repeat(32, 1).repeat(32, 2)

    class Wide(Means):
        def __call__(self, images):
            return Outputs(np.tile(super().__call__(images).activations, 20))

    peaks = []
    for count in (500, 2000):
        evaluation = Evaluation(np.zeros((4, 32, 32, 3), np.uint8), ("fid",), Wide(), fake_images=count)
        evaluation(function, latent_dim=WIDTH)  # imports and compiles
        tracemalloc.start()
        evaluation(function, latent_dim=WIDTH)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] - peaks[0] < 1500 * 120 * 4 / 4  # of activations alone


def test_records(tmp_path):
    path = tmp_path / "metrics.jsonl"
    assert results.read(path) == []
    for kimg in (1, 2, 3):
        results.append(path, {"kimg": kimg, "fid": 5.0 / kimg, "kid_error": np.nan})
    assert [json.loads(line)["kimg"] for line in path.read_text().splitlines()] == [1, 2, 3]
    assert results.read(path)[0] == {"kimg": 1, "fid": 5, "kid_error": None}
    results.drop_after(path, 2)
    assert [record["kimg"] for record in results.read(path)] == [1, 2]
    path.write_text('{"kimg": 1}\n{"ki')
    with pytest.raises(ValueError, match=r"metrics\.jsonl is damaged"):
        results.read(path)


def test_records_of_several_processes(tmp_path):
    path = tmp_path / "metrics.jsonl"
    with ThreadPoolExecutor(8) as pool:  # locks are of open files: threads stand for processes
        list(pool.map(lambda kimg: results.append(path, {"kimg": kimg}), range(40)))
    assert sorted(record["kimg"] for record in results.read(path)) == list(range(40))
    assert [path.name for path in tmp_path.iterdir()] == ["metrics.jsonl"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"metrics": ("fid", "iq")}, f"iq is not a metric; choose of {', '.join(NAMES)}"),
        ({"metrics": ()}, "nothing is not a metric"),
        ({"network": None}, "need a feature network"),
        ({"metrics": ("ppl_wend",)}, "LPIPS"),
        ({"fake_images": 1}, "at least 2 real and 2 fake"),
        ({"reals": np.zeros((1, 8, 8, 3), np.uint8)}, "at least 2 real and 2 fake"),
        ({"reals": np.zeros((0, 8, 8, 3), np.uint8)}, "holds no images"),
        ({"reals": np.zeros((5, 8, 8), np.uint8)}, "expected an array"),
        ({"reals": [np.zeros((8, 8, 3), np.uint8)]}, "reals must be an array"),
        ({"batch_size": 0}, "batch_size=0"),
        ({"seed": 2**31}, "the seed must lie in"),
        ({"seed": -1}, "the seed must lie in"),
        ({"metrics": ("pr",), "fake_images": 3}, "pr needs at least 4 real and 4 fake"),
        ({"metrics": ("kid",), "fake_images": 50_000}, "kid needs 2 images of each set per 1024.*--images"),
    ],
)
def test_bad_input(arguments, says, pictures):
    with pytest.raises(ValueError, match=says.replace("(", r"\(")):
        Evaluation(**{"reals": pictures, "network": Means(), **arguments})


def test_a_network_without_classes_has_no_inception_score(pictures):
    network = Means()
    network.has_classes = False
    with pytest.raises(ValueError, match="needs classes"):
        Evaluation(pictures, ("is",), network)


def test_sets_without_a_fingerprint_are_not_kept():
    def images(shift):
        return GeneratedImages(
            lambda z: np.tanh(np.asarray(z)[:, :3] + shift).reshape(-1, 1, 1, 3).repeat(8, 1).repeat(8, 2), 20, WIDTH
        )

    values = []
    for shift in (0.0, 1.0):
        evaluation = Evaluation(images(shift), ("spectrum",), fake_images=20)
        evaluation.prepare()
        values.append(evaluation._real["spectra"].spectrum[0, 0])
    assert values[0] != values[1]
    assert not (files.cache_folder() / "statistics").exists()


def test_the_average_is_measured(pictures):
    gan = tiny_gan()
    gan.compile(*(keras.optimizers.Adam(0.05) for _ in range(2)), ema_half_life_kimg=0.1, ema_ramp_up=None)
    gan.fit(tiny_images(pictures), batch_size=8, epochs=1, verbose=0)
    network = Means()
    reals = tiny_images(pictures)
    expected = frechet_distance(network(reals).activations, network(gan.generate(32)).activations)
    raw = np.asarray(gan.generator(sampling_latents(32, 4, 0), training=False))
    of_raw = frechet_distance(network(reals).activations, network(np.asarray(to_uint8(raw))).activations)
    found = Evaluation(reals, ("fid",), network, fake_images=32)(gan)["fid"]
    assert found == pytest.approx(expected, rel=1e-6)
    assert abs(found - of_raw) > 0.01 * found


def test_mixed_precision_does_not_reach_the_networks(pictures):
    expected = networks.load("embedded")(pictures[:4]).activations
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        found = networks.load("embedded")(pictures[:4]).activations
    finally:
        keras.config.set_dtype_policy(before)
    np.testing.assert_array_equal(found, expected)


def test_folders_that_cannot_be_compared(pictures, tmp_path):
    one = write_images(tmp_path / "one", pictures[:1])
    mixed = write_images(tmp_path / "mixed", [*pictures[:3], pictures[3][:16]])
    with pytest.raises(ValueError, match=r"at least 2 images. Received: 1 of .*one"):
        Evaluation(pictures, ("fid",), Means())(one)
    with pytest.raises(ValueError, match=r"differ in size: .*is 32x16.*is 32x32"):
        Evaluation(pictures, ("fid",), Means())(FolderImages(mixed))
    with pytest.raises(ValueError, match="is not a folder"):
        Evaluation(tmp_path / "nowhere", ("fid",), Means())


def test_fakes_of_another_size(pictures):
    for metrics in (("spectrum",), ("fid",)):
        for _ in range(2):  # with new and with kept statistics
            with pytest.raises(ValueError, match="differ in size"):
                Evaluation(pictures, metrics, Means())(tiny_images(pictures))
    assert ArrayImages(pictures).fingerprint != ArrayImages(pictures[:, :16]).fingerprint
    assert Moments.of(np.eye(3)).count == 3
