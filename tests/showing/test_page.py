"""`tfnss show` as a user meets it: a process, and its page in headless Chromium."""

import contextlib
import io
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import tfnss
from recipes import dcgan_photos, stylegan2_photos64
from tests.browsing import in_chromium, shot, visiting
from tests.commands.test_generate import draw, read
from tests.commands.test_project import write_run
from tests.running.test_bad_input import snapshot
from tfnss.analysis.styles_file import save_styles

pytestmark = pytest.mark.slow

ROOT = Path(tfnss.__file__).parents[1]
ABOUT = {  # tabs, and what their captions are at first
    "Seeds": "seeds 0 to 15",
    "Interpolation": "from seed 0 to seed 1",
    "Classes": "cat, <b>dog</b>, fish: seeds 0 to 6",
    "Directions": "direction 0, -3 to 3 steps: seeds 0 to 3",
    "Pictures": "2 pictures",
    "Training": "after 2 kimg, grid 3 of 3",
}


@contextlib.contextmanager
def showing(place, *flags):
    """The address of `tfnss show`, which ends at Ctrl-C and leaves nothing behind."""
    temporary = Path(tempfile.mkdtemp())
    before = snapshot(place)
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(temporary)}
    command = [sys.executable, "-m", "tfnss", "show", *flags, "--port", "0", "--no-browser"]
    process = subprocess.Popen(
        command, cwd=place, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        line = process.stdout.readline()
        found = re.search(r"is at (http://127\.0\.0\.1:\d+/) \(Ctrl-C ends it\)$", line)
        assert found, line + process.stderr.read()
        yield found[1]
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=120)
        assert error == "tfnss show: stopped\n"
        assert process.returncode == 130
    finally:
        process.kill()
        process.communicate()
    assert snapshot(place) == before
    temporary.rmdir()  # which is empty


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A conditional run with styles and samples, one with neither, and the styles of two pictures."""
    place = tmp_path_factory.mktemp("show")
    write_run(stylegan2_photos64.RECIPE, place / "run", resolution=16, classes=3)
    write_run(dcgan_photos.RECIPE, place / "plain", base_width=4)
    settings = json.loads((place / "run" / "settings.json").read_text())
    settings["images"] = {"class_names": ["cat", "<b>dog</b>", "fish"], "class_counts": [4, 4, 4]}
    (place / "run" / "settings.json").write_text(json.dumps(settings))
    (place / "run" / "samples").mkdir()
    for kimg in range(3):
        grey = Image.new("RGB", (64, 64), (60 * kimg + 60,) * 3)
        grey.save(place / "run" / "samples" / f"fakes_{kimg * 1000:09d}.png")
    draw(place / "run", place / "generated", "--seeds", "5-20")
    styles = np.random.default_rng(0).standard_normal((2, 6, settings["settings"]["latent_dim"]), np.float32)
    save_styles(place / "styles.npz", ["a", "b"], styles)
    return place


@pytest.fixture(scope="module")
def address(place):
    with showing(place, "run", "--styles", "styles.npz") as address:
        yield address


def captioned(page, words):
    """Waits until the tab that is seen shows what has this caption, and gives its image."""
    page.locator(".prose.caption:visible").get_by_text(words, exact=True).wait_for()
    image = page.locator(".picture:visible img")
    image.wait_for()
    assert image.get_attribute("alt") == words
    image.evaluate("image => image.decode()")  # fails for one that cannot be loaded
    return image


@in_chromium
def test_every_tab_shows_a_picture(address, tmp_path):
    with visiting(address) as page:
        captioned(page, "seeds 0 to 15")
        assert page.title() == "run"
        assert [tab.inner_text() for tab in page.get_by_role("tab").all()] == list(ABOUT)
        for title, caption in ABOUT.items():
            page.get_by_role("tab", name=title).click()
            image = captioned(page, caption)
            assert image.evaluate("image => image.naturalWidth") >= 32
            box = image.bounding_box()
            assert box["width"] > 600  # of 1280 pixels: what is small is enlarged
            assert box["height"] < 0.75 * 900
            seen = shot(page, tmp_path / f"{title}.png")
            middle = seen[int(box["y"]) + 20 : int(box["y"]) + 120, 500:1100]
            assert (middle != 255).any(axis=-1).mean() > 0.3


@in_chromium
def test_seeds_change_the_picture(address, place):
    with visiting(address) as page:
        first = captioned(page, "seeds 0 to 15").get_attribute("src")
        page.get_by_label("First seed").fill("5")
        source = captioned(page, "seeds 5 to 20").get_attribute("src")
        assert source != first
        with Image.open(io.BytesIO(page.request.get(source).body())) as image:
            np.testing.assert_array_equal(np.asarray(image), read(place / "generated" / "grid.png"))
        page.get_by_label("First seed").fill("-3")
        page.get_by_text("First seed must lie in 0 to 2147483584. Received: -3").wait_for()
        page.get_by_label("number input for Images").fill("999")  # while one types, it can be anything
        page.get_by_label("First seed").fill("7")
        assert captioned(page, "seeds 7 to 70").get_attribute("src") != source


@in_chromium
def test_a_phone_shows_it(address, tmp_path):
    with visiting(address, width=400) as page:
        captioned(page, "seeds 0 to 15")
        assert page.evaluate("document.documentElement.scrollWidth") <= 400
        shot(page, tmp_path / "phone.png")


def test_nothing_leaves_but_pictures(address, place):
    with urllib.request.urlopen(address) as answer:
        policy = answer.headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "http" not in policy
    files = [place / "run" / "settings.json", place / "run" / "samples" / "fakes_000000000.png", "run/settings.json"]
    for path in [*(f"gradio_api/file={file}" for file in files), "docs", "openapi.json", "monitoring"]:
        assert refused(f"{address}{path}") in (403, 404), path
    body = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\nmany bytes\r\n--x--\r\n'
    headers = {"content-type": "multipart/form-data; boundary=x"}
    assert refused(urllib.request.Request(f"{address}gradio_api/upload", body, headers)) == 413


def refused(request):
    """The status that a request is refused with."""
    with pytest.raises(urllib.error.HTTPError) as found:
        urllib.request.urlopen(request)
    found.value.close()
    return found.value.code


@in_chromium
def test_a_model_without_styles(place):
    with showing(place, "plain") as address, visiting(address) as page:
        captioned(page, "seeds 0 to 15")
        assert [tab.inner_text() for tab in page.get_by_role("tab").all()] == ["Seeds", "Interpolation"]
        assert page.get_by_label("Truncation").count() == 0
