from tfnss.training.phases import Phase


def test_due():
    phase = Phase(None, None, interval=5, offset=4)
    assert [i for i in range(12) if phase.due(i)] == [4, 9]
