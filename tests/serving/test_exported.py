import json

import numpy as np
import pytest

from models import DCGAN, StyleGAN2
from tfnss.serving import exported

TINY = {"latent_dim": 6, "channel_base": 32, "channel_max": 4, "mapping_layers": 1}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Exported models, with their generators."""
    place = tmp_path_factory.mktemp("exported")
    gans = {
        "plain": DCGAN(16, latent_dim=6, base_width=4),
        "styled": StyleGAN2(8, **TINY),
        "conditional": StyleGAN2(8, classes=3, **TINY),
    }
    for name, gan in gans.items():
        gan.export(place / name)
    return place, {name: gan.generator_ema for name, gan in gans.items()}


@pytest.fixture(scope="module")
def loaded(place):
    """What is read back of each; TensorFlow is slow to read a model and slower to forget it."""
    return {name: exported.load(place[0] / name) for name in place[1]}


@pytest.mark.parametrize(
    ("name", "classes", "slots", "shape"),
    [
        ("plain", 0, 0, (16, 16, 3)),
        ("styled", 0, 4, (8, 8, 3)),
        ("conditional", 3, 4, (8, 8, 3)),
    ],
)
def test_what_is_read_back_is_the_generator(name, classes, slots, shape, place, loaded):
    models = loaded[name], exported.of(place[1][name])
    images = []
    for model in models:
        assert (model.classes, model.slots) == (classes, slots)
        images.append(model.image(model.code(5, truncation=0.5), noise_seed=2))
    assert images[0].shape == shape
    assert images[0].dtype == np.uint8
    assert np.abs(images[0].astype(int) - images[1]).max() <= 1
    assert (images[0] != models[0].image(models[0].code(6))).any()


def test_codes_of_classes(loaded):
    model = loaded["conditional"]
    assert [model.code(seed).label for seed in (3, 4, 5)] == [0, 1, 2]
    assert model.code(3, label=2).label == 2
    np.testing.assert_array_equal(model.code(4).point, model.code(4, label=1).point)
    assert (model.code(4).point != model.code(4, label=2).point).any()


def test_an_average_is_one_point_of_all_seeds(loaded):
    model = loaded["styled"]
    np.testing.assert_array_equal(model.code(1, truncation=0.0).point, model.code(2, truncation=0.0).point)


def test_between_and_mixed(loaded):
    model = loaded["styled"]
    first, second = model.code(1), model.code(2)
    middle = model.between(first, second, 0.25).point
    np.testing.assert_allclose(middle, 0.75 * first.point + 0.25 * second.point, atol=1e-6)
    mixed = model.mixed(first, second, [0, 3]).point
    np.testing.assert_array_equal(mixed[:, [0, 3]], second.point[:, [0, 3]])
    np.testing.assert_array_equal(mixed[:, [1, 2]], first.point[:, [1, 2]])


def test_a_great_circle_with_opposite_ends_does_not_divide_by_zero():
    first = np.array([[1.0, 2.0]])
    np.testing.assert_allclose(exported.great_circle(first, -3 * first, 0.5), -first)
    np.testing.assert_allclose(exported.great_circle(first, 3 * first, 0.25), 1.5 * first)
    np.testing.assert_allclose(
        exported.great_circle(np.array([[2.0, 0.0]]), np.array([[0.0, 4.0]]), 0.5), [[3 / 2**0.5, 3 / 2**0.5]]
    )


def test_what_is_no_exported_model(place, tmp_path):
    with pytest.raises(ValueError, match="holds no exported model"):
        exported.load(tmp_path)
    card = place[0] / "conditional" / "model_card.json"
    content = json.loads(card.read_text())
    card.write_text(json.dumps({key: value for key, value in content.items() if key != "classes"}))
    model = exported.load(place[0] / "conditional")
    card.write_text(json.dumps(content))
    assert model.classes is None
    assert model.code(0, label=1).label == 1
    with pytest.raises(ValueError, match="choose a `label`"):
        model.code(0)
