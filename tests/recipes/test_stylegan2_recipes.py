from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf

import tfnss
from models.stylegan2.presets import CONFIGS, preset
from recipes import (
    dcgan_photos,
    rni_stylegan2_cat128,
    rni_stylegan2_church128,
    rni_stylegan2_ffhq128,
    ssd_sngan_cifar100,
    ssd_stylegan_ffhq,
    stylegan2_ffhq512,
    stylegan2_metfaces512,
    stylegan2_photos64,
)
from recipes.families.stylegan2 import build, stylegan2_recipe
from recipes.families.tables import small_stylegan2
from tfnss.running.command_line import main
from tfnss.training.callbacks import read_history

RECIPES = [
    module.RECIPE
    for module in (
        rni_stylegan2_cat128,
        rni_stylegan2_church128,
        rni_stylegan2_ffhq128,
        ssd_stylegan_ffhq,
        stylegan2_ffhq512,
        stylegan2_metfaces512,
        stylegan2_photos64,
    )
]


@pytest.mark.slow
def test_smoke_run(tmp_path, capsys):
    run_dir = tmp_path / "run"
    flags = ["--smoke", "--nss", "--augment", "fixed", "--pipeline", "color", "--noise", "rni", "--resolution", "8"]
    flags += ["--classes", "5", "--path-length", "off"]  # it is long to trace, and trained in tests/models
    main(stylegan2_photos64.RECIPE, [*flags, "--run-dir", str(run_dir)])
    rows = read_history(run_dir / "history.csv")
    assert [row["kimg"] for row in rows] == [0.032, 0.064]
    assert {"r1", "time", "g_loss"} < rows[0].keys()
    signatures = tf.saved_model.load(str(run_dir / "saved_model")).signatures
    assert {"serving_default", "sample", "generate", "map", "synthesize"} == set(signatures)
    latents = np.random.default_rng(0).normal(size=(3, 8)).astype("float32")
    given, seed = {"latents": latents, "labels": tf.constant([4, 0, 2]), "truncation": tf.constant(0.7)}, tf.constant(5)
    images = signatures["generate"](**given, noise_seed=seed)["images"]
    styles = signatures["map"](**given)["styles"]
    assert images.shape == (3, 8, 8, 3)
    assert images.dtype == tf.uint8
    np.testing.assert_array_equal(signatures["synthesize"](styles=styles, noise_seed=seed)["images"], images)
    assert "Done: " in capsys.readouterr().out


def test_classes_are_checked_before_anything_is_written(tmp_path, capsys):
    with pytest.raises(SystemExit) as stop:
        main(stylegan2_photos64.RECIPE, ["--smoke", "--classes", "3", "--run-dir", str(tmp_path / "run")])
    assert stop.value.code == 2
    assert capsys.readouterr().err.count("the class 4, out of range for a GAN of 3 classes") == 1
    assert not list(tmp_path.iterdir())


def test_auto_follows_the_number_of_devices(mirrored):
    """StyleGAN2-ADA's table: at 256x256, 16 images on a device, 32 on two and more."""
    recipe = stylegan2_recipe("stylegan2_photos64", "", data="photos", resolution=256, kimg=1)
    sizes = [recipe.settings()[name] for name in ("batch_size", "gamma", "ema_kimg")]
    with mirrored.scope():
        doubled = [recipe.settings()[name] for name in ("batch_size", "gamma", "ema_kimg")]
    assert sizes == pytest.approx([16, 0.8192, 5])
    assert doubled == pytest.approx([32, 0.4096, 10])


@pytest.mark.parametrize("devices", [1, 2, 4, 8, 16])
@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_half_batches_leave_every_device_an_even_number_of_whole_groups(recipe, devices, monkeypatch):
    monkeypatch.setattr(tf.distribute, "get_strategy", lambda: SimpleNamespace(num_replicas_in_sync=devices))
    for config in CONFIGS:
        settings = recipe.settings(view="nss", config=config)
        group = preset(config, settings["resolution"], devices).group_size
        assert settings["batch_size"] % (2 * group * devices) == 0
        for others in ({"view": "nss", "half_batch": "off"}, {"view": "plain"}):
            batch_size = recipe.settings(**others, config=config)["batch_size"]
            assert batch_size <= settings["batch_size"] < batch_size + 2 * group * devices


def test_batches_on_eight_devices(monkeypatch):
    sizes = []
    for devices in (4, 8):
        strategy = SimpleNamespace(num_replicas_in_sync=devices)
        monkeypatch.setattr(tf.distribute, "get_strategy", lambda strategy=strategy: strategy)
        recipe = stylegan2_ffhq512.RECIPE
        sizes.append([recipe.settings(view=view)["batch_size"] for view in ("plain", "nss")])
        sizes[-1].append(recipe.settings(view="nss", batch_size=32)["batch_size"])
    assert sizes == [[32, 32, 32], [32, 64, 32]]


@pytest.mark.parametrize("path_length", ["on", "off"])
def test_the_generators_rate_is_corrected_with_and_without_path_lengths(path_length):
    sizes = {"resolution": 8, "batch_size": 8, "latent_dim": 4, "channel_max": 4}
    gan = build(stylegan2_photos64.RECIPE.settings(**sizes, learning_rate=0.0025, path_length=path_length))
    assert float(gan.generator_optimizer.learning_rate.numpy()) == pytest.approx(0.0025 * 4 / 5)


@pytest.mark.parametrize("given", [{}, {"augment": "ada"}, {"noise": "rni"}, {"config": "c", "view": "nss"}], ids=str)
def test_tables_in_miniature_play_the_game_of_the_papers(given):
    """Whatever suits the photographs in a quarter of an hour."""
    small = stylegan2_photos64.RECIPE.settings(**small_stylegan2("row", **given).settings)
    large = stylegan2_ffhq512.RECIPE.settings(**{"config": small["config"], "resolution": 32, **given})
    for name in ("loss", "r2", "augment", "noise", "path_length", "learning_rate", "initial_time", "annealing_power"):
        assert small[name] == large[name], name
    assert small["gamma"] == 1.0


def test_settings_are_the_papers():
    """NSS-GAN, table 5; Riemannian noise injection, section 6."""
    for recipe, view, gamma, stddev in [
        (stylegan2_ffhq512, "plain", 1.64, 0.1),
        (stylegan2_ffhq512, "nss", 1.64, 0.1),
        (stylegan2_metfaces512, "plain", 1.64, 0.05),
        (stylegan2_metfaces512, "nss", 0.82, 0.05),
    ]:
        settings = recipe.RECIPE.settings(view=view)
        assert (settings["gamma"], settings["stddev"], settings["initial_time"]) == (gamma, stddev, 128)
        assert (settings["kimg"], settings["resolution"], settings["batch_size"]) == (5000, 512, 32)
    lengths = [module.RECIPE.settings()["kimg"] for module in (rni_stylegan2_church128, rni_stylegan2_cat128)]
    assert lengths == [48_000, 88_000]  # StyleGAN2, table 3
    settings = rni_stylegan2_ffhq128.RECIPE.settings()
    assert settings["kimg"] == 25_000
    assert (settings["gamma"], settings["channel_base"], settings["batch_size"]) == (100, 16384, 32)
    assert settings["learning_rate"] == 0.002
    assert stylegan2_ffhq512.RECIPE.settings()["ema_kimg"] == 10


def test_faces_are_mirrored_where_the_papers_do_so():
    """StyleGAN2, appendix B: FFHQ with horizontal flips, LSUN without. NSS-GAN follows it; no paper speaks of MetFaces."""
    mirrored = {recipe.name for recipe in RECIPES if recipe.settings()["mirror"] == "on"}
    assert mirrored == {"rni_stylegan2_ffhq128", "ssd_stylegan_ffhq", "stylegan2_ffhq512"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("xla", "compiled"), [("auto", "auto"), ("on", True), ("off", False)], ids=["auto", "on", "off"]
)
def test_xla_is_what_is_asked_for(xla, compiled, monkeypatch):
    """Off on a GPU too, whatever the family."""
    given = []
    monkeypatch.setattr(tfnss.GAN, "_build_gradients", lambda self, jit_compile: given.append(jit_compile))
    for recipe in (dcgan_photos.RECIPE, ssd_sngan_cifar100.RECIPE, stylegan2_photos64.RECIPE):
        recipe.build(recipe.settings(**recipe.smoke | {"xla": xla}))
        assert given.pop() == compiled
        assert recipe.smoke["xla"] == "off"


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        ("--config g", "--config"),
        ("--resolution 100", "resolution=100"),
        ("--gamma -1", "weight=-1"),
        ("--pipeline all", "all"),
        ("--augment fixed --augment-probability 2", "probability=2"),
        ("--latent-dim 0", "latent_dim=0"),
        ("--channel-max 0", "channel_max=0"),
        ("--accumulation-steps 0", "accumulation_steps"),
        ("--accumulation-steps 3", "3 accumulation steps need"),
        ("--batch-size 6", "groups of 4"),
        ("--resolution 0", "resolution=0"),
        ("--learning-rate 0", "--learning-rate must be above 0"),
        ("--noise white", "--noise"),
        ("--precision float8", "--precision"),
    ],
)
def test_bad_input(flags, says, tmp_path, capsys):
    with pytest.raises(SystemExit) as end:
        main(stylegan2_photos64.RECIPE, ["--smoke", "--run-dir", str(tmp_path / "run"), *flags.split()])
    assert end.value.code == 2
    error = capsys.readouterr().err
    assert says in error
    assert len(error.strip().splitlines()) == 1
    assert not list(tmp_path.iterdir())
