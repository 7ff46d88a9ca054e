"""Stand-ins for modules that others import but do not need."""

import contextlib
import importlib.machinery
import sys
import types
from collections.abc import Iterator


def package(name: str, folder: str) -> types.ModuleType:
    """The package in a folder, whose own code is never run; its modules can be imported."""
    module = types.ModuleType(name)
    module.__path__ = [folder]
    module.__spec__ = importlib.machinery.ModuleSpec(name, None, is_package=True)
    module.__spec__.submodule_search_locations = [folder]
    return module


@contextlib.contextmanager
def in_place(*modules: types.ModuleType) -> Iterator[None]:
    """Within the block, these are the modules of their names, unless those are imported already; afterwards, gone again."""
    made = [module for module in modules if sys.modules.get(module.__name__) is None]
    barred = {module.__name__: None for module in made if module.__name__ in sys.modules}
    sys.modules.update({module.__name__: module for module in made})
    try:
        yield
    finally:
        for module in made:
            sys.modules.pop(module.__name__, None)
        sys.modules.update(barred)  # type: ignore[arg-type]
