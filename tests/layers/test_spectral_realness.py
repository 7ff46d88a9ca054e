import keras
import numpy as np
import pytest
from keras import ops
from scipy.special import expit, log_expit

from tests.layers.harness import check_layer
from tfnss.layers import SpectralRealness, azimuthal_spectrum

MIXINGS = ("logit", "probability")
IMAGES = np.random.default_rng(0).uniform(-1, 1, (4, 12, 10, 3)).astype("float32")
LOGITS = np.array([(d, c) for d in (-4.6, -2, 0, 0.3, 2) for c in (-4.6, -2, 0, 2)], "float32").T
tensorflow_only = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="gradient tapes are TensorFlow's")


def built(images=IMAGES, **kwargs):
    layer = SpectralRealness(seed=0, **kwargs)
    layer.build(images.shape)
    return layer


def mixed(d, c, **kwargs):
    return ops.convert_to_numpy(SpectralRealness(**kwargs).mix(d, c))


def gradient(loss, x):
    """Of the sum of a loss."""
    import tensorflow as tf

    x = tf.convert_to_tensor(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        total = tf.reduce_sum(loss(x))
    return tape.gradient(total, x)


def test_is_a_keras_layer():
    check_layer(lambda **kwargs: SpectralRealness(0.25, "probability", seed=3, **kwargs), IMAGES)


@pytest.mark.parametrize("policy", ["bfloat16", "float16", "mixed_bfloat16", "mixed_float16"])
def test_inside_all_policies_are_float32(policy):
    layer = SpectralRealness(seed=3, dtype=policy)
    outputs = ops.convert_to_numpy(ops.cast(layer(IMAGES), "float32"))
    assert {weight.dtype for weight in layer.weights} == {"float32"}
    np.testing.assert_allclose(outputs, ops.convert_to_numpy(SpectralRealness(seed=3)(IMAGES)), rtol=1e-2)


@pytest.mark.parametrize("batch", [1, 4])
def test_in_a_model_of_any_batch(batch):
    layer, images = built(), keras.Input(IMAGES.shape[1:])
    model = keras.Model(images, layer(images))
    assert model.output_shape == (None, 1)
    alone = ops.convert_to_numpy(layer(IMAGES[:batch]))
    np.testing.assert_allclose(model.predict(IMAGES[:batch], verbose=0), alone, atol=1e-5)


def test_logits_are_linear_with_a_weight_of_norm_1():
    layer = built()
    profiles = ops.convert_to_numpy(layer.profile(IMAGES))
    np.testing.assert_array_equal(profiles, ops.convert_to_numpy(azimuthal_spectrum(IMAGES)))
    kernel, bias = (ops.convert_to_numpy(weight) for weight in layer.trainable_weights)
    expected = profiles @ kernel[:, 0] / np.linalg.norm(kernel) + bias[0]
    np.testing.assert_allclose(ops.convert_to_numpy(layer.classify(profiles)), expected, rtol=1e-5)
    np.testing.assert_allclose(ops.convert_to_numpy(layer(IMAGES))[:, 0], expected, rtol=1e-5)
    layer.kernel.assign(0 * kernel)
    np.testing.assert_array_equal(ops.convert_to_numpy(layer.classify(profiles)), bias.repeat(4))


def test_initial_weights():
    length = 360
    kernels, biases = [], []
    for seed in range(30):
        layer = SpectralRealness(seed=seed)
        layer.build((None, 512, 512, 3))
        kernels.append(ops.convert_to_numpy(layer.kernel))
        biases.append(ops.convert_to_numpy(layer.bias))
    for values, bound in ((np.array(kernels), np.sqrt(6 / (length + 1))), (np.array(biases), 1 / np.sqrt(length))):
        assert 0.9 * bound < np.abs(values).max() <= bound
        assert values.std() == pytest.approx(bound / np.sqrt(3), rel=0.2)
    assert kernels[0].shape == (length, 1)
    assert biases[0].shape == (1,)
    again = SpectralRealness(seed=0)
    again.build((None, 512, 512, 3))
    np.testing.assert_array_equal(ops.convert_to_numpy(again.kernel), kernels[0])


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_mixture_is_equation_6(share):
    d, c = LOGITS
    np.testing.assert_allclose(mixed(d, c, spatial_share=share), share * d + (1 - share) * c, rtol=1e-5, atol=1e-6)
    probability = share * expit(d) + (1 - share) * expit(c)
    found = mixed(d, c, spatial_share=share, mixing="probability")
    np.testing.assert_allclose(expit(found.astype("float64")), probability, rtol=1e-5)


@pytest.mark.parametrize("mixing", MIXINGS)
def test_mixture_has_the_shape_of_the_spatial_logits(mixing):
    d, c = LOGITS
    expected = mixed(d, c, mixing=mixing)
    for shape in [(-1, 1), (-1, 1, 1, 1)]:
        np.testing.assert_allclose(mixed(d.reshape(shape), c, mixing=mixing), expected.reshape(shape), atol=1e-5)
        np.testing.assert_allclose(mixed(d, c.reshape(shape), mixing=mixing), expected, atol=1e-5)
    patches = mixed(np.stack([d, d + 1], axis=1), c, mixing=mixing)
    np.testing.assert_allclose(patches, np.stack([expected, mixed(d + 1, c, mixing=mixing)], axis=1), atol=1e-5)


@pytest.mark.parametrize("mixing", MIXINGS)
def test_whole_shares_are_the_logits_themselves(mixing):
    d, c = np.meshgrid([-1e4, -3.3, 0.1, 1e4], [-1e4, -0.7, 0.2, 1e4])
    d, c = (x.ravel().astype("float32") for x in (d, c))
    np.testing.assert_array_equal(mixed(d, c, spatial_share=1, mixing=mixing), d)
    np.testing.assert_array_equal(mixed(d, c, spatial_share=0, mixing=mixing), c)


def test_extreme_logits():
    d, c = np.array([[1e4, 1e4], [-1e4, -1e4], [1e4, -1e4], [-1e4, 1e4], [1e4, 0], [0, -1e4]], "float32").T
    found = mixed(d, c, spatial_share=0.25, mixing="probability")
    logits = [1e4, -1e4, np.log(0.25 / 0.75), np.log(0.75 / 0.25), np.log(0.625 / 0.375), np.log(0.125 / 0.875)]
    np.testing.assert_allclose(found, logits, rtol=1e-5)


@tensorflow_only
@pytest.mark.parametrize("mixing", MIXINGS)
@pytest.mark.parametrize("share", [0, 0.5, 1])
@pytest.mark.parametrize("sign", [-1, 1])
def test_extreme_logits_have_finite_gradients(mixing, share, sign):
    d, c = np.array([(d, c) for d in (-1e4, -88, 0, 88, 1e4) for c in (-1e4, -88, 0, 88, 1e4)], "float32").T
    layer = SpectralRealness(share, mixing)
    found = gradient(lambda d: ops.softplus(sign * layer.mix(d, c)), d)
    assert np.isfinite(found).all()
    np.testing.assert_array_less(np.abs(found), 1 + 1e-6)
    if share == 1:
        np.testing.assert_allclose(found, sign * expit(sign * d), rtol=1e-5, atol=1e-30)


@tensorflow_only
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_gradients_of_mixed_probabilities_are_equations_11_and_12(share):
    d, c = LOGITS
    layer = SpectralRealness(share, "probability")
    D, C = expit(d), expit(c)
    slope = D * (1 - D)  # of D by its logit
    ratio = (1 - share) / share
    of_discriminator = gradient(lambda d: ops.softplus(layer.mix(d, c)), d)
    np.testing.assert_allclose(of_discriminator, slope / (1 - D + ratio * (1 - C)), rtol=1e-4)
    of_generator = gradient(lambda d: ops.softplus(-layer.mix(d, c)), d)
    np.testing.assert_allclose(of_generator, -slope / (D + ratio * C), rtol=1e-4)


@tensorflow_only
@pytest.mark.parametrize(
    ("d", "c", "probability", "logit"),
    [
        (-4.6, 0, 0.019, 0.454),
        (-4.6, -4.6, 0.495, 0.495),
        (-2, 2, 0.105, 0.250),
        (0, 0, 0.250, 0.250),
        (2, -2, 0.105, 0.250),
    ],
)
def test_weight_of_an_image_in_the_generators_gradient(d, c, probability, logit):
    for mixing, expected in (("probability", probability), ("logit", logit)):
        mix = SpectralRealness(mixing=mixing).mix
        found = gradient(lambda d, mix=mix: ops.softplus(-mix(d, np.float32([c]))), np.float32([d]))
        np.testing.assert_allclose(found, [-expected], atol=5e-4)


@tensorflow_only
@pytest.mark.parametrize("mixing", MIXINGS)
def test_mixture_has_no_gradient_but_the_discriminators(mixing):
    import tensorflow as tf

    layer, images = built(mixing=mixing), tf.constant(IMAGES)
    d = tf.zeros(4)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([images, d])
        spectral = layer.classify(layer.profile(images))
        total = tf.reduce_sum(tf.nn.softplus(layer.mix(d, spectral)))
    assert tape.gradient(total, [images, *layer.trainable_variables]) == [None, None, None]
    assert tape.gradient(total, d).numpy().all()
    assert tape.gradient(spectral, images) is None
    assert all(np.any(g) for g in tape.gradient(spectral, layer.trainable_variables))


def _nearest(images):
    return images[:, ::2, ::2].repeat(2, axis=1).repeat(2, axis=2)


def _low_pass(images):
    low = np.abs(np.fft.fftfreq(images.shape[1])) < 0.25
    spectra = np.fft.fft2(images, axes=(1, 2)) * (low[:, None] & low)[:, :, None]
    return np.fft.ifft2(spectra, axes=(1, 2)).real.astype("float32")


def _smooth(images):
    from tfnss import ScaleSpace

    return ops.convert_to_numpy(ScaleSpace()(images, 128.0))


@tensorflow_only
@pytest.mark.parametrize(("change", "least"), [(_nearest, 0.99), (_low_pass, 0.99), (_smooth, 0.95)])
def test_classifier_learns_to_tell_changed_photographs(change, least):
    import tensorflow as tf

    from tfnss import data
    from tfnss.training import NonSaturating

    photos = data.load("photos", resolution=64).array[:800].astype("float32") / 127.5 - 1
    layer, optimizer = built(photos), keras.optimizers.Adam(0.1)
    real, fake = (layer.profile(images) for images in (photos, change(photos)))

    @tf.function
    def step(indices):
        with tf.GradientTape() as tape:
            logits = (layer.classify(tf.gather(profiles, indices)) for profiles in (real, fake))
            loss = NonSaturating().discriminator(*logits)
        optimizer.apply(tape.gradient(loss, layer.trainable_variables), layer.trainable_variables)

    for indices in np.random.default_rng(0).integers(0, 400, (200, 64)):
        step(tf.constant(indices))
    held_out = [layer.classify(profiles[400:]).numpy() for profiles in (real, fake)]
    accuracy = ((held_out[0] > 0).mean() + (held_out[1] < 0).mean()) / 2
    assert accuracy > least


def test_log_sigmoid_of_the_mixture_is_the_papers_log():
    """-log D_ss is the losses' softplus(-logit), also where D_ss is below what floats of a probability can be."""
    d, c = np.array([[-90], [-95]], "float32")
    expected = np.logaddexp(np.log(0.5) + log_expit(-90.0), np.log(0.5) + log_expit(-95.0))
    np.testing.assert_allclose(-np.logaddexp(0, -mixed(d, c, mixing="probability")), [expected], rtol=1e-6)


def test_rejects_bad_arguments():
    for share in (-0.1, 1.1, float("nan")):
        with pytest.raises(ValueError, match=rf"\(lambda\) must lie in \[0, 1\]. Received: spatial_share={share}"):
            SpectralRealness(share)
    with pytest.raises(ValueError, match="`mixing` must be 'logit' or 'probability'"):
        SpectralRealness(mixing="mean")
    for size in ((None, None), (7, 16)):
        with pytest.raises(ValueError, match="at least 8 pixels"):
            SpectralRealness().build((None, *size, 3))
