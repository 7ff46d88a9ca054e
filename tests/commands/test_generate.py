import json
import shutil

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from models import DCGAN, StyleGAN2
from recipes import stylegan2_photos64
from recipes.dcgan_photos import RECIPE
from tests.commands.test_project import PICKLE, write_run
from tests.running.test_bad_input import snapshot
from tfnss import analysis
from tfnss.commands import generate, project
from tfnss.random.stateless import sampling_latents
from tfnss.running import stored
from tfnss.running.command_line import main as train
from tfnss.serving import exported

TINY = {"latent_dim": 6, "channel_base": 32, "channel_max": 4, "mapping_layers": 1}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Exported models, a run, the same unfinished, and what is none of these."""
    place = tmp_path_factory.mktemp("generate")
    StyleGAN2(8, **TINY).export(place / "styled")
    StyleGAN2(8, classes=3, **TINY).export(place / "conditional")
    plain = DCGAN(16, latent_dim=6, base_width=4)
    plain.generator_ema.set_weights([10 * weight for weight in plain.generator_ema.get_weights()])  # far from grey
    plain.export(place / "plain")
    train(RECIPE, ["--smoke", "--base-width", "4", "--run-dir", str(place / "run")])
    shutil.copytree(place / "run", place / "unfinished", ignore=shutil.ignore_patterns("saved_model"))
    shutil.copytree(place / "unfinished", place / "untrained", ignore=shutil.ignore_patterns("checkpoint*"))
    shutil.copytree(place / "conditional", place / "cardless", ignore=shutil.ignore_patterns("model_card.json"))
    shutil.copytree(place / "conditional", place / "named")
    card = json.loads((place / "named" / "model_card.json").read_text())
    (place / "named" / "model_card.json").write_text(json.dumps(card | {"class_names": ["cat", "dog", "fish"]}))
    shutil.copytree(place / "conditional", place / "many")
    names = [f"breed{index}" for index in range(1000)]
    (place / "many" / "model_card.json").write_text(json.dumps(card | {"classes": 1000, "class_names": names}))
    shutil.copytree(place / "conditional", place / "cut", ignore=shutil.ignore_patterns("variables*"))
    shutil.copytree(place / "plain", place / "torn")
    (place / "torn" / "saved_model.pb").write_bytes((place / "plain" / "saved_model.pb").read_bytes()[:999])
    double = tf.function(lambda x: x + x, input_signature=[tf.TensorSpec([None], name="x")])
    other = tf.Module()
    other.double = double
    tf.saved_model.save(other, str(place / "other"), signatures={"serving_default": double})
    shutil.copytree(place / "unfinished", place / "seeds" / "seed-0")
    settings = json.loads((place / "run" / "settings.json").read_text())
    (place / "seeds" / "settings.json").write_text(json.dumps(settings | {"trials": 1}))
    return place


def read(path):
    with Image.open(path) as image:
        return np.asarray(image)


def cells(path, size):
    """Images of a grid, `[rows, columns, height, width, channels]`."""
    picture = read(path)
    rows, columns = picture.shape[0] // size, picture.shape[1] // size
    return picture.reshape(rows, size, columns, size, -1).swapaxes(1, 2)


class Reference:
    """What an exported model makes of seeds, without the recipe."""

    def __init__(self, model):
        self.model = tf.saved_model.load(model)  # keeps the variables

    def __call__(self, name, **inputs):
        signature = self.model.signatures[name]
        specs = signature.structured_input_signature[1]
        (output,) = signature(
            **{name: tf.constant(value, specs[name].dtype) for name, value in inputs.items()}
        ).values()
        return output.numpy()

    def latents(self, seed):
        return sampling_latents(1, 6, seed).numpy()

    def styles(self, seed, truncation=1.0):
        return self("map", latents=self.latents(seed), truncation=truncation)

    def image(self, styles, noise_seed=0):
        return self("synthesize", styles=styles, noise_seed=noise_seed)[0]


def draw(target, out, *flags):
    generate.main([str(target), "--out", str(out), *flags])


def test_a_seed_is_one_image_alone_and_among_others(place, tmp_path, capsys):
    flags = ["--truncation", "0.7", "--noise-seed", "4"]
    draw(place / "styled", tmp_path / "all", "--seeds", "0-2,12345,7,1", *flags)
    draw(place / "styled", tmp_path / "one", "--seeds", "7", *flags)
    names = [f"seed{seed}.png" for seed in ("0000", "0001", "0002", "12345", "0007")]
    assert {path.name for path in (tmp_path / "all").iterdir()} == {"images", "grid.png"}
    assert {path.name for path in (tmp_path / "all" / "images").iterdir()} == set(names)
    says = f"grid.png is in {tmp_path / 'all'}, and 5 images in {tmp_path / 'all' / 'images'}"
    assert capsys.readouterr().out.startswith(says)
    assert (tmp_path / "all" / "images" / "seed0007.png").read_bytes() == (
        tmp_path / "one" / "images" / "seed0007.png"
    ).read_bytes()
    reference = Reference(place / "styled")
    inputs = {"latents": reference.latents(7), "truncation": 0.7, "noise_seed": 4}
    np.testing.assert_array_equal(
        read(tmp_path / "one" / "images" / "seed0007.png"), reference("generate", **inputs)[0]
    )
    grid = cells(tmp_path / "all" / "grid.png", 8)
    assert grid.shape[:2] == (2, 3)
    for index, name in enumerate(names):
        np.testing.assert_array_equal(grid[divmod(index, 3)], read(tmp_path / "all" / "images" / name))


def test_a_run_is_its_saved_model_or_its_checkpoint(place, tmp_path):
    draw(place / "run", tmp_path / "exported", "--seeds", "0-3")
    draw(place / "unfinished", tmp_path / "checkpoint", "--seeds", "0-3")
    exported, checkpoint = (read(tmp_path / name / "grid.png") for name in ("exported", "checkpoint"))
    np.testing.assert_array_equal(exported, checkpoint)
    assert exported.std() > 0


def test_a_model_of_a_future_that_a_run_went_back_from_is_not_drawn(place, tmp_path):
    """As after --resume --checkpoint FILE and Ctrl-C: the history ends before the moment of the exported model."""
    shutil.copytree(place / "plain", tmp_path / "run" / "saved_model")
    card = json.loads((place / "run" / "saved_model" / "model_card.json").read_text())
    (tmp_path / "run" / "saved_model" / "model_card.json").write_text(json.dumps(card))
    shutil.copytree(place / "unfinished", tmp_path / "run", dirs_exist_ok=True)
    rows = (tmp_path / "run" / "history.csv").read_text().splitlines(keepends=True)
    assert card["images_seen"] == 64
    assert len(rows) > 2
    draw(place / "plain", tmp_path / "other", "--seeds", "0-3")
    draw(tmp_path / "run", tmp_path / "end", "--seeds", "0-3")
    (tmp_path / "run" / "history.csv").write_text("".join(rows[:-1]))
    draw(tmp_path / "run", tmp_path / "back", "--seeds", "0-3")
    draw(place / "unfinished", tmp_path / "checkpoint", "--seeds", "0-3")
    pictures = {name: (tmp_path / name / "grid.png").read_bytes() for name in ("other", "end", "back", "checkpoint")}
    assert pictures["end"] == pictures["other"]
    assert pictures["back"] == pictures["checkpoint"] != pictures["end"]


def test_a_checkpoint_with_styles(place, tmp_path, monkeypatch):
    monkeypatch.setattr(stored, "load_run", lambda run: StyleGAN2(8, classes=3, **TINY))
    flags = ["--seeds", "0-3", "--truncation", "0.5"]
    draw(place / "unfinished", tmp_path / "checkpoint", *flags)
    draw(place / "conditional", tmp_path / "exported", *flags)
    difference = read(tmp_path / "checkpoint" / "grid.png").astype(int) - read(tmp_path / "exported" / "grid.png")
    assert np.abs(difference).max() <= 1


def test_a_way_in_w_is_straight(place, tmp_path):
    draw(place / "styled", tmp_path, "--interpolate", "3-7", "--frames", "5", "--truncation", "0.7")
    frames = [read(tmp_path / "images" / f"frame{index:04d}.png") for index in range(5)]
    reference = Reference(place / "styled")
    first, last = (reference.styles(seed, 0.7).astype(float) for seed in (3, 7))
    for share, frame in zip((0, 0.25, 0.5, 0.75, 1), frames, strict=True):
        expected = reference.image(first + share * (last - first))
        assert np.abs(frame.astype(int) - expected).max() <= 1
    assert np.abs(frames[2].astype(int) - frames[0]).max() > 50
    np.testing.assert_array_equal(cells(tmp_path / "interpolation.png", 8), [frames])


def test_a_way_in_z_is_a_great_circle(place, tmp_path):
    draw(place / "plain", tmp_path, "--interpolate", "3-7", "--frames", "3")
    draw(place / "plain", tmp_path, "--seeds", "3,7")
    frames = [read(tmp_path / "images" / f"frame{index:04d}.png") for index in range(3)]
    np.testing.assert_array_equal(frames[0], read(tmp_path / "images" / "seed0003.png"))
    np.testing.assert_array_equal(frames[2], read(tmp_path / "images" / "seed0007.png"))
    reference = Reference(place / "plain")
    first, last = (reference.latents(seed)[0].astype(float) for seed in (3, 7))
    lengths = np.linalg.norm(first), np.linalg.norm(last)
    middle = first / lengths[0] + last / lengths[1]
    middle *= np.mean(lengths) / np.linalg.norm(middle)
    difference = frames[1].astype(int) - reference("serving_default", latents=[middle])[0]
    assert np.abs(difference).max() <= 1
    assert np.abs(frames[1].astype(int) - frames[0]).max() > 50


def test_mixed_styles(place, tmp_path):
    draw(place / "styled", tmp_path, "--style-mix", "1-2", "5,8,9", "--layers", "1-2")
    grid = cells(tmp_path / "styles.png", 8)
    assert grid.shape[:2] == (3, 4)
    assert not grid[0, 0].any()
    reference = Reference(place / "styled")
    rows, columns = ([reference.styles(seed) for seed in seeds] for seeds in ((1, 2), (5, 8, 9)))
    for j, column in enumerate(columns):
        np.testing.assert_array_equal(grid[0, j + 1], reference.image(column))
    for i, row in enumerate(rows):
        np.testing.assert_array_equal(grid[i + 1, 0], reference.image(row))
        for j, column in enumerate(columns):
            mixed = np.concatenate([row[:, :1], column[:, 1:3], row[:, 3:]], axis=1)
            np.testing.assert_array_equal(grid[i + 1, j + 1], reference.image(mixed))
    draw(place / "styled", tmp_path, "--style-mix", "1", "5", "--overwrite")
    mixed = np.concatenate([columns[0][:, :2], rows[0][:, 2:]], axis=1)
    np.testing.assert_array_equal(cells(tmp_path / "styles.png", 8)[1, 1], reference.image(mixed))


def test_classes_are_in_turn_or_chosen(place, tmp_path):
    draw(place / "conditional", tmp_path / "turn", "--seeds", "4-5")
    draw(place / "conditional", tmp_path / "chosen", "--seeds", "4-5", "--class", "2")
    draw(place / "cardless", tmp_path / "cardless", "--seeds", "4", "--class", "2")
    names = [
        "chosen/images/seed0004.png",
        "turn/images/seed0005.png",
        "turn/images/seed0004.png",
        "chosen/images/seed0005.png",
        "cardless/images/seed0004.png",
    ]
    images = [read(tmp_path / name) for name in names]
    reference = Reference(place / "conditional")
    for (seed, label), image in zip(((4, 2), (5, 2), (4, 1), (5, 2), (4, 2)), images, strict=True):
        inputs = {"latents": reference.latents(seed), "labels": [label], "truncation": 1.0, "noise_seed": 0}
        np.testing.assert_array_equal(image, reference("generate", **inputs)[0])
    assert (images[0] != images[2]).any()


def test_files_are_kept_unless_told_otherwise(place, tmp_path, capsys):
    draw(place / "plain", tmp_path, "--seeds", "0-1")
    (tmp_path / "images" / "seed0001.png").write_bytes(b"precious")
    before = snapshot(tmp_path)
    with pytest.raises(SystemExit) as end:
        draw(place / "plain", tmp_path, "--seeds", "1-2")
    assert end.value.code == 2
    assert "images/seed0001.png is there already: name another --out, or add --overwrite" in capsys.readouterr().err
    assert snapshot(tmp_path) == before
    draw(place / "plain", tmp_path, "--seeds", "1-2", "--overwrite")
    assert read(tmp_path / "images" / "seed0001.png").shape == (16, 16, 3)


# Arguments ({} is the place), and what the line must say.
CASES = [
    ("{}/plain --seeds 3-1", "ascending numbers in [0, 2**31), such as 0-63. Received: 3-1"),
    ("{}/plain --seeds a", "argument --seeds: ascending numbers"),
    ("{}/plain --seeds 2147483648", "Received: 2147483648"),
    ("{}/plain --seeds 0-2147483647", "at most 1000000 seeds"),
    ("{}/plain --interpolate 3", "two seeds in [0, 2**31), such as 3-7. Received: 3"),
    ("{}/plain --interpolate 3-7 --frames 1", "--frames must lie in 2 to 1000000. Received: 1"),
    ("{}/plain --interpolate 3-7 --seeds 0", "not allowed with argument"),
    ("{}/plain --frames 3", "--frames goes with --interpolate"),
    ("{}/styled --layers 0-1", "--layers goes with --style-mix or --mix or --direction"),
    ("{}/styled --style-mix 0 1 --layers 2-4", "--layers must lie in 0 to 3 for this model. Received: up to 4"),
    ("{}/styled --style-mix 0-99 0-99", "a grid of at most 1024 images. Received: 10000"),
    ("{}/plain --style-mix 0 1", "plain has no styles, which --style-mix, --direction, --styles, --noise-seed and"),
    ("{}/plain --noise-seed 5", "plain has no styles"),
    ("{}/plain --truncation 0.7", "plain has no styles"),
    ("{}/unfinished --truncation 0.7", "unfinished has no styles"),
    ("{}/styled --truncation nan", "--truncation must be finite. Received: nan"),
    ("{}/styled --noise-seed -1", "--noise-seed must lie in [0, 2**31). Received: -1"),
    ("{}/styled --class 0", "styled has no classes. Received: --class 0"),
    ("{}/conditional --class 3", "conditional has classes 0 to 2. Received: --class 3"),
    ("{}/conditional --class cat", "conditional has classes 0 to 2. Received: --class cat"),
    ("{}/conditional --class 0 --class cat", "Received: --class cat"),
    ("{}/conditional --class ٣", "Received: --class"),
    ("{}/named --class bird", "named has classes 0 to 2 (cat, dog, fish). Received: --class bird"),
    ("{}/named --class -1", "named has classes 0 to 2 (cat, dog, fish). Received: --class -1"),
    (
        "{}/many --class bird",
        "classes 0 to 999 (breed0, breed1, breed2, breed3, breed4, breed5, breed6, breed7, breed8, breed9 "
        "and 990 more). Received: --class bird",
    ),
    ("{}/styled --class cat", "styled has no classes. Received: --class cat"),
    ("{}/cardless --class cat", "cardless has classes without names: choose a number from 0 on. Received: --class cat"),
    ("{}/cardless", "cardless does not tell its number of classes: choose one with --class N"),
    ("{}/cardless --class 3", "class out of range 0 to 2"),
    ("{}/nowhere", "nowhere is neither the folder of a run nor of an exported model"),
    ("{}", "is neither the folder of a run nor of an exported model"),
    ("{}/other", "other is not a generator that tfnss exported"),
    ("{}/cut", "cut is damaged"),
    ("{}/torn", "torn is damaged"),
    ("{}/seeds", "holds runs of several seeds: name one of them, such as"),
    ("{}/untrained", "untrained has no checkpoint yet"),
    ("{}/plain --out {}/plain/model_card.json", "model_card.json"),
]


@pytest.mark.parametrize(("arguments", "says"), CASES)
def test_one_line_and_nothing_written(arguments, says, place, capsys):
    before = snapshot(place)
    flags = arguments.replace("{}", str(place)).split()
    with pytest.raises(SystemExit) as end:
        generate.main(flags if "--out" in flags else [*flags, "--out", str(place / "out")])
    assert end.value.code == 2
    error = capsys.readouterr().err
    assert says in error
    assert len([line for line in error.splitlines() if "error" in line]) == 1
    assert snapshot(place) == before


def test_a_damaged_card(place, tmp_path, capsys):
    shutil.copytree(place / "plain", tmp_path / "model")
    (tmp_path / "model" / "model_card.json").write_text("{")
    with pytest.raises(SystemExit):
        draw(tmp_path / "model", tmp_path / "out")
    assert "model_card.json is damaged" in capsys.readouterr().err
    (tmp_path / "model" / "model_card.json").write_text(json.dumps({"classes": "many"}))
    draw(tmp_path / "model", tmp_path / "out", "--seeds", "1")


def test_ctrl_c_is_one_line(place, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("tfnss.serving.drawing.draw", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(SystemExit) as end:
        draw(place / "plain", tmp_path)
    assert end.value.code == 130
    assert capsys.readouterr().err == "tfnss generate: stopped\n"


# -- pictures that were projected, and directions ---


@pytest.fixture(scope="module")
def projected(tmp_path_factory):
    """A run with styles, and what `tfnss project` found for three pictures."""
    place = tmp_path_factory.mktemp("projected")
    write_run(stylegan2_photos64.RECIPE, place / "run", resolution=8, noise="eni")
    pixels = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 3), dtype=np.uint8)
    for name, image in zip("abc", pixels, strict=True):
        Image.fromarray(image).save(place / f"{name}.png")
    names = [str(place / f"{name}.png") for name in "abc"]
    flags = ["--distance", "pixels", "--steps", "3", "--space", "w+", "--out", str(place / "found")]
    project.main([str(place / "run"), *names, *flags])
    return place


def test_pictures_are_those_that_were_projected(projected, tmp_path):
    """With their noise; with that of a seed they are others."""
    styles = ["--styles", str(projected / "found" / "styles.npz")]
    draw(projected / "run", tmp_path / "own", *styles)
    draw(projected / "run", tmp_path / "seed", *styles, "--noise-seed", "0")
    for name in "abc":
        own, seed, found = (
            read(folder / "images" / f"{name}.png")
            for folder in (tmp_path / "own", tmp_path / "seed", projected / "found")
        )
        np.testing.assert_array_equal(own, found)
        assert (own != seed).any()


def test_pictures_are_mixed_with_each_other(projected, tmp_path):
    styles = projected / "found" / "styles.npz"
    draw(projected / "run", tmp_path, "--styles", str(styles), "--mix", "--layers", "2-3")
    grid = cells(tmp_path / "styles.png", 8)
    assert grid.shape[:2] == (4, 4)
    generator = stored.load_run(projected / "run").generator_ema
    saved = analysis.load_styles(styles)
    mixed = saved.styles[:1].copy()
    mixed[:, 2:] = saved.styles[1:2, 2:]
    image = analysis.synthesize(generator, mixed, [maps[:1] for maps in saved.noise])
    difference = grid[1, 2].astype(int) - np.clip(np.round((np.asarray(image)[0] + 1) * 127.5), 0, 255)
    assert np.abs(difference).max() <= 1
    for index, name in enumerate("abc"):
        np.testing.assert_array_equal(grid[0, index + 1], read(projected / "found" / "images" / f"{name}.png"))
        np.testing.assert_array_equal(grid[index + 1, index + 1], grid[0, index + 1])


def test_pictures_are_truncated(projected, tmp_path):
    flags = ["--styles", str(projected / "found" / "styles.npz"), "--noise-seed", "0"]
    draw(projected / "run", tmp_path / "none", *flags, "--truncation", "0")
    draw(projected / "run", tmp_path / "average", "--seeds", "0", "--truncation", "0")
    average = read(tmp_path / "average" / "images" / "seed0000.png").astype(int)
    assert np.abs(read(tmp_path / "none" / "images" / "b.png") - average).max() <= 1


@pytest.mark.parametrize("source", ["pca", "sefa", "file"])
def test_directions(source, projected, tmp_path):
    """Seeds are rows, amounts columns; the directions are those of the analysis."""
    generator = stored.load_run(projected / "run").generator_ema
    if source == "pca":
        found = analysis.pca_directions(generator, layers=[1, 2])
    else:
        found = analysis.sefa_directions(generator, [1, 2])
        analysis.save_directions(found, tmp_path / "file")
    given = str(tmp_path / "file") if source == "file" else source
    flags = ["--direction", "1", "--directions", given, "--by", "-20,0,20", "--seeds", "3,5"]
    draw(projected / "run", tmp_path / "out", *flags, *([] if source == "file" else ["--layers", "1-2"]))
    grid = cells(tmp_path / "out" / "direction.png", 8)
    assert grid.shape[:2] == (2, 3)
    model = exported.of(generator)
    for row, seed in zip(grid, (3, 5), strict=True):
        code = model.code(seed)
        for cell, amount in zip(row, (-20, 0, 20), strict=True):
            moved = code.point.astype(float)
            moved[:, 1:3] += amount * found.scales[1] * found.vectors[1]
            difference = cell.astype(int) - model.image(code._replace(point=moved))
            assert np.abs(difference).max() <= 1
        assert np.abs(row[0].astype(int) - row[2]).max() > 5


def test_a_pickle_is_a_model(tmp_path):
    draw(PICKLE, tmp_path, "--seeds", "4-5", "--truncation", "0.5")
    model = exported.of(stored.official_networks(PICKLE)[0])
    np.testing.assert_array_equal(
        read(tmp_path / "images" / "seed0005.png"), model.image(model.code(5, truncation=0.5))
    )


# Arguments ({0} is the place, {1} that of projected pictures), and what the line must say.
MORE_CASES = [
    ("{1}/run --mix", "--mix goes with --styles"),
    ("{1}/run --by 3", "--by goes with --direction"),
    ("{1}/run --directions sefa", "--directions goes with --direction"),
    ("{1}/run --styles {1}/missing.npz", "missing.npz is missing, damaged or not of `tfnss project`"),
    ("{1}/run --styles {1}/a.png", "a.png is missing, damaged or not of `tfnss project`"),
    ("{1}/run --styles {1}/found/styles.npz --seeds 0", "--seeds does not go with --styles"),
    ("{1}/run --styles {1}/found/styles.npz --interpolate 3-7", "--interpolate does not go with --styles"),
    ("{1}/run --styles {1}/found/styles.npz --style-mix 0 1", "--style-mix does not go with --styles"),
    ("{1}/run --styles {1}/found/styles.npz --class 0", "--class is of seeds, not of pictures"),
    ("{1}/run --styles {1}/found/styles.npz --mix --layers 3-4", "--layers must lie in 0 to 3"),
    ("{0}/styled --styles {1}/found/styles.npz", "they are of another model"),
    ("{0}/plain --styles {1}/found/styles.npz", "plain has no styles"),
    ("{0}/plain --direction 0", "plain has no styles"),
    ("{0}/styled --direction 0 --directions sefa", "styled is an exported model, whose weights nobody can see"),
    ("{0}/styled --direction 6", "--direction 6, --directions pca: there are directions 0 to 5"),
    ("{0}/styled --direction -1", "there are directions 0 to 5"),
    ("{0}/styled --direction 0 --by nan", "--by must be finite"),
    ("{0}/styled --direction 0 --by far", "argument --by"),
    ("{0}/styled --direction 0 --directions {1}/a.png", "a.png is missing, damaged or holds no directions"),
    ("{0}/styled --direction 0 --interpolate 3-7", "--interpolate does not go with --direction"),
    ("{0}/styled --direction 0 --seeds 0-999", "--direction makes a grid of at most 1024 images. Received: 5000"),
    ("{1}/a.png", "a.png is not a StyleGAN2 checkpoint"),
]


@pytest.mark.parametrize(("arguments", "says"), MORE_CASES)
def test_one_line_of_pictures_and_directions(arguments, says, place, projected, tmp_path, capsys):
    with pytest.raises(SystemExit) as end:
        generate.main([*arguments.format(place, projected).split(), "--out", str(tmp_path / "out")])
    assert end.value.code == 2
    error = capsys.readouterr().err
    assert says in error
    assert len([line for line in error.splitlines() if "error" in line]) == 1
    assert not list(tmp_path.iterdir())
