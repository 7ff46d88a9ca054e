from types import SimpleNamespace

import pytest

from tfnss.running.farewell import Status


@pytest.mark.parametrize(
    ("unsaved", "together", "waits"), [(False, False, False), (True, False, True), (False, True, True)]
)
def test_a_process_is_waited_for_while_it_or_others_would_lose_something(unsaved, together, waits):
    """One of several workers that ended between two of their steps would take the others with it."""
    status = Status("python -m recipes.any")
    status.together = together
    assert not status.unsaved()  # before training, nobody waits
    status.checkpoint = SimpleNamespace(unsaved=unsaved)
    assert status.unsaved() == waits


def test_want_of_memory_is_told(capsys):
    with pytest.raises(SystemExit) as end:
        Status("python -m recipes.any").fail(MemoryError())
    assert end.value.code == 2
    assert "error: the memory is not enough (none is left); no checkpoint was written yet;" in capsys.readouterr().err
