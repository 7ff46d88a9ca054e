"""A cell of a grid is a seed."""

import numpy as np
import pytest
from PIL import Image

from models import DCGAN, StyleGAN2
from tfnss.commands import entry
from tfnss.serving import exported
from tfnss.training.callbacks import SampleGrid

TINY = {"latent_dim": 6, "channel_base": 32, "channel_max": 4, "mapping_layers": 1}


def noisy(gan):
    """With noise that shows, and images far from grey."""
    gan.generator_ema.set_weights([5 * weight for weight in gan.generator_ema.get_weights()])
    for weight in gan.generator_ema.weights:
        if weight.path.endswith("strength"):
            weight.assign(0.3 * np.ones(weight.shape))
    return gan


MODELS = {
    "plain": lambda: noisy(DCGAN(16, latent_dim=6, base_width=4)),
    "noise": lambda: noisy(DCGAN(16, latent_dim=6, base_width=4, noise="euclidean")),
    "styles": lambda: noisy(StyleGAN2(8, **TINY)),
    "classes": lambda: noisy(StyleGAN2(8, classes=3, **TINY)),
}


@pytest.mark.parametrize("batch_size", [1, 3, 64])
@pytest.mark.parametrize("name", MODELS)
def test_seeds_are_those_of_an_exported_model(name, batch_size):
    gan = MODELS[name]()
    model = exported.of(gan.generator_ema)
    seeds = [0, 1, 2, 3, 70]
    expected = np.stack([model.image(model.code(seed)) for seed in seeds])
    images = gan.generate(seeds=seeds, batch_size=batch_size)
    assert np.abs(images.astype(int) - expected).max() <= 1
    assert expected.std() > 0
    assert np.abs(images[0].astype(int) - images[1]).max() > 1


def test_a_grids_cell_is_the_picture_of_generate(tmp_path):
    gan = MODELS["noise"]()
    grid = SampleGrid(tmp_path, np.zeros((4, 16, 16, 3), np.uint8))
    grid.set_model(gan)
    grid.on_train_begin()
    gan.export(tmp_path / "model")
    entry.main(["generate", str(tmp_path / "model"), "--seeds", "0-3", "--out", str(tmp_path / "out")])
    with Image.open(tmp_path / "fakes_000000000.png") as cells, Image.open(tmp_path / "out" / "grid.png") as drawn:
        assert np.abs(np.asarray(cells).astype(int) - np.asarray(drawn)).max() <= 1


@pytest.mark.parametrize("arguments", [{}, {"count": 0}, {"seeds": []}, {"count": 2, "seeds": [1]}])
def test_what_is_no_number_of_images(arguments):
    with pytest.raises(ValueError, match="count"):
        MODELS["plain"]().generate(**arguments)
