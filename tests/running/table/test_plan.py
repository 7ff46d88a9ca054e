import json

import pytest

from recipes import nss_table3, nss_table4
from tfnss.running import catalogue
from tfnss.running.figure import Figure
from tfnss.running.lock import only_writer
from tfnss.running.table import command_line, outcome, plan, writing
from tfnss.running.table.declaration import Cell, Table
from tfnss.running.table.plan import Job, Plan, chosen, jobs_of, open_plan, read_plan

TABLES = [name for name in catalogue.names() if hasattr(catalogue.module(name), "TABLE")]


def test_all_tables_are_there():
    assert set(TABLES) >= {
        *(f"nss_table{number}" for number in (1, 2, 3, 4, 6)),
        *("rni_table1", "rni_table2", "ssd_table2"),
        *(f"stylegan2_table{number}" for number in (1, 2, 3)),
    }


@pytest.mark.parametrize("name", TABLES)
def test_cells_have_settings_of_their_recipes(name):
    for kind in plan.KINDS:
        asked = Plan(name, kind)
        for cell in asked.cells:
            recipe = plan.recipe_called(cell.recipe)
            settings = recipe.settings(**asked.settings_of(cell))
            assert settings.keys() == {option.name for option in recipe.all_options()}
            assert all(
                option.accepts(settings[option.name])
                for option in recipe.all_options()
                if settings[option.name] is not None
            )
            assert kind == "paper" or settings["data"] == "photos"


def test_figures_are_of_the_data_set_of_their_column():
    for name in TABLES:
        table = catalogue.module(name).TABLE
        columns = {}
        for cell in table.cells:
            columns.setdefault(cell.column, set()).update(figure.dataset for figure in cell.figures)
        assert all(len(found) == 1 for found in columns.values())


def test_names_of_folders():
    assert (
        Cell("StyleGAN2 + RNI, no path length", "LSUN-Church", "x").name
        == "stylegan2-plus-rni-no-path-length-lsun-church"
    )
    assert Cell("GAN", "CelebA", "x", tried={"eta": 5e-4, "beta_1": 0.5}).name == "gan-celeba-eta-0.0005-beta-1-0.5"
    with pytest.raises(ValueError, match="two cells called a-b"):
        Table("t", "", [Cell("a", "b", "x"), Cell("A", "B", "x")], [])
    with pytest.raises(ValueError, match="no row c"):
        Table("t", "", [Cell("a", "b", "x")], [], baseline="c")


def test_a_part_of_the_cells(tmp_path):
    jobs = jobs_of(Plan("nss_table4", "paper", 2), tmp_path)
    assert len(jobs) == 2 * 32
    assert {job.cell.row for job in chosen(jobs, "GAN, ns*")} == {"GAN", "NS", "NSS"}
    assert {job.cell.name for job in chosen(jobs, "nss-church")} == {"nss-church"}
    assert {job.cell.column for job in chosen(jobs, "church")} == {"Church"}
    assert chosen(jobs, None) == jobs
    with pytest.raises(
        ValueError, match=r"--cells nothing,nix selects nothing; there are dragan-celeba, .* and 24 more"
    ):
        chosen(jobs, "nothing,nix")


def test_a_folder_keeps_its_plan(tmp_path):
    folder = tmp_path / "table"
    first = Plan("nss_table4", "smoke", 2, {"kimg": 1.0})
    assert open_plan(folder, first, more_seeds=True) == first == read_plan(folder)
    assert open_plan(folder, Plan("nss_table4", "smoke", 1, {"kimg": 1.0}), more_seeds=False).seeds == 2
    assert open_plan(folder, Plan("nss_table4", "smoke", 5, {"kimg": 1.0}), more_seeds=True).seeds == 5
    moved = Plan("nss_table4", "smoke", 1, {"kimg": 1.0}, {"celeb_a": "/a"}, "/inception", True)
    changed = open_plan(folder, moved, more_seeds=False)
    assert (changed.data, changed.inception, changed.download) == ({"celeb_a": "/a"}, "/inception", True)
    assert read_plan(folder) == changed
    for other, says in [
        (Plan("nss_table1", "smoke", 1, {"kimg": 1.0}), "holds the table nss_table4, not nss_table1"),
        (Plan("nss_table4", "paper", 1, {"kimg": 1.0}), "holds the kind smoke, not paper"),
        (Plan("nss_table4", "smoke", 1), r'holds the settings \{"kimg": 1.0\}, not \{\}'),
    ]:
        with pytest.raises(ValueError, match=says):
            open_plan(folder, other, more_seeds=True)


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"table": 1, "kind": "x"}', '{"table": "t", "seeds": "many"}'])
def test_damaged_plans(content, tmp_path):
    (tmp_path / "plan.json").write_text(content)
    with pytest.raises(ValueError, match=r"plan\.json is damaged"):
        read_plan(tmp_path)


@pytest.mark.parametrize("name", ["nss_table1", "stylegan2_table1"])
def test_settings_of_all_cells_are_over_those_of_toys(name):
    asked = {"batch_size": 4, "fid_every": 0.5, "features": "inception", "fid_images": 32}
    cell = Plan(name, "smoke").cells[0]
    toy, ours = (Plan(name, "smoke", 1, settings).settings_of(cell) for settings in ({}, asked))
    assert ours == toy | asked | {"kimg": 0.004, "checkpoint_every": 0.004}
    assert Plan(name, "smoke", 1, {"kimg": 0.5}).settings_of(cell)["kimg"] == 0.5


def test_places_of_data_sets():
    asked = Plan("nss_table4", data={"celeb_a": "/faces"})
    assert asked.settings_of(nss_table4.TABLE.cells[0])["data"] == "/faces"
    assert asked.settings_of(nss_table4.TABLE.cells[-1])["data"] == "oxford_flowers102"
    plan.check_settings(Plan("nss_table4", data={"celeb_a": "/tmp"}))
    for wrong, says in [
        ({"faces": "/tmp"}, "--data faces: the table has celeb_a, "),
        ({"celeb_a": "/no"}, "/no is not there"),
    ]:
        with pytest.raises(ValueError, match=says):
            plan.check_settings(Plan("nss_table4", data=wrong))


def test_a_process_killed_early_leaves_the_folder_free(tmp_path):
    (tmp_path / ".work").mkdir()
    (tmp_path / ".partial.plan.json").write_text("{")
    asked = Plan("nss_table4", "smoke")
    assert open_plan(tmp_path, asked, more_seeds=False) == asked
    assert {path.name for path in tmp_path.iterdir()} == {".work", "plan.json"}
    other = tmp_path / "other"
    other.mkdir()
    (other / "letter.txt").touch()
    with pytest.raises(ValueError, match="is not empty and holds no table"):
        open_plan(other, asked, more_seeds=False)
    assert [path.name for path in other.iterdir()] == ["letter.txt"]


def test_a_plan_is_written_by_one_process_at_a_time(tmp_path, monkeypatch):
    """What another process asks for meanwhile is not lost."""
    monkeypatch.setattr(plan, "_WAIT_SECONDS", 0)
    (tmp_path / ".work").mkdir()
    with only_writer(tmp_path / ".work"), pytest.raises(ValueError, match=r"plan\.json is being written by process"):
        open_plan(tmp_path, Plan("nss_table4", "smoke"), more_seeds=False)
    assert not (tmp_path / "plan.json").exists()


@pytest.mark.parametrize("setting", [{"fid_images": 1}, {"fid_every": -1.0}, {"fid_reals": "1"}, {"batch_size": 0}])
def test_settings_outside_their_ranges(setting):
    (name,) = setting
    for kind in ("paper", "smoke"):
        with pytest.raises(ValueError, match=name.replace("_", "[-_]")):
            plan.check_settings(Plan("nss_table4", kind, 1, setting))


def test_settings_of_every_cell_are_checked(monkeypatch):
    """Not of the first of each recipe alone, and as its runs are given them."""
    cells = [Cell("a", "b", "dcgan_photos"), Cell("c", "b", "dcgan_photos", {"keep_best": "fid", "fid_every": 0.0})]
    monkeypatch.setattr(plan, "table_called", lambda name: Table("t", "", cells, cells))
    with pytest.raises(ValueError, match="--keep-best fid needs FIDs"):
        plan.check_settings(Plan("t"))


@pytest.mark.parametrize(
    ("table", "setting", "says"),
    [
        ("stylegan2_table1", "fid_every=0", "finds the best checkpoint by FIDs; give a number above 0"),
        ("nss_table4", "fid_reference=a.npz", "measures each run against its own images; leave it out"),
    ],
)
def test_settings_that_a_table_has_no_use_for(table, setting, says, tmp_path, capsys):
    with pytest.raises(SystemExit, match=r"^2$"):
        command_line.run("x", {"table": table, "kind": "smoke", "set": [setting], "dir": str(tmp_path / "table")})
    assert says in capsys.readouterr().err
    assert not (tmp_path / "table").exists()


def shown(monkeypatch, folder, **flags):
    """The names of the jobs that a dry run shows."""
    found = []
    monkeypatch.setattr(command_line, "_show", lambda plan, jobs: found.extend(job.name for job in jobs))
    flags = {"table": "nss_table4", "kind": "smoke", "cells": "gan-celeba", "dir": str(folder)} | flags
    command_line.run("x", flags | {"dry_run": True})
    return found


def test_a_dry_run_knows_what_is_in_the_folder(tmp_path, monkeypatch, capsys):
    folder = tmp_path / "table"
    assert shown(monkeypatch, folder) == ["gan-celeba/seed-0"]
    assert not folder.exists()
    opened = open_plan(folder, Plan("nss_table4", "smoke", 3), more_seeds=True)
    (job,) = [job for job in jobs_of(opened, folder) if job.name == "gan-celeba/seed-0"]
    job.run.mkdir(parents=True)
    (job.run / "result.json").write_text('{"values": {"fid": 1}}')
    assert shown(monkeypatch, folder) == ["gan-celeba/seed-1", "gan-celeba/seed-2"]
    assert shown(monkeypatch, folder, seeds=2) == ["gan-celeba/seed-1"]
    assert shown(monkeypatch, folder, seeds=4)[-1] == "gan-celeba/seed-3"
    assert read_plan(folder) == opened
    with pytest.raises(SystemExit, match=r"^2$"):
        shown(monkeypatch, folder, kind="paper")
    assert "holds the kind smoke, not paper" in capsys.readouterr().err


def test_places_are_found_from_other_folders(tmp_path, monkeypatch):
    (tmp_path / "faces").mkdir()
    monkeypatch.chdir(tmp_path)
    given = {"table": "nss_table4", "kind": "paper", "set": [], "download": False}
    asked, _ = command_line._asked(given | {"data": ["celeb_a=faces", "lsun_church=photos"], "inception": "faces"})
    faces = str((tmp_path / "faces").resolve())
    assert (asked.data, asked.inception) == ({"celeb_a": faces, "lsun_church": "photos"}, faces)


# -- what comes of results ---


def write_results(folder, values):
    """Results of jobs by cell and seed; a text is the reason of a failure."""
    cells = {cell.name: cell for cell in nss_table3.TABLE.miniature}
    for (name, seed), value in values.items():
        job = Job(folder, cells[name], seed)
        if isinstance(value, str):
            job.fail(value)
        else:
            job.run.mkdir(parents=True)
            (job.run / "result.json").write_text(json.dumps({"values": {"fid": value}, "network": "embedded"}))


def gan(rate, beta):
    return f"gan-photographs-eta-{rate:g}-beta-1-{beta:g}"


def test_a_search_picks_the_least_mean(tmp_path):
    """Ties go to the first, failed and missing seeds behind those without."""
    values = {(gan(rate, beta), seed): 50.0 for rate in (2e-4, 5e-4, 1e-3) for beta in (0.4, 0.5) for seed in (0, 1)}
    values |= {(gan(5e-4, 0.4), 0): 20.0, (gan(5e-4, 0.4), 1): 44.0}  # mean 32
    values |= {(gan(5e-4, 0.5), 0): 31.0, (gan(5e-4, 0.5), 1): 33.0}  # mean 32, later
    values |= {(gan(1e-3, 0.4), 0): 1.0, (gan(1e-3, 0.4), 1): "diverged"}
    write_results(tmp_path, values)
    asked = Plan("nss_table3", "miniature", 2)
    found = outcome.outcome(asked, tmp_path)
    (best,) = [entry for entry in found["cells"] if entry["chosen"] and entry["row"] == "GAN"]
    assert best["cell"] == gan(5e-4, 0.4)
    assert best["measured"]["eta"]["mean"] == 5e-4
    assert best["measured"]["fid"]["mean"] == 32
    text = writing.markdown(found)
    assert "32 ± 17 (2); at eta 0.0005 beta_1 0.4" in text
    assert "Failed: gan-photographs-eta-0.001-beta-1-0.4 (seed 1): diverged" in text
    assert "24 runs are still missing" in text


def test_values_beside_the_papers(tmp_path):
    """A table's json holds the paper's figures as they are, and the differences from them."""
    cells = {cell.name: cell for cell in nss_table4.TABLE.cells}
    asked = Plan("nss_table4", "paper", 3)
    for name, values in {"gan-celeba": (20.0, 22.0, 24.0), "nss-celeba": (18.0, 18.5)}.items():
        for seed, value in enumerate(values):
            job = Job(tmp_path, cells[name], seed)
            job.run.mkdir(parents=True)
            (job.run / "result.json").write_text(json.dumps({"values": {"fid": value}, "network": "inception"}))
    entries = {entry["cell"]: entry for entry in outcome.outcome(asked, tmp_path)["cells"]}
    nss, plain = entries["nss-celeba"], entries["gan-celeba"]
    assert nss["paper"]["fid"]["mean"] == 19.45
    assert (nss["missing"], nss["done"], nss["sample_seed"]) == ([2], [0, 1], 0)
    assert nss["against_paper"]["fid"]["difference"] == pytest.approx(18.25 - 19.45)
    assert nss["against_baseline"]["fid"]["difference"] == pytest.approx(18.25 - 22)
    assert nss["against_baseline"]["fid"]["p_holm"] == nss["against_baseline"]["fid"]["p"]  # the only test
    assert "against_baseline" not in plain
    for entry in entries.values():
        assert set(entry["paper"]) == {"fid", "is"}
    assert "18.25 ± 0.354 (2); paper 19.45 ± 1.15; Δ -3.75" in writing.markdown(outcome.outcome(asked, tmp_path))


def test_a_damaged_result_is_named(tmp_path):
    job = Job(tmp_path, nss_table4.TABLE.cells[0], 0)
    job.run.mkdir(parents=True)
    (job.run / "result.json").write_text('{"values": 3}')
    with pytest.raises(ValueError, match=r"result\.json is damaged .*: remove it"):
        outcome.outcome(Plan("nss_table4"), tmp_path)


def test_pages_execute_nothing(tmp_path, monkeypatch):
    """Names and reasons are text, whatever they hold."""
    cell = Cell("<b>", "c|d", "dcgan_photos", {}, (Figure("fid", 3.0),))
    table = Table("t", "<script>alert(1)</script>", [cell], [cell])
    monkeypatch.setattr(plan, "table_called", lambda name: table)
    Job(tmp_path, cell, 0).fail("<script>")
    found = writing.write_table(Plan("t"), tmp_path)
    page = (tmp_path / "table.html").read_text()
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "c\\|d" in (tmp_path / "table.md").read_text()
    assert found == json.loads((tmp_path / "table.json").read_text())
