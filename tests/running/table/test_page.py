"""A table's page in a browser."""

import json

import numpy as np
import pytest
from PIL import Image

from recipes import nss_table4
from tests.browsing import in_chromium, shot, sizes_of_pictures, visiting
from tfnss.running.table import writing
from tfnss.running.table.plan import Job, Plan

RED = np.array([250, 10, 60], np.uint8)


@in_chromium
@pytest.mark.parametrize("width", [400, 1200])
def test_chromium_shows_the_page(width, tmp_path):
    folder = tmp_path / "table"
    for index, cell in enumerate(nss_table4.TABLE.cells):
        job = Job(folder, cell, 0)
        (job.run / "samples").mkdir(parents=True)
        (job.run / "result.json").write_text(json.dumps({"values": {"fid": 20.0 + index}, "network": "inception"}))
        Image.fromarray(np.full((128, 128, 3), RED)).save(job.run / "samples" / "fakes_000001000.png")
    writing.write_table(Plan("nss_table4", "paper", 1), folder)
    with visiting((folder / "table.html").as_uri(), width) as page:
        assert page.title() == "nss_table4"
        sizes = sizes_of_pictures(page)
        assert len(sizes) == len({(cell.row, cell.column) for cell in nss_table4.TABLE.cells})
        assert min(min(size) for size in sizes) > 0
        assert page.evaluate("document.documentElement.scrollWidth") <= width  # what is wider scrolls by itself
        assert page.get_by_role("table").count() == 2  # of FID and of IS
        page.locator("img").first.scroll_into_view_if_needed()
        pixels = shot(page, tmp_path / "shot.png").astype(int)
    red = (np.abs(pixels - RED) < 8).all(axis=-1)
    assert red.mean() > 0.05
