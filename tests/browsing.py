"""Pages in headless Chromium, driven by Playwright; tests that need it are left out where there is none."""

import contextlib
import shutil
from urllib.parse import urlsplit

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
in_chromium = pytest.mark.skipif(
    CHROMIUM is None, reason="no chromium, chromium-browser or google-chrome on the path: apt-get install chromium"
)


@contextlib.contextmanager
def visiting(address, width=1280, height=900):
    """A page that is open, a `playwright.sync_api.Page`: it has said nothing in the console, and asked no other host."""
    from playwright.sync_api import sync_playwright

    said, asked = [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": width, "height": height})
        page.set_default_timeout(120_000)
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address)
        yield page
        browser.close()
    assert said == []
    assert {urlsplit(url)[:2] for url in asked if not url.startswith(("data:", "blob:"))} == {urlsplit(address)[:2]}


def sizes_of_pictures(page):
    """Widths and heights of the images of a page, as their files have them; it is an error if one cannot be loaded."""
    return page.evaluate(
        "Promise.all([...document.images].map(async image => "
        "{ await image.decode(); return [image.naturalWidth, image.naturalHeight] }))"
    )


def shot(page, path):
    """A picture of what is seen, uint8 `[height, width, 3]`, which is kept in a file too."""
    import numpy as np
    from PIL import Image

    page.screenshot(path=path)
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))
