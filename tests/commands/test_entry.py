"""The way into the commands: what is there, what is mistyped, and whose packages are found."""

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tfnss.commands import entry
from tfnss.running import catalogue
from tfnss.version import __version__

ROOT = Path(entry.__file__).parents[2]
PAPERS = {
    **dict.fromkeys(("dcgan", "nss", "stylegan2_ffhq512", "stylegan2_metfaces512"), "NSS-GAN"),
    **dict.fromkeys(("stylegan2", "stylegan"), "StyleGAN2"),
    **dict.fromkeys(("dcgan_photos", "stylegan2_photos64", "stylegan_photos64", "r3gan_photos"), "first runs"),
    "rni": "Riemannian noise injection",
    "ssd": "SSD-GAN",
    "r3gan": "R3GAN",
}


def run(*command, place, **variables):
    """A process of its own, in a folder, where only the installed tfnss is found."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | variables
    return subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, timeout=300)


@pytest.fixture
def foreign(tmp_path):
    """A folder with packages of our packages' names, which are not ours."""
    for name in ("models", "recipes"):
        (tmp_path / name).mkdir()
        for module in ("__init__", "dcgan_photos", "dcgan"):
            (tmp_path / name / f"{module}.py").write_text(f"raise RuntimeError('the foreign {name}.{module}')")
    return tmp_path


@pytest.fixture
def entry_points(monkeypatch):
    """A function that sets the entry points of installed packages, for recipes."""

    def having(**modules):
        found = [importlib.metadata.EntryPoint(name, value, catalogue.ENTRY_POINTS) for name, value in modules.items()]
        monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: found if group == "tfnss.recipes" else [])
        clear()

    def clear():
        catalogue.names.cache_clear()
        catalogue._entry_points.cache_clear()

    yield having
    monkeypatch.undo()
    clear()


def test_help_is_one_screen(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit, match=r"^0$"):
        entry.main(["--help"])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80
    for name in entry.COMMANDS:
        (line,) = [line for line in lines if line.startswith(f"    {name} ")]
        assert entry.command(name).SUMMARY in line


@pytest.mark.parametrize("name", entry.COMMANDS)
def test_every_command_explains_itself(name, capsys):
    with pytest.raises(SystemExit, match=r"^0$"):
        entry.main([name, "--help"])
    out = " ".join(capsys.readouterr().out.split())
    assert out.startswith(f"usage: tfnss {name} ")
    assert entry.command(name).SUMMARY in out


def test_every_module_is_a_command():
    modules = {path.stem for path in Path(entry.__file__).parent.glob("*.py")} - {"__init__", "entry"}
    assert modules == set(entry.COMMANDS)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("repotr", "tfnss: error: repotr is not a command (did you mean report?)"),
        ("xyzzy", f"tfnss: error: xyzzy is not a command: choose of {', '.join(entry.COMMANDS)}"),
        ("train dcgan_foto", "tfnss train: error: dcgan_foto is not a recipe (did you mean dcgan_photos?): `tfnss"),
        ("train families", "tfnss train: error: families is not a recipe"),
        ("train os", "tfnss train: error: os is not a recipe"),
        ("train ../dcgan_photos", "tfnss train: error: ../dcgan_photos is not a recipe (did you mean dcgan_photos?)"),
        ("train dcgan_photos --nsss", "tfnss train dcgan_photos: error: unrecognized arguments: --nsss (did"),
        ("recipes --hlep=1", "tfnss recipes: error: unrecognized arguments: --hlep=1 (did you mean --help?)"),
        ("train", "tfnss train: error: name a recipe: `tfnss recipes` lists them"),
        ("recipes all", "tfnss recipes: error: unrecognized arguments: all"),
        ("--versoin", "tfnss: error:"),
        ("", "tfnss: error: the following arguments are required: COMMAND"),
    ],
)  # fmt: skip
def test_mistakes_end_in_one_line(arguments, says, capsys):
    with pytest.raises(SystemExit, match=r"^2$"):
        entry.main(arguments.split())
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(says)
    assert captured.err.count("\n") == 1


def test_a_report_needs_a_run(tmp_path, capsys):
    with pytest.raises(SystemExit, match=r"^2$"):
        entry.main(["report", str(tmp_path)])
    assert capsys.readouterr().err == f"tfnss report: error: {tmp_path} holds no run (no settings.json)\n"
    assert list(tmp_path.iterdir()) == []


def test_the_version(capsys):
    with pytest.raises(SystemExit, match=r"^0$"):
        entry.main(["--version"])
    assert capsys.readouterr().out == f"tfnss {__version__}\n"


def test_recipes_are_listed_under_their_papers(capsys):
    entry.main(["recipes"])
    *listed, last = capsys.readouterr().out.splitlines()
    assert last.startswith("Train one with")
    headings = [line for line in listed if not line.startswith(" ")]
    assert headings == [origin for origin in catalogue.ORIGINS if origin in headings]
    found, heading = {}, None
    for line in listed:
        if line.startswith("  "):
            name, summary = line.split(maxsplit=1)
            assert summary.endswith(".")
            found[name] = heading
        else:
            heading = line
    files = {path.stem for path in (ROOT / "recipes").glob("*.py")} - {"__init__"}
    assert found == {name: PAPERS.get(name, PAPERS[name.split("_")[0]]) for name in files}


def test_recipes_of_installed_packages_are_found(tmp_path, monkeypatch, capsys, entry_points):
    (tmp_path / "rooms_of_mine.py").write_text(
        "from recipes.families.dcgan import METHODS, Tuning, dcgan_recipe\n"
        "RECIPE = dcgan_recipe('rooms', 'Train on my rooms.', data='photos', kimg=1,\n"
        "    tunings={name: Tuning(1e-4, 0.5, 1.0) for name in METHODS}, origin='a paper of mine')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    entry_points(rooms="rooms_of_mine", dcgan_photos="rooms_of_mine")
    entry.main(["recipes"])
    out = capsys.readouterr().out
    assert re.search(r"^others\n  rooms +Train on my rooms\.$", out, re.MULTILINE)
    assert out.count(" dcgan_photos ") == 1
    with pytest.raises(SystemExit, match=r"^0$"):
        entry.main(["train", "rooms", "--help"])
    assert "usage: tfnss train rooms " in capsys.readouterr().out
    assert catalogue.module("dcgan_photos").RECIPE.name == "dcgan_photos"  # ours is not replaced
    with pytest.raises(SystemExit, match=r"^2$"):
        entry.main(["train", "roms"])
    assert "(did you mean rooms?)" in capsys.readouterr().err


def test_recipes_of_packages_that_are_none_are_listed_as_such(tmp_path, monkeypatch, capsys, entry_points):
    (tmp_path / "broken_rooms.py").write_text("import a_package_of_nobody\n")
    (tmp_path / "empty_rooms.py").write_text("")
    (tmp_path / "other_rooms.py").write_text("SUMMARY = 'Rooms of another kind.'\n\ndef main(flags):\n    pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    entry_points(broken="broken_rooms", empty="empty_rooms", other="other_rooms")
    missing = "cannot be imported (ModuleNotFoundError: No module named 'a_package_of_nobody')"
    entry.main(["recipes"])
    listed = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines() if line.startswith("  "))
    assert listed["broken"] == missing
    assert listed["empty"] == "is no recipe (empty_rooms declares no RECIPE)"
    assert listed["other"] == "Rooms of another kind."
    for arguments, says in (
        (["train", "broken"], f"broken {missing}"),
        (["train", "empty"], "empty is no recipe"),
        (["table", "broken"], f"broken {missing}"),
        (["analyse", "broken", "model"], f"broken {missing}"),
        (["analyse", "nothing", "model"], "nothing is no analysis"),
    ):
        with pytest.raises(SystemExit, match=r"^2$"):
            entry.main(arguments)
        error = capsys.readouterr().err
        assert says in error
        assert error.count("\n") == 1


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_completion_knows_commands_and_flags(shell, capsys):
    with pytest.raises(SystemExit, match=r"^0$"):
        entry.main(["--print-completion", shell])
    script = capsys.readouterr().out
    for name in entry.COMMANDS:
        assert re.search(rf"\b{name}\b", script)
    assert "--truncation" in script
    if shell == "bash" and shutil.which("bash"):
        assert subprocess.run(["bash", "-n"], input=script, text=True).returncode == 0


def test_the_module_is_the_command(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit):
        entry.main(["--help"])
    found = run(sys.executable, "-m", "tfnss", "--help", place=tmp_path, COLUMNS="80", PYTHONPATH=str(ROOT))
    assert (found.returncode, found.stdout) == (0, capsys.readouterr().out)
    found = run(sys.executable, "-m", "tfnss", "repotr", place=tmp_path, PYTHONPATH=str(ROOT))
    assert (found.returncode, found.stdout, found.stderr.count("\n")) == (2, "", 1)


@pytest.mark.slow
def test_foreign_packages_are_not_taken_for_ours_by_the_module(foreign):
    """`python -m` looks in the working directory first."""
    command = (sys.executable, "-m", "tfnss", "train", "dcgan_photos", "--smoke", "--dry-run")
    found = run(*command, place=foreign, PYTHONPATH=str(ROOT))
    assert found.returncode == 0, found.stderr
    assert '"data": "photos"' in found.stdout
    assert {path.name for path in foreign.iterdir()} == {"models", "recipes"}


@pytest.mark.slow
def test_foreign_packages_are_not_taken_for_ours_by_the_console_command(foreign):
    script = Path(sys.executable).with_name("tfnss")
    if not script.exists():
        pytest.skip("tfnss is not installed beside this Python")
    found = run(script, "train", "dcgan_photos", "--smoke", "--base-width", "4", place=foreign)
    assert found.returncode == 0, found.stderr
    (place,) = (foreign / "runs").iterdir()
    assert {"saved_model", "report.html", "history.csv"} <= {path.name for path in place.iterdir()}
    found = run(script, "report", place, place=foreign)
    assert (found.returncode, found.stdout) == (0, f"{place}/report.html\n")
