"""The notebooks of examples/: committed without outputs, and run from top to bottom at toy size."""

import os
import re
import sys
from pathlib import Path

import nbformat
import pytest

import tfnss

EXAMPLES = Path(tfnss.__file__).parents[1] / "examples"
TOYS = {  # what takes the place of a notebook's parameters
    "train_and_look": 'DATA, SETTINGS, SEEDS = "photos", "--smoke --base-width 4 --fid-every 0", "0-3"',
    "project_and_edit": (
        'MODEL, SETTINGS, PICTURE, STEPS, FRAMES = "", "--smoke --resolution 8 --fid-every 0 --channel-base 32", "", 2, 2'
    ),
    "measure": 'SETTINGS, IMAGES = "--smoke --base-width 4 --fid-every 0", 16',
}
FIRST = "train_and_look"
NOTEBOOKS = sorted(EXAMPLES.glob("*.ipynb"))


def cells(notebook, tag):
    return [cell for cell in notebook.cells if tag in cell.metadata.get("tags", ())]


def test_each_has_a_toy():
    assert {path.stem for path in NOTEBOOKS} == TOYS.keys()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_is_whole_and_without_outputs(path):
    notebook = nbformat.read(path, 4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert not any(cell.outputs or cell.execution_count for cell in code)
    source = "\n".join(cell.source for cell in code)
    assert '%pip install -q "{copy}"' in source  # tfnss is not on the package index
    assert "drive.mount" in source
    (parameters,) = cells(notebook, "parameters")
    toy = {}
    exec(TOYS[path.stem], toy)
    given = {}
    exec(parameters.source, given)
    assert given.keys() == toy.keys()  # a parameter that the toy leaves at its size would take hours


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, marks=pytest.mark.slow if path.stem == FIRST else pytest.mark.exhaustive, id=path.stem)
        for path in NOTEBOOKS
    ],
)
def test_it_runs_from_top_to_bottom(path, tmp_path, monkeypatch):
    from nbclient import NotebookClient

    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(EXAMPLES.parent))
    notebook = nbformat.read(path, 4)
    cells(notebook, "parameters")[0].source = TOYS[path.stem]
    for _ in range(2 if path.stem == FIRST else 1):  # run again, it resumes
        client = NotebookClient(
            notebook, timeout=1200, kernel_name="python3", resources={"metadata": {"path": tmp_path}}
        )
        client.execute()
        outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
        said = "".join(output.get("text", "") for output in outputs)
        assert not re.search(r"tfnss \w+.*: error: ", said)
        assert "\x1b[2K" not in said  # of a bar that moves
        shown = [output for output in outputs if output.output_type == "display_data"]
        assert len(shown) >= 2
        assert all({"image/png", "image/webp"} & output.data.keys() for output in shown)
    assert len([*tmp_path.rglob("settings.json")]) == (2 if path.stem == "measure" else 1)
