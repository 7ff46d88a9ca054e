import numpy as np
import pytest
from PIL import Image

from models import DCGAN, StyleGAN2
from recipes import stylegan2_photos64
from tests.commands.test_project import write_run
from tests.running.test_bad_input import snapshot
from tfnss import analysis
from tfnss.analysis import loop, motion
from tfnss.commands import video
from tfnss.serving import drawing, load

pytestmark = pytest.mark.slow

TINY = {"latent_dim": 6, "channel_base": 32, "channel_max": 4, "mapping_layers": 1}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Models with styles and without, a run with samples, pictures that were projected, and what is none of these."""
    place = tmp_path_factory.mktemp("video")
    StyleGAN2(8, **TINY).export(place / "styled")
    plain = DCGAN(16, latent_dim=6, base_width=4)
    plain.generator_ema.set_weights([10 * weight for weight in plain.generator_ema.get_weights()])  # far from grey
    plain.export(place / "plain")
    write_run(stylegan2_photos64.RECIPE, place / "run", resolution=8)
    (place / "run" / "samples").mkdir()
    for index, value in enumerate((0, 90, 180)):
        Image.new("RGB", (16, 16), (value,) * 3).save(place / "run" / "samples" / f"fakes_{index:09d}.png")
    write_run(stylegan2_photos64.RECIPE, place / "fresh", resolution=8)
    write_run(stylegan2_photos64.RECIPE, place / "mixed", resolution=8)
    (place / "mixed" / "samples").mkdir()
    for index in (8, 16):
        Image.new("RGB", (index, 8)).save(place / "mixed" / "samples" / f"fakes_{index:09d}.png")
    analysis.save_styles(place / "two.npz", ["a", "b"], np.random.default_rng(0).normal(size=(2, 4, 6)))
    analysis.save_styles(place / "wide.npz", ["a", "b"], np.zeros((2, 4, 7)))
    (place / "text.npz").write_text("no archive")
    (place / "taken.webp").write_text("precious")
    (place / "file").write_text("a file")
    return place


def read(path):
    """Frames, uint8 `[count, height, width, 3]`."""
    with Image.open(path) as image:
        frames = []
        for index in range(image.n_frames):
            image.seek(index)
            frames.append(np.asarray(image.convert("RGB")))
        return np.stack(frames)


def film(target, out, *flags):
    video.main([str(target), "--out", str(out), *flags])
    return read(out)


def test_a_loop_through_seeds(place, tmp_path, capsys):
    """Frame by frame: the styles of the closed spline, with the noise of one seed."""
    frames = film(place / "styled", tmp_path / "a.png", "--seeds", "3,1,7", "--frames", "4", "--truncation", "0.8")
    assert capsys.readouterr().out == f"{tmp_path / 'a.png'}: 12 frames, 0.4 seconds\n"
    model = load(place / "styled")
    codes = [model.code(seed, truncation=0.8) for seed in (3, 1, 7)]
    points = loop(np.stack([code.point for code in codes]), 4)
    for frame, point in zip(frames, points, strict=True):
        np.testing.assert_array_equal(frame, model.image(codes[0]._replace(point=point)))
    assert np.abs(frames[0].astype(int) - frames[4]).max() > 20


def test_a_loop_of_latents(place, tmp_path):
    frames = film(place / "plain", tmp_path / "a.png", "--seeds", "3,7", "--frames", "3")
    model = load(place / "plain")
    for frame, seed in ((frames[0], 3), (frames[3], 7)):
        np.testing.assert_array_equal(frame, model.image(model.code(seed)))
    lengths = [np.linalg.norm(code.point) for code in motion.through(drawing.Model(model), [3, 7], 3)]
    ends = [np.linalg.norm(model.code(seed).point) for seed in (3, 7)]
    assert min(ends) * 0.999 < min(lengths)
    assert max(lengths) < max(ends) * 1.001


def test_a_grid_has_a_loop_in_each_place(place, tmp_path):
    grid = film(place / "styled", tmp_path / "a.png", "--seeds", "0-3", "--frames", "3", "--grid", "2x1")
    for index, seeds in enumerate(("0-1", "2-3")):
        single = film(place / "styled", tmp_path / f"{index}.png", "--seeds", seeds, "--frames", "3")
        np.testing.assert_array_equal(grid[:, :, 8 * index : 8 * index + 8], single)


def test_only_some_layers_move(place, tmp_path):
    film(place / "styled", tmp_path / "a.webp", "--seeds", "0-1", "--frames", "3", "--layers", "2-3")
    model = drawing.Model(load(place / "styled"))
    codes = [code.point for code in motion.through(model, [0, 1], 3, layers=range(2, 4))]
    every = [code.point for code in motion.through(model, [0, 1], 3)]
    for code, other in zip(codes, every, strict=True):
        np.testing.assert_array_equal(code[:, 2:], other[:, 2:])
        np.testing.assert_array_equal(code[:, :2], codes[0][:, :2])


def test_truncation(place, tmp_path):
    flags = ["--seeds", "4,9", "--sweep", "truncation", "--frames", "4", "--truncation", "0.6"]
    frames = film(place / "styled", tmp_path / "a.png", *flags)
    model = load(place / "styled")
    for frame, psi in zip(frames, (0.6, 0, -0.6, 0), strict=True):
        expected = np.concatenate([model.image(model.code(seed, truncation=psi)) for seed in (4, 9)], axis=1)
        assert np.abs(frame.astype(int) - expected).max() <= 1


def test_a_direction(place, tmp_path):
    np_file = tmp_path / "directions.npz"
    found = analysis.Directions("pca", np.eye(6), np.full(6, 2.0), np.ones(6), (1, 2))
    analysis.save_directions(found, np_file)
    flags = ["--seeds", "4", "--direction", "3", "--directions", str(np_file), "--by", "1.5", "--frames", "4"]
    frames = film(place / "styled", tmp_path / "a.png", *flags)
    model = load(place / "styled")
    code = model.code(4)
    for frame, amount in zip(frames, (1.5, 0, -1.5, 0), strict=True):
        moved = code.point.astype(float)
        moved[:, 1:3, 3] += 2 * amount
        assert np.abs(frame.astype(int) - model.image(code._replace(point=moved))).max() <= 1
    assert np.abs(frames[0].astype(int) - frames[2]).max() > 5


def test_pictures_that_were_projected(place, tmp_path):
    frames = film(place / "styled", tmp_path / "a.png", "--styles", str(place / "two.npz"), "--frames", "2")
    model = load(place / "styled")
    point = analysis.load_styles(place / "two.npz").styles[1:]
    np.testing.assert_array_equal(frames[2], model.image(model.code(0)._replace(point=point)))


def test_training(place, tmp_path, capsys):
    """Every grid once, the last of them for a second more."""
    frames = film(place / "run", tmp_path / "a.gif", "--training", "--fps", "5")
    assert frames[:, 0, 0, 0].tolist()[:3] == [0, 90, 180]
    assert "3 grids of samples, 1.6 seconds" in capsys.readouterr().out
    with Image.open(tmp_path / "a.gif") as image:
        total = 0
        for index in range(image.n_frames):
            image.seek(index)
            total += image.info["duration"]
    assert total == 1600


# Flags ({0} is the place), and what the line must say.
CASES = [
    ("{0}/styled --out {0}/film.avi", "a film's name ends in .webp, .gif, .png, .mp4. Received"),
    ("{0}/styled --out {0}/taken.webp", "taken.webp is there already"),
    ("{0}/styled --out {0}/file/film.webp", "file is no folder to write to"),
    ("{0}/styled --out {0}/run.webp --seeds 3-1", "--seeds"),
    ("{0}/styled --seeds 3", "1 images are to be shared out over 1, at least 2 for each"),
    ("{0}/styled --seeds 0-4 --grid 2x1", "5 images are to be shared out over 2"),
    ("{0}/styled --seeds 0-3 --grid 2by1", "columns and rows, such as 3x2"),
    ("{0}/styled --grid 0x3", "Received: 0x3"),
    ("{0}/styled --seeds 0-2 --grid 2x1 --sweep truncation", "--grid 2x1 has 2 places for 3 images"),
    ("{0}/styled --frames 1", "--frames must lie in [2, 100000). Received: 1"),
    ("{0}/styled --fps 0", "the frames a second must lie in [0.1, 100]. Received: 0"),
    ("{0}/styled --fps nan", "Received: nan"),
    ("{0}/styled --by 3", "--by goes with --direction"),
    ("{0}/styled --directions sefa", "--directions goes with --direction"),
    ("{0}/styled --direction 0 --by inf", "--by must be finite"),
    ("{0}/styled --direction 6 --seeds 0", "--direction 6, --directions pca: there are directions 0 to 5"),
    ("{0}/styled --direction 0 --directions sefa", "styled is an exported model, whose weights nobody can see"),
    ("{0}/styled --direction 0 --directions {0}/text.npz", "text.npz is missing, damaged or holds no directions"),
    ("{0}/styled --direction 0 --sweep truncation", "--sweep does not go with --direction"),
    ("{0}/styled --sweep noise", "--sweep"),
    ("{0}/styled --layers 2-4", "--layers must lie in 0 to 3 for this model. Received: up to 4"),
    ("{0}/styled --sweep truncation --layers 0", "--layers does not go with --sweep truncation"),
    ("{0}/styled --styles {0}/text.npz", "text.npz is missing, damaged or not of `tfnss project`"),
    ("{0}/styled --styles {0}/wide.npz", "holds styles [4, 7], and"),
    ("{0}/styled --styles {0}/two.npz --seeds 0-3", "--seeds does not go with --styles"),
    ("{0}/plain --sweep truncation", "plain has no styles, which --sweep, --direction"),
    ("{0}/plain --direction 0", "plain has no styles"),
    ("{0}/plain --noise-seed 5", "plain has no styles"),
    ("{0}/plain --styles {0}/two.npz", "plain has no styles"),
    ("{0}/missing", "missing is neither"),
    ("{0}/plain --training", "plain is not the folder of a run"),
    ("{0}/fresh --training", "fresh has fewer than 2 grids of samples"),
    ("{0}/mixed --training", "fakes_000000016.png is of another size than fakes_000000008.png"),
    ("{0}/run --training --seeds 0-3", "not allowed with"),
    ("{0}/run --training --truncation 0.5", "--truncation does not go with --training"),
    ("{0}/styled --frames 90000 --seeds 0-99999", "do not fit in memory"),
]


@pytest.mark.parametrize(("flags", "says"), CASES)
def test_bad_input_is_one_line_and_nothing_is_written(flags, says, place, tmp_path, capsys):
    before = snapshot(place)
    given = flags.format(place).split()
    with pytest.raises(SystemExit) as end:
        video.main([*given, *([] if "--out" in given else ["--out", str(tmp_path / "film.webp")])])
    assert end.value.code == 2
    error = capsys.readouterr().err
    assert says in error
    assert len(error.strip().splitlines()) == 1
    assert snapshot(place) == before
    assert not list(tmp_path.iterdir())
