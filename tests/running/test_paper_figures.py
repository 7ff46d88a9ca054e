"""The papers' figures are shown beside runs that are the papers', and beside no others."""

import pytest

from recipes import (
    dcgan_celeba64,
    dcgan_conference64,
    dcgan_photos,
    rni_dcgan_cifar10,
    rni_stylegan2_church128,
    rni_stylegan2_ffhq128,
    ssd_sngan_cifar100,
    ssd_stylegan_ffhq,
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
        (dcgan_celeba64, {}, "FID 21.36 ± 1.71, IS 2.39 ± 0.06 (20 seeds; NSS-GAN, table 4), with"),
        (dcgan_celeba64, {"method": "nss"}, "FID 19.45 ± 1.15, IS 2.42 ± 0.05 (20 seeds; NSS-GAN, table 4), with"),
        (dcgan_celeba64, {"method": "wgan-gp"}, "FID 42.16 ± 2.77, IS 2.45 ± 0.07 (20 seeds; NSS-GAN, table 4), with"),
        (
            dcgan_celeba64,
            {"method": "nss", "learning_rate": 2e-4, "beta_1": 0.4, "initial_time": 128.0},
            "FID 21.18 (20 seeds; NSS-GAN, table 2), with",
        ),
        (dcgan_celeba64, {"learning_rate": 2e-4, "beta_1": 0.4}, "FID 24.60 (20 seeds; NSS-GAN, table 2), with"),
        (
            dcgan_conference64,
            {"method": "nss"},
            "FID 64.61 ± 3.20, IS 4.21 ± 0.14 (20 seeds; NSS-GAN, table 4), FID 70.47 (20 seeds; NSS-GAN, table 2), with",
        ),
        (
            rni_stylegan2_ffhq128,
            {"noise": "rni"},
            "PPL 13.05, FID 7.31 (Riemannian noise injection, table 1), "
            "MC 0.530, TTMC 1.05 (Riemannian noise injection, table 2); doubtful: PPL 13.05 (",
        ),
        (rni_stylegan2_church128, {"noise": "plain", "path_length": "off"}, "PPL 425.7, FID 6.44 ("),
        (stylegan2_ffhq512, {"view": "nss"}, "FID 5.52 ± 0.12, IS 4.91 ± 0.08 (5 seeds; NSS-GAN, table 6); doubtful: "),
        (stylegan2_ffhq512, {"augment": "ada"}, "FID 7.27 ± 0.25, IS 4.61 ± 0.03 (5 seeds; NSS-GAN, table 6)"),
        (stylegan2_metfaces512, {"view": "nss", "augment": "ada"}, "FID 17.25 ± 0.56, IS 3.87 ± 0.05 (5 seeds"),
        *(
            (ssd_sngan_cifar100, {"method": method}, f"FID {fid} (SSD-GAN, table 2)")
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
        (dcgan_celeba64, {"method": "nss", "learning_rate": 2e-4, "beta_1": 0.4, "initial_time": 100.0}),
        (ssd_sngan_cifar100, {"lambda": 0.25}),
        (ssd_sngan_cifar100, {"width": 0.5}),
        (ssd_sngan_cifar100, {"learning_rate": 1e-4}),
        (ssd_sngan_cifar100, {"method": "reg", "reg_weight": 2.0}),
    ],
)
def test_they_go_with_nothing_else(module, given):
    assert paper(module, **given) == ""


def test_a_folder_may_hold_the_papers_images():
    assert "(20 seeds; NSS-GAN, table 4), if the images are celeb_a, with" in paper(dcgan_celeba64, data="/pictures")


def test_last_weights_and_averages_are_told_apart():
    clause = "with the generator's last weights, not their average as here"
    assert paper(ssd_sngan_cifar100, method="ssd") == f"FID 19.28 (SSD-GAN, table 2), {clause}"
    assert paper(ssd_sngan_cifar100, method="ssd", ema_kimg=0.0) == "FID 19.28 (SSD-GAN, table 2)"
    assert paper(ssd_sngan_cifar100, method="ssd", ema_kimg=5.0) == ""
    assert clause in paper(dcgan_celeba64)
    assert paper(dcgan_celeba64, ema_kimg=0.0) == "FID 21.36 ± 1.71, IS 2.39 ± 0.06 (20 seeds; NSS-GAN, table 4)"
    assert clause not in paper(stylegan2_ffhq512, augment="ada")


def test_doubts_are_told():
    doubt = "doubtful: FID 22.61 (digit for digit the value of mimicry's model zoo: probably not re-trained)"
    assert paper(ssd_sngan_cifar100, method="sngan").endswith(doubt)


def test_of_a_run_that_grows():
    assert paper(ssd_stylegan_ffhq).startswith("FID 4.06, ")
    assert paper(ssd_stylegan_ffhq, spectral="none").startswith("FID 4.40, ")
    assert paper(ssd_stylegan_ffhq, growing="off") == ""
