import re
import runpy
from pathlib import Path

import pytest
import setuptools
from setuptools.dist import Distribution

import tfnss

ROOT = Path(tfnss.__file__).parents[1]
TOPS = ("tfnss", "models", "recipes")


@pytest.fixture(scope="module")
def distribution():
    """What setup.py declares; nothing is built."""
    given = {}
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(ROOT)
        patched.setattr(setuptools, "setup", lambda **arguments: given.update(arguments, script_name="setup.py"))
        runpy.run_path("setup.py")
        yield Distribution(given)


def test_every_module_stub_and_file_of_data_is_installed(distribution, monkeypatch):
    monkeypatch.chdir(ROOT)
    build = distribution.get_command_obj("build_py")
    build.ensure_finalized()
    installed = {Path(path).relative_to(build.build_lib) for path in build.get_outputs(include_bytecode=False)}
    there = {path.relative_to(ROOT) for top in TOPS for path in (ROOT / top).rglob("*") if path.is_file()}
    assert installed == {path for path in there if path.suffix != ".pyc"}
    assert {Path("tfnss/py.typed"), Path("tfnss/__init__.pyi"), Path("models/__init__.pyi")} <= installed


def test_the_version_has_one_source(distribution):
    assert distribution.metadata.version == tfnss.__version__
    assert f"\nversion: {tfnss.__version__}\n" in (ROOT / "CITATION.cff").read_text()
    first, *_ = re.findall(r"^## \[(\d.*?)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert first == tfnss.__version__
    literal = re.compile(rf"[\"']{re.escape(tfnss.__version__)}[\"']")
    paths = [ROOT / "setup.py", *(path for top in TOPS for path in (ROOT / top).rglob("*.py"))]
    assert [path for path in paths if literal.search(path.read_text())] == [ROOT / "tfnss" / "version.py"]


def test_the_command_is_installed(distribution):
    assert distribution.entry_points == {"console_scripts": ["tfnss = tfnss.commands.entry:main"]}


def test_pythons_are_those_of_tox(distribution):
    lowest, beyond = re.fullmatch(r">=3\.(\d+),<3\.(\d+)", str(distribution.python_requires)).groups()
    pythons = {f"3.{minor}" for minor in range(int(lowest), int(beyond))}
    named = re.findall(r"Python :: (3\.\d+)", "\n".join(distribution.metadata.classifiers))
    tested = re.findall(r"py3(\d+)", re.search(r"^env_list = .*", (ROOT / "tox.ini").read_text(), re.MULTILINE)[0])
    assert pythons == set(named) == {f"3.{minor}" for minor in tested}


def test_every_extra_that_is_named_is_there(distribution):
    """In advice such as `pip install 'tfnss[onnx]'`, of texts and of messages."""
    texts = [
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/**/*.md"),
        *ROOT.glob("*.ini"),
        *(path for top in TOPS for path in (ROOT / top).rglob("*.py")),
    ]
    found = {match for path in texts for match in re.findall(r"(?:'\.|tfnss)\[([a-z,]+)\]", path.read_text())}
    named = {name for match in found for name in match.split(",")}
    assert {"completion", "cuda", "datasets", "inception", "lsun", "test"} <= named <= set(distribution.extras_require)


def test_the_test_extra_has_all_that_tests_use(distribution):
    extras = distribution.extras_require
    for name in ("completion", "datasets", "hub", "inception", "lsun", "onnx", "show", "video"):
        assert set(extras[name]) <= set(extras["test"]), name
