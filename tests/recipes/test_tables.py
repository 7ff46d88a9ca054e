"""Every table at toy size: each row and each column trained, measured and written down, beside the papers' numbers."""

import json

import pytest
import tensorflow as tf

from recipes import dcgan_photos
from recipes.figures import figures
from tests.recipes.test_every_recipe import RECIPES
from tests.running.table.test_plan import TABLES
from tfnss import plots
from tfnss.running import fitting
from tfnss.running.command_line import main
from tfnss.running.table import working
from tfnss.running.table.perform import perform
from tfnss.running.table.plan import Plan, jobs_of, open_plan, recipe_called
from tfnss.training.callbacks import read_history

COUNTS = {"nss_table1": 16, "nss_table2": 52, "nss_table3": 76, "nss_table4": 64, "nss_table6": 8}
COUNTS |= {"rni_table1": 28, "rni_table2": 16, "ssd_table1": 6, "ssd_table2": 15}
COUNTS |= {"stylegan2_table1": 48, "stylegan2_table2": 36, "stylegan2_table3": 16}
SLOW = ("ssd_table1",)  # the others are exhaustive


@pytest.fixture
def quickly(monkeypatch):
    """Without graphs, which take longer to trace than toys to train, and without what is tested for every recipe."""
    monkeypatch.setattr(fitting, "_export", lambda *_, **__: None)
    monkeypatch.setattr(fitting, "try_nearest", lambda *_, **__: None)
    monkeypatch.setattr(plots, "save_curves", lambda *_, **__: None)
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


def cover(cells):
    """Few of the cells, with each row, in each of its variants, and each column among them."""
    seen, found = set(), []
    for cell in cells:
        new = {("row", cell.row, cell.variant), ("column", cell.column)} - seen
        if new:
            found.append(cell)
            seen |= new
    return found


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow if name in SLOW else pytest.mark.exhaustive) for name in TABLES]
)
def test_rows_and_columns_at_toy_size(name, quickly, tmp_path):
    folder = tmp_path / "table"
    plan = open_plan(folder, Plan(name, "smoke", 1), more_seeds=True)
    trained = {cell.name for cell in cover(plan.cells)}

    def do(job, watch):
        job.work.mkdir(parents=True)
        perform(plan, job)

    assert working.work(plan, folder, [job for job in jobs_of(plan, folder) if job.cell.name in trained], do) == {}
    found = json.loads((folder / "table.json").read_text())
    done = [entry for entry in found["cells"] if entry["done"]]
    assert {entry["cell"] for entry in done} == trained
    assert all(entry["measured"] for entry in done)
    assert ("still missing" in (folder / "table.md").read_text()) == (len(trained) < len(plan.cells))
    pictures = (folder / "table.html").read_text().count("data:image/png;base64")
    assert pictures == sum(entry["chosen"] for entry in done)


@pytest.mark.parametrize("name", TABLES)
def test_numbers_are_the_papers(name):
    """Every number of the paper's table is in a cell of its data set and row, and nothing else."""
    plan, (paper, number) = Plan(name), name.split("_table")
    theirs = figures(paper, int(number))
    ours = {id(figure): figure for cell in plan.cells for figure in cell.figures}
    assert len(ours) == COUNTS[name]
    assert {id(figure) for figure in theirs} >= set(ours)
    assert len(theirs) == len(ours)


# What papers call settings, and their values where ours have other names.
OURS = {"T": "initial_time", "sigma": "stddev", "eta": "learning_rate", "batch": "batch_size"}
OURS |= {name: name for name in ("view", "augment", "loss", "annealing", "gamma", "kimg", "config", "noise", "mirror")}
OURS |= {
    name: name for name in ("path_length", "r1_interval", "learning_rate", "half_batch", "generator", "discriminator")
}
VALUES = {("view", "none"): "plain", ("noise", "none"): "plain"}


def differing(settings, theirs):
    """What a paper states of the training of a number, and the settings of ours that are not so."""
    for name, value in theirs.items():
        ours = settings.get(OURS.get(name))
        known = ours is not None and not (name == "learning_rate" and isinstance(value, str))  # a rate that moves
        if not known or (name == "T" and settings["view"] == "plain"):
            continue
        value = {True: "on", False: "off"}[value] if isinstance(value, bool) else VALUES.get((name, value), value)
        if ours != value:
            yield name, value, ours


@pytest.mark.parametrize("name", TABLES)
def test_settings_are_the_papers(name):
    plan = Plan(name)
    found = {
        difference
        for cell in plan.cells
        for figure in cell.figures
        for difference in differing(recipe_called(cell.recipe).settings(**plan.settings_of(cell)), figure.settings)
    }
    if name == "stylegan2_table2":
        found.remove(("gamma", 10, 100.0))  # of what the paper does not say clearly: a remark of the table tells it
    if name in ("stylegan2_table1", "stylegan2_table3"):
        found -= {(role, "orig", "grown") for role in ("generator", "discriminator")}  # those that grow
    assert found == set()


@pytest.mark.parametrize("recipe", [recipe for recipe in RECIPES if recipe.paper], ids=lambda recipe: recipe.name)
def test_settings_of_recipes_are_the_papers(recipe):
    for over, theirs in recipe.paper:
        settings = recipe.settings(**(recipe.as_published or {}), **over)
        found = {difference for figure in theirs for difference in differing(settings, figure.settings)}
        found -= {(role, "orig", "grown") for role in ("generator", "discriminator")}
        assert found == set()


@pytest.mark.slow
def test_two_steps_have_equal_periods(tmp_path):
    """Table 1's {t, 0}: half of the run at t, half at 0, as the history of a run has it."""
    (cell,) = [cell for cell in Plan("nss_table1", "smoke").cells if cell.row == "t = 8, then 0"]
    given = Plan("nss_table1").settings_of(cell) | {"data": "photos", "kimg": 0.064, "checkpoint_every": 0.008}
    flags = [word for name, value in given.items() for word in (f"--{name.replace('_', '-')}", str(value))]
    main(dcgan_photos.RECIPE, ["--smoke", *flags, "--base-width", "4", "--run-dir", str(tmp_path / "run")])
    rows = read_history(tmp_path / "run" / "history.csv")
    assert [row["time"] for row in rows] == [8] * 4 + [0] * 4
