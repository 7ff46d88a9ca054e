"""Trains DCGAN and StyleGAN2 for 5 steps, as one of several processes: `python -m tests.training.workers OUT`."""

import sys

import numpy as np
import tensorflow as tf

import tfnss
from models import DCGAN, StyleGAN2


def train(parts: int = 1) -> dict[str, list[np.ndarray]]:
    """The weights of both after 5 steps, under the current strategy's scope.

    The groups of StyleGAN2's minibatch standard deviation lie within a process. They are strided over what they divide, so
    groups of the whole batch are never those of its shares; but the shares of two processes are those of two `parts` of one.
    """
    images = np.random.default_rng(0).integers(0, 256, (32, 16, 16, 3), dtype=np.uint8)
    dcgan = DCGAN(16, latent_dim=8, base_width=4)
    dcgan.compile(
        view=tfnss.NoisyScaleSpace(),
        annealing=tfnss.ExponentialAnnealing(8),
        regularizers=[tfnss.R1(1.0, 2)],
        spectral_realness=tfnss.SpectralRealness(seed=1),
    )
    stylegan2 = StyleGAN2(8, latent_dim=4, channel_base=32, channel_max=4, mapping_layers=1, group_size=2)
    stylegan2.compile(regularizers=[tfnss.R1(1.0, 2), tfnss.PathLength(interval=2)], accumulation_steps=parts)
    weights = {}
    for gan, array in ((dcgan, images), (stylegan2, images[:, ::2, ::2])):
        gan.fit(tfnss.data.Images(array, 8), steps_per_epoch=5, verbose=0)
        weights[type(gan).__name__] = gan.get_weights()
    return weights


if __name__ == "__main__":
    with tf.distribute.MultiWorkerMirroredStrategy().scope():
        weights = train()
    np.savez(sys.argv[1], **{f"{name}_{index}": w for name, all_ in weights.items() for index, w in enumerate(all_)})
