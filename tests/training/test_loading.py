"""A GAN that was saved whole, in a process of its own."""

import os
import subprocess
import sys

import keras
import pytest

import tfnss
from models import StyleGAN2
from tests.training.networks import tiny_gan

_LOADER = """
{imports}
import keras
gan = keras.saving.load_model("{path}")
print("is", type(gan).__name__, type(gan.view).__name__, len(gan.phases))
"""


def loaded(imports, path):
    code = _LOADER.format(imports=imports, path=path)
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_its_class_is_all_that_has_to_be_imported(tmp_path):
    """Parts come from modules that nothing has imported yet."""
    gan = StyleGAN2(8, latent_dim=6, channel_base=32, channel_max=4, mapping_layers=1)
    gan.compile(
        discriminator_optimizer=keras.optimizers.Adam(keras.optimizers.schedules.ExponentialDecay(1e-3, 9, 0.9)),
        view=tfnss.View(tfnss.NoisyScaleSpace(), tfnss.StepAnnealing(8)),
        augmentation=tfnss.AdaptiveAugmentation("color"),
        regularizers=[tfnss.training.LeCam(), tfnss.R1(interval=2), tfnss.SpectralRegularization(0.1)],
        spectral_realness=tfnss.SpectralRealness(),
    )
    path = tmp_path / "gan.keras"
    gan.save(path)
    assert "is StyleGAN2 View 4" in loaded("from models import StyleGAN2", path).stdout
    assert "Could not locate class 'StyleGAN2'" in loaded("import tfnss", path).stderr


@pytest.mark.slow
def test_one_of_networks_of_keras_own(tmp_path):
    gan = tiny_gan()
    gan.compile(view=tfnss.ScaleSpace())
    gan.save(tmp_path / "gan.keras")
    assert "is GAN View 2" in loaded("from tfnss import GAN", tmp_path / "gan.keras").stdout
