import itertools
import json
import shutil
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from scipy import ndimage

from models import DCGAN
from tests.metrics.networks_of_tests import save_tiny_inception, without
from tfnss import data
from tfnss.metrics import frechet_distance, networks
from tfnss.metrics.networks import inception

ORACLE = Path(__file__).parents[1] / "oracles" / "embedded.json"


@pytest.fixture(scope="module")
def embedded():
    return networks.load("embedded")


def activations(network, images):
    return np.concatenate([network(images[i : i + 50]).activations for i in range(0, len(images), 50)])


class TestEmbedded:
    def test_is_the_published_network(self, embedded):
        """Against the PyTorch packages of the weights; the rest is float16."""
        i = np.arange(2 * 64 * 64 * 3)
        images = ((i * i // 97 + i // 5) % 256).reshape(2, 64, 64, 3).astype(np.uint8)
        images[1] = (np.add.outer(np.arange(64) * 3, np.arange(64)) % 256)[:, :, None]
        expected = np.array(json.loads(ORACLE.read_text())["activations"])
        found = embedded(images).activations * 4
        np.testing.assert_allclose(found, expected, atol=0.15)
        assert np.abs(found - expected).mean() < 0.004 * np.abs(expected).mean()

    def test_grey_images_are_rgb_images(self, embedded, pictures):
        grey = pictures[:4, ..., :1]
        np.testing.assert_array_equal(embedded(grey).activations, embedded(grey.repeat(3, axis=-1)).activations)

    def test_transparent_images_are_laid_on_white(self, embedded, pictures):
        """Pillow's white, which is rounded."""
        alpha = np.random.default_rng(1).integers(0, 256, (4, 32, 32, 1), dtype=np.uint8)
        images = np.concatenate([pictures[:4], alpha], axis=3)
        white = Image.new("RGBA", (32, 32), "white")
        laid = np.stack([np.asarray(Image.alpha_composite(white, Image.fromarray(x)).convert("RGB")) for x in images])
        found, expected = embedded(images).activations, embedded(laid).activations
        np.testing.assert_allclose(found, expected, atol=0.05)
        assert (
            np.abs(found - expected).mean() < 0.01 * np.abs(embedded(pictures[:4]).activations - expected).mean() + 5e-3
        )

    def test_floats_are_rounded_and_other_numbers_refused(self, embedded, pictures):
        floats = pictures[:4] / 127.5 - 1
        np.testing.assert_array_equal(embedded(floats).activations, embedded(pictures[:4]).activations)
        for other, says in ((pictures[:4].astype(int), "Received: int64"), (pictures[:4] * 1.0, "floats are to be in")):
            with pytest.raises(ValueError, match=says):
                embedded(other)

    @pytest.mark.slow
    def test_falls_as_training_goes_on(self, embedded):
        """Generators of one DCGAN, at the start of training and later."""
        gan = DCGAN(32, base_width=8)
        optimizers = [keras.optimizers.Adam(1e-3, beta_1=0.5) for _ in range(2)]
        gan.compile(*optimizers, ema_half_life_kimg=0.2, jit_compile=True)
        images = data.load("photos", 32, batch_size=16)
        expected = activations(embedded, images.array[:500])
        distances = [frechet_distance(expected, activations(embedded, gan.generate(500)))]
        for steps in (20, 340):  # far apart: between them the distance goes up and down
            gan.fit(images, steps_per_epoch=steps, verbose=0)
            distances.append(frechet_distance(expected, activations(embedded, gan.generate(500))))
        assert distances[0] > 1.3 * distances[1] > 1.3 * distances[2], distances

    @pytest.mark.slow
    def test_ranks_blur_noise_and_collapse(self, embedded):
        images = data.load("photos", 32).array
        real, other = images[:600], images[600:1200]
        random = np.random.default_rng(0)

        def fid(fakes):
            return frechet_distance(expected, activations(embedded, np.clip(np.round(fakes), 0, 255).astype(np.uint8)))

        expected = activations(embedded, real)
        pixels = other.astype(np.float32)
        worse = {
            "blur": [ndimage.gaussian_filter(pixels, (0, s, s, 0)) for s in (0.5, 0.8, 1.2, 2)],
            "noise": [pixels + 255 * share * random.normal(size=pixels.shape) for share in (0.01, 0.05, 0.1, 0.2)],
            "lost photographs": [pixels[np.arange(600) % 5 < kept] for kept in (4, 3, 2)],
            "few images": [pixels[random.integers(kept, size=600)] for kept in (300, 150)],
        }
        for name, levels in worse.items():
            distances = [fid(other), *map(fid, levels)]
            assert all(a * 1.15 < b for a, b in itertools.pairwise(distances)), (name, distances)


class TestInception:
    def test_from_a_folder(self, tmp_path, pictures):
        module = save_tiny_inception(tmp_path / "model")
        network = networks.load("inception", inception=tmp_path / "model")
        outputs = network(pictures[:3])
        large = tf.image.resize(pictures[:3].astype(np.float32), (299, 299)) / 127.5 - 1
        expected = module(large)
        np.testing.assert_allclose(outputs.activations, expected["pool_3"], atol=1e-5)
        np.testing.assert_allclose(outputs.probabilities, tf.nn.softmax(expected["logits"]), atol=1e-5)
        assert network.comparable

    def test_from_the_environment(self, tmp_path, monkeypatch):
        save_tiny_inception(tmp_path / "model")
        monkeypatch.setenv(inception.VARIABLE, str(tmp_path / "model"))
        assert networks.load("inception").key == networks.load("inception", inception=tmp_path / "model").key

    def test_from_the_hub_once(self, tmp_path, monkeypatch):
        hub = inception._hub()
        module = save_tiny_inception(tmp_path / "model")
        asked = []
        monkeypatch.setattr(hub, "load", lambda handle: asked.append(handle) or module)
        network = networks.load("inception")
        for _ in range(3):
            network(np.zeros((2, 8, 8, 3), np.uint8))
        assert asked == [inception.HANDLE]

    def test_the_hub_needs_no_pkg_resources(self, tmp_path, monkeypatch):
        """setuptools 82 dropped it."""
        save_tiny_inception(tmp_path / "model")
        without(monkeypatch, "tensorflow_hub")
        monkeypatch.setitem(sys.modules, "pkg_resources", None)
        assert set(inception._hub().load(str(tmp_path / "model")).signatures) == {"serving_default"}
        assert sys.modules["pkg_resources"] is None

    def test_its_weights_are_part_of_its_key(self, tmp_path):
        """Of two models that differ in the file of their variables alone."""
        module = save_tiny_inception(tmp_path / "one")
        shutil.copytree(tmp_path / "one", tmp_path / "same")
        shutil.copytree(tmp_path / "one", tmp_path / "other")
        tf.train.Checkpoint(weights=tf.Variable(2 * module.weights)).write(str(tmp_path / "other/variables/variables"))
        one, same, other = (networks.load("inception", inception=tmp_path / name) for name in ("one", "same", "other"))
        image = np.full((1, 8, 8, 3), 255, np.uint8)
        np.testing.assert_allclose(other(image).activations, 2 * one(image).activations, rtol=1e-5)
        assert one.key == same.key != other.key

    def test_what_is_missing_or_wrong(self, tmp_path, monkeypatch, capsys):
        hub = inception._hub()

        def no_network(handle):
            raise OSError("no route to host")

        monkeypatch.setattr(hub, "load", no_network)
        with pytest.raises(ValueError, match=r"cannot be had.*no route.*--inception DIR.*--features embedded"):
            networks.load("inception")
        with pytest.raises(ValueError, match="nowhere holds no SavedModel"):
            networks.load("inception", inception=tmp_path / "nowhere")
        for missing in ("tensorflow_hub", "tf_keras"):
            with monkeypatch.context() as patched:
                without(patched, "tensorflow_hub")
                patched.setitem(sys.modules, missing, None)
                with pytest.raises(
                    ValueError, match=rf"{missing}.*pip install 'tfnss\[inception\]'; or unpack.*--inception"
                ):
                    networks.load("inception")
        assert capsys.readouterr().out == ""
        save_tiny_inception(tmp_path / "other", output="pool_4")
        with pytest.raises(ValueError, match="other is not TF-GAN's Inception"):
            networks.load("inception", inception=tmp_path / "other")
        (tmp_path / "broken").mkdir()
        (tmp_path / "broken" / "saved_model.pb").write_bytes(b"no protobuf")
        with pytest.raises(ValueError, match="broken cannot be loaded"):
            networks.load("inception", inception=tmp_path / "broken")


class TestVGG16:
    @pytest.mark.slow
    def test_reads_a_file_and_gives_fc2(self, tmp_path, zero_weights):
        """Of a network that hands on the colours of the upper left corner: fc1 as they are, fc2 as 2 x + 5."""
        model = keras.applications.VGG16(weights=None)
        for layer in model.layers:
            if isinstance(layer, keras.layers.Conv2D):
                kernel = np.zeros(layer.kernel.shape, np.float32)
                kernel[1, 1, range(3), range(3)] = 1
                layer.kernel.assign(kernel)
        for name, factor, bias in (("fc1", 1, 0), ("fc2", 2, 5)):
            layer = model.get_layer(name)
            kernel = np.zeros(layer.kernel.shape, np.float32)
            kernel[range(3), range(3)] = factor
            layer.kernel.assign(kernel)
            layer.bias.assign(np.full(4096, bias, np.float32))
        model.save_weights(tmp_path / "vgg16.weights.h5")
        outputs = networks.load("vgg16", vgg16=tmp_path / "vgg16.weights.h5")(
            np.full((1, 8, 8, 3), (200, 220, 240), np.uint8)
        )
        mean = np.array([103.939, 116.779, 123.68])  # of ImageNet: blue, green, red
        np.testing.assert_allclose(outputs.activations[0, :3], 2 * ([240, 220, 200] - mean) + 5, rtol=1e-5)
        np.testing.assert_array_equal(outputs.activations[0, 3:], np.full(4093, 5))
        np.testing.assert_allclose(outputs.probabilities, np.full((1, 1000), 0.001), rtol=1e-5)

    def test_a_file_that_is_missing(self, tmp_path, zero_weights):
        with pytest.raises(ValueError, match=r"vgg16\.h5 is not there.*--vgg16 FILE"):
            networks.load("vgg16", vgg16=tmp_path / "vgg16.h5")


def test_unknown_name():
    with pytest.raises(ValueError, match=r"resnet is not a feature network; choose of inception"):
        networks.load("resnet")
