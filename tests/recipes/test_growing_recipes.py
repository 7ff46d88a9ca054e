"""Recipes that grow: StyleGAN, and StyleGAN2's configurations A to D."""

import pytest

import models
import tfnss
from recipes import ssd_stylegan_ffhq, stylegan2_ffhq1024, stylegan2_photos64, stylegan_photos64
from tfnss.running.command_line import main
from tfnss.running.file_names import CHECKPOINT
from tfnss.running.fitting import start
from tfnss.training.callbacks import read_history
from tfnss.training.growth import LEARNING_RATES, STYLEGAN_BATCH_SIZES


def built(recipe, **given):
    return recipe.build(recipe.settings(**recipe.smoke | given))


@pytest.mark.parametrize(
    ("config", "model", "intervals", "path_length"),
    [
        ("a", models.StyleGAN, 1, False),
        ("b", models.StyleGAN2, 1, False),
        ("c", models.StyleGAN2, 16, False),
        ("d", models.StyleGAN2, 16, True),
    ],
)
def test_configurations_that_grow(config, model, intervals, path_length):
    """StyleGAN2, table 1 and its code's settings for A to D."""
    settings = stylegan2_ffhq1024.RECIPE.settings(config=config)
    assert (settings["batch_size"], settings["learning_rate"], settings["gamma"]) == (32, 0.001, 10)
    assert (settings["growing"], settings["channel_base"], settings["ema_kimg"]) == ("on", 16384, 10)
    gan = built(stylegan2_ffhq1024.RECIPE, config=config, batch_size=32)
    assert isinstance(gan, model)
    assert gan.growth.batch_sizes == {8: 256, 16: 128, 32: 64, 64: 32}
    assert gan.growth.learning_rates == LEARNING_RATES
    assert (gan.growth.stable_kimg, gan.growth.fade_kimg, gan.growth.hold) == (600, 600, 4)
    penalties = {type(penalty): penalty for penalty in gan.regularizers}
    assert penalties[tfnss.R1].interval == intervals
    assert (tfnss.PathLength in penalties) == path_length


def test_others_do_not_grow():
    assert stylegan2_ffhq1024.RECIPE.settings(config="e")["growing"] == "off"
    assert built(stylegan2_photos64.RECIPE).growth is None
    assert built(stylegan2_photos64.RECIPE, config="a", growing="off").growth is None


def test_batches_and_rates_keep_their_ratios():
    growth = built(stylegan2_photos64.RECIPE, config="a", batch_size=8, learning_rate=0.002).growth
    assert growth.batch_sizes == {8: 64, 16: 32, 32: 16, 64: 8}
    assert growth.learning_rates == {side: 2 * rate for side, rate in LEARNING_RATES.items()}


@pytest.mark.parametrize("config", ["b", "c"])
def test_a_run_goes_on_at_the_rates_of_its_stage(config, tmp_path, monkeypatch):
    monkeypatch.setattr("tfnss.training.growth.LEARNING_RATES", {8: 0.001, 16: 0.0015})
    recipe, sizes = stylegan2_photos64.RECIPE, {"config": config, "resolution": 16, "batch_size": 8}
    settings = recipe.settings(**recipe.smoke | sizes | {"learning_rate": 0.01})
    gan = recipe.build(settings)
    gan.images_seen.assign(gan.stages[1].first)
    gan.save_weights(tmp_path / CHECKPOINT)
    again = recipe.build(settings)
    start(again, settings, tmp_path, None)
    assert int(again.images_seen.numpy()) == gan.stages[1].first > 0
    assert float(again.generator_optimizer.learning_rate) == pytest.approx(0.015 * (0.8 if config == "c" else 1))
    assert float(again.optimizer.learning_rate) == pytest.approx(0.015)


def test_ssd_stylegan_is_the_papers():
    """SSD-GAN, section 4.1: four GPUs, probabilities mixed with a share of 0.5."""
    settings = ssd_stylegan_ffhq.RECIPE.settings()
    assert (settings["config"], settings["spectral"], settings["mixing"], settings["lambda"]) == (
        "a",
        "ssd",
        "probability",
        0.5,
    )
    assert (settings["kimg"], settings["resolution"], settings["gamma"]) == (25_000, 1024, 10)
    assert built(ssd_stylegan_ffhq.RECIPE, batch_size=32).growth.batch_sizes == STYLEGAN_BATCH_SIZES[4]


@pytest.mark.exhaustive
def test_a_run_grows_and_resumes(tmp_path, capsys):
    """Across a change of resolution, which ends a row of the history; with the classifier of each resolution."""
    flags = ["--smoke", "--batch-size", "8", "--stable-kimg", "0.128", "--fade-kimg", "0.064", "--ssd", "--kimg", "0.5"]
    run_dir = tmp_path / "run"
    main(stylegan_photos64.RECIPE, [*flags, "--checkpoint-every", "0.1", "--run-dir", str(run_dir)])
    rows = read_history(run_dir / "history.csv")
    assert rows[0]["resolution"] == 8
    assert rows[-1]["resolution"] == 16
    assert {row["batch_size"] for row in rows} == {64, 32}
    main(stylegan_photos64.RECIPE, ["--resume", str(run_dir), "--kimg", "0.7"])
    assert read_history(run_dir / "history.csv")[-1]["kimg"] >= 0.7
    assert "Done: " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["--config", "f", "--growing", "on"], "cannot grow"),
        (["--config", "a", "--generator", "skip"], "--generator chooses among StyleGAN2's"),
        (["--config", "a", "--stable-kimg", "-1"], "--stable-kimg must be at least 0"),
        (["--config", "b", "--stable-kimg", "0", "--fade-kimg", "0"], "cannot both be 0"),
    ],
    ids=lambda value: " ".join(value[-2:]) if isinstance(value, list) else "",
)
def test_bad_input_is_one_line(flags, says, tmp_path, capsys):
    with pytest.raises(SystemExit) as stop:
        main(stylegan2_photos64.RECIPE, ["--smoke", "--run-dir", str(tmp_path / "run"), *flags])
    assert stop.value.code == 2
    error = capsys.readouterr().err.strip()
    assert says in error
    assert "\n" not in error
    assert not (tmp_path / "run").exists()
