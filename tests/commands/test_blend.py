import json
import shutil

import numpy as np
import pytest
from PIL import Image

from recipes import dcgan_photos, stylegan2_photos64
from tests.commands.test_project import PICKLE, write_run
from tests.running.test_bad_input import snapshot
from tfnss.commands import blend, export, generate
from tfnss.running.stored import load_run

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Runs that fit together, others that do not, and what is none."""
    place = tmp_path_factory.mktemp("blend")
    for seed in (0, 1):
        write_run(stylegan2_photos64.RECIPE, place / f"run{seed}", resolution=8, seed=seed)
    write_run(stylegan2_photos64.RECIPE, place / "other", resolution=16)
    write_run(dcgan_photos.RECIPE, place / "plain", base_width=4)
    shutil.copytree(place / "run0", place / "kept")
    (place / "kept" / "checkpoints").mkdir()
    for index in (0, 1):
        shutil.copy(
            place / f"run{index}" / "checkpoint.weights.h5", place / "kept" / "checkpoints" / f"00000{index}.weights.h5"
        )
    shutil.copytree(place / "run0", place / "untrained", ignore=shutil.ignore_patterns("checkpoint*"))
    shutil.copytree(place / "run0", place / "seeds" / "seed-0")
    settings = json.loads((place / "run0" / "settings.json").read_text())
    (place / "seeds" / "settings.json").write_text(json.dumps(settings | {"trials": 1}))
    shutil.copytree(place / "run0", place / "torn")
    (place / "torn" / "checkpoint.weights.h5").write_bytes(
        (place / "run0" / "checkpoint.weights.h5").read_bytes()[:999]
    )
    (place / "taken").mkdir()
    (place / "file").write_text("a file")
    return place


def weights(run):
    return load_run(run).generator_ema.get_weights()


def test_a_blend_is_a_run(place, tmp_path, capsys):
    """It has the layers of both, and other commands take it."""
    blend.main([str(place / "run0"), str(place / "run1"), "--at", "8", "--out", str(tmp_path / "new")])
    assert f"{tmp_path / 'new'} is a run" in capsys.readouterr().out
    assert {path.name for path in (tmp_path / "new").iterdir()} == {"settings.json", "checkpoint.weights.h5"}
    low, high, new = (load_run(run) for run in (place / "run0", place / "run1", tmp_path / "new"))
    for part in ("generator", "generator_ema"):
        found = getattr(new, part)
        for name, of in (("b4_conv", low), ("b8_conv0", high), ("b8_conv1", high)):
            expected = of.generator_ema.synthesis.convs[name].conv.kernel
            np.testing.assert_array_equal(found.synthesis.convs[name].conv.kernel, expected)
    for one, other in zip(new.discriminator.get_weights(), low.discriminator.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    saved = json.loads((tmp_path / "new" / "settings.json").read_text())
    assert saved["made_of"] == {"blend": [str(place / "run0"), str(place / "run1")], "at": 8}
    generate.main([str(tmp_path / "new"), "--seeds", "0-3", "--out", str(tmp_path / "out")])
    with Image.open(tmp_path / "out" / "grid.png") as image:
        assert np.asarray(image).std() > 0
    export.main([str(tmp_path / "new")])
    assert (tmp_path / "new" / "saved_model" / "saved_model.pb").is_file()


@pytest.mark.parametrize("whole", [False, True])
def test_a_file_beside_a_run(whole, place, tmp_path):
    """Of a generator as of a whole GAN: the run is the second's."""
    gan = load_run(place / "run0")
    (gan if whole else gan.generator_ema).save(tmp_path / "model.keras")
    blend.main([str(tmp_path / "model.keras"), str(place / "run1"), "--at", "8", "--out", str(tmp_path / "new")])
    new, high = (load_run(run) for run in (tmp_path / "new", place / "run1"))
    mapping = (network.generator_ema.mapping.dense[0].kernel for network in (new, gan))
    np.testing.assert_array_equal(*mapping)
    biases = (network.generator_ema.synthesis.convs["b8_conv0"].affine.kernel for network in (new, high))
    np.testing.assert_array_equal(*biases)
    critics = (network.discriminator.get_weights()[0] for network in (new, high))
    np.testing.assert_array_equal(*critics)


@pytest.mark.parametrize("named", ["run", "checkpoints"])
def test_a_mean(place, tmp_path, named):
    """Of all checkpoints that a run has kept, or of some by name."""
    files = sorted((place / "kept" / "checkpoints").iterdir())
    models = [place / "kept"] if named == "run" else files
    blend.main([*map(str, models), "--mean", "--out", str(tmp_path / "new")])
    for one, first, second in zip(*map(weights, (tmp_path / "new", place / "run0", place / "run1")), strict=True):
        np.testing.assert_allclose(one, (first.astype(float) + second) / 2, rtol=1e-6, atol=1e-7)
    saved = json.loads((tmp_path / "new" / "settings.json").read_text())
    assert saved["made_of"] == {"mean": list(map(str, files))}


# Flags ({} is the place), and what the line must say.
CASES = [
    ("{0}/run0 {0}/run1", "one of the arguments --at --mean is required"),
    ("{0}/run0 {0}/run1 --at 8 --mean", "not allowed with"),
    ("{0}/run0 --at 8", "--at takes two models. Received: 1"),
    ("{0}/run0 {0}/run1 {0}/kept --at 8", "--at takes two models. Received: 3"),
    ("{0}/run0 {0}/run1 --at 4", "the resolution must be one of 8. Received: 4"),
    ("{0}/run0 {0}/run1 --at eight", "invalid int value"),
    ("{0}/run0 {0}/other --at 8", "the generators differ in"),
    ("{0}/run0 {0}/plain --at 8", "the generators differ in"),
    ("{0}/plain {0}/run0 --at 8", "needs generators with layers for each resolution"),
    ("{0}/run0 {0}/run0 --at 8", "is named twice"),
    ("{0}/run0 {0}/missing --at 8", "missing is neither"),
    ("{0}/run0 {0}/untrained --at 8", "untrained has no checkpoint yet"),
    ("{0}/run0 {0}/seeds --at 8", "several seeds"),
    ("{0}/run0 {0}/torn --at 8", "torn/checkpoint.weights.h5 is damaged"),
    ("{0}/run0 {0}/file --at 8", "file is not a StyleGAN2 checkpoint"),
    (f"{PICKLE} {PICKLE} --at 8", "one of the models must be a run"),
    ("{0}/run0 --mean", "run0 has kept no checkpoints but the newest: train with --keep N"),
    ("{0}/kept/checkpoints/000000.weights.h5 --mean", "alone"),
    (f"{{0}}/run0 {PICKLE} --mean", "--mean takes checkpoints of runs"),
    ("{0}/run0 {0}/other --mean", "of other shapes"),
    ("{0}/run0 {0}/run1 --at 8 --out {0}/taken", "taken is there already"),
    ("{0}/run0 {0}/run1 --at 8 --out {0}/file/new", "file is no folder to write to"),
]


@pytest.mark.parametrize(("flags", "says"), CASES)
def test_bad_input_is_one_line_and_nothing_is_written(flags, says, place, tmp_path, capsys):
    before = snapshot(place)
    given = flags.format(place).split()
    with pytest.raises(SystemExit) as end:
        blend.main([*given, *([] if "--out" in given else ["--out", str(tmp_path / "out")])])
    assert end.value.code == 2
    error = capsys.readouterr().err
    assert says in error
    assert len(error.strip().splitlines()) == 1
    assert snapshot(place) == before
    assert not list(tmp_path.iterdir())
