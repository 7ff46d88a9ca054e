"""Work over many images: in order, with few of them ahead, and with a progress line."""

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.data.places import good_files, write_folder
from tfnss.data import load, mapping
from tfnss.data.mapping import mapped, tracked


def test_results_are_in_order_and_few_items_are_taken_ahead():
    taken = []
    with ThreadPoolExecutor(4) as pool:
        results = mapped(pool, lambda item: item**2, (taken.append(item) or item for item in itertools.count()))
        for index, result in zip(range(1000), results, strict=False):
            assert result == index**2
            assert len(taken) <= index + mapping._AHEAD + 1
        results.close()


def test_what_has_not_begun_is_cancelled():
    begun, go_on = [], threading.Event()

    def work(item):
        begun.append(item)
        if item == 0:
            raise ValueError("the first is broken")
        go_on.wait()

    with ThreadPoolExecutor(2) as pool:
        with pytest.raises(ValueError, match="the first"):
            list(mapped(pool, work, range(40)))
        go_on.set()
    assert len(begun) <= 3


def test_all_of_few():
    with ThreadPoolExecutor(2) as pool:
        assert list(mapped(pool, str, range(3))) == ["0", "1", "2"]
        assert list(mapped(pool, str, ())) == []


@pytest.mark.parametrize("name", ["[/old]", "[red]", "\udcff"])
@pytest.mark.parametrize("cache_gb", [8, 0])
def test_any_path_stands_in_a_progress_line(name, cache_gb, tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(mapping, "_MANY", 1)
    monkeypatch.chdir(tmp_path)  # a short path, for a narrow line
    load(f"./{write_folder(Path(name), good_files(2))}", 8, 1, cache_gb=cache_gb)
    out = "".join(capfd.readouterr().out.split())
    assert ("\\udcff" if name == "\udcff" else name) in out if cache_gb else "checking" in out


@pytest.mark.parametrize("name", ["[/old]", "[red]", "\udcff"])
def test_a_line_that_is_asked_for(name, capfd):
    assert list(tracked(iter("ab"), f"reading {name}", None, shown=True)) == ["a", "b"]
    assert ("\\udcff" if name == "\udcff" else name) in capfd.readouterr().out
    assert list(tracked(iter("ab"), "reading", mapping._MANY, shown=False)) == ["a", "b"]
    assert not capfd.readouterr().out


def test_few_images_have_no_progress_line(capsys):
    assert list(tracked(iter("ab"), "reading", 2)) == ["a", "b"]
    assert not capsys.readouterr().out
