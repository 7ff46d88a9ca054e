import keras
import numpy as np
import pytest
from keras import ops
from scipy.signal import correlate

from tfnss.layers import ResizeConv2D


def reference(images, kernel):
    """Pixels repeated, then the sums of a correlation, one pair of channels after the other."""
    large = images.repeat(2, axis=1).repeat(2, axis=2)
    out = np.zeros((*large.shape[:3], kernel.shape[3]))
    for one, sums in zip(large, out, strict=True):
        for i in range(kernel.shape[2]):
            for o in range(kernel.shape[3]):
                sums[..., o] += correlate(one[..., i], kernel[:, :, i, o], mode="same")
    return out


@pytest.mark.parametrize("taps", [1, 3, 5])
@pytest.mark.parametrize("size", [(4, 4), (3, 6)])
def test_equals_repeating_and_convolving(taps, size):
    random = np.random.default_rng(0)
    images = random.normal(size=(2, *size, 3)).astype("float32")
    layer = ResizeConv2D(5, taps, bias_initializer="random_normal")
    made = ops.convert_to_numpy(layer(images))
    kernel, bias = (ops.convert_to_numpy(weight) for weight in layer.weights)
    assert kernel.shape == (taps, taps, 3, 5)
    assert made.shape == layer.compute_output_shape(images.shape)
    np.testing.assert_allclose(made, reference(images, kernel) + bias, atol=1e-5)


def test_constant_images_stay_constant_inside():
    """No checkerboard: a transposed convolution of stride 2 with random weights makes one."""
    made = ops.convert_to_numpy(ResizeConv2D(4)(np.ones((1, 8, 8, 3), "float32")))[0, 2:-2, 2:-2]
    np.testing.assert_allclose(made, np.broadcast_to(made[0, 0], made.shape), atol=1e-6)


def test_is_saved_and_refuses_what_it_has_not(tmp_path):
    images = np.random.default_rng(0).normal(size=(1, 4, 4, 2)).astype("float32")
    model = keras.Sequential([keras.Input((4, 4, 2)), ResizeConv2D(3, use_bias=False, activation="relu")])
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(ops.convert_to_numpy(again(images)), ops.convert_to_numpy(model(images)))
    with pytest.raises(ValueError, match=r"odd number\. Received: 4"):
        ResizeConv2D(3, 4)
    with pytest.raises(ValueError, match="`strides` of ResizeConv2D is always 1"):
        ResizeConv2D(3, strides=2)
