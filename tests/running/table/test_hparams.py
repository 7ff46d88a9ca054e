"""Settings and results of a table's runs, as TensorBoard's HParams plugin reads them back."""

import json

import pytest
from google.protobuf import json_format
from tensorboard.backend.event_processing.data_provider import MultiplexerDataProvider
from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer
from tensorboard.context import RequestContext
from tensorboard.plugins.base_plugin import TBContext
from tensorboard.plugins.hparams import api_pb2, backend_context, list_session_groups

from tests.commands.test_project import write_run
from tfnss.running.table.hparams import write_hparams
from tfnss.running.table.measuring import measure
from tfnss.running.table.plan import Plan, jobs_of, open_plan, recipe_called


def settled(plan, job):
    """A run's settings, as training has them."""
    settings = recipe_called(job.cell.recipe).settings(**plan.settings_of(job.cell), seed=job.seed)
    job.run.mkdir(parents=True)
    (job.run / "settings.json").write_text(
        json.dumps({"recipe": job.cell.recipe, "trials": None, "settings": settings})
    )
    return settings


def shown(folder):
    """What TensorBoard tells of a folder: the groups of runs, and the names of settings and metrics."""
    events = EventMultiplexer()
    events.AddRunsFromDirectory(str(folder))
    events.Reload()
    provider = MultiplexerDataProvider(events, str(folder))
    context = backend_context.Context(TBContext(logdir=str(folder), multiplexer=events, data_provider=provider))
    request = RequestContext()
    metadata = context.hparams_metadata(request, "")
    experiment = context.experiment_from_metadata(request, "", True, metadata, [])
    asked = api_pb2.ListSessionGroupsRequest(
        start_index=0,
        slice_size=100,
        aggregation_type=api_pb2.AGGREGATION_AVG,
        allowed_statuses=[api_pb2.STATUS_UNKNOWN],
        col_params=[{"metric": info.name} for info in experiment.metric_infos],
        include_metrics=True,
    )
    groups = list_session_groups.Handler(request, context, "", asked).run().session_groups
    return {group.name: json_format.MessageToDict(group) for group in groups}, experiment


@pytest.mark.parametrize("name", ["nss_table4", "ssd_table1"])
def test_tensorboard_shows_settings_against_results(name, tmp_path):
    plan = open_plan(tmp_path, Plan(name, "smoke", 2), more_seeds=True)
    jobs = jobs_of(plan, tmp_path)
    settings = {job.name: settled(plan, job) for job in jobs}
    for number, job in enumerate(jobs):
        write_hparams(plan, job, {"fid": float(number), "kid": float("nan")}, 2000)
        write_hparams(plan, job, {"fid": float(number), "kid": float("nan")}, 2000)  # again, after a kill
    groups, experiment = shown(tmp_path)
    assert groups.keys() == {cell.name for cell in plan.cells}
    assert [info.name.tag for info in experiment.metric_infos] == ["fid"]
    names = {info.name for info in experiment.hparam_infos}
    every = list(settings.values())
    varied = {n for each in every for n in each if any(o.get(n) != each.get(n) for o in every)} - {"data", "seed"}
    never_set = {n for n in varied if all(each.get(n) is None for each in every)}
    assert names - {"row", "column", "recipe"} == varied - never_set
    for index, cell in enumerate(plan.cells):
        group = groups[cell.name]
        assert group["hparams"]["row"] == cell.row
        assert group["hparams"]["column"] == cell.column
        own = settings[f"{cell.name}/seed-0"]
        for each in varied - never_set:
            if own.get(each) is not None:
                assert group["hparams"][each] == own[each]
        assert [session["name"] for session in group["sessions"]] == [
            f"{cell.name}/seed-{seed}/hparams" for seed in (0, 1)
        ]
        (metric,) = group["metricValues"]
        assert metric["name"]["tag"] == "fid"
        assert metric["value"] == index + len(plan.cells) / 2  # the mean of its two seeds
        assert metric["trainingStep"] == 2000


@pytest.mark.filterwarnings("ignore:.*has rank")
def test_what_a_job_measures_leaves_them(tmp_path):
    plan = open_plan(tmp_path, Plan("nss_table4", "smoke", 1, {"base_width": 4}), more_seeds=True)
    job = jobs_of(plan, tmp_path)[0]
    job.run.parent.mkdir(parents=True)
    write_run(recipe_called(job.cell.recipe), job.run, **plan.settings_of(job.cell))
    measure(plan, job)
    (metric,) = shown(tmp_path)[0][job.cell.name]["metricValues"]
    assert metric["value"] == pytest.approx(job.result()["values"]["fid"], rel=1e-6)
