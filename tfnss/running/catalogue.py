"""Recipes by name: those that came with tfnss, and those of installed packages.

A package offers recipes of its own by an entry point for each, `NAME = "its.module"` in the group `tfnss.recipes`; the
module declares a `tfnss.running.Recipe` as `RECIPE`. A name in a file never decides what is imported: it has to be one of
these.
"""

import contextlib
import functools
import importlib
import importlib.metadata
import importlib.util
import pkgutil
import sys
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from tfnss.console import nearest

PAPERS = ("NSS-GAN", "Riemannian noise injection", "SSD-GAN", "StyleGAN2", "R3GAN")
ORIGINS = ("first runs", *PAPERS, "others")
KINDS = ("RECIPE", "TABLE", "ANALYSIS", "SUMMARY")  # what a module of a recipe declares one of
ENTRY_POINTS = "tfnss.recipes"
_HOUSE = Path(__file__).resolve().parents[2]  # where `tfnss`, `models` and `recipes` lie side by side


@functools.cache
def names() -> tuple[str, ...]:
    """The names of all recipes."""
    ours = [module.name for module in pkgutil.iter_modules([str(_HOUSE / "recipes")]) if not module.ispkg]
    return (*sorted(ours), *sorted(set(_entry_points()) - set(ours)))


def module(name: str) -> ModuleType:
    """The module of a recipe, a table, an analysis or another experiment: it has a `RECIPE`, a `TABLE`, an `ANALYSIS`, or a
    `main` and a `SUMMARY`.

    Raises:
        PackageError: For one of an installed package that cannot be imported, or declares nothing. The message says why.
        ValueError: For an unknown name. The message has the nearest one.
    """
    if name not in names():
        raise ValueError(f"{name} is not a recipe{nearest(name, names())}: `tfnss recipes` lists them")
    if name in _entry_points() and not (_HOUSE / "recipes" / f"{name}.py").is_file():
        return _of_package(name, _entry_points()[name])
    for package in ("models", "recipes"):
        own_package(package)
    return importlib.import_module(f"recipes.{name}")


class PackageError(ValueError):
    """What an installed package offers as a recipe is none."""


def _of_package(name: str, place: str) -> ModuleType:
    try:
        found = importlib.import_module(place)
    except Exception as error:  # of a package's own code: it may be any
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise PackageError(f"{name} cannot be imported ({reason})") from error
    if not any(hasattr(found, kind) for kind in KINDS):
        raise PackageError(f"{name} is no recipe ({place} declares no RECIPE)")
    return found


def names_of(kind: str) -> list[str]:
    """The names of those that declare one of `KINDS`. A package's recipe that cannot be imported is left out."""
    found = []
    for name in names():
        with contextlib.suppress(PackageError):
            found += [name] if hasattr(module(name), kind) else []
    return found


class Described(NamedTuple):
    """A line of a list of recipes: what it is of, in `ORIGINS`, and what it does."""

    origin: str
    summary: str


def described(name: str) -> Described:
    """What a recipe, or another experiment, says of itself; of one that cannot be imported, why."""
    try:
        found = module(name)
    except PackageError as error:
        return Described(ORIGINS[-1], str(error).removeprefix(f"{name} "))
    declared = getattr(found, "TABLE", None) or getattr(found, "ANALYSIS", None)
    if declared is not None:
        origin, summary = declared.origin, declared.summary
    elif hasattr(found, "SUMMARY"):
        origin, summary = getattr(found, "ORIGIN", None), found.SUMMARY
    else:
        origin, summary = found.RECIPE.origin, found.RECIPE.summary
    return Described(origin if origin in ORIGINS else ORIGINS[-1], summary)


def own_package(name: str) -> ModuleType:
    """The package `models` or `recipes` beside this one, also where the working directory has another of its name.

    Raises:
        ValueError: If this process has imported that other one already.
    """
    place = _HOUSE / name
    package = sys.modules.get(name)
    if package is None:
        spec = importlib.util.spec_from_file_location(
            name, place / "__init__.py", submodule_search_locations=[str(place)]
        )
        if spec is None or spec.loader is None:
            raise ValueError(f"{place} is missing: install tfnss again")
        package = importlib.util.module_from_spec(spec)
        sys.modules[name] = package
        spec.loader.exec_module(package)
    elif package.__file__ is None or Path(package.__file__).resolve().parent != place:
        raise ValueError(
            f"another package called {name} ({package.__file__ or 'a folder'}) hides that of tfnss: rename it"
        )
    return package


@functools.cache
def _entry_points() -> dict[str, str]:
    return {entry.name: entry.value for entry in importlib.metadata.entry_points(group=ENTRY_POINTS)}
