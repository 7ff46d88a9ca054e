import pytest

from tests.data.places import good_files, write_folder
from tfnss.data import originals
from tfnss.data.chosen import Chosen


@pytest.fixture
def every(tmp_path):
    write_folder(tmp_path / "images", good_files())
    return originals(tmp_path / "images")


def test_some_images_come_in_their_order(every):
    names = [original.name for original in every.between(0, len(every))]
    chosen = Chosen(every, [3, 0, 2])
    assert [original.name for original in chosen.between(0, 3)] == [names[0], names[2], names[3]]
    assert [original.name for original in chosen.between(1, 2)] == [names[2]]
    assert not list(chosen.between(3, 5))
    assert (len(chosen), chosen.name, chosen.classes) == (3, every.name, every.classes)


def test_fingerprints_tell_choices_apart(every):
    found = {Chosen(every, numbers).fingerprint for numbers in ([0, 1], [1, 0], [0, 2])}
    assert len(found) == 2
    assert all(fingerprint.startswith(every.fingerprint) for fingerprint in found)
