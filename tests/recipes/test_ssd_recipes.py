import json

import keras
import numpy as np
import pytest

from recipes import (
    dcgan_photos,
    ssd_checkerboard,
    ssd_sngan_bedroom128,
    ssd_sngan_cifar100,
    ssd_sngan_stl10,
    ssd_stylegan2_ffhq,
)
from recipes.families.sngan import METHODS
from tfnss.running.command_line import main
from tfnss.running.stored import completed, paper_figures
from tfnss.training.callbacks import read_history

SNGANS = [module.RECIPE for module in (ssd_sngan_cifar100, ssd_sngan_stl10, ssd_sngan_bedroom128)]


@pytest.mark.slow
def test_smoke_run(tmp_path, capsys):
    run_dir = tmp_path / "run"
    main(ssd_sngan_cifar100.RECIPE, ["--smoke", "--method", "ssd+reg", "--run-dir", str(run_dir)])
    rows = read_history(run_dir / "history.csv")
    assert [row["kimg"] for row in rows] == [0.032, 0.064]
    assert {"spectral_loss", "spectral_regularization"} < rows[0].keys()
    assert np.isfinite([list(row.values()) for row in rows]).all()
    assert (run_dir / "saved_model" / "saved_model.pb").exists()
    assert "Done: " in capsys.readouterr().out


@pytest.mark.parametrize("method", METHODS)
def test_methods_are_the_rows_of_table_2(method):
    recipe = ssd_sngan_cifar100.RECIPE
    gan = recipe.build(recipe.settings(method=method, width=1 / 64))
    assert (gan.spectral_realness is not None) == ("ssd" in method)
    assert [type(r).__name__ for r in gan.regularizers] == ["SpectralRegularization"] * ("reg" in method)
    haar = [layer for layer in gan.discriminator.layers if type(layer).__name__ == "HaarDownsample"]
    assert bool(haar) == (method == "dwt")


def test_runs_of_before_keep_their_plain_shortcuts():
    recipe = ssd_sngan_cifar100.RECIPE
    settings = recipe.settings(**recipe.smoke)
    assert settings["shortcut"] == "rectified"
    old = completed(recipe, {name: value for name, value in settings.items() if name != "shortcut"})
    assert old == settings | {"shortcut": "plain"}
    assert recipe.build(old).get_config()["shortcut"] == "plain"
    assert not paper_figures(recipe, recipe.settings(shortcut="plain"))


def test_settings_are_the_papers():
    """100,000 generator steps of 64 images; 5 discriminator steps each, 2 at 128; rates that fall to 0 together."""
    for recipe, resolution, steps in zip(SNGANS, (32, 48, 128), (5, 5, 2), strict=True):
        settings = recipe.settings()
        assert (settings["resolution"], settings["batch_size"], settings["lambda"]) == (resolution, 64, 0.5)
        assert settings["discriminator_steps"] == steps
        assert settings["kimg"] * 1000 / 64 / steps == 100_000
    gan = ssd_sngan_cifar100.RECIPE.build(ssd_sngan_cifar100.RECIPE.settings(width=1 / 64, kimg=1.28))
    for optimizer, last in ((gan.generator_optimizer, 4), (gan.discriminator_optimizer, 20)):
        schedule = optimizer._learning_rate
        assert isinstance(schedule, keras.optimizers.schedules.LearningRateSchedule)
        assert [float(schedule(step)) for step in (0, last / 2, last)] == pytest.approx([2e-4, 1e-4, 0])
        assert (optimizer.beta_1, optimizer.beta_2) == (0.0, 0.9)
    settings = ssd_stylegan2_ffhq.RECIPE.settings()
    assert (settings["spectral"], settings["mixing"], settings["resolution"]) == ("ssd", "probability", 1024)


def test_every_dcgan_recipe_takes_spectral_realness(capsys):
    main(dcgan_photos.RECIPE, ["--dry-run", "--smoke", "--ssd", "--lambda", "0.25"])
    output = capsys.readouterr().out
    shown = json.loads(output[: output.index("\n}\n") + 2])
    assert (shown["spectral"], shown["lambda"]) == ("ssd", 0.25)


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["--lambda", "1.5"], "spatial_share=1.5"),
        (["--lambda", "nan"], "--lambda must be a number, and smaller than 2**31. Received: nan"),
        (["--reg-weight", "-1"], "weight=-1"),
        (["--learning-rate", "0"], "--learning-rate must be above 0"),
        (["--discriminator-steps", "-1"], "--discriminator-steps must be at least 1"),
        (["--discriminator-steps", "0"], "--discriminator-steps must be at least 1"),
        (["--width", "0"], "width=0"),
        (["--resolution", "100"], "resolution=100; the nearest right ones: 104 and 96"),
    ],
)
def test_bad_input(flags, says, tmp_path, capsys):
    with pytest.raises(SystemExit) as stop:
        main(ssd_sngan_cifar100.RECIPE, ["--smoke", *flags, "--run-dir", str(tmp_path / "run")])
    error = capsys.readouterr().err
    assert stop.value.code == 2
    assert says in error
    assert error.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_the_checkerboard_is_one():
    board = ssd_checkerboard.checkerboard(2)
    assert board.shape == (16, 16, 3)
    assert (board[:2, :2] == 0).all()
    assert (board[:2, 2:4] == 255).all()
    np.testing.assert_array_equal(board, 255 - np.roll(board, 2, axis=0))


@pytest.mark.slow
def test_checkerboard(tmp_path, capsys):
    out = tmp_path / "board"
    ssd_checkerboard.main(["--seeds", "1", "--iterations", "20", "--base-width", "4", "--out", str(out)])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[:2]] == ["GAN", "SSD-GAN"]
    assert all("spectrum gap" in line for line in lines[:4])
    assert sorted(path.name for path in out.iterdir()) == ["gaps.png", "profiles.png", "samples.png"]
    for flags, says in (
        (["--square", "3"], "--square must divide 8"),
        (["--lambda", "2"], "lambda"),
        (["--seeds", "0"], "0"),
        (["--iterations", "15"], "--iterations must be a multiple of 10. Received: 15"),
    ):
        with pytest.raises(SystemExit):
            ssd_checkerboard.main([*flags, "--out", str(tmp_path / "bad")])
        assert says in capsys.readouterr().err
    assert not (tmp_path / "bad").exists()
