import functools
import json

import numpy as np
import pytest
from PIL import Image

import tfnss
from recipes import nss_hadamard, nss_predictions, nss_spaces, nss_variance
from recipes.dcgan_photos import RECIPE
from tests.recipes.test_ssd_analyses import analyse, save_untrained
from tests.running.test_bad_input import snapshot
from tfnss.running.analysis.reals import discriminating
from tfnss.running.stored import load_run


def drawn(path):
    with Image.open(path) as picture:
        return np.asarray(picture).std() > 0


# -- figure 1 --------------------------------------------------------------------------------------------------------


def test_spaces_share_their_noise_and_follow_their_recursions():
    image = np.random.default_rng(0).uniform(-1, 1, (9, 7, 3))
    times = (0, 1, 2, 8)
    shown = nss_spaces.along_spaces(image, times, 0.15, 0.5, seed=3)
    draws = np.random.default_rng(3)
    noise = [0.15 * draws.standard_normal(image.shape) for _ in range(8)]
    for index, time in enumerate(times):
        expected = np.asarray(tfnss.ScaleSpace(0.5)(image[None], float(time)))[0]
        np.testing.assert_allclose(shown["scale-space"][index], expected, atol=1e-5)
        np.testing.assert_allclose(shown["noise-space"][index], image + sum(noise[:time]), atol=1e-12)
        terms = [
            np.asarray(tfnss.ScaleSpace(0.5)(noise[i][None], float(time - 1 - i)))[0] for i in range(time)
        ]  # equation 6
        np.testing.assert_allclose(shown["noisy scale-space"][index], expected + sum(terms), atol=1e-5)


def test_spaces_are_drawn(tmp_path, capsys):
    out = tmp_path / "spaces.png"
    nss_spaces.main(["--resolution", "16", "--times", "0,4,256", "--out", str(out)])
    _, *rows, picture = capsys.readouterr().out.splitlines()
    values = np.array([[float(x) for x in row.split()] for row in rows])
    assert values[:, 0].tolist() == [0, 4, 256]
    assert values[0, 1] == values[0, 2] == values[0, 3]
    assert values[-1, 1] == pytest.approx(values[0, 1] + 256 * 0.15**2, rel=0.1)
    assert values[-1, 2] < values[0, 2]
    assert picture == f"Picture: {out}"
    assert drawn(out)


# -- figure 2 --------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_variances_of_several_data_sets_in_one_picture(tmp_path, capsys):
    out = tmp_path / "variance.png"
    flags = ["--resolution", "8", "--images", "64", "--out", str(out)]
    nss_variance.main([*flags, "--data", "photos", "hadamard"])
    both = capsys.readouterr().out.splitlines()
    assert both[0] == "photos"
    assert both[len(nss_variance.TIMES) + 3] == "hadamard"
    nss_variance.main([*flags, "--data", "hadamard"])
    assert both[len(nss_variance.TIMES) + 4 :] == capsys.readouterr().out.splitlines()
    assert drawn(out)


# -- figure 3 --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    place = tmp_path_factory.mktemp("runs")
    for method in ("gan", "nss"):
        save_untrained(RECIPE, place / method, base_width=2, method=method)
    rows = [(0.032, 0.4), (0.064, 0.5)]
    names = [f"{kind}_prediction_p{p}" for kind in ("real", "fake") for p in nss_predictions.PERCENTILES]
    lines = [",".join(["kimg", *names]), *(",".join([str(kimg), *[str(value)] * 10]) for kimg, value in rows)]
    (place / "nss" / "history.csv").write_text("\n".join(lines) + "\n")
    return place


@pytest.mark.slow
def test_predictions_are_percentiles_of_the_discriminators_probabilities(runs, capsys):
    flags = ["--images", "20", "--batch-size", "8", "--seed", "3", "--times", "0,4"]
    analyse(nss_predictions, [str(runs / "gan"), str(runs / "nss"), *flags])
    assert f"Picture: {runs / 'gan' / 'predictions.png'}\n" in capsys.readouterr().out
    assert drawn(runs / "gan" / "predictions.png")
    plain, noisy = json.loads((runs / "gan" / "predictions.json").read_text())["numbers"]["models"]
    assert (plain["half_batch"], noisy["half_batch"]) == (False, True)
    assert noisy["space"] == "NoisyScaleSpace"
    assert noisy["history"]["fake"] == {"kimg": [0.032, 0.064], **{f"p{p}": [0.4, 0.5] for p in (5, 25, 50, 75, 95)}}
    assert plain["history"]["real"]["kimg"] == []
    gan = load_run(runs / "gan")
    images = tfnss.data.load("photos", 32)
    reals = images.array[np.random.default_rng(3).permutation(len(images))[:20]] / 127.5 - 1
    fakes = gan.generate(20, seed=3, batch_size=8) / 127.5 - 1
    for kind, originals in (("real", reals), ("fake", fakes)):
        for index, time in enumerate((0.0, 4.0)):
            shown = tfnss.ScaleSpace()(originals.astype("float32"), time)
            probabilities = 1 / (1 + np.exp(-np.asarray(gan.discriminator(shown, training=False), float)))
            expected = np.percentile(probabilities, (5, 25, 50, 75, 95))
            got = [plain["predictions"][kind][f"p{p}"][index] for p in (5, 25, 50, 75, 95)]
            np.testing.assert_allclose(got, expected, rtol=1e-4)


def test_projected_by_the_runs_own_space(runs):
    gan = load_run(runs / "nss")
    images = np.random.default_rng(0).uniform(-1, 1, (8, 32, 32, 3)).astype("float32")
    batches = [images[:4], images[4:]]
    clean, once, again, other = (
        nss_predictions.prediction_percentiles(gan.discriminator, gan.view.space, batches, [time], 4, seeds=(seed, 0))
        for time, seed in ((0, 0), (256, 0), (256, 0), (256, 1))
    )
    np.testing.assert_array_equal(once, again)
    assert not np.array_equal(once, clean)
    assert not np.array_equal(once, other)
    assert discriminating(gan.discriminator, 8)(images[:3]).shape == (3, 1)


# -- figures 4 and 5 -------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_toy_experiment(tmp_path, capsys):
    nss_hadamard.main(["--smoke", "--kimg", "0.32", "--images", "50", "--seed", "4", "--out", str(tmp_path)])
    output = capsys.readouterr().out
    assert output.count("ss   seed") == output.count("nss  seed") == 2
    assert drawn(tmp_path / "ss.png")
    assert drawn(tmp_path / "nss.png")
    record = json.loads((tmp_path / "coefficients.json").read_text())
    assert record["settings"]["time"] == 8
    for name in nss_hadamard.SPACES:
        runs = record[name]["runs"]
        assert [run["seed"] for run in runs] == [4, 5]
        for run in runs:
            ratio = np.divide(run["std"]["fakes"], run["std"]["reals"])
            np.testing.assert_allclose(run["std_ratio"], ratio)
            assert run["std_ratio_b5_to_b8"] == pytest.approx(ratio[4:].mean())
            assert run["residual_share"]["reals"] == pytest.approx(0, abs=1e-10)
            assert 0 < run["residual_share"]["fakes"] < 1
        mean = np.mean([run["std_ratio_b5_to_b8"] for run in runs])
        assert record[name]["std_ratio_b5_to_b8"] == pytest.approx(mean)
    np.testing.assert_array_equal(record["ss"]["runs"][0]["std"]["reals"], record["nss"]["runs"][0]["std"]["reals"])


@pytest.mark.slow
def test_the_toy_experiment_ends_when_it_diverges(tmp_path, capsys):
    with pytest.raises(SystemExit, match=r"^2$"):
        nss_hadamard.main(["--smoke", "--learning-rate", "1e30", "--out", str(tmp_path)])
    error = capsys.readouterr().err
    assert "error: training diverged: 10 iterations in a row" in error
    assert error.count("\n") == 1


# -- bad input -------------------------------------------------------------------------------------------------------

# Arguments ({} is the place), and what the line must say.
CASES = [
    (nss_spaces, "--times 0,-1", "--times must be at least 0. Received: -1"),
    (nss_spaces, "--times 0,1.5", "--times"),
    (nss_spaces, "--image -1", "--image must be at least 0. Received: -1"),
    (nss_spaces, "--image 2500 --resolution 8", "--image must lie in [0, 2500): photos has no more"),
    (nss_spaces, "--stddev -1", "`stddev` must be a finite number >= 0"),
    (nss_spaces, "--kernel-stddev 2", "`kernel_stddev` must lie in"),
    (nss_spaces, "--out {}/picture", "--out must name a picture"),
    (nss_spaces, "--data {}/missing", "missing is not a folder"),
    (nss_variance, "--data photos photos --resolution 8", "--data must differ. Received: photos twice"),
    (nss_variance, "--data hadamard", "hadamard has images of 8x8 pixels alone. Received: resolution=64"),
    (nss_predictions, "", "MODEL"),
    (nss_predictions, "{}/nowhere", "nowhere is neither the folder of a run"),
    (nss_predictions, "{}/gan {}/gan", "gan is named twice: each model must be another"),
    (nss_predictions, "{}/gan --times 1,-1", "--times must be finite and at least 0"),
    (nss_predictions, "{}/gan --images 0", "--images must be at least 1"),
    (nss_hadamard, "--trials 0", "--trials must be at least 1. Received: 0"),
    (nss_hadamard, "--kimg 0", "--kimg must be above 0"),
    (nss_hadamard, "--images 1", "--images must lie in [2, 200001). Received: 1"),
    (nss_hadamard, "--stddev -1", "`stddev` must be a finite number >= 0"),
    (nss_hadamard, "--out /proc/here", "/proc/here"),
]


@pytest.mark.parametrize(("module", "arguments", "says"), CASES)
def test_one_line_and_nothing_written(module, arguments, says, runs, capsys, monkeypatch):
    monkeypatch.chdir(runs)
    before = snapshot(runs)
    run = functools.partial(analyse, module) if hasattr(module, "ANALYSIS") else module.main
    with pytest.raises(SystemExit) as end:
        run(arguments.replace("{}", str(runs)).split())
    assert end.value.code == 2
    captured = capsys.readouterr()
    assert says in captured.err
    assert len(captured.err.strip().splitlines()) == 1
    assert snapshot(runs) == before
