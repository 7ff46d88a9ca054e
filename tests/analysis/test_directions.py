import keras
import numpy as np
import pytest
from scipy.stats import ortho_group

from models.stylegan2 import StyleGAN2Generator
from tfnss.analysis import directions, styles_file
from tfnss.random.stateless import sampling_latents

TINY = {"latent_dim": 6, "style_dim": 8, "mapping_layers": 2, "channel_base": 32, "channel_max": 4}


@pytest.fixture(scope="module")
def generator():
    keras.utils.set_random_seed(0)
    return StyleGAN2Generator(8, **TINY)


def test_sefa_of_a_known_matrix():
    """Columns along known axes, so many along each, of any length: the axes, by their numbers of columns."""
    axes = ortho_group.rvs(4, random_state=0)  # rows
    kernel = np.concatenate([np.outer(axes[i], np.arange(1, n + 1)) for i, n in ((0, 2), (1, 5), (2, 3))], axis=1)
    vectors, strengths = directions.sefa([kernel[:, :4], -7 * kernel[:, 4:]])
    np.testing.assert_allclose(strengths, [5, 3, 2, 0], atol=1e-12)
    for found, expected in zip(vectors, axes[[1, 2, 0, 3]], strict=True):
        np.testing.assert_allclose(abs(found @ expected), 1, rtol=1e-12)
        assert found[np.abs(found).argmax()] > 0


def test_columns_of_zeros_count_for_nothing():
    vectors, strengths = directions.sefa([np.array([[0.0, 3.0], [0.0, 0.0]])])
    np.testing.assert_array_equal(strengths, [1, 0])
    np.testing.assert_array_equal(vectors, np.eye(2))


def test_principal_components_are_numpys():
    points = np.random.default_rng(0).normal(size=(500, 5)) @ np.diag([1, 4, 2, 3, 0.5]) + 1e6
    vectors, variances = directions.principal_components([points[:7], points[7:300], points[300:]])
    expected = np.linalg.svd(points - points.mean(axis=0), full_matrices=False)
    np.testing.assert_allclose(variances, expected.S**2 / 500, rtol=1e-9)
    np.testing.assert_allclose(np.abs(np.sum(vectors * expected.Vh, axis=1)), 1, rtol=1e-9)


def test_directions_of_layers_are_of_their_weights(generator):
    """Slot by slot: the layer that the slot's style steers; the last slot's is the last RGB layer."""
    convs, rgb = generator.synthesis.convs, generator.synthesis.rgbs["8"]
    layers = [convs["b4_conv"], convs["b8_conv0"], convs["b8_conv1"], rgb]
    found = directions.sefa_directions(generator, layers=[1, 3])
    columns = np.concatenate([np.asarray(layers[slot].affine.kernel, np.float64) for slot in (1, 3)], axis=1)
    columns /= np.linalg.norm(columns, axis=0)
    np.testing.assert_allclose(found.strengths, np.linalg.svd(columns @ columns.T).S, atol=1e-12)
    for vector, strength in zip(found.vectors, found.strengths, strict=True):
        np.testing.assert_allclose(np.sum((vector @ columns) ** 2), strength, atol=1e-12)
    assert found.layers == (1, 3)
    assert directions.sefa_directions(generator).layers == (0, 1, 2, 3)
    np.testing.assert_array_equal(found.scales, 1)


def test_a_layer_answers_to_its_first_direction_most(generator):
    """In the image: styles of one slot, moved along the first and the last direction of its layer."""
    styles = np.asarray(generator.styles(sampling_latents(4, 6, 0)))
    found = directions.sefa_directions(generator, layers=[0])

    def change(index):
        moved = directions.along(styles, found, index, 2.0).astype("float32")
        return np.abs(generator.synthesis(moved, noise="none") - generator.synthesis(styles, noise="none")).mean()

    assert change(0) > 5 * change(7)


def test_pca_of_styles(generator):
    found = directions.pca_directions(generator, count=20_001, seed=3)
    batches = [sampling_latents(size, 6, 3, start) for start, size in ((0, 10_000), (10_000, 10_000), (20_000, 1))]
    styles = np.concatenate([np.asarray(generator.mapping(latents), np.float64) for latents in batches])
    values = np.linalg.eigvalsh(np.cov(styles.T, bias=True))[::-1]
    np.testing.assert_allclose(found.strengths, values, atol=1e-9)
    np.testing.assert_allclose(found.scales, (styles @ found.vectors.T).std(axis=0), atol=1e-6)


def test_only_the_layers_styles_move():
    found = directions.Directions("pca", np.eye(3), np.array([2.0, 1, 1]), np.ones(3), (1, 2))
    styles = np.arange(12.0).reshape(1, 4, 3)
    moved = directions.along(styles, found, 0, -1.5) - styles
    np.testing.assert_array_equal(moved[0], [[0, 0, 0], [-3, 0, 0], [-3, 0, 0], [0, 0, 0]])


def test_files(tmp_path, generator):
    found = directions.sefa_directions(generator, layers=[0, 2])
    directions.save_directions(found, tmp_path / "directions.npz")
    again = directions.load_directions(tmp_path / "directions.npz")
    for one, other in zip(found, again, strict=True):
        np.testing.assert_array_equal(one, other)


def test_bad_files(tmp_path):
    arrays = directions.Directions("pca", np.eye(3), np.ones(3), np.ones(3), (0,))._asdict()
    bad = {
        "kind": arrays | {"kind": "other"},
        "nan": arrays | {"vectors": np.full((3, 3), np.nan)},
        "shape": arrays | {"scales": np.ones(2)},
        "empty": arrays | {"layers": np.zeros(0, int)},
        "lacks": {"vectors": np.eye(3)},
    }
    for name, content in bad.items():
        np.savez(tmp_path / f"{name}.npz", **content)
    np.savez(tmp_path / "pickled.npz", **(arrays | {"vectors": np.array([{}], object)}))
    (tmp_path / "text.npz").write_text("no archive")
    for name in [*bad, "pickled", "text", "missing"]:
        with pytest.raises(ValueError, match=f"{name}.npz is missing, damaged or holds no directions"):
            directions.load_directions(tmp_path / f"{name}.npz")


def test_bad_input(generator):
    found = directions.pca_directions(generator, count=10)
    styles = np.zeros((1, 4, 8))
    cases = [
        (lambda: directions.sefa([]), "style_dim, channels"),
        (lambda: directions.sefa([np.eye(3), np.eye(4)]), r"\(4, 4\)"),
        (lambda: directions.sefa([np.full((2, 2), np.nan)]), "diverged"),
        (lambda: directions.principal_components([np.zeros((1, 3))]), "at least 2"),
        (lambda: directions.principal_components([np.zeros(3)]), r"shape \(3,\)"),
        (lambda: directions.sefa_directions(generator, [4]), "0 to 3"),
        (lambda: directions.sefa_directions(generator, []), "0 to 3"),
        (lambda: directions.sefa_directions(keras.Sequential()), "StyleGAN2"),
        (lambda: directions.pca_directions(keras.Sequential()), "styles"),
        (lambda: directions.pca_directions(generator, 1), "count=1"),
        (lambda: directions.pca_directions(generator, seed=-1), "seed=-1"),
        (lambda: directions.along(styles, found, 8, 1.0), "0 to 7"),
        (lambda: directions.along(styles[..., :6], found, 0, 1.0), "width 6"),
        (lambda: directions.along(styles[:, :2], found, 0, 1.0), "2 slots"),
    ]
    for call, says in cases:
        with pytest.raises(ValueError, match=says):
            call()


def test_files_may_begin_at_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    found = directions.Directions("pca", np.eye(3), np.ones(3), np.ones(3), (0,))
    directions.save_directions(found, "~/directions.npz")
    styles_file.save_styles("~/styles.npz", ["a"], np.zeros((1, 4, 3)))
    assert [path.name for path in tmp_path.iterdir()] == ["home"]
    np.testing.assert_array_equal(directions.load_directions("~/directions.npz").vectors, found.vectors)
    assert styles_file.load_styles("~/styles.npz").names == ["a"]
