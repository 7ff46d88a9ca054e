"""What is public is there, and the house stands: imports point down, in a circle nowhere, and no sooner than they must."""

import ast
import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import tfnss

ROOT = Path(tfnss.__file__).parents[1]
TOPS = ("tfnss", "models", "recipes")
STUBS = sorted(stub for top in TOPS for stub in (ROOT / top).rglob("__init__.pyi"))
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for top in TOPS
    for path in sorted((ROOT / top).rglob("*.py"))
}
PUBLIC = {  # where a name of a package comes from
    f"{package}.{alias.name}": ".".join(filter(None, (package, node.module, alias.name)))
    for stub in STUBS
    for package in [".".join(stub.parent.relative_to(ROOT).parts)]
    for node in ast.parse(stub.read_text()).body
    for alias in node.names
}

FLOORS = {
    "tfnss.colours": 0,
    "tfnss.console": 0,
    "tfnss.files": -2,
    "tfnss.generators": 0,
    "tfnss.locks": 0,
    "tfnss.processes": 0,
    "tfnss.random": 0,
    "tfnss.registered": 0,
    "tfnss.resolution": 0,
    "tfnss.uint8": 0,
    "tfnss.version": 0,
    "tfnss.xla": 0,
    "tfnss.xla_cache": -1,
    "tfnss.data": 1,
    "tfnss.layers": 1,
    "tfnss.films": 1,
    "tfnss.plots": 1,
    "tfnss.panels": 2,
    "tfnss.metrics": 2,
    "tfnss.serving": 2,
    "tfnss.training": 3,
    "tfnss.analysis": 4,
    "models": 5,
    "tfnss.running": 5,
    "tfnss.showing": 6,
    "recipes": 6,
    "tfnss.commands": 7,
    "tfnss.__main__": 8,
}


def test_every_public_name_is_there():
    for name in tfnss.__all__:
        assert getattr(tfnss, name) is not None
    assert set(dir(tfnss)) == set(tfnss.__all__)


@pytest.mark.parametrize("stub", STUBS, ids=lambda stub: str(stub.parent.relative_to(ROOT)))
def test_every_name_of_a_stub_is_there(stub):
    """It is what it would be without laziness, and what `dir` shows."""
    package = importlib.import_module(".".join(stub.parent.relative_to(ROOT).parts))
    names = set()
    for node in ast.parse(stub.read_text()).body:
        assert isinstance(node, ast.ImportFrom)
        assert node.level == 1
        source = importlib.import_module(f".{node.module}" if node.module else ".", package.__name__)
        for alias in node.names:
            assert alias.name == alias.asname  # else type checkers take it for private
            assert getattr(package, alias.name) is getattr(source, alias.name)
            names.add(alias.name)
    assert names == set(package.__all__) == set(dir(package))


def _imports(module):
    """What a module imports, wherever: in functions and for type checkers too; `from a import b` as `a.b`."""
    path = MODULES[module]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _uses(module):
    """The modules of ours that it imports, or takes something from by its full name, as in `tfnss.metrics.LPIPS`."""
    names = {name for name in _imports(module) if name.split(".")[0] in TOPS}
    packages = {name for name in names if name in TOPS}
    for node in ast.walk(ast.parse(MODULES[module].read_text())):
        if isinstance(node, ast.Attribute):
            name = ast.unparse(node)
            if name.split(".")[0] in packages:
                names.add(name)
    return {_source(name) for name in names}


def _source(name):
    """The module that a dotted name leads to."""
    while name not in MODULES:
        name = PUBLIC[name] if PUBLIC.get(name, name) != name else name.rpartition(".")[0]
    return name


def _room(module):
    """The entry of `FLOORS` that a module belongs to."""
    parts = module.split(".")
    return parts[0] if parts[0] in FLOORS else ".".join(parts[:2])


def test_every_room_has_a_floor():
    rooms = {_room(module) for module in MODULES} - {"tfnss"}
    assert rooms == set(FLOORS)


@pytest.mark.parametrize("room", FLOORS)
def test_imports_point_down(room):
    for module in (module for module in MODULES if _room(module) == room):
        for used in _uses(module) - {"tfnss"}:
            if _room(used) != room:
                assert FLOORS[_room(used)] < FLOORS[room], f"{MODULES[module]} imports {used}"
        if FLOORS[room] < FLOORS["tfnss.running"]:  # all rooms can be seen through it
            assert "tfnss" not in _imports(module), f"{MODULES[module]} imports tfnss itself"


def test_nobody_names_a_room_above_in_a_string():
    """As `importlib` could import it. Commands find each other so."""
    for module, path in MODULES.items():
        above = [f"{room}." for room, floor in FLOORS.items() if floor > FLOORS.get(_room(module), 0)]
        for call in (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)):
            if isinstance(call.func, ast.Attribute) and call.func.attr == "import_module":
                start = next((part.value for part in ast.walk(call) if isinstance(part, ast.Constant)), "")
                by_name = module == "tfnss.running.catalogue" and start == "recipes."
                assert by_name or not start.startswith(tuple(above)), f"{path} imports {start}"


def test_no_imports_go_in_circles():
    graph = {module: _uses(module) - {module} for module in MODULES}
    size = 0
    while size != len(graph):  # without those that import none of the rest, or that none of the rest imports
        size = len(graph)
        graph = {module: used & graph.keys() for module, used in graph.items() if used & graph.keys()}
        imported = set().union(*graph.values())
        graph = {module: used for module, used in graph.items() if module in imported}
    assert graph == {}


def test_layers_know_keras_alone():
    for module in MODULES:
        if module.startswith("tfnss.layers") or module in ("tfnss", "tfnss.random"):
            assert not [name for name in _imports(module) if name.split(".")[0] == "tensorflow"], module


def test_files_are_small():
    lengths = {path: len(path.read_text().splitlines()) for path in MODULES.values()}
    assert {path: length for path, length in lengths.items() if length > 450} == {}


def test_importing_what_knows_flags_does_not_import_tensorflow():
    """Commands and recipes are listed and explained in tenths of a second."""
    shallow = ["tfnss", "models", "recipes", "tfnss.running"]
    for package in ("tfnss/commands", "recipes"):
        shallow += [
            f"{package}.{found.name}".replace("/", ".") for found in pkgutil.iter_modules([str(ROOT / package)])
        ]
    heavy = ("tensorflow", "keras", "torch", "jax", "matplotlib", "scipy.linalg", "tensorflow_datasets")
    program = (
        "import importlib, sys\n"
        f"for name in {shallow!r}:\n"
        "    importlib.import_module(name)\n"
        f"    loaded = [heavy for heavy in {heavy!r} if heavy in sys.modules]\n"
        "    assert not loaded, f'{name} imports {loaded}'\n"
    )
    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
