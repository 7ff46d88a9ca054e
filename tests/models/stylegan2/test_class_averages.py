"""The average styles of a conditional network: one for each class, which truncation pulls an image to."""

import zipfile

import h5py
import keras
import numpy as np
import pytest
import tensorflow as tf

from models import StyleGAN2
from models.stylegan2 import StyleGAN2Generator, assign_weights, named_weights, official_networks
from tests.models.stylegan2.checkpoints.ours import STYLE, our_discriminator, our_generator
from tests.models.stylegan2.checkpoints.pickles import pytorch_contents, tf_contents, write
from tfnss import serving
from tfnss.random.stateless import statistics_latents

pytestmark = pytest.mark.slow

CLASSES = 3
TINY = {"latent_dim": 6, "channel_base": 32, "channel_max": 6, "mapping_layers": 2}


def generator(classes=CLASSES):
    return StyleGAN2Generator(8, style_dim=6, classes=classes, **TINY)


def tiny(classes=CLASSES, **kwargs):
    """A GAN whose averages are apart."""
    gan = StyleGAN2(8, classes=classes, group_size=1, **TINY, **kwargs)
    for network in (gan.generator, gan.generator_ema):
        average = network.average_style
        average.assign(np.random.default_rng(0).normal(size=average.shape))
    return gan


def one_hot(labels, classes=CLASSES):
    return np.eye(classes, dtype="float32")[labels]


def latents(count, seed=0):
    return np.random.default_rng(seed).normal(size=(count, 6)).astype("float32")


def test_a_class_moves_by_its_own_images_and_an_absent_one_stays():
    network = generator()
    start = np.random.default_rng(1).normal(size=(CLASSES, 6)).astype("float32")
    network.average_style.assign(start)
    expected = start.astype("float64")
    for seed, labels in enumerate(([0, 2, 0, 0], [2, 2], [1])):
        z, y = latents(len(labels), seed), one_hot(labels)
        styles = np.asarray(network.mapping(z, y), "float64")
        for c in set(labels):
            mean = np.mean([style for style, label in zip(styles, labels, strict=True) if label == c], axis=0)
            expected[c] = 0.995 * expected[c] + 0.005 * mean
        tf.function(network.update_statistics, jit_compile=True, autograph=False)(z, y)
        if seed == 0:
            np.testing.assert_array_equal(network.average_style[1], start[1])
    np.testing.assert_allclose(network.average_style, expected, atol=1e-6)


def test_one_class_has_the_unconditional_rule():
    network, z = generator(classes=1), latents(5)
    mean = np.asarray(network.mapping(z, one_hot([0] * 5, 1))).mean(axis=0)
    network.update_statistics(z, one_hot([0] * 5, 1))
    np.testing.assert_allclose(network.average_style, [0.005 * mean], atol=1e-7)


def test_truncation_pulls_each_image_to_its_own_class():
    network = tiny().generator_ema
    z, labels = latents(4), [0, 2, 1, 2]
    full, average = network.styles(z, one_hot(labels)).numpy(), network.average_style.numpy()[labels][:, None]
    np.testing.assert_allclose(
        network.styles(z, one_hot(labels), truncation=tf.constant(0.3)), average + 0.3 * (full - average), atol=1e-6
    )
    halves = one_hot([0]) / 2 + one_hot([1]) / 2  # between two classes
    found = network.styles(z[:1], halves, truncation=0.0)
    np.testing.assert_allclose(found[0, 0], network.average_style.numpy()[:2].mean(axis=0), atol=1e-6)
    images = tiny().generate(6, truncation=0.0, noise="none")
    for c in range(CLASSES):
        np.testing.assert_array_equal(images[c], images[c + CLASSES])
        assert (images[c] != images[(c + 1) % CLASSES]).any()


def test_every_class_has_its_turn_on_one_device_and_on_two(pictures, mirrored):
    """More classes than a batch has images, all of whose images are of one class."""
    averages = []
    for strategy, parts in ((tf.distribute.get_strategy(), 1), (tf.distribute.get_strategy(), 2), (mirrored, 1)):
        with strategy.scope():
            gan = StyleGAN2(8, classes=6, group_size=1, **TINY)
            gan.compile(
                *(keras.optimizers.SGD(0.0) for _ in range(2)),
                regularizers=[],
                accumulation_steps=parts,
                run_eagerly=True,
            )
        before = np.zeros((6, 6))
        data = tf.data.Dataset.from_tensors((pictures[:4, ::4, ::4], tf.zeros(4, tf.int32))).repeat()
        gan.fit(data, steps_per_epoch=3, verbose=0)
        averages.append(gan.generator_ema.average_style.numpy())
    for seen in (4, 8, 12):  # the weights do not move
        z, labels = statistics_latents(4, 6, 0, seen).numpy(), (seen + np.arange(4)) % 6
        styles = np.asarray(gan.generator.mapping(z, one_hot(labels, 6)))
        for style, label in zip(styles, labels, strict=True):
            before[label] = 0.995 * before[label] + 0.005 * style
    np.testing.assert_allclose(averages[0], before, atol=1e-6)
    assert np.abs(averages[0]).max(axis=1).min() > 0
    np.testing.assert_array_equal(averages[1], averages[0])
    np.testing.assert_array_equal(averages[2], averages[0])


def with_one_average(path):
    """Makes a file of weights one of before: the generators' average `[style_dim]` is that of all classes."""
    average = np.random.default_rng(5).normal(size=6).astype("float32")
    with h5py.File(path, "r+") as file:
        found = []
        file.visititems(lambda name, item: found.append(name) if getattr(item, "shape", 0) == (CLASSES, 6) else None)
        for name in (name for name in found if name.endswith("vars/0") and "embed" not in name):
            attributes = dict(file[name].attrs)
            del file[name]
            file[name] = average
            file[name].attrs.update(attributes)
    return average


def old_picture(gan, average, c):
    """What truncation 0.5 made of latents of a class before: a step of half the way to the one average."""
    network = gan.generator_ema
    styles = network.styles(latents(2), one_hot([c, c])).numpy()
    return network.synthesis(average + 0.5 * (styles - average), noise="none")


@pytest.mark.parametrize("suffix", [".weights.h5", ".keras"])
def test_older_files_give_the_pictures_of_before(tmp_path, suffix):
    gan, path = tiny(), tmp_path / f"old{suffix}"
    if suffix == ".keras":
        gan.save(path)
        average = rezipped(path, tmp_path)
        copy = keras.saving.load_model(path)
    else:
        gan.save_weights(path)
        average, copy = with_one_average(path), tiny(seed=1)
        copy.load_weights(path)
    for network in (copy.generator, copy.generator_ema):
        np.testing.assert_array_equal(network.average_style, np.tile(average, (CLASSES, 1)))
    for c in range(CLASSES):
        found = copy.generator_ema(latents(2), one_hot([c, c]), truncation=0.5, noise="none")
        np.testing.assert_allclose(found, old_picture(gan, average, c), atol=1e-5)


def rezipped(path, folder):
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder / "parts")
    average = with_one_average(folder / "parts" / "model.weights.h5")
    with zipfile.ZipFile(path, "w") as archive:
        for part in (folder / "parts").iterdir():
            archive.write(part, part.name)
    return average


def test_new_files_keep_the_averages(tmp_path):
    gan, copy = tiny(), tiny(seed=1)
    copy.generator_ema.average_style.assign(np.zeros((CLASSES, 6)))
    gan.save_weights(tmp_path / "new.weights.h5")
    copy.load_weights(tmp_path / "new.weights.h5")
    np.testing.assert_array_equal(copy.generator_ema.average_style, gan.generator_ema.average_style)


def test_one_average_of_named_weights_is_that_of_all_classes():
    first, second = (tiny(seed=seed).generator for seed in (0, 1))
    arrays = {name: np.asarray(weight) for name, weight in named_weights(first).items()}
    arrays["average_style"] = np.arange(6, dtype="float32")
    assign_weights(second, arrays, "a file")
    np.testing.assert_array_equal(second.average_style, np.tile(arrays["average_style"], (CLASSES, 1)))
    with pytest.raises(ValueError, match=r"a file: average_style is \(2, 6\), expected \(3, 6\)"):
        assign_weights(second, arrays | {"average_style": np.zeros((2, 6))}, "a file")


@pytest.mark.parametrize("contents", [tf_contents, pytorch_contents])
def test_official_checkpoints_have_one_average_for_all_classes(tmp_path, contents):
    arrays = our_generator(classes=CLASSES)
    path = write(tmp_path / "network.pkl", contents(arrays, our_discriminator(classes=CLASSES)))
    network, _ = official_networks(path)
    average = arrays["average_style"]
    np.testing.assert_array_equal(network.average_style, np.tile(average, (CLASSES, 1)))
    z = np.random.default_rng(0).normal(size=(CLASSES, network.latent_dim)).astype("float32")
    styles = network.styles(z, np.eye(CLASSES, dtype="float32"), truncation=0.0)
    np.testing.assert_allclose(styles, np.broadcast_to(average, (CLASSES, network.slots, STYLE)), atol=1e-6)


def test_unconditional_variables_are_as_before():
    network = generator(classes=0)
    assert (network.average_style.name, tuple(network.average_style.shape)) == ("average_style", (6,))
    z = latents(5)
    expected = network.mapping(z).numpy().mean(axis=0, dtype="float32") * (1 - 0.995)
    network.update_statistics(z)
    np.testing.assert_allclose(network.average_style, expected, atol=1e-7)


def test_exports_follow(tmp_path):
    gan = tiny()
    gan.export(tmp_path / "model")
    model = serving.load(tmp_path / "model")
    codes = [model.code(seed, label, truncation=0.0) for seed, label in ((0, 0), (1, 1), (2, 1))]
    for code in codes:
        expected = gan.generator_ema.average_style.numpy()[code.label]
        np.testing.assert_allclose(code.point, np.broadcast_to(expected, code.point.shape), atol=1e-6)
    images = [model.image(code) for code in codes]
    np.testing.assert_array_equal(images[1], images[2])
    assert (images[0] != images[1]).any()
