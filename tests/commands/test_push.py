"""`tfnss push`: what is on the Hub afterwards, to the byte, and what is not."""

import io
import json
import re
import shutil

import numpy as np
import pytest
import tensorflow as tf
import yaml
from PIL import Image

from recipes import dcgan_photos, stylegan2_photos64
from tests.commands.test_project import write_run
from tests.running.test_bad_input import snapshot
from tfnss.commands import entry, push
from tfnss.running import readme
from tfnss.running.stored import load_run

pytestmark = pytest.mark.slow

RECORD = {
    "fid": 12.5,
    "kid": 1e-05,
    "network": "inception",
    "reals": "/home/me/secret/faces",
    "reference": None,
    "real_images": 100,
    "fake_images": 50,
    "seed": 0,
}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run on images of a folder, measured at several moments, of which its checkpoint is the second (0 kimg)."""
    run = tmp_path_factory.mktemp("push") / "00007-run"
    write_run(dcgan_photos.RECIPE, run, base_width=4)
    saved = json.loads((run / "settings.json").read_text())
    saved["settings"]["data"] = "/home/me/secret/faces"
    saved["changes"] = [{"until_images_seen": 0, "settings": {"data": "/home/me/secret/before"}}]
    saved["images"] = {"count": 10, "fingerprint": "ab"}
    saved["made_of"] = {"blend": ["/home/me/secret/one", "/home/me/secret/two"], "at": 8}
    (run / "settings.json").write_text(json.dumps(saved))
    records = [{"kimg": 0.0, **RECORD}, {"kimg": 1.0, **RECORD, "fid": 99.0}]
    (run / "metrics.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    return run


def front_matter(text):
    return yaml.safe_load(re.match(r"---\n(.*?)\n---\n", text, re.DOTALL)[1])


def test_what_is_there_is_the_run(fake_hub, run, tmp_path, capsys):
    before = snapshot(run)
    push.main([str(run), "someone/faces", "--license", "cc-by-4.0"])
    assert snapshot(run) == before
    files = fake_hub.files("someone/faces")
    exported = {name for name in files if name.startswith("saved_model/")}
    assert {
        "saved_model/saved_model.pb",
        "saved_model/model_card.json",
        "saved_model/variables/variables.index",
    } <= exported
    own = {"README.md", "samples.png", "settings.json", "metrics.jsonl", "checkpoint.weights.h5"}
    assert files.keys() - exported == own
    assert fake_hub.messages == ["00007-run, by tfnss"]
    assert not fake_hub.repositories["someone/faces"]["private"]
    assert files["checkpoint.weights.h5"] == (run / "checkpoint.weights.h5").read_bytes()
    said = capsys.readouterr().out
    assert all(
        re.search(rf"^ *{len(content):,} {re.escape(name)}$", said, re.MULTILINE) for name, content in files.items()
    )
    assert said.endswith(": hf://someone/faces names it\n")

    for name, content in files.items():
        assert b"secret" not in content, name  # where it is on this machine
    saved, there = (json.loads(text) for text in ((run / "settings.json").read_text(), files["settings.json"]))
    assert there["settings"] == saved["settings"] | {"data": "faces"}
    assert there["made_of"] == {"blend": ["one", "two"], "at": 8}
    assert there["changes"] == [{"until_images_seen": 0, "settings": {"data": "before"}}]
    assert there["images"] == saved["images"]
    assert [json.loads(line)["fid"] for line in files["metrics.jsonl"].splitlines()] == [12.5]  # none of its future

    gan = load_run(run)
    with Image.open(io.BytesIO(files["samples.png"])) as picture:
        grid = np.asarray(picture).reshape(8, 32, 8, 32, 3).swapaxes(1, 2).reshape(64, 32, 32, 3)
    np.testing.assert_array_equal(grid, gan.generate(seeds=range(64)))
    for name in exported:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(files[name])
    latents = tf.random.stateless_normal([2, 100], [0, 0])
    model = tf.saved_model.load(tmp_path / "saved_model")
    images = model.signatures["serving_default"](latents=latents)["images"]
    theirs = gan.generator_ema(latents, training=False)
    np.testing.assert_allclose(images, np.clip(np.round(127.5 * theirs + 127.5), 0, 255), atol=1)


def test_the_readme_is_a_card_of_the_hub(fake_hub, run):
    from huggingface_hub import ModelCard

    push.main([str(run), "someone/faces", "--license", "cc-by-4.0"])
    text = fake_hub.files("someone/faces")["README.md"].decode()
    matter = front_matter(text)
    assert matter["license"] == "cc-by-4.0"
    assert matter["library_name"] == "tfnss"
    assert matter["metrics"] == ["fid", "kid"]
    assert {"gan", "keras", "tensorflow", "dcgan_photos"} <= set(matter["tags"])
    results = ModelCard(text).data.eval_results
    assert [(result.metric_type, result.metric_value) for result in results] == [("fid", 12.5), ("kid", 1e-05)]
    assert results[0].dataset_type == "faces"
    assert results[0].metric_name == "fid (50 images against 100 real ones of faces; inception)"
    assert "# faces\n" in text
    assert "![Samples](samples.png)" in text
    assert "tfnss generate hf://someone/faces --out out" in text
    assert "| fid | 12.5 |" in text
    assert "| base\\_width | 4 |" in text


@pytest.mark.parametrize(
    ("data", "summary"), [("photos", "recipe dcgan\\_photos (Train a DCGAN on"), ("/me/photos", "")]
)
def test_the_recipes_summary_is_told_of_its_own_images(data, summary, run, tmp_path, capsys):
    shutil.copytree(run, tmp_path / "run")
    saved = json.loads((run / "settings.json").read_text())
    (tmp_path / "run" / "settings.json").write_text(
        json.dumps(saved | {"settings": saved["settings"] | {"data": data}})
    )
    push.main([str(tmp_path / "run"), "someone/faces", "--dry-run"])
    said = capsys.readouterr().out
    assert (summary or "by the recipe dcgan\\_photos. It saw 0 images") in said
    assert 'It saw 0 images of the data set "photos".' in said


def test_code_in_the_readme_runs(fake_hub, run, monkeypatch):
    """As a reader copies it, who has TensorFlow and the Hub's client alone."""
    push.main([str(run), "someone/faces"])
    (code,) = re.findall(r"```python\n(.*?)```", fake_hub.files("someone/faces")["README.md"].decode(), re.DOTALL)
    found = {}
    exec(code, found)
    assert found["images"].shape == (4, 32, 32, 3)
    assert found["images"].dtype == tf.uint8


def test_a_branch_a_message_and_privacy(fake_hub, run, capsys):
    push.main([str(run), "someone/faces", "--private", "--message", "First"])
    push.main([str(run), "hf://someone/faces", "--private", "--revision", "longer", "--message", "Twice as long"])
    assert fake_hub.messages == ["First", "Twice as long"]
    repository = fake_hub.repositories["someone/faces"]
    assert repository["private"]
    assert repository["branches"].keys() == {"main", "longer"}
    assert "hf://someone/faces@longer names it" in capsys.readouterr().out
    text = fake_hub.files("someone/faces", "longer")["README.md"].decode()
    assert 'snapshot_download("someone/faces", revision="longer", ' in text
    assert "--init hf://someone/faces@longer" in text
    assert "hf://someone/faces@" not in fake_hub.files("someone/faces")["README.md"].decode()


def test_a_dry_run_sends_nothing(fake_hub, run, capsys, monkeypatch):
    monkeypatch.delenv("HF_TOKEN")
    push.main([str(run), "someone/faces", "--dry-run"])
    said = capsys.readouterr().out
    assert re.search(r"^ *[\d,]+ checkpoint\.weights\.h5$", said, re.MULTILINE)
    assert "Nothing was sent" in said
    assert "Who put this here has not said under which licence it is." in said
    assert not fake_hub.repositories


def test_the_best_checkpoint_is_what_is_shared(fake_hub, run, tmp_path):
    kept = tmp_path / "run"
    write_run(dcgan_photos.RECIPE, kept, base_width=4)
    gan = load_run(kept)
    gan.images_seen.assign(500)
    gan.save_weights(kept / "best.weights.h5")
    gan.images_seen.assign(2000)
    gan.save_weights(kept / "checkpoint.weights.h5")
    (kept / "best.weights.h5.json").write_text('{"metric": "fid", "value": 9.5, "images_seen": 500}')
    (kept / "metrics.jsonl").write_text(
        "".join(json.dumps({"kimg": kimg, **RECORD, "fid": fid}) + "\n" for kimg, fid in ((0.5, 9.5), (2.0, 30.0)))
    )
    push.main([str(kept), "someone/best"])
    files = fake_hub.files("someone/best")
    assert files["checkpoint.weights.h5"] == (kept / "best.weights.h5").read_bytes()
    assert json.loads(files["saved_model/model_card.json"])["images_seen"] == 500
    assert front_matter(files["README.md"].decode())["model-index"][0]["results"][0]["metrics"][0]["value"] == 9.5
    assert "the checkpoint with the lowest fid, 9.5" in files["README.md"].decode()
    push.main([str(kept), "someone/best", "--checkpoint", "checkpoint.weights.h5"])
    files = fake_hub.files("someone/best")
    assert files["checkpoint.weights.h5"] == (kept / "checkpoint.weights.h5").read_bytes()
    assert "| fid | 30 |" in files["README.md"].decode()


def test_classes_are_told_and_shown(fake_hub, tmp_path, monkeypatch):
    run = tmp_path / "run"
    write_run(stylegan2_photos64.RECIPE, run, resolution=8, classes=2)
    saved = json.loads((run / "settings.json").read_text())
    saved["images"] = {"class_names": ["cat", "<b>dog|"]}
    (run / "settings.json").write_text(json.dumps(saved))
    push.main([str(run), "someone/pets"])
    files = fake_hub.files("someone/pets")
    text = files["README.md"].decode()
    assert "Its classes are cat, &lt;b&gt;dog\\|." in text
    assert "None were measured at this moment of the run." in text
    assert "model-index" not in text
    with Image.open(io.BytesIO(files["samples.png"])) as picture:
        assert picture.width == 8 * 8
        assert picture.height > 8 * 8  # with names
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    found = {}
    exec(code, found)
    assert found["images"].shape == (4, 8, 8, 3)


def test_front_matter_is_yaml_whatever_it_holds():
    hard = {
        "plain": "yes",
        "odd": 'a: "b" # {c}\n\\ é 🖼 \x00',
        "numbers": [1, 1e-07, 2.5, 1e22, True, None],
        "nested": [{"a": [{"b": "- c"}], "d": {"e": "1e3"}}],
    }
    assert yaml.safe_load(readme._yaml(hard)) == hard | {"odd": 'a: "b" # {c} \\ é 🖼  '}


CASES = [
    ("{}", "arguments are required: USER/NAME"),
    ("{} faces", "faces is no name of a repository on the Hub: write USER/NAME"),
    ("{} someone/a--b", "someone/a--b"),
    ("{}/.. someone/faces", "holds no run"),
    ("{} someone/faces --checkpoint 12.weights.h5", "12.weights.h5 is not there; the run has checkpoint.weights.h5"),
    ("{} someone/public --private", "someone/public is there already, and everybody sees it"),
    ("{} someone/faces --message", "--message"),
]


@pytest.mark.parametrize(("line", "says"), CASES)
def test_bad_input_is_one_line_and_nothing_is_sent(line, says, fake_hub, run, capsys):
    fake_hub.create("someone/public", {})
    with pytest.raises(SystemExit) as end:
        entry.main(["push", *line.format(run).split()])
    assert end.value.code == 2
    error = capsys.readouterr().err
    assert says in error
    assert len(error.strip().splitlines()) == 1
    assert fake_hub.messages == []
    assert not fake_hub.files("someone/public")


def test_without_a_token_or_a_hub_one_line_says_so(fake_hub, run, capsys, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_of_somebody_else")
    with pytest.raises(SystemExit) as end:
        push.main([str(run), "someone/faces"])
    assert end.value.code == 2
    error = capsys.readouterr().err
    assert "the Hub refuses someone/faces (401: Invalid username or password.)" in error
    assert "`hf auth login` with a token that may write there" in error
    assert len(error.strip().splitlines()) == 1
    fake_hub.stop()
    with pytest.raises(SystemExit) as end:
        push.main([str(run), "someone/faces"])
    assert end.value.code == 2
    error = capsys.readouterr().err
    assert "the Hub cannot be reached for someone/faces" in error
    assert len(error.strip().splitlines()) == 1
