import importlib
import json
import pkgutil
import re

import pytest

import recipes
from tfnss.running import sections
from tfnss.running.command_line import main, parser_of

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
def test_flags_are_listed_in_sections(recipe):
    """Only what makes the experiment itself is in none that others have."""
    assert {option.name for option in recipe.all_options() if option.section == sections.OWN} <= {"method"}
    listed = re.findall(r"^([a-z].*):$", parser_of(recipe, "x").format_help(), re.MULTILINE)
    assert listed == ["options", *(section for section in sections.ALL if section in listed)]
    assert {sections.IMAGES, sections.RUN, sections.MEASURING, sections.NETWORKS, sections.GAME} < set(listed)


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_dry_run_shows_settings_and_networks(recipe, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    main(recipe, ["--smoke", "--dry-run"])
    output = capsys.readouterr().out
    shown = json.loads(output[: output.index("\n}\n") + 2])
    assert shown == recipe.settings(**recipe.smoke)
    assert output.count("Trainable params") == 2
    assert not list(tmp_path.iterdir())
