"""Which tabs a model has, and that they draw what `tfnss generate` draws."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from models import DCGAN, StyleGAN2
from recipes import dcgan_photos, stylegan2_photos64
from tests.commands.test_generate import TINY, draw, read
from tests.commands.test_project import write_run
from tfnss.analysis import Directions, save_directions
from tfnss.analysis.styles_file import save_styles
from tfnss.commands import show
from tfnss.running import drawn
from tfnss.showing import tabs
from tfnss.showing.controls import Choice, Slider, Whole

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Exported models and runs, with styles and without, and styles of two pictures."""
    place = tmp_path_factory.mktemp("tabs")
    DCGAN(16, latent_dim=6, base_width=4).export(place / "plain")
    StyleGAN2(8, **TINY).export(place / "styled")
    StyleGAN2(8, classes=3, **TINY).export(place / "conditional", card={"class_names": ["cat", "dog", "fish"]})
    shutil.copytree(place / "conditional", place / "cardless", ignore=shutil.ignore_patterns("model_card.json"))
    write_run(stylegan2_photos64.RECIPE, place / "run", resolution=8)
    write_run(dcgan_photos.RECIPE, place / "unseen", base_width=4)
    (place / "run" / "samples").mkdir()
    for images, grey in ((0, 10), (500, 20), (12_000, 30)):
        Image.new("RGB", (32, 32), (grey,) * 3).save(place / "run" / "samples" / f"fakes_{images:09d}.png")
    styles = np.random.default_rng(0).standard_normal((2, 4, width_of(place / "run")), np.float32)
    save_styles(place / "styles.npz", ["a", "b"], styles)
    return place


def width_of(path):
    return opened(path)[0].code(0).point.shape[-1]


def opened(path, **flags):
    """The model at a path and the flags of `tfnss show`."""
    given = show._DEFAULTS | {"target": str(path)} | {name: str(value) for name, value in flags.items()}
    for name, kind in {"truncation": float, "noise_seed": int, "direction": int}.items():
        if name in flags:
            given[name] = kind(flags[name])
    if "class" in flags:
        given["class"] = [str(flags["class"])]
    return drawn.opened(given, "them", False), given


def tabs_of(path, **flags):
    """The tabs by their titles."""
    model, given = opened(path, **flags)
    return {tab.title: tab for tab in tabs.tabs_of(model, given, "noise_seed" in flags)}


def picture(tab, **changed):
    """What a tab draws as it is at first, but for the controls whose labels start with these words."""
    values = {control.label: control.start for control in tab.controls}
    for words, value in changed.items():
        (label,) = (label for label in values if label.startswith(words.replace("_", " ")))
        values[label] = value
    return tab.draw(*values.values())


def generated(path, out, file, *flags):
    draw(path, out, *flags)
    return read(out / file)


def test_a_model_has_its_tabs_alone(place):
    assert list(tabs_of(place / "plain")) == ["Seeds", "Interpolation"]
    assert list(tabs_of(place / "unseen")) == ["Seeds", "Interpolation"]
    assert list(tabs_of(place / "styled")) == ["Seeds", "Interpolation", "Directions"]
    assert list(tabs_of(place / "conditional")) == ["Seeds", "Interpolation", "Classes", "Directions"]
    assert list(tabs_of(place / "cardless", **{"class": 1})) == ["Seeds", "Interpolation", "Directions"]
    assert list(tabs_of(place / "run", styles=place / "styles.npz")) == [
        *("Seeds", "Interpolation", "Directions", "Pictures", "Training")
    ]
    labels = [control.label for control in tabs_of(place / "plain")["Seeds"].controls]
    assert labels == ["First seed", "Images"]


def test_controls_stand_where_the_flags_say(place):
    found = tabs_of(place / "conditional", truncation=2.5, noise_seed=7, **{"class": "dog"}, direction=1)
    controls = {control.label: control for control in found["Seeds"].controls}
    assert controls["Truncation (1 is none)"] == Slider("Truncation (1 is none)", -1.0, 2.5, 0.05, 2.5)
    assert controls["Seed of the noise"] == Whole("Seed of the noise", 0, 2**31 - 1, 7)
    (classes,) = (control for label, control in controls.items() if label.startswith("Classes"))
    assert classes.options == [("cat", 0), ("dog", 1), ("fish", 2)]
    assert classes.start == [1]
    assert found["Directions"].controls[1].start == 1
    for tab in found.values():
        for control in tab.controls:
            assert isinstance(control, Choice) or control.least <= control.start <= control.most
            assert not isinstance(control, Slider) or control.least < control.most


def test_seeds_are_those_of_generate(place, tmp_path):
    shown = picture(tabs_of(place / "conditional")["Seeds"], First=4, Images=5, Truncation=0.5, Seed=3, Classes=[2, 0])
    flags = ["--seeds", "4-8", "--truncation", "0.5", "--noise-seed", "3", "--class", "fish", "--class", "0"]
    np.testing.assert_array_equal(shown.picture, generated(place / "conditional", tmp_path, "grid.png", *flags))
    assert shown.caption == "seeds 4 to 8"
    plain = picture(tabs_of(place / "plain")["Seeds"], First=9, Images=1)
    np.testing.assert_array_equal(
        plain.picture, generated(place / "plain", tmp_path / "plain", "grid.png", "--seeds", "9")
    )
    assert plain.caption == "seed 9"


@pytest.mark.parametrize("name", ["plain", "styled"])
def test_the_way_is_that_of_generate(name, place, tmp_path):
    shown = picture(tabs_of(place / name)["Interpolation"], From=3, To=7, Images=12)
    flags = ["--interpolate", "3-7", "--frames", "12"]
    np.testing.assert_array_equal(shown.picture, generated(place / name, tmp_path, "interpolation.png", *flags))


def test_classes_are_rows_of_the_same_seeds(place, tmp_path):
    shown = picture(tabs_of(place / "conditional")["Classes"], First_class=1, Classes=3, First_seed=5, Truncation=0.5)
    rows = []
    for name in ("dog", "fish"):
        draw(place / "conditional", tmp_path / name, "--seeds", "5-11", "--class", name, "--truncation", "0.5")
        rows.append([read(tmp_path / name / "images" / f"seed{seed:04d}.png") for seed in range(5, 12)])
    height = shown.picture.shape[0] // 2
    found = shown.picture.reshape(2, height, 7, 8, 3)[:, :8].swapaxes(1, 2)  # without the captions
    np.testing.assert_array_equal(found, rows)
    assert shown.caption == "dog, fish: seeds 5 to 11"


@pytest.mark.parametrize("source", ["pca", "sefa"])
def test_directions_are_those_of_generate(source, place, tmp_path, monkeypatch):
    monkeypatch.setattr(drawn, "_STYLES", 2000)
    tab = tabs_of(place / "run", directions=source)["Directions"]
    asked = {"Direction_(0": 2, "Steps": 1.5, "First_layer": 1, "Last": 2, "First_seed": 3, "Rows": 2}
    shown = picture(tab, **asked)
    flags = ["--seeds", "3-4", "--direction", "2", "--directions", source, "--by", "-1.5,-1,-0.5,0,0.5,1,1.5"]
    expected = generated(place / "run", tmp_path, "direction.png", *flags, "--layers", "1-2")
    np.testing.assert_array_equal(shown.picture, expected)
    again = picture(tab, **asked | {"Last": 3})
    assert (again.picture != shown.picture).any()
    with pytest.raises(ValueError, match="lies after the last one"):
        picture(tab, First_layer=3, Last=2)


def test_directions_of_a_file(place, tmp_path):
    """They move the layers that they are meant for, and there are as many as the file holds."""
    width = width_of(place / "styled")
    found = Directions("pca", np.eye(width)[:2], np.ones(2), np.ones(2), (1, 2))
    save_directions(found, tmp_path / "my.npz")
    tab = tabs_of(place / "styled", directions=tmp_path / "my.npz")["Directions"]
    assert [control.start for control in tab.controls[:5]] == [str(tmp_path / "my.npz"), 0, 3.0, 1, 2]
    assert tab.controls[0].options == [
        ("Principal components of the styles", "pca"),
        ("my.npz", str(tmp_path / "my.npz")),
    ]
    assert tab.controls[1].most == 1
    flags = ["--seeds", "0-3", "--direction", "0", "--directions", str(tmp_path / "my.npz"), "--by", "-3,-2,-1,0,1,2,3"]
    expected = generated(place / "styled", tmp_path / "out", "direction.png", *flags)
    np.testing.assert_array_equal(picture(tab).picture, expected)
    with pytest.raises(ValueError, match=r"--direction 2, --directions .*my\.npz: there are directions 0 to 1"):
        tabs_of(place / "styled", directions=tmp_path / "my.npz", direction=2)
    with pytest.raises(ValueError, match=f"--direction must lie in 0 to {width - 1}. Received: -1"):
        tabs_of(place / "styled", direction=-1)


def test_pictures_are_those_of_generate(place, tmp_path):
    found = tabs_of(place / "run", styles=place / "styles.npz")
    flags = ["--styles", str(place / "styles.npz"), "--truncation", "0.5"]
    shown = picture(found["Pictures"], Truncation=0.5)
    np.testing.assert_array_equal(shown.picture, generated(place / "run", tmp_path / "each", "grid.png", *flags))
    mixed = picture(found["Pictures"], Truncation=0.5, Pictures=True)
    expected = generated(place / "run", tmp_path / "mixed", "styles.png", *flags, "--mix")
    np.testing.assert_array_equal(mixed.picture, expected)
    moved = picture(found["Directions"], Of=True, Directions="sefa", Truncation=0.5, Rows=2)
    flags += ["--direction", "0", "--directions", "sefa", "--by", "-3,-2,-1,0,1,2,3"]
    np.testing.assert_array_equal(moved.picture, generated(place / "run", tmp_path / "sefa", "direction.png", *flags))
    assert moved.caption.endswith(": a, b")
    with pytest.raises(ValueError, match="they are of another model"):
        tabs_of(place / "styled", styles=place / "styles.npz")


def test_training_is_that_of_the_nearest_grid(place, tmp_path):
    run = shutil.copytree(place / "run", tmp_path / "run")
    settings = json.loads((run / "settings.json").read_text())
    settings["settings"]["kimg"] = 20
    (run / "settings.json").write_text(json.dumps(settings))
    tab = tabs_of(run)["Training"]
    (control,) = tab.controls
    assert (control.least, control.most, control.start) == (0, 20, 20)
    for kimg, grey, caption in (
        (0, 10, "after 0 kimg, grid 1 of 3"),
        (1, 20, "after 0.5 kimg, grid 2 of 3"),
        (20, 30, "after 12 kimg, grid 3 of 3"),
    ):
        shown = tab.draw(kimg)
        assert (shown.picture == grey).all()
        assert shown.picture.shape == (32, 32, 3)
        assert shown.caption == caption
    Image.new("L", (8, 8), 40).save(run / "samples" / "fakes_000018000.png")  # the run goes on
    shown = tab.draw(20)
    assert (shown.picture == 40).all()
    assert shown.picture.shape == (8, 8, 1)
    (run / "samples" / "fakes_000018000.png").write_bytes(b"")
    with pytest.raises(ValueError, match=r"fakes_000018000\.png"):
        tab.draw(20)
    shutil.rmtree(run / "samples")
    with pytest.raises(ValueError, match="has no grids of samples"):
        tab.draw(20)
