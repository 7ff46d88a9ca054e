"""Pixels as uint8 and as floats: what is neither is refused, and not taken for the other."""

import numpy as np
import pytest
import tensorflow as tf

from tfnss.uint8 import as_floats, as_uint8, check_whole, from_uint8

IMAGES = np.random.default_rng(0).integers(0, 256, (4, 8, 8, 3), dtype=np.uint8)
FLOATS = np.asarray(from_uint8(IMAGES))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_floats_become_what_they_were_made_of(dtype):
    np.testing.assert_array_equal(as_uint8(FLOATS.astype(dtype), "these"), IMAGES)
    np.testing.assert_array_equal(as_uint8(tf.constant(FLOATS, dtype), "these"), IMAGES)
    assert as_uint8(IMAGES, "these") is IMAGES
    np.testing.assert_allclose(as_floats(IMAGES, "these"), FLOATS)
    assert as_floats(FLOATS.astype(dtype), "these").dtype == np.float32


def test_bfloat16_is_of_floats():
    found = as_uint8(tf.cast(FLOATS, tf.bfloat16), "these", clip=True)
    assert np.abs(found.astype(int) - IMAGES).max() <= 1
    assert as_floats(tf.cast(FLOATS, tf.bfloat16), "these").dtype == np.float32


@pytest.mark.parametrize("dtype", ["int32", "int64", "uint16", "bool", "complex64"])
def test_other_numbers_are_refused(dtype):
    for function in (as_uint8, as_floats):
        with pytest.raises(ValueError, match=f"these: images are to be uint8 or floats in .* Received: {dtype}"):
            function(IMAGES.astype(dtype), "these")


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e300])
def test_numbers_that_are_not_finite(value):
    images = FLOATS.astype(np.float64)
    images[0, 0, 0, 0] = value
    for kwargs in ({}, {"clip": True}):
        with pytest.raises(ValueError, match="these: images hold NaN or infinity"):
            as_uint8(images, "these", **kwargs)


def test_floats_out_of_range():
    with pytest.raises(ValueError, match=r"these: floats are to be in .* Received: values from .* to 255"):
        as_uint8(IMAGES.astype(float), "these")
    np.testing.assert_array_equal(as_uint8(np.array([-3.0, 0.0, 3.0]), "these", clip=True), [0, 128, 255])


def test_a_bright_image_is_no_set():
    """In [0, 1] are all numbers of a set that was divided by 255, and of some single images as they should be."""
    bright = np.abs(FLOATS)
    assert as_uint8(bright, "these").min() >= 127
    with pytest.raises(ValueError, match=r"these are in \[0, 1\]"):
        check_whole(bright, "these")
    check_whole(FLOATS, "these")
    check_whole(IMAGES, "these")
