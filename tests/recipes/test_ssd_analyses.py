import functools
import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import tfnss
from recipes import ssd_discriminator_blindness as blindness
from recipes import ssd_downsampling as downsampling
from recipes import ssd_lambda_sweep as sweep
from recipes import ssd_spectral_quality as quality
from recipes import stylegan2_photos64
from recipes.dcgan_photos import RECIPE
from tests.running.test_bad_input import snapshot
from tests.training.networks import tiny_gan
from tfnss import plots
from tfnss.metrics import amplify_bands
from tfnss.running.analysis import command_line
from tfnss.running.command_line import main as train
from tfnss.running.stored import load_run
from tfnss.training.callbacks import read_history

pytestmark = pytest.mark.slow

SMALL = ["--images", "20", "--batch-size", "8", "--seed", "3"]  # the last batch is not whole


def save_untrained(recipe, run, **given):
    """A run of the recipe's smoke settings as it is before its first step."""
    defaults = {option.name: option.default for option in recipe.all_options()}
    settings = recipe.resolve(defaults | recipe.smoke | given)
    run.mkdir(parents=True)
    recipe.build(settings).save_weights(run / "checkpoint.weights.h5")
    (run / "settings.json").write_text(json.dumps({"recipe": recipe.name, "trials": None, "settings": settings}))


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    place = tmp_path_factory.mktemp("runs")
    train(
        RECIPE,
        [
            "--smoke",
            "--ssd",
            "--resolution",
            "32",
            "--base-width",
            "2",
            "--kimg",
            "0.016",
            "--run-dir",
            str(place / "ssd"),
        ],
    )
    save_untrained(RECIPE, place / "plain", base_width=2)
    return place


def analyse(module, arguments):
    command_line.main(module.ANALYSIS, arguments)


def reals_and_samples(gan, count=20, resolution=32, labels=False):
    """What seed 3 shows: uint8 images, in [-1, 1], and the reals' labels."""
    images = tfnss.data.load("photos", resolution, labels=labels)
    chosen = np.random.default_rng(3).permutation(len(images))[:count]
    samples = gan.generate(count, seed=3, batch_size=8)
    real, fake = (x.astype("float32") / 127.5 - 1 for x in (images.array[chosen], samples))
    return real, fake, images.labels[chosen] if labels else None


def printed_means(output):
    """By radius the means by factor, and those of unchanged images and samples."""
    head, factors, *rows, levels = output.partition("Picture: ")[0].splitlines()
    assert head.startswith("Mean logit of the discriminator on ")
    factors = [float(x) for x in factors.replace("radius", "").replace("x", "").split()]
    table = {int(radius): dict(zip(factors, map(float, row), strict=True)) for radius, *row in map(str.split, rows)}
    real, fake = (float(part.split(":")[1].rstrip(". ")) for part in levels.split(" On as many"))
    return table, real, fake


def test_means_are_those_of_the_discriminator(runs, capsys):
    run = runs / "ssd"
    analyse(blindness, [str(run), *SMALL, "--factors", "1,4", "--radii", "0,5,22"])
    table, real_mean, fake_mean = printed_means(capsys.readouterr().out)
    gan = load_run(run)
    real, fake, _ = reals_and_samples(gan)

    def mean(images):
        return float(np.mean(gan.discriminator(images, training=False)))

    assert real_mean == pytest.approx(mean(real), rel=1e-3)
    assert fake_mean == pytest.approx(mean(fake), rel=1e-3)
    for radius in (0, 5, 22):
        assert table[radius] == pytest.approx({1: real_mean, 4: mean(amplify_bands(real, radius, 4))}, rel=1e-3)
    assert len({round(row[4], 9) for row in table.values()}) == 3
    with Image.open(run / "blindness.png") as picture:
        assert np.asarray(picture).std() > 0


def test_default_radii_and_factors(runs, tmp_path, capsys):
    out = tmp_path / "new" / "figure2.svg"
    analyse(blindness, [str(runs / "ssd"), *SMALL, "--out", str(out)])
    output = capsys.readouterr().out
    table, _, _ = printed_means(output)
    assert list(table) == [1, 3, 5, 7, 10, 12, 14, 16]
    assert list(table[1]) == [0, 0.5, 2, 4]
    assert f"Picture: {out}\nNumbers: {out.with_suffix('.json')}\n" in output
    assert "<svg" in out.read_text()


@pytest.mark.slow
def test_conditional_discriminators_are_given_labels(tmp_path, capsys):
    run = tmp_path / "run"
    save_untrained(stylegan2_photos64.RECIPE, run, resolution=8, classes=5)
    flags = ["--factors", "2", "--radii", "2", "--batch-size", "8", "--seed", "3"]
    analyse(blindness, [str(run), "--images", "16", *flags])
    table, real_mean, fake_mean = printed_means(capsys.readouterr().out)
    gan = load_run(run)
    real, fake, labels = reals_and_samples(gan, 16, 8, labels=True)

    def mean(images, classes):
        halves = [slice(0, 8), slice(8, 16)]  # the discriminator compares the images of a batch
        return float(np.mean([gan.discriminator(images[h], np.eye(5)[classes[h]], training=False) for h in halves]))

    assert real_mean == pytest.approx(mean(real, labels), rel=1e-3)
    assert real_mean != pytest.approx(mean(real, (labels + 1) % 5), rel=1e-3)
    assert fake_mean == pytest.approx(mean(fake, np.arange(16) % 5), rel=1e-3)
    assert table[2][2] == pytest.approx(mean(amplify_bands(real, 2, 2), labels), rel=1e-3)
    analyse(blindness, [str(run), "--images", "13", *flags])  # the last batch is no multiple of a group
    assert np.isfinite(printed_means(capsys.readouterr().out)[1])
    with pytest.raises(SystemExit):
        analyse(blindness, [str(run), *flags, "--batch-size", "6"])
    assert "a share of 6 images is no multiple" in capsys.readouterr().err


def test_spectral_quality_ranks_by_the_classifiers_logit(runs, capsys, monkeypatch):
    run = runs / "ssd"
    drawn = {}
    save_rows = plots.save_rows
    monkeypatch.setattr(plots, "save_rows", lambda rows, path: (drawn.update(rows), save_rows(rows, path)))
    analyse(quality, [str(run), *SMALL, "--show", "3"])
    gan = load_run(run)
    output = capsys.readouterr().out
    for name, images in zip(("reals", "samples"), reals_and_samples(gan), strict=False):
        logits = np.asarray(gan.spectral_realness(images))[:, 0]
        line = next(line for line in output.splitlines() if line.startswith(f"{name} ")).split()
        assert line[1] == "20"
        expected = [logits.mean(), *np.percentile(logits, [5, 25, 50, 75, 95])]
        np.testing.assert_allclose([float(x) for x in line[2:]], expected, atol=2e-4)
        order = np.argsort(logits)
        for end, chosen in (("highest", order[::-1][:3]), ("lowest", order[:3])):
            ((label, row),) = ((label, row) for label, row in drawn.items() if label.startswith(f"{name}, {end}: "))
            np.testing.assert_allclose(row / 127.5 - 1, images[chosen], atol=1e-6)
            assert [float(x) for x in label.split(": ")[1].split(" to ")] == pytest.approx(
                logits[chosen[[0, -1]]], abs=1e-3
            )
    with Image.open(run / "spectral_quality.png") as picture:
        assert np.asarray(picture).std() > 0


@pytest.fixture(scope="module")
def place(runs):
    """The runs, and more that cannot be used: for tests after which all is as before."""
    saved = json.loads((runs / "plain" / "settings.json").read_text())
    for name, change in (("untrained", {}), ("several", {"trials": 2})):
        (runs / name).mkdir()
        (runs / name / "settings.json").write_text(json.dumps(saved | change))
    for seed in (0, 1):
        (runs / "several" / f"seed-{seed}").mkdir()
    (runs / "file").write_text("a file")
    (runs / "folder.png").mkdir()
    return runs


# Arguments ({} is the place), and what the line must say.
CASES = [
    ("{}/nowhere", "nowhere is neither the folder of a run, one of its checkpoints, a pickle"),
    ("{}/file", "file is not of a run, whose images would be known: name real images with --data"),
    ("{}/file --data photos", "file is not a StyleGAN2 checkpoint that can be read"),
    ("{}/untrained", "untrained has no checkpoint yet"),
    ("{}/several", "holds runs of several seeds: name one of them, such as {}/several/seed-0"),
    ("{}/ssd --images 0", "--images must be at least 1. Received: 0"),
    ("{}/ssd --images x", "--images"),
    ("{}/ssd --batch-size 0", "--batch-size must lie in [1, 2147483648). Received: 0"),
    ("{}/ssd --seed -1", "--seed must lie in"),
    ("{}/ssd --data {}/missing", "missing is not a folder"),
    ("{}/ssd --out {}/folder.png", "folder.png is a folder; name a file"),
    ("{}/ssd --out {}/picture", "--out must name a picture (.png .pdf .svg)"),
    ("{}/ssd --out {}/file/picture.png", "file is no folder to write to"),
    ("{}/ssd --images 2 --batch-size 2 --out /proc/here/picture.png", "/proc/here"),
    ("{}/ssd --colour red", "--colour"),
    ("", "MODEL"),
]
BLINDNESS_CASES = [
    ("{}/ssd --factors 1,-2", "--factors must be finite and at least 0"),
    ("{}/ssd --factors 1,inf", "--factors must be finite and at least 0"),
    ("{}/ssd --factors 1,,2", "--factors"),
    ("{}/ssd --radii 3,23", "--radii must lie in [0, 22] for images of 32x32. Received: [3, 23]"),
    ("{}/ssd --radii 1.5", "--radii"),
]
QUALITY_CASES = [
    ("{}/plain", "plain has no spectral classifier: train a run with one (--ssd, or --method ssd"),
    ("{}/ssd --show 0", "--show must be at least 1. Received: 0"),
]
SWEEP_CASES = [
    ("--lambdas 0.5,2", "must lie in [0, 1]. Received: spatial_share=2"),
    ("--lambdas 0.5,nan", "--lambda must be a number, and smaller than 2**31. Received: nan"),
    ("--lambdas 0.5,0.50", "--lambdas must differ. Received: 0.5 twice"),
    ("--lambdas half", "--lambdas"),
    ("--lambda 0.5", "the sweep sets --lambda itself"),
    ("--method=reg", "the sweep sets --method itself"),
    ("--resume", "the sweep sets --resume itself"),
    ("--fid-every 0", "--fid-every must be above 0"),
    ("--kimg 0", "--kimg must be above 0"),
    ("--data {}/missing", "missing is not a folder"),
    ("--colour red", "--colour"),
    ("--run-dir {}/file", "file"),
    ("--run-dir /proc/here", "/proc/here"),
]
ALL = [
    *((module, *case) for module in (blindness, quality) for case in CASES),
    *((blindness, *case) for case in BLINDNESS_CASES),
    *((quality, *case) for case in QUALITY_CASES),
    *((sweep, *case) for case in SWEEP_CASES),
]


@pytest.fixture
def tiny_sweep(monkeypatch):
    """The sweep over networks that train in a moment."""

    def build(settings):
        gan = tiny_gan(size=settings["resolution"])
        gan.compile(spectral_realness=tfnss.SpectralRealness(settings["lambda"]), jit_compile=False)
        return gan

    monkeypatch.setattr(sweep, "RECIPE", replace(sweep.RECIPE, build=build))
    return ["--smoke", "--resolution", "32", "--fid-images", "20", "--batch-size", "16"]


@pytest.mark.parametrize(("module", "arguments", "says"), ALL)
def test_one_line_and_nothing_written(module, arguments, says, place, tiny_sweep, capsys, monkeypatch):
    monkeypatch.chdir(place)
    before = snapshot(place)
    flags = [*tiny_sweep, "--run-dir", str(place / "sweep")] if module is sweep else []
    run = module.main if module is sweep else functools.partial(analyse, module)
    with pytest.raises(SystemExit) as end:
        run([*flags, *arguments.replace("{}", str(place)).split()])
    assert end.value.code == 2
    error = capsys.readouterr().err
    assert says.replace("{}", str(place)) in error
    assert len(error.strip().splitlines()) == 1
    assert snapshot(place) == before


def test_sweep_continues_with_the_flags_that_it_was_started_with(tiny_sweep, tmp_path):
    flags = [*tiny_sweep, "--paper"]
    (first,) = sweep._runs([0.5], tmp_path, flags).items()
    settings = sweep._settings(first[1])
    first[0].mkdir()
    (first[0] / "settings.json").write_text(
        json.dumps({"recipe": sweep.RECIPE.name, "trials": None, "settings": settings})
    )
    (second,) = sweep._runs([0.5], tmp_path, flags).items()
    assert "--paper" in first[1]
    assert sweep._settings(second[1]) == settings


def test_sweep_begins_a_run_that_was_killed_before_it_began(tiny_sweep, tmp_path):
    folder = tmp_path / "lambda-0.5"
    folder.mkdir()
    (folder / ".partial.settings.json").write_text("{")
    (run,) = sweep._runs([0.5], tmp_path, tiny_sweep).values()
    assert "--resume" not in run


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:the covariance")
def test_sweep_trains_compares_and_continues(tiny_sweep, tmp_path, capsys):
    flags = [*tiny_sweep, "--run-dir", str(tmp_path)]
    sweep.main([*flags, "--lambdas", "0.25"])
    first = tmp_path / "lambda-0.25"
    settings = json.loads((first / "settings.json").read_text())["settings"]
    assert (settings["method"], settings["lambda"], settings["fid_every"]) == ("ssd", 0.25, 0.0064)
    (tmp_path / "lambda.png").unlink()
    before, rows = snapshot(first), read_history(first / "history.csv")
    assert [row["kimg"] for row in rows if "fid" in row] == [0.032, 0.064]

    capsys.readouterr()
    sweep.main([*flags, "--lambdas", "0.25,1"])
    after = snapshot(first)
    kept = ["checkpoint.weights.h5", "history.csv", "metrics.jsonl", "settings.json"]
    assert all(after[first / name] == before[first / name] for name in kept)
    last = read_history(tmp_path / "lambda-1" / "history.csv")[-1]
    assert last["kimg"] == 0.064
    *_, one, two, picture = capsys.readouterr().out.splitlines()
    fids = [row["fid"] for row in rows]
    assert one.split() == ["0.25", f"{fids[-1]:.4f}", f"{min(fids):.4f}", f"{rows[np.argmin(fids)]['kimg']:.3f}"]
    assert two.split()[:2] == ["1", f"{last['fid']:.4f}"]
    assert picture == f"Picture: {tmp_path / 'lambda.png'}"
    with Image.open(tmp_path / "lambda.png") as drawn:
        assert np.asarray(drawn).std() > 0

    (tmp_path / "lambda-0.5").mkdir()
    (tmp_path / "lambda-0.5" / "notes.txt").write_text("of something else")
    before = snapshot(tmp_path)
    for more, says in (
        (["--kimg", "1"], "lambda-0.25 is of other settings (kimg, fid_every): give the flags"),
        (["--learning-rate", "0.1"], "lambda-0.25 is of other settings (learning_rate)"),
        (["--lambdas", "0.25,0.5"], "lambda-0.5 holds no run"),
    ):
        with pytest.raises(SystemExit) as end:
            sweep.main([*flags, "--lambdas", "0.25", *more])
        assert end.value.code == 2
        error = capsys.readouterr().err
        assert says in error
        assert len(error.strip().splitlines()) == 1
    assert snapshot(tmp_path) == before


# -- figure 3 ---


def test_downsampling_is_drawn(tmp_path, capsys):
    out = tmp_path / "three.png"
    downsampling.main(["--resolution", "64", "--out", str(out)])
    assert f"Picture: {out}, numbers: {tmp_path / 'three.json'}" in capsys.readouterr().out
    found = json.loads((tmp_path / "three.json").read_text())
    for name in ("sharpened", "high frequencies x 4"):
        ways = found[name]["ways"]
        assert len(ways["pooling"]["change"]) == 4
        assert ways["blur + pooling"]["change"][0] < ways["pooling"]["change"][0] < found[name]["change"]
        assert ways["blur + pooling"]["aliased"][0] < ways["pooling"]["aliased"][0]
    with Image.open(out) as picture:
        assert np.asarray(picture).std() > 0


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        ("--resolution 63", "--resolution must be even"),
        ("--image 10000000", "--image must lie in [0, "),
        ("--blur -1", "--blur must lie in"),
        ("--factor nan", "--factor must lie in"),
        ("--data {}/missing", "missing is not a folder"),
        ("--out {}/three", "--out must name a picture"),
    ],
)
def test_downsampling_of_bad_input(flags, says, tmp_path, capsys):
    with pytest.raises(SystemExit) as end:
        downsampling.main(["--out", str(tmp_path / "three.png"), *flags.replace("{}", str(tmp_path)).split()])
    assert end.value.code == 2
    error = capsys.readouterr().err
    assert says in error
    assert len(error.strip().splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_rectangles(tmp_path, capsys):
    """The radii are those of the shorter side; images and pictures have the run's size."""
    save_untrained(RECIPE, tmp_path / "run", base_width=2, resolution=[16, 24], spectral="ssd")
    run, few = str(tmp_path / "run"), ["--images", "8", "--batch-size", "8", "--factors", "0,1"]
    analyse(blindness, [run, *few, "--radii", "1,8"])
    table, *_ = printed_means(capsys.readouterr().out)
    assert set(table) == {1, 8}
    analyse(quality, [run, "--images", "8", "--batch-size", "8"])
    with pytest.raises(SystemExit):
        analyse(blindness, [run, *few, "--radii", "100"])
    assert "for images of 24x16. Received" in capsys.readouterr().err
