import base64
import io
import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from recipes.dcgan_church64 import RECIPE as CHURCH
from recipes.dcgan_photos import RECIPE
from tests.browsing import in_chromium, shot, sizes_of_pictures, visiting
from tests.running.test_bad_input import snapshot
from tfnss.commands.report import main
from tfnss.metrics import results
from tfnss.processes import quoted
from tfnss.running import fitting, report
from tfnss.running.command_line import main as train

VOID = {"meta", "img"}
RED = np.array([250, 10, 60], np.uint8)


class Page(HTMLParser):
    """Elements with their attributes, and the text outside the style, of a page whose tags are balanced."""

    def __init__(self, path):
        super().__init__()
        self.elements, self.text, self._open = [], "", []
        source = path.read_text()
        assert source.startswith("<!doctype html>\n<html")
        self.feed(source)
        self.close()
        assert not self._open

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        if self._open[-1:] != ["style"]:
            self.text += data

    def pictures(self):
        for tag, attributes in self.elements:
            if tag == "img":
                kind, data = attributes["src"].split(",")
                assert kind == "data:image/png;base64"
                with Image.open(io.BytesIO(base64.b64decode(data, validate=True))) as image:
                    yield attributes["alt"], np.asarray(image.convert("RGB"))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    run = tmp_path_factory.mktemp("report") / "run"
    train(RECIPE, ["--smoke", "--base-width", "4", "--run-dir", str(run)])
    return run


@pytest.fixture
def run(trained, tmp_path):
    return shutil.copytree(trained, tmp_path / "my & <run>")


def change_settings(run, **changes):
    saved = json.loads((run / "settings.json").read_text())
    saved["settings"] |= changes.pop("settings", {})
    (run / "settings.json").write_text(json.dumps(saved | changes))


def record(**values):
    return {
        "kimg": 0.064,
        **values,
        "network": "embedded",
        "reals": "photos",
        "real_images": 9,
        "fake_images": 8,
        "seed": 3,
    }


def test_a_page_tells_all_of_a_run(run, capsys):
    results.append(run / "metrics.jsonl", record(fid=123.4567891))
    results.append(run / "metrics.jsonl", record(precision=0.25, recall=float("nan")))
    Image.fromarray(np.full((30, 40, 3), RED)).save(run / "spectrum.png")
    main([str(run)])
    assert capsys.readouterr().out == f"{run / 'report.html'}\n"
    page = Page(run / "report.html")
    for text in (
        "my & <run>",
        "dcgan_photos, 0.064 of 0.064 kimg",
        "base_width",
        "123.457",
        "0.25",
        "8 fakes, 9 of photos",
    ):
        assert text in page.text
    last = (run / "history.csv").read_text().splitlines()[-1].split(",")[3]
    assert f"{float(last):.6g}" in page.text
    pictures, nearest = dict(page.pictures()), json.loads((run / "nearest.json").read_text())
    assert list(pictures) == [
        "samples at 0.064 kimg", "real images", "0 kimg", "0.032 kimg", "0.064 kimg",
        *[f"seed {seed}: distance {distance:.3g}" for seed, distance in enumerate(nearest["distances"])],
        "curves.png", "spectrum.png",
    ]  # fmt: skip
    with Image.open(run / "nearest.png") as image:
        pairs = np.asarray(image)
    for seed, (label, picture) in enumerate(list(pictures.items())[5:21]):
        top, left = seed // 4 * 32, seed % 4 * 64
        np.testing.assert_array_equal(picture, pairs[top : top + 32, left : left + 64], label)
    assert f"much nearer than {nearest['real_distance']:.3g}, the median distance" in page.text
    assert "searched were 64 of the 2500 real images of photos that the seed 0 chose." in page.text
    with Image.open(run / "samples" / "fakes_000000064.png") as image:
        np.testing.assert_array_equal(pictures["samples at 0.064 kimg"], np.asarray(image))
        np.testing.assert_array_equal(pictures["0.064 kimg"], np.asarray(image)[:128, :128])  # 4 times 4 of 32 pixels
    assert (pictures["spectrum.png"] == RED).all()


def test_a_page_needs_no_network_and_runs_nothing(run):
    evil = "<script>document.body.remove()</script><img src=http://example.com/x onerror=alert(1)>"
    change_settings(run, settings={"data": evil, evil: "'\"&"}, versions=evil)
    results.append(run / "metrics.jsonl", record() | {"reals": evil, evil: evil})
    nearest = json.loads((run / "nearest.json").read_text())
    (run / "nearest.json").write_text(json.dumps(nearest | {"reals": evil}))
    page = Page(report.write_report(run))
    assert page.text.count(evil) == 7
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "link", "iframe", "object", "embed", "base", "form", "a", "svg"}
    for tag, attributes in page.elements:
        assert not [name for name in attributes if name.startswith("on") or (name in ("href", "style"))]
        assert attributes.get("src", "data:").startswith("data:"), tag
    style = re.search("<style>(.*?)</style>", (run / "report.html").read_text(), re.DOTALL).group(1)
    assert "url(" not in style
    assert "@import" not in style
    policy = next(a["content"] for _, a in page.elements if a.get("http-equiv") == "Content-Security-Policy")
    assert "default-src 'none'" in policy


def test_a_page_can_be_written_from_the_start(run):
    for path in [*run.rglob("*.png"), run / "history.csv"]:
        path.unlink()
    text = Page(report.write_report(run)).text
    assert "no images seen yet" in text
    assert text.count("None yet") == 5


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("nearest.json", "{", "nearest.json is damaged"),
        ("nearest.json", '{"distances": [1]}', "nearest.json is damaged"),
        ("nearest.json", "[]", "nearest.json is damaged"),
        ("nearest.png", "no picture", "nearest.png cannot be read"),
    ],
)
def test_a_damaged_picture_of_nearest_images_fails_no_run(name, content, says, run):
    (run / name).write_text(content)
    text = Page(report.write_report(run)).text
    assert says in text
    assert f"`tfnss evaluate {quoted(run)} --nearest` draws them." in text


def test_a_run_that_went_back_shows_no_samples_of_its_former_future(run):
    for images in (16, 48, 96):  # the first is of before the history began, the others of a future
        shutil.copy(run / "samples" / "fakes_000000000.png", run / "samples" / f"fakes_{images:09d}.png")
    pictures = dict(Page(report.write_report(run)).pictures())
    assert [label for label in pictures if "kimg" in label] == [
        "samples at 0.064 kimg", "0 kimg", "0.016 kimg", "0.032 kimg", "0.064 kimg",
    ]  # fmt: skip


@pytest.mark.slow
def test_a_page_stays_small(run):
    (run / "history.csv").unlink()
    noise = np.random.default_rng(0).integers(0, 256, (1600, 1600, 3), dtype=np.uint8)
    Image.fromarray(noise).save(run / "samples" / "reals.png")
    for path in (run / "samples").glob("fakes_*"):
        path.unlink()
    for index in range(40):
        shutil.copy(run / "samples" / "reals.png", run / "samples" / f"fakes_{1000 * index:09d}.png")
    change_settings(run, settings={"resolution": 200})
    pictures = list(Page(report.write_report(run)).pictures())
    assert [label for label, _ in pictures[2:14]] == [
        f"{k} kimg" for k in (0, 4, 7, 11, 14, 18, 21, 25, 28, 32, 35, 39)
    ]
    assert {picture.shape for _, picture in pictures[2:14]} == {(384, 384, 3)}
    assert pictures[0][1].shape == (1024, 1024, 3)
    assert (run / "report.html").stat().st_size < 2e7


def test_the_papers_figures_stand_beside_ours(run):
    defaults = CHURCH.resolve({option.name: option.default for option in CHURCH.all_options()} | {"method": "nss"})
    change_settings(run, recipe=CHURCH.name, settings=defaults)
    assert "The paper's figures: FID 58.86 ± 3.92, IS" in Page(report.write_report(run)).text
    results.append(run / "metrics.jsonl", record(fid=61.5))
    text = Page(report.write_report(run)).text
    assert "The paper's figures: FID 58.86 ± 3.92, IS" in text
    assert text.index("61.5") < text.index("58.86")
    change_settings(run, recipe="of_the_future")
    assert "The paper" not in Page(report.write_report(run)).text


def test_every_seed_of_a_run_gets_a_page(run, tmp_path, capsys):
    for seed in (0, 1):
        shutil.copytree(run, tmp_path / "seeds" / f"seed-{seed}")
    shutil.copy(run / "settings.json", tmp_path / "seeds")
    change_settings(tmp_path / "seeds", trials=2)
    main([str(tmp_path / "seeds")])
    pages = [str(tmp_path / "seeds" / f"seed-{seed}" / "report.html") for seed in (0, 1)]
    assert capsys.readouterr().out.split() == pages


def test_a_card_of_a_run(run):
    card = report.model_card(run)
    assert (card["name"], card["recipe"], card["images_seen"]) == ("my & <run>", "dcgan_photos", 64)
    assert card["settings"]["base_width"] == 4
    assert card["metrics"] is None
    for fid in (3.0, 2.0):
        results.append(run / "metrics.jsonl", record(fid=fid))
    assert report.model_card(run)["metrics"] == record(fid=2.0)
    json.dumps(report.model_card(run), allow_nan=False)
    earlier = report.model_card(run, 32)
    assert (earlier["images_seen"], earlier["metrics"]) == (32, None)


def test_two_processes_may_write_a_page_at_once(run, monkeypatch):
    write_text = Path.write_text

    def meanwhile(self, *arguments, **more):
        monkeypatch.setattr(Path, "write_text", write_text)
        written = write_text(self, *arguments, **more)
        report.write_report(run)
        return written

    monkeypatch.setattr(Path, "write_text", meanwhile)
    Page(report.write_report(run))
    assert not list(run.glob(".partial.*"))


def test_a_training_goes_on_without_its_page(run, monkeypatch):
    (run / "curves.png").write_text("no picture")
    with pytest.warns(UserWarning, match=r"report.html was not written \(.*curves.png cannot be read") as warned:
        fitting._tell(run)
    assert f"`tfnss report {quoted(run)}` writes it" in str(warned[0].message)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("settings.json", "{", "settings.json is damaged"),
        ("settings.json", None, "holds no run"),
        ("metrics.jsonl", "{", "metrics.jsonl is damaged"),
        ("history.csv", "kimg\nx\n", "history.csv is damaged"),
        ("curves.png", "no picture", "curves.png cannot be read"),
        ("samples/reals.png", None, "reals.png cannot be read"),
    ],
)
def test_one_line_and_nothing_written(name, content, says, run, capsys):
    whole = (run / name).read_bytes() if (run / name).exists() else b""
    (run / name).unlink(missing_ok=True)
    if content is not None:
        (run / name).write_text(content)
    elif name.endswith(".png"):
        (run / name).write_bytes(whole[: len(whole) // 2])
    before = snapshot(run)
    with pytest.raises(SystemExit) as end:
        main([str(run)])
    assert end.value.code == 2
    error = capsys.readouterr().err
    assert says in error
    assert len(error.strip().splitlines()) == 1
    assert snapshot(run) == before


@in_chromium
@pytest.mark.parametrize("width", [400, 1200])
def test_chromium_shows_the_page(width, run, tmp_path):
    change_settings(run, settings={"data": "<script>document.body.remove()</script>"})
    for path in (run / "samples").glob("*.png"):
        Image.fromarray(np.full((128, 128, 3), RED)).save(path)
    place = report.write_report(run).rename(tmp_path / "report.html")
    with visiting(place.as_uri(), width, height=1200) as page:
        assert page.title() == "my & <run>"
        assert min(min(size) for size in sizes_of_pictures(page)) > 0
        assert page.evaluate("document.documentElement.scrollWidth") <= width  # what is wider scrolls by itself
        pixels = shot(page, tmp_path / "shot.png").astype(int)
    assert pixels.shape == (1200, width, 3)
    red = (np.abs(pixels - RED) < 8).all(axis=-1)
    assert 0.05 < red.mean() < 0.9  # the samples
    assert pixels[:100].std() > 10  # the title
