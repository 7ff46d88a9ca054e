"""Runs that start from trained networks (`--init`), with a part of the discriminator frozen (`--freeze-d`)."""

import json
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest
import tensorflow as tf

import tfnss
from recipes import dcgan_celeba64, dcgan_photos, ssd_sngan_stl10, stylegan2_ffhq512, stylegan2_photos64
from tests.running.test_bad_input import snapshot
from tfnss import plots
from tfnss.running import fitting, starting_point
from tfnss.running.command_line import main
from tfnss.running.mode import Mode
from tfnss.running.settings import settings_of
from tfnss.running.stored import load_run
from tfnss.training.fine_tuning import trained_of

pytestmark = pytest.mark.slow

PICKLE = Path(__file__).parents[1] / "oracles" / "ada_pytorch_tiny.pkl"
DCGAN, STYLEGAN2 = dcgan_photos.RECIPE, stylegan2_photos64.RECIPE
NETWORKS = ("generator", "generator_ema", "discriminator")


@pytest.fixture(scope="module", autouse=True)
def _plain():
    """Without pictures, pages and models, which are tested elsewhere."""
    with pytest.MonkeyPatch.context() as patch:
        for place, name in ((plots, "save_curves"), (fitting, "write_report"), (tfnss.GAN, "export")):
            patch.setattr(place, name, lambda *_, **__: None)
        yield


@pytest.fixture(scope="module")
def dcgan_run(tmp_path_factory):
    run = tmp_path_factory.mktemp("dcgan") / "run"
    main(DCGAN, ["--smoke", "--base-width", "4", "--seed", "5", "--keep", "2", "--run-dir", str(run)])
    return run


@pytest.fixture(scope="module")
def stylegan2_run(tmp_path_factory):
    run = tmp_path_factory.mktemp("stylegan2") / "run"
    main(
        STYLEGAN2,
        [
            "--smoke",
            "--config",
            "cifar",
            "--noise",
            "rni",
            "--batch-size",
            "32",
            "--kimg",
            "0.032",
            "--run-dir",
            str(run),
        ],
    )
    return run


def started(recipe, place, run_dir, *, smoke=False, **given):
    """The model of a new run with `--init` at its start, and its settings."""
    settings, _ = settings_of(recipe, {"init": str(place), **given}, Mode(smoke=smoke))
    run_dir.mkdir(parents=True)
    gan = fitting.build(recipe, settings, tf.distribute.get_strategy())
    fitting.start(gan, settings, run_dir, None)
    return gan, settings


def assert_taken(gan, source, without=()):
    """All of the networks but some layers are the source's; these have the weights of another seed."""
    ours, theirs = trained_of(gan).networks, trained_of(source).networks
    for network in NETWORKS:
        for role, weights in ours[network].items():
            for name, value in weights.items():
                if role not in without:
                    np.testing.assert_array_equal(
                        value, theirs[network][role][name], err_msg=f"{network}/{role}/{name}"
                    )


def state(run):
    numbers = {}
    with h5py.File(run / "checkpoint.weights.h5") as file:
        file.visititems(lambda name, item: numbers.update({name: item[()]} if isinstance(item, h5py.Dataset) else {}))
    return numbers


def test_a_run_starts_from_another(dcgan_run, tmp_path, capsys):
    gan, settings = started(DCGAN, dcgan_run, tmp_path / "new", data="photos")
    assert (settings["base_width"], settings["resolution"]) == (4, 32)  # read from it
    assert settings["batch_size"] == 16  # not read
    assert_taken(gan, load_run(dcgan_run))
    assert not any(np.any(v.numpy()) for v in gan.generator_optimizer.variables if v.name != "learning_rate")
    assert int(gan.images_seen.numpy()) == 0
    said = capsys.readouterr().out
    assert f"generator: 7 of 7 layers from {dcgan_run}\n" in said
    assert "discriminator: 6 of 6 layers" in said
    written = json.loads((tmp_path / "new" / "init.json").read_text())
    assert written["source"] == settings["init"] == str(dcgan_run.resolve())
    assert written["discriminator"]["taken"][-1] == "head"
    assert written["generator_ema"]["initial"] == []


def test_a_run_starts_from_any_checkpoint(dcgan_run, tmp_path):
    kept = dcgan_run / "checkpoints" / "000000032.weights.h5"
    gan, settings = started(DCGAN, kept, tmp_path / "new")
    assert settings["base_width"] == 4
    assert_taken(gan, load_run(dcgan_run, kept))
    shutil.copy(kept, tmp_path / "alone.weights.h5")
    gan, _ = started(DCGAN, tmp_path / "alone.weights.h5", tmp_path / "newer", base_width=4, resolution=32)
    assert_taken(gan, load_run(dcgan_run, kept))


def test_another_resolution_by_another_recipe_of_the_family(dcgan_run, tmp_path, capsys):
    gan, settings = started(dcgan_celeba64.RECIPE, dcgan_run, tmp_path / "new", resolution=64)
    assert (settings["base_width"], settings["resolution"]) == (4, 64)
    new = ("resize_conv2d3", "batch_normalization3", "stem", "conv2d3", "batch_normalization2", "head")
    assert_taken(gan, load_run(dcgan_run), without=new)
    assert "initial: conv2d3, batch_normalization2, head; not used: head" in capsys.readouterr().out


def test_settings_of_the_networks_are_read_and_flags_win(stylegan2_run):
    given = {"init": str(stylegan2_run)}
    own = {"config": "cifar", "channel_base": 64, "channel_max": 8, "latent_dim": 8, "resolution": 16, "noise": "rni"}
    for recipe in (STYLEGAN2, stylegan2_ffhq512.RECIPE):
        settings, _ = settings_of(recipe, given, Mode())
        assert {name: settings[name] for name in own} == own
        settings, _ = settings_of(recipe, given | {"config": "e", "resolution": 32}, Mode(smoke=True))
        assert {name: settings[name] for name in own} == own | {"config": "e", "resolution": 32}
    assert settings["data"] == "photos"


def test_settings_of_fine_tuning(stylegan2_run, tmp_path):
    gan, settings = started(
        STYLEGAN2, stylegan2_run, tmp_path / "one", smoke=True, augment="ada", loss="non_saturating", batch_size=32
    )
    assert (settings["ada_kimg"], settings["ada_start"]) == (100.0, 0.0)
    assert gan.augmentation.kimg == 100.0
    assert gan.ema_ramp_up is None
    settings, _ = settings_of(STYLEGAN2, {"init": str(stylegan2_run), "ada_kimg": 7.0}, Mode())
    assert settings["ada_kimg"] == 7.0
    settings, _ = settings_of(STYLEGAN2, {}, Mode(smoke=True))
    assert settings["ada_kimg"] == 500.0
    assert fitting.build(STYLEGAN2, settings, tf.distribute.get_strategy()).ema_ramp_up == 0.05


def test_an_official_pickle(tmp_path, capsys):
    import models

    gan, settings = started(STYLEGAN2, PICKLE, tmp_path / "new", batch_size=8)
    own = {"config": "auto", "channel_base": 16, "channel_max": 2, "latent_dim": 3, "resolution": 8, "noise": "eni"}
    assert {name: settings[name] for name in own} == own
    generator, discriminator = models.stylegan2.official_networks(PICKLE)
    source = tfnss.GAN(generator, discriminator)
    assert_taken(gan, source, without=("mapping/dense0", "mapping/dense1"))
    said = capsys.readouterr().out
    assert "initial: mapping/dense0, mapping/dense1; not used: mapping/dense0" in said
    assert "discriminator: 7 of 7 layers" in said


@pytest.mark.parametrize("whole", [True, False])
def test_keras_files(stylegan2_run, tmp_path, whole, capsys):
    source = load_run(stylegan2_run)
    (source if whole else source.generator_ema).save(tmp_path / "one.keras")
    gan, settings = started(STYLEGAN2, tmp_path / "one.keras", tmp_path / "new", batch_size=32)
    own = {"config": "cifar", "channel_base": 64, "channel_max": 8, "latent_dim": 8, "resolution": 16, "noise": "rni"}
    assert {name: settings[name] for name in own} == own
    if whole:
        assert_taken(gan, source)
    else:
        assert_taken(gan, tfnss.GAN(source.generator_ema, gan.discriminator))
        assert "discriminator: none is in" in capsys.readouterr().out


@pytest.mark.slow
def test_a_resumed_run_is_the_same_and_needs_its_source_no_more(dcgan_run, tmp_path, monkeypatch):
    source = shutil.copytree(dcgan_run, tmp_path / "source")
    flags = ["--smoke", "--init", str(source), "--freeze-d", "2", "--kimg", "0.048", "--checkpoint-every", "0.016"]
    main(DCGAN, [*flags, "--run-dir", str(tmp_path / "whole")])
    first = state(dcgan_run)["discriminator/layers/conv2d/vars/0"]
    np.testing.assert_array_equal(state(tmp_path / "whole")["discriminator/layers/conv2d/vars/0"], first)
    for stopped_at in (0, 24):

        def kill(self, *_, at=stopped_at, **__):
            if int(self.model.images_seen.numpy()) == at:
                raise KeyboardInterrupt

        source = source if source.exists() else Path(shutil.copytree(dcgan_run, source))
        with monkeypatch.context() as patch:
            patch.setattr(fitting.StopWhenDiverged, "on_train_batch_end" if stopped_at else "on_train_begin", kill)
            with pytest.raises(KeyboardInterrupt):
                main(DCGAN, [*flags, "--run-dir", str(tmp_path / f"run{stopped_at}")])
        shutil.rmtree(source)
        main(DCGAN, ["--resume", str(tmp_path / f"run{stopped_at}"), "--init", str(source)])
        ours, theirs = state(tmp_path / f"run{stopped_at}"), state(tmp_path / "whole")
        assert ours.keys() == theirs.keys()
        for name, value in ours.items():
            np.testing.assert_array_equal(value, theirs[name], err_msg=name)


@pytest.mark.slow
def test_every_seed_starts_from_it(dcgan_run, tmp_path):
    run = tmp_path / "run"
    flags = ["--smoke", "--init", str(dcgan_run), "--trials", "2", "--learning-rate", "1e-12", "--kimg", "0.008"]
    main(DCGAN, [*flags, "--run-dir", str(run)])
    for seed in (0, 1):
        weights = trained_of(load_run(run / f"seed-{seed}")).networks["discriminator"]["conv2d0"]["kernel"]
        theirs = trained_of(load_run(dcgan_run)).networks["discriminator"]["conv2d0"]["kernel"]
        np.testing.assert_allclose(weights, theirs, atol=1e-9)
        assert (run / f"seed-{seed}" / "init.json").exists()


def test_on_two_replicas(dcgan_run, tmp_path, mirrored):
    starting_point._read.cache_clear()
    with mirrored.scope():  # as a command does
        settings, _ = settings_of(DCGAN, {"init": str(dcgan_run)}, Mode(smoke=True))
    (tmp_path / "run").mkdir()
    for _ in range(2):  # then from its own first checkpoint
        gan = fitting.build(DCGAN, settings, mirrored)
        fitting.start(gan, settings, tmp_path / "run", None)
        assert_taken(gan, load_run(dcgan_run))


@pytest.mark.slow
def test_a_run_goes_on_with_nothing_frozen(dcgan_run, tmp_path):
    run = tmp_path / "run"
    main(DCGAN, ["--smoke", "--init", str(dcgan_run), "--freeze-d", "1", "--kimg", "0.016", "--run-dir", str(run)])
    name = "discriminator/layers/conv2d/vars/0"
    np.testing.assert_array_equal(state(run)[name], state(dcgan_run)[name])
    main(DCGAN, ["--resume", str(run), "--change", "--freeze-d", "0", "--kimg", "0.032"])
    assert (state(run)[name] != state(dcgan_run)[name]).any()


def test_dry_run_tells_what_would_be_taken(dcgan_run, tmp_path, capsys):
    main(DCGAN, ["--dry-run", "--init", str(dcgan_run), "--freeze-d", "1"])
    said = capsys.readouterr().out
    assert '"base_width": 4' in said
    assert "generator: 7 of 7 layers" in said


@pytest.fixture(scope="module")
def place(dcgan_run, stylegan2_run, tmp_path_factory):
    """Sources that are none."""
    place = tmp_path_factory.mktemp("sources")
    shutil.copytree(dcgan_run, place / "dcgan")
    shutil.copytree(stylegan2_run, place / "stylegan2")
    for name in ("text.pkl", "text.keras", "text.weights.h5"):
        (place / name).write_text("no weights")
    (place / "empty").mkdir()
    (place / "exported").mkdir()
    (place / "exported" / "saved_model.pb").write_text("a model")
    for name in ("truncated", "untrained", "several"):
        shutil.copytree(dcgan_run, place / name)
    content = (dcgan_run / "checkpoint.weights.h5").read_bytes()
    (place / "truncated" / "checkpoint.weights.h5").write_bytes(content[: len(content) // 2])
    (place / "untrained" / "checkpoint.weights.h5").unlink()
    saved = json.loads((dcgan_run / "settings.json").read_text())
    (place / "several" / "settings.json").write_text(json.dumps(saved | {"trials": 2}))
    shutil.copytree(dcgan_run, place / "several" / "seed-0")
    load_run(dcgan_run).generator_ema.save(place / "dcgan.keras")
    return place


SNGAN = ssd_sngan_stl10.RECIPE
BAD = [
    (DCGAN, "--init {}/missing", "missing is neither the folder of a run"),
    (DCGAN, "--init {}/empty", "empty is neither the folder of a run"),
    (DCGAN, "--init {}/exported", "exported is an exported model, whose weights have no names"),
    (DCGAN, "--init {}/text.pkl", "text.pkl is not a StyleGAN2 checkpoint that can be read"),
    (DCGAN, "--init {}/text.keras", "text.keras is damaged"),
    (DCGAN, "--init {}/text.weights.h5", "text.weights.h5 is damaged"),
    (DCGAN, "--init {}/missing.weights.h5", "missing.weights.h5 is neither"),
    (DCGAN, "--init {}/truncated", "truncated/checkpoint.weights.h5 is damaged"),
    (DCGAN, "--init {}/untrained", "untrained has no checkpoint yet"),
    (DCGAN, "--init {}/several", "several holds runs of several seeds"),
    (DCGAN, "--init {}/stylegan2", "is a StyleGAN2, from which no DCGAN can start"),
    (DCGAN, f"--init {PICKLE}", "ada_pytorch_tiny.pkl is a StyleGAN2, from which no DCGAN can start"),
    (SNGAN, "--init {}/dcgan", "is a DCGAN, from which no SNGAN can start"),
    (SNGAN, "--init {}/dcgan.keras", "no layer of"),
    (DCGAN, "--init {}/dcgan --base-width 5 --noise rni", "no layer of"),
    (DCGAN, "--freeze-d 4", "--freeze-d: of this discriminator 0 to 3 layers can be frozen. Received: 4"),
    (STYLEGAN2, "--freeze-d 8", "--freeze-d: of this discriminator 0 to 7 layers"),
    (DCGAN, "--freeze-d -1", "--freeze-d must be at least 0"),
    (DCGAN, "--freeze-d few", "--freeze-d"),
]


@pytest.mark.parametrize(("recipe", "flags", "says"), BAD)
def test_one_line_and_nothing_written(recipe, flags, says, place, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = snapshot(place)
    data = ["--data", "photos"] if recipe is SNGAN else []
    with pytest.raises(SystemExit) as end:
        main(recipe, ["--smoke", *data, *flags.replace("{}", str(place)).split()])
    assert end.value.code == 2
    error = capsys.readouterr().err
    assert says in error
    assert len(error.strip().splitlines()) == 1
    assert not list(tmp_path.iterdir())
    assert snapshot(place) == before
