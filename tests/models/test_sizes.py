"""Sizes of images that networks can have; and squares as they were before there were others."""

import hashlib

import numpy as np
import pytest

from models import DCGAN, SNGAN, StyleGAN2
from models.sizes import pyramid
from models.stylegan2 import named_weights


@pytest.mark.parametrize(
    ("resolution", "smallest", "nominal"),
    [
        (4, (4, 4), 4),
        (16, (4, 4), 16),
        (1024, (4, 4), 1024),
        (48, (3, 3), 64),
        (96, (3, 3), 128),
        (40, (5, 5), 32),
        ((32, 48), (4, 6), 32),
        ((384, 640), (3, 5), 512),
        ((384, 512), (3, 4), 512),
        ((768, 1280), (3, 5), 1024),
        ((256, 512), (4, 8), 256),
        ([13, 7], (13, 7), 4),
    ],
)
def test_features_double_up_to_the_images(resolution, smallest, nominal):
    found = pyramid(resolution)
    assert (found.smallest, found.nominal) == (smallest, nominal)
    assert found.size == ((resolution,) * 2 if isinstance(resolution, int) else tuple(resolution))
    assert found.nominals == [4 * 2**level for level in range(found.doublings + 1)]
    assert [found.at(r) for r in found.nominals] == [
        (smallest[0] * 2**n, smallest[1] * 2**n) for n in range(found.doublings + 1)
    ]


@pytest.mark.parametrize(
    ("resolution", "limits", "nearest"),
    [
        (2, {}, "resolution=2; the nearest right ones: 3 and 6"),
        (100, {}, "resolution=100; the nearest right ones: 104 and 96"),
        (33, {"lowest": 16, "highest": 128}, "from 4 to 32, .*: 32 and 36"),
        ((360, 640), {}, "resolution=640x360; the nearest right ones: 640x384 and 640x320 .width x height."),
        ((10, 1000), {}, "512x96 and"),
        (10**9, {}, "262144 and"),
    ],
)
def test_other_sizes_are_refused_and_the_nearest_named(resolution, limits, nearest):
    with pytest.raises(ValueError, match=nearest):
        pyramid(resolution, **limits)


def test_the_nearest_are_right_and_the_nearest():
    """Of rectangles of up to 50 pixels a side, by the ratios of their sides."""
    right = [(tall, wide) for tall in range(3, 80) for wide in range(3, 80) if _is_right((tall, wide))]

    def distance(size, other):
        return np.abs(np.log(size) - np.log(other)).sum()

    for height in range(17, 50, 4):
        for width in range(8, 50, 3):
            if height != width and not _is_right((height, width)):
                with pytest.raises(ValueError, match="width x height") as raised:
                    pyramid((height, width))
                named = str(raised.value).rpartition(": ")[2].removesuffix(" (width x height)").split(" and ")
                sizes = [tuple(map(int, text.split("x")))[::-1] for text in named]
                assert set(sizes) <= set(right)
                least = min(distance(size, (height, width)) for size in right)
                assert distance(sizes[0], (height, width)) == pytest.approx(least)


def _is_right(size):
    """By the rule in words: 3 to 16 times the largest power of two that leaves 3 or more."""
    power = max(p for p in (1, 2, 4, 8, 16, 32) if not size[0] % p and not size[1] % p and min(size) >= 3 * p)
    return max(size) <= 16 * power


TINY = {"latent_dim": 8, "channel_base": 128, "channel_max": 12, "mapping_layers": 2}
SQUARES = [
    (lambda: StyleGAN2(32, "auto", **TINY), "0e2ff5ff81ce9438", "8437bc46576df385"),
    (
        lambda: StyleGAN2(
            16,
            generator="orig",
            discriminator="skip",
            noise="riemannian",
            classes=3,
            precision="bfloat16",
            **TINY,
        ),
        "94c3922c50b84e3f",
        "143eb4bfc0c4bf0a",
    ),
    (lambda: StyleGAN2(16, generator="resnet", **TINY), "c00aa28bb346209c", "1ffabf39de558da2"),
    (lambda: DCGAN(32, base_width=4, noise="riemannian", seed=3), "90726bbdcf6230e2", "ee8d591ccc7c910d"),
    (
        lambda: DCGAN(64, base_width=2, discriminator_normalization="layer"),
        "45519c755b630862",
        "23d416153e893e97",
    ),
    (lambda: SNGAN(32, width=1 / 32), "3f96ceacc7fe144a", "1cd3a7ec57d71393"),
    (lambda: SNGAN(48, width=1 / 32), "0591e9a6aa44d51b", "7d5118ccbb844739"),
    (lambda: SNGAN(64, width=1 / 64, downsampling="dwt"), "63e8f9d8c016efd9", "0e2754a659d22257"),
    (lambda: SNGAN(128, width=1 / 64), "f7f622e3a65d938e", "e73e3b8a8620b99f"),
]


@pytest.mark.parametrize(("make", "generator", "discriminator"), SQUARES)
def test_squares_are_as_they_were(make, generator, discriminator):
    """Names, order, shapes and first values of the weights, as they were when networks were square alone."""
    gan = make()
    assert (_digest(gan.generator), _digest(gan.discriminator)) == (generator, discriminator)


def _digest(network):
    named = named_weights(network).items() if hasattr(network, "classes") else ()
    digest = hashlib.sha256()
    for name, weight in (*named, *((weight.name, weight) for weight in network.weights)):
        array = np.asarray(weight)
        digest.update(f"{name} {array.shape} {array.dtype}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()[:16]
