"""What a finished run names to do next."""

from pathlib import Path

import pytest

from recipes.dcgan_photos import RECIPE
from tfnss.running.execution import _conclude


@pytest.mark.parametrize("own", [False, True])
def test_own_images_are_named_where_there_were_none(own, capsys):
    settings = RECIPE.resolve(RECIPE.settings(**({"data": "pictures"} if own else {})))
    _conclude(RECIPE, settings, None, Path("run"), [])
    said = capsys.readouterr().out
    assert said.startswith("Done: see run/report.html;")
    assert ("your own images with --data DIR" in said) != own
