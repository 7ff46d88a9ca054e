"""Sizes and steps of SNGAN at each resolution."""

# Of each resolution: channels of the generator, stem first; those of the discriminator's blocks; how many of these halve.
SIZES = {
    32: ((256, 256, 256, 256), (128, 128, 128, 128), 2),
    48: ((512, 256, 128, 64), (64, 128, 256, 512, 1024), 4),
    64: ((1024, 512, 256, 128, 64), (64, 128, 256, 512, 1024), 5),
    128: ((1024, 1024, 512, 256, 128, 64), (64, 128, 256, 512, 1024, 1024), 5),
}


def discriminator_steps(resolution: int) -> int:
    """Steps of the discriminator per step of the generator (Lee and Town): 5, at 128x128 2."""
    return 2 if resolution == 128 else 5
