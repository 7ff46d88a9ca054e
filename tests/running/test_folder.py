from tfnss.running import folder


def test_other_workers_write_to_a_folder_that_goes_away(tmp_path):
    (tmp_path / "run" / "samples").mkdir(parents=True)
    (tmp_path / "run" / "checkpoint.weights.h5").write_text("state")
    with folder.scratch_copy(tmp_path / "run") as place:
        assert [path.name for path in place.iterdir()] == ["checkpoint.weights.h5"]
    assert not place.exists()
    with folder.scratch_copy(None) as place:
        assert not place.exists()
