"""What analyses of styles and noise tell, beyond that they are made."""

import json

import numpy as np
import pytest

from recipes import dcgan_photos, rni_noise, stylegan2_jacobian, stylegan2_photos64
from tests.recipes.test_ssd_analyses import save_untrained
from tfnss import analysis
from tfnss.running.analysis.command_line import main
from tfnss.running.stored import load_run

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    place = tmp_path_factory.mktemp("analyses")
    save_untrained(stylegan2_photos64.RECIPE, place / "styled", resolution=8, noise="rni")
    save_untrained(dcgan_photos.RECIPE, place / "plain", base_width=2, resolution=16)
    return place


def made(module, paths, out, *flags):
    main(module.ANALYSIS, [*map(str, paths), "--smoke", "--out", str(out), *flags])
    return json.loads(out.with_suffix(".json").read_text())


def test_jacobians_of_all_families_are_compared_in_z(place, tmp_path, capsys):
    found = made(stylegan2_jacobian, (place / "styled", place / "plain"), tmp_path / "a.png")
    styled, plain = found["numbers"].values()
    assert styled["space"] == plain["space"] == "z"
    assert list(styled["layers"]) == ["style", "4x4", "8x8"]
    assert list(plain["layers"])[1:] == ["4x4", "8x8", "16x16"]
    expected = analysis.jacobian_spectra(load_run(place / "plain"), 2, "z")
    np.testing.assert_allclose(plain["singular_values"], expected.singular_values, rtol=1e-4)
    layers = analysis.layer_spectra(load_run(place / "plain"), 1, "z")
    np.testing.assert_allclose(plain["layers"]["8x8"]["effective_ranks"], layers["8x8"].effective_ranks, rtol=1e-4)
    assert sum("plain: d features of" in line for line in found["told"]) == len(layers)


def test_jacobians_of_styles_are_in_w(place, tmp_path, capsys):
    found = made(stylegan2_jacobian, (place / "styled",), tmp_path / "a.png", "--layer-places", "0")
    (styled,) = found["numbers"].values()
    assert (styled["space"], styled["layers"]) == ("w", {})
    assert len(found["told"]) == 1


def test_maps_of_noise_are_in_a_file_of_arrays(place, tmp_path, capsys):
    found = made(rni_noise, (place / "styled",), tmp_path / "a.png")
    (styled,) = found["numbers"].values()
    with np.load(tmp_path / "a-deviations.npz") as saved:
        assert saved.files == ["model0"]
        np.testing.assert_allclose(saved["model0"].mean(axis=(1, 2)), styled["mean_deviations"], rtol=1e-5)
        assert saved["model0"].shape[1:] == (8, 8)
