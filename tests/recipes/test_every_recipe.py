import importlib
import json
import pkgutil

import pytest

import recipes
from tfnss.running.command_line import main

NAMES = [module.name for module in pkgutil.iter_modules(recipes.__path__) if not module.ispkg]
MODULES = [importlib.import_module(f"recipes.{name}") for name in NAMES]
RECIPES = [module.RECIPE for module in MODULES if hasattr(module, "RECIPE")]


def test_every_module_is_a_recipe_a_table_an_analysis_or_a_command():
    assert len(RECIPES) > 10
    for module in MODULES:
        if hasattr(module, "SUMMARY"):
            assert f"python -m {module.__name__}" == module.PROGRAM
        elif hasattr(module, "ANALYSIS"):
            assert module.__name__ == f"recipes.{module.ANALYSIS.name}"
        elif hasattr(module, "TABLE"):
            assert module.__name__ == f"recipes.{module.TABLE.name}"
        else:
            assert module.__name__ == f"recipes.{module.RECIPE.name}"


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_dry_run_shows_settings_and_networks(recipe, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    main(recipe, ["--smoke", "--dry-run"])
    output = capsys.readouterr().out
    shown = json.loads(output[: output.index("\n}\n") + 2])
    assert shown == recipe.settings(**recipe.smoke)
    assert output.count("Trainable params") == 2
    assert not list(tmp_path.iterdir())
