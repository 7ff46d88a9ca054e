"""Records of the images that rank highest."""

import json

import numpy as np
import pytest
from PIL import Image

from tests.running.test_bad_input import snapshot
from tfnss import data
from tfnss.commands.prepare import main
from tfnss.metrics import manifold_ranking, networks


@pytest.fixture
def place(tmp_path):
    """20 images around one picture, 5 of noise, and one that is damaged; queries are of noise."""
    random = np.random.default_rng(0)
    picture = random.integers(0, 200, (24, 24, 3))
    for folder in ("images", "queries"):
        (tmp_path / folder).mkdir()
    for index in range(25):
        pixels = picture + random.integers(0, 20, picture.shape) if index < 20 else random.integers(0, 256, (24, 24, 3))
        Image.fromarray(pixels.astype(np.uint8)).save(tmp_path / "images" / f"{index:02}.png")
    Image.open(tmp_path / "images" / "22.png").save(tmp_path / "queries" / "q.bmp")
    (tmp_path / "images" / "99.png").write_bytes((tmp_path / "images" / "00.png").read_bytes()[:100])
    return tmp_path


def command(place, *flags, rank=8):
    ranking = ["--rank", str(rank), "--features", "embedded"]
    return [str(place / "images"), str(place / "records"), "--resolution", "16", *ranking, *flags]


def test_typical_images_are_kept(place, capsys):
    main(command(place))
    ranking = json.loads((place / "records" / "ranking.json").read_text())
    assert ranking["settings"]["ranking"] == "density"
    assert (ranking["settings"]["alpha"], ranking["settings"]["neighbours"], ranking["settings"]["kept"]) == (
        0.99,
        50,
        8,
    )
    (skipped,) = ranking["skipped"]
    assert skipped[0] == "99.png"
    assert skipped[1].startswith("cannot be read")
    numbers, _, scores = zip(*ranking["images"], strict=True)
    assert sorted(numbers) == list(range(25))
    assert list(scores) == sorted(scores, reverse=True)
    assert set(numbers[:8]) <= set(range(20))
    assert len(data.load(place / "records", 16, 1)) == 8
    assert "8 images of 16x16" in capsys.readouterr().out


def test_scores_are_the_rankings_own(place):
    (place / "images" / "99.png").unlink()
    main(command(place))
    ranking = json.loads((place / "records" / "ranking.json").read_text())
    pixels = data.load(place / "images", 16, 1).take(np.arange(25))
    expected = manifold_ranking(networks.load("embedded")(pixels).activations)
    scores = {number: score for number, _, score in ranking["images"]}
    np.testing.assert_allclose([scores[i] for i in range(25)], expected, rtol=1e-3)
    kept = sorted(number for number, _, _ in ranking["images"][:8])
    records = data.load(place / "records", 16, 1)
    np.testing.assert_array_equal(records.take(np.arange(8)), pixels[kept])


def test_queries_choose(place):
    """Of two kinds of images, more of each than neighbours in the graph, those of the query's kind."""
    random = np.random.default_rng(1)
    picture = random.integers(0, 200, (24, 24, 3))
    for folder, names in (("images", [f"a{index:02}" for index in range(60)]), ("queries", ["q"])):
        for name in names:
            pixels = (picture + random.integers(0, 20, picture.shape)).astype(np.uint8)
            Image.fromarray(pixels).save(place / folder / f"{name}.png")
    (place / "queries" / "q.bmp").unlink()
    main(command(place, "--rank-queries", str(place / "queries"), rank=50))
    ranking = json.loads((place / "records" / "ranking.json").read_text())
    assert ranking["settings"]["ranking"] == "by queries"
    assert all(name.startswith("a") for _, name, _ in ranking["images"][:50])


def test_the_same_command_goes_on(place, monkeypatch):
    main(command(place))
    before = snapshot(place)
    (place / "records" / "shard-00000.tfrecord").unlink()
    monkeypatch.setattr("tfnss.running.ranked.manifold_ranking", None)  # is not done again
    main(command(place))
    assert snapshot(place) == before


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["--rank", "0"], "--rank must be at least 1"),
        (["--rank", "100"], "images has 25 images to rank, and 100 are to be kept"),
        (["--max-images", "5"], "leave out --max-images"),
        (["--rank-queries", "{}/none"], "none is not a folder"),
        (["--rank-queries", "{}/bad"], "cannot be read"),
        (["--features", "alexnet"], "--features"),
    ],
)
def test_one_line_for_bad_input(flags, says, place, capsys):
    (place / "bad").mkdir()
    (place / "bad" / "cut.png").write_bytes((place / "images" / "99.png").read_bytes())
    with pytest.raises(SystemExit) as end:
        main(command(place, *(flag.format(place) for flag in flags)))
    assert end.value.code == 2
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1
    assert not list((place / "records").glob("[!.]*"))


def test_other_rankings_are_not_mixed(place, capsys):
    main(command(place))
    before = snapshot(place)
    for flags, says in (
        (command(place, rank=7), "is of another ranking (kept=8)"),
        ([*command(place)[:4], "--rank-queries", str(place / "queries")], "--rank-queries goes with --rank N"),
        (command(place, "--rank-queries", str(place / "queries")), "is of another ranking (ranking=density"),
    ):
        with pytest.raises(SystemExit):
            main(flags)
        error = capsys.readouterr().err
        assert says in error
        assert error.count("\n") == 1
    assert snapshot(place) == before
    (place / "records" / "ranking.json").write_text("{}")
    with pytest.raises(SystemExit):
        main(command(place))
    assert "ranking.json is damaged (its checksum differs): remove it to rank again" in capsys.readouterr().err
