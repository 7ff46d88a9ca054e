"""Every analysis' own settings out of range, and models that do not go together: status 2, one line, nothing written."""

import pytest
from PIL import Image

from recipes import dcgan_photos, stylegan2_photos64
from tests.recipes.test_every_analysis import ANALYSES
from tests.recipes.test_ssd_analyses import save_untrained
from tests.running.test_bad_input import snapshot
from tfnss.running.analysis import command_line


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Models, and files that are none: for tests after which all is as before."""
    place = tmp_path_factory.mktemp("settings")
    save_untrained(stylegan2_photos64.RECIPE, place / "styled", resolution=8, noise="rni")
    save_untrained(stylegan2_photos64.RECIPE, place / "larger", resolution=16)
    save_untrained(dcgan_photos.RECIPE, place / "plain", base_width=2)
    (place / "text.png").write_text("no image")
    (place / "weights.h5").write_text("no weights")
    (place / "one").mkdir()
    Image.new("RGB", (8, 8), "red").save(place / "one" / "0.png")
    (place / "alpha").mkdir()
    Image.new("RGBA", (8, 8), (255, 0, 0, 9)).save(place / "alpha" / "0.png")
    return place


# Analysis, arguments, and what the line must say.
CASES = [
    ("stylegan2_resolution_usage", "styled --images 0", "--images must lie in"),
    ("stylegan2_resolution_usage", "styled --data missing", "missing is neither"),
    ("stylegan2_jacobian", "styled --places 0", "--places must lie in"),
    ("stylegan2_jacobian", "styled --layer-places -1", "--layer-places must lie in"),
    ("stylegan2_jacobian", "styled --size 0", "--size must lie in"),
    (
        "stylegan2_jacobian",
        "styled --size 3",
        "styled: `size` must be one of 8, 4, 2, 1 for images of 8x8 pixels. Received: size=3",
    ),
    ("stylegan2_jacobian", "styled --memory-gb 0", "--memory-gb must be above 0. Received: 0.0"),
    ("stylegan2_jacobian", "styled --memory-gb nan", "--memory-gb must be above 0. Received: nan"),
    ("stylegan2_jacobian", "styled --memory-gb 1e-9", "styled: `memory_gb` must hold a column of"),
    ("stylegan2_jacobian", "styled --space x", "argument --space: invalid choice: 'x'"),
    ("stylegan2_jacobian", "plain --space w", "plain: a Jacobian in W needs a generator with styles"),
    ("stylegan2_detection", "styled --images 1", "--images must lie in"),
    ("stylegan2_detection", "styled --steps 0", "--steps must lie in"),
    ("stylegan2_detection", "styled --altered -1", "--altered must lie in"),
    ("stylegan2_detection", "styled --distance lpips --vgg16 missing", "(ValueError: missing is not there)"),
    ("stylegan2_detection", "styled --distance lpips --vgg16 weights.h5", "weights.h5 holds no such weights"),
    ("stylegan2_detection", "styled --distance pixels --vgg16 weights.h5", "--vgg16 goes with --distance lpips"),
    ("stylegan2_detection", "styled --data one", "one holds a single image: real images must be 2 at least"),
    ("stylegan2_detection", "styled --data alpha", "alpha/0.png is transparent in places"),
    ("stylegan2_detection", "plain", "plain has no styles"),
    ("stylegan2_projection_noise", "styled --noise-weight -1", "--noise-weight must be finite and at least 0"),
    ("stylegan2_projection_noise", "styled --steps 0", "--steps must lie in"),
    ("stylegan2_projection_noise", "styled --image missing.png", "missing.png is not a file"),
    ("stylegan2_projection_noise", "styled --image text.png", "text.png"),
    ("stylegan2_projection_noise", "styled --image alpha/0.png", "alpha/0.png is transparent in places"),
    ("stylegan2_projection_noise", "plain", "plain has no styles"),
    ("stylegan2_path_lengths", "styled --neighbours 0", "--neighbours must lie in"),
    ("stylegan2_path_lengths", "styled --images 0", "--images must lie in"),
    ("stylegan2_path_lengths", "styled --epsilon 0", "--epsilon must be above 0. Received: 0.0"),
    ("stylegan2_path_lengths", "styled --epsilon inf", "--epsilon must be above 0. Received: inf"),
    ("stylegan2_features", "styled --shown 0", "--shown must lie in"),
    ("stylegan2_features", "plain", "plain gives no feature maps"),
    ("stylegan2_directions", "styled --by 0,x", "--by must be numbers with commas between them"),
    ("stylegan2_directions", "styled --layers 3-1", "--layers must be all, or ascending numbers"),
    ("stylegan2_directions", "styled --kind sefa --layers 99", "99"),
    ("stylegan2_directions", "styled --styles 1", "--styles must lie in"),
    ("rni_noise", "styled --noises 1", "--noises must lie in"),
    ("rni_noise", "styled --scale 0", "--scale must be above 0"),
    ("rni_noise", "styled --first middle", "argument --first: invalid choice: 'middle'"),
    ("rni_noise", "plain", "plain has no noise (train one with --noise eni or --noise rni)"),
    ("rni_inversion", "styled --embedding-steps 0", "--embedding-steps must lie in"),
    ("rni_inversion", "styled larger", "the models are of different sizes"),
    ("ssd_interpolation", "styled --columns 2", "--columns must lie in"),
    ("ssd_interpolation", "styled --data one", "one holds a single image: a way needs two"),
    ("ssd_spectra", "styled larger", "take models of one size"),
]


@pytest.mark.parametrize(("name", "arguments", "says"), CASES)
def test_one_line_and_nothing_written(name, arguments, says, place, capsys, monkeypatch):
    monkeypatch.chdir(place)
    before = snapshot(place)
    analysis = ANALYSES[name]
    smoke = [] if "--distance" in arguments else ["--smoke"]
    with pytest.raises(SystemExit) as end:
        command_line.main(analysis, [*arguments.split(), *smoke])
    assert end.value.code == 2
    error = capsys.readouterr().err
    assert says in error
    assert len(error.strip().splitlines()) == 1
    assert snapshot(place) == before
