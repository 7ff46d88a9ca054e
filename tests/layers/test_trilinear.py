from keras import ops

from tests.layers.derivatives import check_second_derivatives, once_on_torch
from tests.layers.test_resample import evaluate, random_images
from tfnss.layers.trilinear import derivative

# Of <z, factor x @ y>.
FORM = (
    lambda y, z, factor: factor * ops.matmul(z, ops.transpose(y)),
    lambda z, x, factor: factor * ops.matmul(ops.transpose(x), z),
    lambda x, y, factor: factor * ops.matmul(x, y),
)


def test_gradients_are_the_other_derivatives(subtests):
    x, y, z = random_images(4, 3), random_images(3, 2), random_images(4, 2)
    expected = (3.0 * z @ y.T, 3.0 * x.T @ z, 3.0 * x @ y)
    for which, arrays in enumerate(((y, z), (z, x), (x, y))):
        with subtests.test(which=which):
            found = evaluate(lambda a, b, which=which: derivative(FORM, which, a, b, 3.0), *arrays)
            assert abs(found - expected[which]).max() < 1e-5


@once_on_torch
def test_second_derivatives(subtests):
    x, y, z = random_images(4, 3), random_images(3, 2), random_images(4, 2)
    for which, arrays in enumerate(((y, z), (z, x), (x, y))):
        with subtests.test(which=which):
            check_second_derivatives(lambda a, b, which=which: derivative(FORM, which, a, b, 0.5), *arrays)
