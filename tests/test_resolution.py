import pytest

from tfnss.resolution import flag_value, from_text, plain, sides, written


@pytest.mark.parametrize(
    ("given", "both", "held", "text", "flag"),
    [
        (64, (64, 64), 64, "64x64", "64"),
        ((64, 64), (64, 64), 64, "64x64", "64"),
        ((384, 640), (384, 640), [384, 640], "640x384", "640x384"),
        ([2, 1], (2, 1), [2, 1], "1x2", "1x2"),
    ],
)
def test_one_resolution_in_its_forms(given, both, held, text, flag):
    assert (sides(given), plain(given), written(given), flag_value(given)) == (both, held, text, flag)
    assert from_text(text) == from_text(flag) == held


@pytest.mark.parametrize("wrong", [0, -4, 4.0, True, None, "64", (64,), (64, 0), (1, 2, 3), (4.5, 2)])
def test_no_resolution(wrong):
    with pytest.raises(ValueError, match="one number of pixels, at least 1"):
        sides(wrong)


@pytest.mark.parametrize("wrong", ["", "x", "64x", "64*48", "64x48x2", "6.4", "nan", "1e3", "0x4", "-4x4", "9" * 5000])
def test_no_text_of_a_resolution(wrong):
    with pytest.raises(ValueError, match="WIDTHxHEIGHT such as 640x384"):
        from_text(wrong)
