"""The papers' figures are shown beside runs that are the papers', and beside no others."""

import pytest

from recipes import (
    dcgan_celeba64,
    dcgan_photos,
    rni_dcgan_cifar10,
    rni_stylegan2_church128,
    rni_stylegan2_ffhq128,
    ssd_sngan_cifar100,
    stylegan2_ffhq512,
    stylegan2_metfaces512,
)
from recipes.families.sngan import METHODS
from tfnss.running.stored import paper_figures


def paper(module, **given):
    return paper_figures(module.RECIPE, module.RECIPE.settings(**given))


@pytest.mark.parametrize(
    ("module", "row", "figures"),
    [
        (dcgan_celeba64, {}, "FID 21.36, over 20 seeds"),
        (dcgan_celeba64, {"method": "nss"}, "FID 19.45, over 20 seeds"),
        (dcgan_celeba64, {"method": "wgan-gp"}, "FID 42.16, over 20 seeds"),
        (rni_stylegan2_ffhq128, {"noise": "rni"}, "PPL 13.05, FID 7.31, MC 0.530, TTMC 1.05"),
        (
            rni_stylegan2_church128,
            {"noise": "plain", "path_length": "off"},
            "PPL 425.7, FID 6.44, MC 2.31, TTMC 6.31",
        ),
        (stylegan2_ffhq512, {"view": "nss"}, "FID 5.52, IS 4.91, over 5 seeds"),
        (stylegan2_ffhq512, {"augment": "ada"}, "FID 7.27, IS 4.61, over 5 seeds"),
        (stylegan2_metfaces512, {"view": "nss", "augment": "ada"}, "FID 17.25, IS 3.87, over 5 seeds"),
        *(
            (ssd_sngan_cifar100, {"method": method}, f"FID {fid} (of table 2: sngan 22.61, reg 21.39, ")
            for method, fid in zip(METHODS, ("22.61", "21.39", "25.95", "19.28", "19.25"), strict=True)
        ),
    ],
)
def test_they_go_with_their_rows(module, row, figures):
    assert paper(module, **row).startswith(figures)
    done_otherwise = {"seed": 3, "fid_images": 1000, "xla": "off", "keep": 4, "cache_gb": 1.0, "checkpoint_every": 5.0}
    assert paper(module, **row, **done_otherwise) == paper(module, **row)


@pytest.mark.parametrize(
    ("module", "given"),
    [
        (dcgan_celeba64, {"spectral": "ssd"}),
        (dcgan_celeba64, {"noise": "rni"}),
        (dcgan_celeba64, {"method": "nss", "stddev": 0.5}),
        (dcgan_celeba64, {"base_width": 8}),
        (dcgan_celeba64, {"mirror": "on"}),
        (dcgan_celeba64, {"kimg": 10.0}),
        (dcgan_celeba64, {"batch_size": 64}),
        (dcgan_celeba64, {"data": "photos"}),
        (dcgan_photos, {}),
        (rni_dcgan_cifar10, {}),
        (rni_stylegan2_ffhq128, {"noise": "plain"}),
        (rni_stylegan2_ffhq128, {"noise": "rni", "config": "f"}),
        (rni_stylegan2_ffhq128, {"noise": "rni", "mirror": "off"}),
        (stylegan2_ffhq512, {}),
        (stylegan2_ffhq512, {"view": "nss", "spectral": "ssd"}),
        (stylegan2_ffhq512, {"view": "nss", "gamma": 10.0}),
        (stylegan2_ffhq512, {"view": "nss", "classes": 2}),
        (stylegan2_metfaces512, {"view": "nss"}),
        (ssd_sngan_cifar100, {"lambda": 0.25}),
        (ssd_sngan_cifar100, {"width": 0.5}),
        (ssd_sngan_cifar100, {"learning_rate": 1e-4}),
        (ssd_sngan_cifar100, {"method": "reg", "reg_weight": 2.0}),
    ],
)
def test_they_go_with_nothing_else(module, given):
    assert paper(module, **given) == ""


def test_a_folder_may_hold_the_papers_images():
    assert paper(dcgan_celeba64, data="/pictures") == "FID 21.36, over 20 seeds, if the images are celeb_a"
