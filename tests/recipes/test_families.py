"""The switches that all families have: each of them does what it says, in every family."""

import pytest

import tfnss
from recipes import (
    dcgan_celeba64,
    dcgan_photos,
    r3gan_cifar10,
    r3gan_ffhq256,
    r3gan_photos,
    ssd_sngan_cifar100,
    stylegan2_ffhq512,
    stylegan2_photos64,
)
from recipes.families import game
from tfnss.running.command_line import main
from tfnss.running.mode import Mode
from tfnss.running.settings import settings_of
from tfnss.training.losses import LOSSES

FAMILIES = [module.RECIPE for module in (dcgan_photos, ssd_sngan_cifar100, stylegan2_photos64, r3gan_photos)]
every_family = pytest.mark.parametrize("recipe", FAMILIES, ids=lambda recipe: recipe.name)


def built(recipe, **given):
    return recipe.build(recipe.settings(**recipe.smoke | given))


@every_family
@pytest.mark.parametrize(
    ("view", "space"), [("ss", tfnss.ScaleSpace), ("ns", tfnss.NoiseSpace), ("nss", tfnss.NoisyScaleSpace)]
)
def test_views(recipe, view, space):
    gan = built(recipe, view=view, initial_time=77.0)
    assert type(gan.view.space) is space
    assert isinstance(gan.view.annealing, tfnss.ExponentialAnnealing)
    assert (gan.view.annealing.initial_time, gan.view.half_batch) == (77.0, True)
    assert built(recipe, view="plain").view is None


@every_family
@pytest.mark.parametrize(
    ("given", "config"),
    [
        ({"annealing": "exponential", "annealing_power": 3.0}, {"power": 3.0}),
        ({"annealing": "step", "annealing_end": 0.25}, {"end": 0.25}),
        ({"annealing": "wave", "annealing_power": 2.0, "annealing_waves": 4.0}, {"power": 2.0, "waves": 4.0}),
        ({"annealing": "constant"}, {}),
    ],
    ids=lambda value: value.get("annealing"),
)
def test_annealings_and_half_batches(recipe, given, config):
    gan = built(recipe, view="nss", initial_time=9.0, half_batch="off", **given)
    assert gan.view.annealing.get_config() == {"initial_time": 9.0, **config}
    assert not gan.view.half_batch


@every_family
@pytest.mark.parametrize("loss", LOSSES)
def test_losses(recipe, loss):
    assert type(built(recipe, loss=loss).loss) is LOSSES[loss]


def test_losses_are_all_offered():
    assert tuple(LOSSES) == game._LOSSES


@every_family
def test_penalties(recipe):
    gan = built(recipe, gamma=3.0, r1_interval=5, r2=2.0, lecam=0.25)
    found = {type(penalty): (penalty.weight, penalty.interval) for penalty in gan.regularizers}
    assert found[tfnss.R1] == (3.0, 5)
    assert found[tfnss.R2] == (2.0, 5)
    assert found[tfnss.LeCam] == (0.25, 1)
    assert not {tfnss.R1, tfnss.R2, tfnss.LeCam} & {
        type(each) for each in built(recipe, gamma=0.0, r2=0.0).regularizers
    }


@pytest.mark.slow
@every_family
def test_augmentations(recipe):
    assert built(recipe, augment="none").augmentation is None
    given = {"ada_target": 0.5, "ada_kimg": 100.0, "ada_start": 0.1, "ada_limit": 0.7}
    adaptive = built(recipe, augment="ada", loss="non_saturating", **given).augmentation  # not with a relativistic one
    assert isinstance(adaptive, tfnss.AdaptiveAugmentation)
    assert (adaptive.target, adaptive.kimg, adaptive.start, adaptive.limit) == (0.5, 100.0, 0.1, 0.7)
    assert adaptive.pipeline == "bgc"
    fixed = built(recipe, augment="fixed", augment_probability=0.3, pipeline="geom").augmentation
    assert (fixed.pipeline, fixed.probability) == ("geom", 0.3)
    everything = built(recipe, augment="diffaugment").augmentation
    assert (everything.pipeline, everything.probability) == ("diffaugment", 1.0)
    some = built(recipe, augment="diffaugment", pipeline="diffaugment-color").augmentation
    assert some.pipeline == "diffaugment-color"


@every_family
def test_steps_and_averages(recipe):
    gan = built(recipe, discriminator_steps=3, ema_kimg=0.0)
    assert (gan.discriminator_steps, gan.ema_half_life_kimg) == (3, 0.0)


def test_methods_have_views_steps_and_normalisations_of_their_own():
    gan = built(dcgan_photos.RECIPE, method="wgan-gp")
    assert gan.discriminator_steps == 5
    assert not any("batch_norm" in layer.name for layer in gan.discriminator.layers)
    plain = built(dcgan_photos.RECIPE, method="wgan-gp", normalization="none", discriminator_steps=1)
    assert plain.discriminator_steps == 1
    assert len(plain.discriminator.layers) < len(gan.discriminator.layers)
    assert type(built(dcgan_photos.RECIPE, method="lsgan", view="ss").view.space) is tfnss.ScaleSpace
    assert built(dcgan_photos.RECIPE, method="gan-gr", r1_interval=4).regularizers[0].interval == 4


def test_architectures_and_intervals_of_stylegan2():
    given = {"generator": "orig", "discriminator": "skip", "path_length": "on", "path_length_interval": 8}
    gan = built(stylegan2_photos64.RECIPE, **given)
    assert gan.get_config() | {"generator": "orig", "discriminator": "skip"} == gan.get_config()
    assert {type(each): each.interval for each in gan.regularizers}[tfnss.PathLength] == 8


def test_the_schedules_of_r3gan():
    """Everything that moves reaches its end with `decay_kimg`; the numbers are those of the paper."""
    recipe = r3gan_ffhq256.RECIPE
    small = {name: recipe.smoke[name] for name in ("channel_base", "channel_max", "blocks", "latent_dim")}
    gan = recipe.build(recipe.settings(**small, resolution=256))
    assert isinstance(gan.loss, tfnss.Relativistic)
    assert gan.augmentation.pipeline == "r3gan"
    weights = [penalty.weight for penalty in gan.regularizers]
    ramps = {"r1": weights[0], "r2": weights[1], "p": gan.augmentation.probability, "ema": gan.ema_half_life_kimg}
    assert {name: (ramp.start, ramp.end, ramp.kimg) for name, ramp in ramps.items()} == {
        "r1": (150.0, 15.0, 20_000.0),
        "r2": (150.0, 15.0, 20_000.0),
        "p": (0.0, 0.3, 20_000.0),
        "ema": (0.0, 500.0, 20_000.0),
    }
    assert gan.ema_ramp_up is None
    for optimizer in (gan.generator_optimizer, gan.discriminator_optimizer):
        for step, rate, beta_2 in ((0, 2e-4, 0.9), (20_000_000 // 256, 5e-5, 0.99), (10**6, 5e-5, 0.99)):
            optimizer.iterations.assign(step)
            assert float(optimizer.learning_rate) == pytest.approx(rate, rel=1e-5)
            assert float(optimizer.beta_2) == pytest.approx(beta_2, rel=1e-5)
    cifar10 = r3gan_cifar10.RECIPE.settings()
    assert [cifar10[name] for name in ("gamma", "r2", "classes", "pipeline")] == [0.05, 0.05, 10, "r3gan"]


def test_settings_of_the_paper():
    """The NSS and SSD papers measure the generator itself; a run's defaults measure its average."""
    settings, _ = settings_of(dcgan_celeba64.RECIPE, {}, Mode(paper=True))
    assert settings["ema_kimg"] == 0
    assert settings_of(dcgan_celeba64.RECIPE, {}, Mode())[0]["ema_kimg"] == 10
    assert settings_of(dcgan_celeba64.RECIPE, {"ema_kimg": 1.0}, Mode(paper=True))[0]["ema_kimg"] == 1
    default = settings_of(stylegan2_ffhq512.RECIPE, {}, Mode())
    assert settings_of(stylegan2_ffhq512.RECIPE, {}, Mode(paper=True)) == default


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        ("--augment diffaugment --pipeline bgc", "--pipeline bgc is not DiffAugment's"),
        ("--augment ada --pipeline bgcc", "pipeline='bgcc'"),
        ("--annealing step --annealing-end 2", "end=2"),
        ("--annealing-power 0", "power=0"),
        ("--annealing-waves -1", "waves=-1"),
        ("--r1-interval 0", "--r1-interval must be at least 1"),
        ("--discriminator-steps 0", "--discriminator-steps must be at least 1"),
        ("--ema-kimg -1", "--ema-kimg must be at least 0"),
        ("--lecam -1", "weight=-1"),
        ("--r2 -1", "weight=-1"),
        ("--loss l1", "--loss"),
        ("--method ss --view nss", "--method ss is --view ss: leave out --view nss"),
        ("--normalization group", "--normalization"),
        ("--half-batch both", "--half-batch"),
        ("--paper", "dcgan_photos is of no paper"),
    ],
)
def test_one_line_for_bad_input(flags, says, tmp_path, capsys):
    _refused(dcgan_photos.RECIPE, flags, says, tmp_path, capsys)


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        ("--beta-2 0", "--beta-2 must be"),
        ("--final-beta-2 1", "--final-beta-2 must lie in"),
        ("--decay-kimg -1", "--decay-kimg must be"),
        ("--gamma-decay nan", "--gamma-decay must be"),
        ("--decay-kimg 1 --ema-kimg -1", "--ema-kimg must be at least 0"),
        ("--decay-kimg 1 --augment-probability 2", "probability=2"),
        ("--group-width 0", "`group_width`"),
        ("--augment diffaugment --pipeline r3gan", "--pipeline r3gan is not DiffAugment's"),
    ],
)
def test_one_line_for_bad_input_to_r3gan(flags, says, tmp_path, capsys):
    _refused(r3gan_photos.RECIPE, flags, says, tmp_path, capsys)


def _refused(recipe, flags, says, tmp_path, capsys):
    with pytest.raises(SystemExit) as end:
        main(recipe, ["--smoke", *flags.split(), "--run-dir", str(tmp_path / "run")])
    assert end.value.code == 2
    error = capsys.readouterr().err
    assert says in error
    assert len(error.strip().splitlines()) == 1
    assert not list(tmp_path.iterdir())
