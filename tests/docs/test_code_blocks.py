"""Every block of Python and of shell commands in the README and in `docs` runs.

Rules for who writes a page:

- The blocks of a page run in order, in one empty folder. What one leaves (files, names, imports), the next ones find.
- `~/pictures` is a folder of small pictures, half of them in each of two subfolders. `~/pictures.zip` is a zip of them.
- `tfnss train` and `python -m recipes.NAME` of a recipe run at toy size, with `--smoke`, whatever the page writes; so do
  analyses. A flag that is written is obeyed: `--kimg 500` would take hours.
- `tfnss train` and `tfnss table` trace no graphs. The jobs of a table are done in this process.
- `GAN.fit` makes at most 2 epochs of 4 steps.
- What needs a network, a GPU or hours has `<!-- not run: the reason -->` in the line before its fence. Its flags are read
  all the same (`test_commands.py`). There is no other exemption: shell blocks are commands of tfnss alone.
"""

import contextlib
import re
import shutil
import zipfile

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests.docs.commands import is_ours, run
from tests.docs.pages import PAGES, blocks_of, commands_of, name_of
from tfnss.running import catalogue
from tfnss.running.table import working
from tfnss.running.table.perform import perform
from tfnss.running.table.plan import read_plan
from tfnss.training import GAN

RUN = [
    page for page in PAGES if any(block.language in ("sh", "python") and not block.reason for block in blocks_of(page))
]
MOST_EPOCHS, MOST_STEPS = 2, 4
_LASTING = ("--resume", "--init", "--run-dir")  # flags of trainings that depend on what was before


@pytest.fixture
def place(tmp_path, monkeypatch):
    """The folder of a page, and its home with pictures."""
    home = tmp_path / "home"
    draws = np.random.default_rng(0)
    for index in range(32):
        coarse = draws.integers(0, 256, (4, 5, 3), dtype=np.uint8)
        path = home / "pictures" / ("cats" if index % 2 else "dogs") / f"{index:02}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(coarse).resize((50, 40), Image.Resampling.BICUBIC).save(path)
    with zipfile.ZipFile(home / "pictures.zip", "w") as archive:
        for path in sorted((home / "pictures").rglob("*.png")):
            archive.write(path, path.relative_to(home))
    monkeypatch.setenv("HOME", str(home))
    folder = tmp_path / "page"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def execute(block, code, names):
    """Runs a block of Python, from a file: in it `tf.function` and errors find the lines."""
    fit = GAN.fit

    def short(gan, *args, epochs=1, steps_per_epoch=MOST_STEPS, **kwargs):
        epochs, steps = min(epochs, MOST_EPOCHS), min(steps_per_epoch, MOST_STEPS)
        return fit(gan, *args, epochs=epochs, steps_per_epoch=steps, **kwargs)

    code.write_text(block.text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(GAN, "fit", short)
        exec(compile(block.text, str(code), "exec"), names)


@pytest.fixture(autouse=True)
def _jobs_here(monkeypatch):
    """No process starts for each job of a table."""
    monkeypatch.setattr(working, "run_job", lambda job, watch: perform(read_plan(job.folder), job))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Runs that pages have made, by their command: equal ones are made once."""
    return tmp_path_factory.mktemp("trained"), {}


def at_toy_size(command):
    name = next((word for word in command if word.removeprefix("recipes.") in catalogue.names()), "")
    module = catalogue.module(name.removeprefix("recipes.")) if name else None
    small = hasattr(module, "RECIPE") or hasattr(module, "ANALYSIS")
    asked = {"--smoke", "--resume", "--dry-run", "--help"} & set(command)
    return [*command, "--smoke"] if small and not asked else command


def make(command, place, trained):
    """Runs a command, or fetches the run that it made before in such an empty place."""
    kept, names = trained
    command, key = at_toy_size(command), " ".join(command)
    runs = place / "runs"
    again = command[:2] == ["tfnss", "train"] and not {*_LASTING} & {*command} and not runs.exists()
    if again and key in names:
        shutil.copytree(kept / names[key], runs)
        return
    with without_graphs() if command[:2] in (["tfnss", "train"], ["tfnss", "table"]) else contextlib.nullcontext():
        assert not status_of(command), key
    if again and runs.exists():
        names[key] = str(len(names))
        shutil.copytree(runs, kept / names[key])


@contextlib.contextmanager
def without_graphs():
    """For toys: graphs take longer to trace than to run."""
    tf.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(False)


def _marks(page):
    """Half a minute each or more. What the papers' pages run are recipes and analyses, which have tests of their own."""
    return pytest.mark.exhaustive if page.parent.name == "papers" else pytest.mark.slow


def status_of(command):
    try:
        run(command)
    except SystemExit as stopped:
        return stopped.code
    return 0


@pytest.mark.usefixtures("plain_graphs")
@pytest.mark.filterwarnings("default::UserWarning")  # toy sizes are warned of
@pytest.mark.parametrize("page", [pytest.param(page, marks=_marks(page), id=name_of(page)) for page in RUN])
def test_blocks_run(page, place, trained):
    names = {"__name__": "__main__"}
    for block in blocks_of(page):
        if block.reason or block.language not in ("sh", "python"):
            continue
        where = f"{name_of(page)}, line {block.line}"
        print(where)
        if block.language == "python":
            execute(block, place / f"line_{block.line}.py", names)
            continue
        for command in commands_of(block):
            assert is_ours(command), f"{where}: {' '.join(command)} is no command of tfnss: mark it `not run`"
            make(command, place, trained)


def test_every_block_is_read():
    """No fence or comment is written in another way than those that are looked for."""
    for page in PAGES:
        text, blocks = page.read_text(), blocks_of(page)
        assert len(re.findall(r"^ *```", text, re.MULTILINE)) == 2 * len(blocks), page
        assert len(re.findall("not run:", text)) == sum(block.reason is not None for block in blocks), page
