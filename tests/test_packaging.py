import runpy
from pathlib import Path

import setuptools

ROOT = Path(__file__).parent.parent
TOPS = ("tfnss", "models", "recipes")


def test_every_package_and_every_file_of_data_is_installed(monkeypatch):
    given = {}
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(setuptools, "setup", lambda **arguments: given.update(arguments))
    runpy.run_path(str(ROOT / "setup.py"))
    packages = {path.parent.relative_to(ROOT) for top in TOPS for path in (ROOT / top).rglob("__init__.py")}
    assert {Path(*name.split(".")) for name in given["packages"]} == packages
    files = {Path(*name.split("."), file) for name, listed in given["package_data"].items() for file in listed}
    found = {path.relative_to(ROOT) for top in TOPS for path in (ROOT / top).rglob("*.*") if path.is_file()}
    assert files == {path for path in found if path.suffix not in (".py", ".pyc")}
