import numpy as np
from keras import ops

from tfnss.layers.augment import corruptions


def test_cutout_takes_half_the_width_and_height():
    images = ops.ones((2, 8, 12, 3))
    centres = ops.convert_to_tensor(np.float32([0.5, 0])), ops.convert_to_tensor(np.float32([0.5, 1]))
    found = ops.convert_to_numpy(corruptions.cut_out(images, ops.convert_to_tensor(np.float32([0.5, 0.5])), *centres))
    expected = np.ones((2, 8, 12, 3))
    expected[0, 2:6, 3:9] = 0
    expected[1, 6:, :3] = 0
    np.testing.assert_array_equal(found, expected)
