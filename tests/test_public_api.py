import ast
from pathlib import Path

import tfnss


def test_every_public_name_is_there():
    for name in tfnss.__all__:
        assert getattr(tfnss, name) is not None
    assert set(dir(tfnss)) == set(tfnss.__all__)


def _imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_layers_know_keras_alone():
    root = Path(tfnss.__file__).parent
    for path in [*(root / "layers").rglob("*.py"), root / "__init__.py", root / "random" / "__init__.py"]:
        assert not [name for name in _imports(path) if name.split(".")[0] == "tensorflow"], path


FLOORS = {
    "tfnss.files": 0,
    "tfnss.generators": 0,
    "tfnss.images": 0,
    "tfnss.random": 0,
    "tfnss.xla": 0,
    "tfnss.layers": 1,
    "tfnss.plots": 1,
    "tfnss.data": 2,
    "tfnss.inversion": 2,
    "tfnss.exported": 2,
    "tfnss.serving": 2,
    "tfnss.metrics": 3,
    "tfnss.training": 4,
    "models": 5,
    "recipes": 6,
}


def test_imports_point_down():
    root = Path(tfnss.__file__).parents[1]
    for name, floor in FLOORS.items():
        above = [other for other, height in FLOORS.items() if height > floor]
        place = root / name.replace(".", "/")
        for path in place.rglob("*.py") if place.is_dir() else [place.with_suffix(".py")]:
            found = [imported for imported in _imports(path) if imported.startswith(tuple(above))]
            assert not found, f"{path} imports {found}"
