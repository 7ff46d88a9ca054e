"""The papers' numbers: all there, and what recipes, README and figures say of each other."""

import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import recipes
from recipes.figures import figures, value
from recipes.figures.lookup import PAPERS

ROOT = Path(recipes.__file__).parents[1]
NAMES = [module.name for module in pkgutil.iter_modules(recipes.__path__) if not module.ispkg]
RECIPES = [
    module.RECIPE
    for module in (importlib.import_module(f"recipes.{name}") for name in NAMES)
    if hasattr(module, "RECIPE") and not hasattr(module, "SUMMARY") and module.RECIPE.paper
]
TABLES = {  # how many numbers each table has, their sum, and that of their deviations
    ("nss", 1): (16, 245.63, 0),
    ("nss", 2): (52, 3722.43, 0),
    ("nss", 3): (76, 152.21385, 0),
    ("nss", 4): (64, 2289.61, 165.02),
    ("nss", 5): (6, 5.89, 0),
    ("nss", 6): (8, 65.52, 3.10),
    ("rni", 1): (28, 1344.68, 0),
    ("rni", 2): (16, 30.411, 0),
    ("ssd", 1): (6, 857.16, 0),
    ("ssd", 2): (15, 515.13, 0),
    ("stylegan2", 1): (48, 5844.176, 0),
    ("stylegan2", 2): (36, 7810.63, 0),
    ("stylegan2", 3): (16, 6127.38, 0),
    ("r3gan", None): (5, 10.02, 0),
}
SETTINGS = {  # what figures and recipes call the same
    "eta": "learning_rate",
    "learning_rate": "learning_rate",
    "beta_1": "beta_1",
    "batch": "batch_size",
    "T": "initial_time",
    "sigma": "stddev",
    "gamma": "gamma",
    "kimg": "kimg",
    "augment": "augment",
    "path_length": "path_length",
    "config": "config",
}


@pytest.mark.parametrize(("paper", "table"), TABLES)
def test_every_number_of_every_table_is_there(paper, table):
    found = figures(paper, table)
    count, means, deviations = TABLES[paper, table]
    assert len(found) == count
    assert sum(figure.mean for figure in found) == pytest.approx(means, abs=1e-9)
    assert sum(figure.std or 0 for figure in found) == pytest.approx(deviations, abs=1e-9)
    assert len({*found}) == count


def test_no_other_tables_are_there():
    assert {(paper, figure.table) for paper in PAPERS for figure in figures(paper)} == set(TABLES)


@pytest.mark.parametrize(
    ("paper", "table", "where", "mean", "std", "seeds"),
    [
        ("nss", 1, {"metric": "fid", "method": "gan"}, 21.36, None, 20),
        ("nss", 3, {"dataset": "lsun_church", "method": "lsgan", "metric": "eta"}, 0.5e-4, None, None),
        ("nss", 3, {"dataset": "oxford_flowers", "method": "wgan-gp", "metric": "lambda"}, 20, None, None),
        ("nss", 4, {"dataset": "lsun_church", "method": "wgan-gp", "metric": "fid"}, 102.61, 18.48, 20),
        ("nss", 4, {"dataset": "oxford_flowers", "method": "nss", "metric": "is"}, 3.09, 0.10, 20),
        ("nss", 4, {"dataset": "lsun_conference", "method": "ns", "metric": "fid"}, 73.11, 4.07, 20),
        ("nss", 5, {"dataset": "metfaces", "method": "stylegan2-nss", "metric": "gamma"}, 0.82, None, None),
        ("nss", 6, {"dataset": "metfaces", "method": "stylegan2-ada", "metric": "fid"}, 18.30, 1.87, 5),
        ("nss", 6, {"dataset": "ffhq", "method": "stylegan2-nss", "metric": "is"}, 4.91, 0.08, 5),
        ("rni", 1, {"dataset": "lsun_church", "method": "stylegan2-plain", "metric": "ppl"}, 425.7, None, None),
        ("rni", 2, {"dataset": "lsun_church", "method": "stylegan2-nopathreg+rni", "metric": "ttmc"}, 4.74, None, None),
        ("ssd", 1, {"method": "ssd-stylegan", "metric": "ppl_full"}, 229.1, None, None),
        ("ssd", 2, {"dataset": "lsun_bedroom", "method": "sngan+dwt"}, 148.05, None, None),
        ("stylegan2", 1, {"dataset": "ffhq", "config": "f", "metric": "recall"}, 0.492, None, 1),
        ("stylegan2", 1, {"dataset": "lsun_car", "config": "f", "metric": "ppl_end"}, 415.5, None, 1),
        ("stylegan2", 2, {"dataset": "lsun_car", "method": "G resnet, D resnet", "metric": "fid"}, 2.66, None, None),
        ("stylegan2", 3, {"dataset": "lsun_cat", "config": "a", "metric": "ppl_end"}, 924, None, None),
    ],
)
def test_numbers_are_the_papers(paper, table, where, mean, std, seeds):
    (figure,) = figures(paper, table, **where)
    assert (figure.mean, figure.std, figure.seeds) == (mean, std, seeds)
    assert figure.source == f"{PAPERS[paper]}, table {table}"
    assert value(paper, table, **where) == mean


def test_what_is_not_there_is_said():
    with pytest.raises(ValueError, match=r"paper must be one of nss, rni, ssd, stylegan2, r3gan. Received: gan"):
        figures("gan")
    with pytest.raises(ValueError, match=r"nss has no figures with {'table': 4, 'dataset': 'mnist'}"):
        figures("nss", 4, dataset="mnist")
    with pytest.raises(ValueError, match=r"nss has 4 figures in table 5 with {'metric': 'gamma'}, where one is wanted"):
        value("nss", 5, metric="gamma")


def test_stylegans_and_r3gan_alone_are_measured_through_an_average():
    assert {figure.averaged for table in (1, 2, 4) for figure in figures("nss", table)} == {False}
    assert {figure.averaged for figure in figures("ssd", 2)} == {False}
    stylegans = (*figures("nss", 6), *figures("rni", 2), *figures("stylegan2"))
    assert {figure.averaged for figure in (*stylegans, *figures("r3gan"))} == {True}


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_rows_of_recipes_have_the_settings_of_their_figures(recipe):
    compared = set()
    for row, found in recipe.paper:
        settings = recipe.settings(**row)
        for figure in found:
            stated = {ours: figure.settings[name] for name, ours in SETTINGS.items() if name in figure.settings}
            if isinstance(stated.get("learning_rate"), str):  # that of a run that grows, by resolution
                assert settings["growing"] == "on"
                stated["learning_rate"] = 0.001
            if figure.settings.get("T") == 0:  # the plain GAN of table 2, whose time says nothing
                del stated["initial_time"]
            if "beta_1" not in settings:  # fixed, and tested with the family
                stated.pop("beta_1", None)
            assert {name: settings[name] for name in stated} == stated, (row, figure)
            assert figure.resolution in (None, settings["resolution"])
            if "lambda" in figure.settings:
                ours = settings["penalty_weight" if "penalty_weight" in settings else "lambda"]
                assert ours == figure.settings["lambda"]
            if "noise" in figure.settings:
                stated["noise"] = figure.settings["noise"].replace("none", "plain")
                assert settings["noise"] == stated["noise"]
            compared |= set(stated)
    assert compared


def test_papers_numbers_stand_in_no_recipe():
    """FIDs and path lengths, which nothing else looks like."""
    found = [figure for paper in PAPERS for figure in figures(paper) if figure.metric.startswith(("fid", "ppl"))]
    numbers = {form for figure in found for form in (f"{figure.mean:g}", f"{figure.mean:.2f}") if len(form) > 3}
    for path in (ROOT / "recipes").rglob("*.py"):
        assert not numbers & set(re.findall(r"(?<![\w.])\d+\.\d+", path.read_text())), path


def test_the_documentation_has_them_right():
    fids = {f"{figure.mean:.2f}" for paper in PAPERS for figure in figures(paper) if figure.metric == "fid"}
    by_recipe = {
        recipe.name: {f"{figure.mean:.2f}" for _, found in recipe.paper for figure in found if figure.metric == "fid"}
        for recipe in RECIPES
    }
    rows = re.findall(
        r"^\| `(\w+)` \|.*?\| (.*?\d\.\d\d → .*?) \|$",
        (ROOT / "docs" / "recipes.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    assert rows
    for name, cell in rows:
        assert set(re.findall(r"\d+\.\d\d", cell)) <= by_recipe.get(name, fids), name
