import json
import os

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from recipes import dcgan_celeba64, dcgan_church64, dcgan_conference64, dcgan_flowers64, dcgan_photos
from recipes.families.dcgan import METHODS, build
from tfnss.running.command_line import main
from tfnss.running.execution import _conclude
from tfnss.running.fitting import ticks_of
from tfnss.running.folder import _next_run_dir
from tfnss.training.callbacks import read_history

RECIPES = [m.RECIPE for m in (dcgan_photos, dcgan_celeba64, dcgan_church64, dcgan_conference64, dcgan_flowers64)]
TINY = ["--smoke", "--base-width", "4"]


@pytest.mark.parametrize(
    "recipe",
    [
        RECIPES[0],
        pytest.param(RECIPES[1], marks=pytest.mark.slow),
        *(pytest.param(r, marks=pytest.mark.exhaustive) for r in RECIPES[2:]),
    ],
)
def test_smoke_run_leaves_everything(recipe, tmp_path, capsys):
    run_dir = tmp_path / "run"
    xla = "on" if recipe.name == "dcgan_photos" else "off"
    main(recipe, [*TINY, "--nss", "--xla", xla, "--run-dir", str(run_dir)])
    saved = json.loads((run_dir / "settings.json").read_text())
    assert saved["recipe"] == recipe.name
    assert saved["settings"]["method"] == "nss"
    rows = read_history(run_dir / "history.csv")
    assert [row["kimg"] for row in rows] == [0.032, 0.064]
    assert np.isfinite([list(row.values()) for row in rows]).all()
    samples = sorted(path.name for path in (run_dir / "samples").iterdir())
    assert samples == ["fakes_000000000.png", "fakes_000000032.png", "fakes_000000064.png", "reals.png"]
    with Image.open(run_dir / "samples" / "reals.png") as reals:
        assert reals.size == (8 * 32, 8 * 32)
    assert (run_dir / "curves.png").stat().st_size > 1000
    assert (run_dir / "checkpoint.weights.h5").stat().st_size > 1000
    assert list((run_dir / "events").glob("events.out.tfevents.*"))
    model = tf.saved_model.load(str(run_dir / "saved_model"))
    images = model.signatures["sample"](count=tf.constant(2), seed=tf.constant(0))["images"]
    assert images.shape == (2, 32, 32, 3)
    output = capsys.readouterr().out
    assert "images/s" in output
    assert "left" in output
    last = output.splitlines()[-1]
    assert last.startswith("Done: ")
    assert f"see {run_dir}/report.html" in last
    assert (run_dir / "report.html").stat().st_size > 10_000
    assert (run_dir / "saved_model" / "model_card.json").exists()


# The paper's table 3: learning rate x 1e4, beta_1 and the weight of the penalty; columns as in METHODS.
TABLE_3 = {
    "dcgan_celeba64": "5 .3, 5 .3 1, 1 .4, 10 .3 20, 1 .4 10, 5 .4, 5 .3, 5 .4",
    "dcgan_church64": "2 .3, 5 .3 10, .5 .5, 10 .3 20, 1 .4 10, 5 .3, 10 .3, 5 .3",
    "dcgan_conference64": "2 .3, 2 .3 5, .5 .5, 10 .3 20, 2 .4 10, 2 .3, 5 .3, 5 .3",
    "dcgan_flowers64": "2 .4, 5 .4 5, .5 .5, 10 .3 20, 2 .5 10, 5 .3, 5 .3, 5 .3",
}


@pytest.mark.parametrize("recipe", RECIPES[1:], ids=lambda recipe: recipe.name)
def test_tunings_are_table_3(recipe):
    defaults = {option.name: option.default for option in recipe.all_options()}
    for method, column in zip(METHODS, TABLE_3[recipe.name].split(","), strict=True):
        settings = recipe.resolve(defaults | {"method": method})
        rate, beta_1, *weight = map(float, column.split())
        assert settings["learning_rate"] == pytest.approx(rate * 1e-4)
        assert settings["beta_1"] == beta_1
        assert settings["penalty_weight"] == (weight[0] if weight else None)
    assert (settings["batch_size"], settings["resolution"], settings["initial_time"]) == (128, 64, 256)
    assert settings["stddev"] == 0.15


@pytest.mark.parametrize(
    ("kimg", "every", "ticks", "steps"),
    [(10, 7, 2, 70), (500, 400, 2, 4000), (10, 1, 10, 10), (0.05, 10, 1, 100), (3.7, 0.185, 19, 2)],
)
def test_runs_are_as_long_as_asked_for(kimg, every, ticks, steps):
    assert ticks_of({"kimg": kimg, "checkpoint_every": every, "batch_size": 100}) == (ticks, steps)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_is_its_row_of_table_4(method):
    for recipe in RECIPES:
        settings = recipe.resolve({option.name: option.default for option in recipe.all_options()} | {"method": method})
        assert settings["learning_rate"] > 0
        assert (settings["penalty_weight"] is not None) == (METHODS[method].penalty is not None)
    gan = build(settings | {"base_width": 4, "resolution": 32})
    kinds = [type(part).__name__ for part in (gan.loss, *gan.regularizers, *([gan.view.space] if gan.view else []))]
    assert (
        kinds
        == {
            "gan": ["NonSaturating"],
            "gan-gr": ["NonSaturating", "R1"],
            "lsgan": ["LeastSquares"],
            "wgan-gp": ["Wasserstein", "GradientPenalty"],
            "dragan": ["NonSaturating", "DRAGAN"],
            "ss": ["NonSaturating", "ScaleSpace"],
            "ns": ["NonSaturating", "NoiseSpace"],
            "nss": ["NonSaturating", "NoisyScaleSpace"],
        }[method]
    )
    assert gan.discriminator_steps == (5 if method == "wgan-gp" else 1)


@pytest.mark.slow
def test_a_run_of_each_penalised_method(tmp_path):
    for method in ("gan-gr", "wgan-gp"):
        main(RECIPES[0], [*TINY, "--method", method, "--run-dir", str(tmp_path / method)])
        assert np.isfinite(list(read_history(tmp_path / method / "history.csv")[-1].values())).all()


def test_a_folder_of_the_same_name_does_not_hide_a_data_set(tmp_path, monkeypatch, capsys):
    (tmp_path / "photos").mkdir()
    monkeypatch.chdir(tmp_path)
    main(RECIPES[0], [*TINY, "--dry-run"])
    assert '"data": "photos"' in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.filterwarnings("default::UserWarning")
def test_runs_on_a_folder_by_any_of_its_names_and_sees_it_change(tmp_path, monkeypatch, capsys):
    (tmp_path / "data").mkdir()
    (tmp_path / "link").symlink_to("data")
    for index in range(9):
        pixels = np.random.default_rng(index).integers(0, 256, (40, 40, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / "data" / f"{index}.png")
    main(RECIPES[1], [*TINY, "--data", str(tmp_path / "data"), "--run-dir", str(tmp_path / "run")])
    assert len(read_history(tmp_path / "run" / "history.csv")) == 2
    monkeypatch.chdir(tmp_path)
    main(RECIPES[1], ["--resume", "--run-dir", "run", "--data", "link"])  # nothing is left to do
    assert capsys.readouterr().err == ""
    os.utime("data/0.png", (0, 0))
    main(RECIPES[1], ["--resume", "--run-dir", "run"])
    (line,) = capsys.readouterr().err.splitlines()
    assert f"warning: the images in {tmp_path / 'data'} have changed" in line
    (tmp_path / "data" / "3.png").unlink()
    main(RECIPES[1], ["--resume", "--run-dir", "run"])
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("data holds 8 images, not the 9 that the run began with: resumed, it cannot be the same run")


def test_run_directories_are_numbered(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for number in range(2):
        run_dir = _next_run_dir(RECIPES[0], {"method": "nss"})
        assert str(run_dir) == f"runs/0000{number}-dcgan_photos-nss"
        run_dir.mkdir(parents=True)


@pytest.mark.slow
def test_trials(tmp_path, capsys):
    arguments = [*TINY, "--seed", "3", "--trials", "2", "--run-dir", str(tmp_path / "run")]
    main(RECIPES[0], arguments)
    output = capsys.readouterr().out
    assert "over 2 seeds" in output
    finals = [read_history(tmp_path / "run" / f"seed-{seed}" / "history.csv")[-1] for seed in (3, 4)]
    losses = [row["d_loss"] for row in finals]
    assert losses[0] != losses[1]
    line = next(line for line in output.splitlines() if line.strip().startswith("d_loss ") and "±" in line)
    assert f"{np.mean(losses):.4f} ± {np.std(losses, ddof=1):.4f}" in line
    main(RECIPES[0], ["--resume", "--run-dir", str(tmp_path / "run")])  # nothing is left to do
    assert line in capsys.readouterr().out


def test_dry_run_prints_and_writes_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    main(RECIPES[1], ["--dry-run", "--nss"])
    output = capsys.readouterr().out
    assert '"learning_rate": 0.0005' in output
    assert "generator" in output
    assert "3,5" in output
    assert list(tmp_path.iterdir()) == []


def test_help_explains_every_flag(capsys):
    for recipe in RECIPES:
        with pytest.raises(SystemExit) as end:
            main(recipe, ["--help"])
        assert end.value.code == 0
        text = capsys.readouterr().out
        words = "run-dir data resolution batch-size kimg seed checkpoint-every resume trials dry-run smoke download nss"
        assert all(f"--{word}" in text for word in words.split())
        assert text.count("(default: ") >= 12


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kimg", "images"),
    [
        (0.055, 56),
        (0.001, 8),
        pytest.param(0.1, 96, marks=pytest.mark.exhaustive),
        pytest.param(0.064, 64, marks=pytest.mark.exhaustive),
    ],
)
def test_a_run_ends_at_the_iteration_nearest_to_its_length(kimg, images, tmp_path):
    """Also where its ticks do not divide it, and where it is shorter than one."""
    main(RECIPES[0], [*TINY, "--kimg", str(kimg), "--checkpoint-every", "0.03", "--run-dir", str(tmp_path / "run")])
    rows = read_history(tmp_path / "run" / "history.csv")
    assert round(1000 * rows[-1]["kimg"]) == images
    assert (tmp_path / "run" / "samples" / f"fakes_{images:09d}.png").exists()


@pytest.mark.parametrize("own", [False, True])
def test_own_images_are_named_where_there_were_none(own, tmp_path, capsys):
    recipe = dcgan_photos.RECIPE
    settings = recipe.resolve(recipe.settings(**({"data": "pictures"} if own else {})))
    _conclude(recipe, settings, None, tmp_path, [])
    said = capsys.readouterr().out
    assert said.startswith(f"Done: see {tmp_path}/report.html;")
    assert ("your own images with --data DIR" in said) != own
