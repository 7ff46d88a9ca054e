"""Every declared analysis, of a tiny model of every kind: it is made, or refused in one line for what the model lacks."""

import functools
import importlib
import itertools
import json
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

import recipes
from models import MLPGAN
from tests.recipes.test_ssd_analyses import save_untrained
from tests.running.test_bad_input import snapshot
from tfnss.commands import entry
from tfnss.running.analysis import command_line
from tfnss.running.analysis.model import NEEDS, opened, place_of
from tfnss.running.analysis.outcome import read_outcome

pytestmark = pytest.mark.slow

PICKLE = Path(__file__).parents[1] / "oracles" / "ada_pytorch_tiny.pkl"
MODULES = [
    importlib.import_module(f"recipes.{module.name}")
    for module in pkgutil.iter_modules(recipes.__path__)
    if not module.ispkg
]
ANALYSES = {module.ANALYSIS.name: module.ANALYSIS for module in MODULES if hasattr(module, "ANALYSIS")}
FAMILIES = {module.RECIPE.build: module.RECIPE for module in MODULES if hasattr(module, "RECIPE")}
RECIPES = {recipe.name: recipe for recipe in FAMILIES.values()}
BY_NAME = {module.RECIPE.name: module.RECIPE for module in MODULES if hasattr(module, "RECIPE")}
VARIANTS = {
    "styled": ("stylegan2_photos64", {"noise": "rni"}),
    "spectral": ("dcgan_photos", {"spectral": "ssd", "base_width": 2}),
    "orig": ("stylegan2_photos64", {"generator": "orig"}),
    "half": ("stylegan2_photos64", {"precision": "float16"}),
    "bfloat16": ("stylegan2_photos64", {"precision": "bfloat16"}),
    "conditional": ("stylegan2_photos64", {"classes": 5, "resolution": 8}),
    "grown": ("stylegan2_photos64", {"config": "b", "resolution": 16}),
}
# What these cannot do though they have what is needed: the pickle's weights are random, and its images white.
REFUSED = {("stylegan2_resolution_usage", "pickle"): "the images are all of one colour"}
TOY = "mlp.keras"  # no recipe leaves runs of MLPGAN: it comes as a file
SELDOM = ("orig", "half", "bfloat16", "grown", "conditional", "stylegan_photos64", "ssd_sngan_stl10")
LONG = ("stylegan2_detection", "stylegan2_projection_noise", "rni_inversion")  # they search the latents of each model
KINDS = {**{name: (name, {}) for name in RECIPES}, **VARIANTS, TOY: (TOY, {})}


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """A model of each kind, made when it is first asked for: its place."""
    place, made = tmp_path_factory.mktemp("models"), {"pickle": PICKLE}

    def model(kind):
        if kind not in made:
            (recipe, given), seed = KINDS[kind.removesuffix("-again")], int(kind.endswith("-again"))
            made[kind] = place / kind
            if recipe == TOY:
                MLPGAN(latent_dim=4, generator_widths=(8,), discriminator_widths=(8,), seed=seed).save(made[kind])
            else:
                save_untrained(BY_NAME[recipe], made[kind], **given, seed=seed)
        return made[kind]

    return model


def lacking(analysis, path):
    """The first thing that a model has not of those that an analysis needs."""
    return next((need for need in analysis.needs if need not in met(path)), None)


@functools.cache
def met(path):
    """The needs that a model meets."""
    (model,) = opened([place_of(path)])
    return {name for name, need in NEEDS.items() if need.met(model)}


def made(analysis, paths, out, capsys, more=()):
    """Makes an analysis, and gives what it said."""
    command_line.main(analysis, [*map(str, paths), "--smoke", "--out", str(out), *more])
    said = capsys.readouterr()
    assert not said.err
    outcome = read_outcome(out.with_suffix(".json"))
    assert outcome.analysis == analysis.name
    assert len(outcome.models) == len(paths) == len(set(outcome.models))
    assert outcome.numbers
    assert outcome.told
    assert all(line in said.out for line in outcome.told)
    assert not list(out.parent.glob(".*"))  # no work is left
    return outcome


def _cases():
    """All analyses of all kinds of models: each kind meets a third of them every day, a seldom one a fifth in slow tests."""
    for (i, name), (j, kind) in itertools.product(enumerate(ANALYSES), enumerate((*KINDS, "pickle"))):
        if kind in SELDOM:
            marks = pytest.mark.exhaustive if (i + j) % 5 else pytest.mark.slow
        else:
            marks = pytest.mark.slow if (i + j) % 3 else ()
        yield pytest.param(name, kind, marks=marks, id=f"{name}-{kind}")


@pytest.mark.usefixtures("plain_graphs")
@pytest.mark.parametrize(("name", "kind"), _cases())
def test_made_or_refused(name, kind, models, tmp_path, capsys):
    analysis, path, out = ANALYSES[name], models(kind), tmp_path / "figure.png"
    data = ["--data", "photos"] if analysis.reals else []
    missing = lacking(analysis, path)
    reason = REFUSED.get((name, kind)) if missing is None else NEEDS[missing].lacking
    if reason is None:
        made(analysis, [path], out, capsys, data)
        with Image.open(out) as picture:
            assert len(set(picture.convert("L").getdata())) > 1
        return
    with pytest.raises(SystemExit) as end:
        command_line.main(analysis, [str(path), "--smoke", "--out", str(out), *data])
    assert end.value.code == 2
    error = capsys.readouterr().err.strip()
    assert reason in error
    assert str(path) in error
    assert len(error.splitlines()) == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("plain_graphs")
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.exhaustive if name in LONG else pytest.mark.slow)
        for name, analysis in ANALYSES.items()
        if analysis.most != 1
    ],
)
def test_several_models_and_the_report(name, models, capsys):
    """The first run's folder gets picture and numbers, and its report shows them; the others are left as they are."""
    analysis = ANALYSES[name]
    kind = next(kind for kind in KINDS if lacking(analysis, models(kind)) is None)
    first, second = models(kind), models(f"{kind}-again")
    before = snapshot(second)
    command_line.main(analysis, [str(first), str(second), "--smoke"])
    assert not capsys.readouterr().err
    assert snapshot(second) == before
    picture = first / f"{analysis.picture or name}{analysis.suffixes[0]}"
    assert picture.is_file()
    outcome = read_outcome(picture.with_suffix(".json"))
    assert outcome.models == [kind, f"{kind}-again"]
    page = (first / "report.html").read_text()
    assert analysis.summary.replace("'", "&#x27;") in page
    assert page.count(f"<figcaption>{picture.name}") == (picture.suffix == ".png")  # once, not among the curves too
    command_line.main(analysis, [str(first), str(second), "--smoke", "--seed", "1"])  # takes the place of the first
    assert read_outcome(picture.with_suffix(".json")).settings["seed"] == 1


@pytest.mark.parametrize("name", ANALYSES)
def test_declared_by_the_book(name):
    analysis = ANALYSES[name]
    assert set(analysis.needs) <= set(NEEDS)
    assert set(analysis.smoke) <= set(analysis.defaults)
    assert analysis.summary.endswith(".")
    analysis.check(analysis.defaults)
    analysis.check(analysis.defaults | dict(analysis.smoke))


@pytest.mark.parametrize("name", ANALYSES)
def test_help_lists_every_option(name, capsys):
    with pytest.raises(SystemExit) as end:
        entry.main(["analyse", name, "--help"])
    assert end.value.code == 0
    said = capsys.readouterr().out
    for option in ANALYSES[name].defaults:
        assert f"--{option.replace('_', '-')}" in said


def test_all_are_listed_without_tensorflow():
    """In a process of its own: others have imported it here."""
    program = (
        "import sys; from tfnss.commands import entry; entry.main(['analyse']); entry.main(['recipes'])\n"
        "try: entry.main(['analyse', '--help'])\n"
        "finally: assert 'tensorflow' not in sys.modules"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    for name, analysis in ANALYSES.items():
        assert sum(line.split() == [name, *analysis.summary.split()] for line in said.splitlines()) == 3


def test_numbers_are_json_without_nan(models, tmp_path, capsys):
    name = next(iter(ANALYSES))
    out = tmp_path / "figure.svg"
    made(ANALYSES[name], [models("styled")], out, capsys)
    assert "<svg" in out.read_text()
    json.loads(out.with_suffix(".json").read_text(), parse_constant=pytest.fail)
