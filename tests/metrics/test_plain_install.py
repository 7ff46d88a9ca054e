"""What TF-GAN declares to need, and Inception by its name: everything else works where they cannot be imported."""

import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from tests.metrics.networks_of_tests import save_tiny_inception
from tfnss.metrics import Evaluation, networks

BARRED = ("tensorflow_hub", "tensorflow_probability", "tf_keras", "pkg_resources")
_PROGRAM = """
import sys
for name in {barred}:
    sys.modules[name] = None
import json
import numpy as np
from tfnss.commands import entry
from tfnss.metrics import Evaluation, networks

reals, fakes = np.load({reals!r}), np.load({fakes!r})
found = {{}}
for name, metrics in {metrics}.items():
    network = networks.load(name, inception={inception!r})
    found[name] = Evaluation(reals, metrics, network, fake_images=len(fakes))(fakes)
assert all(sys.modules[name] is None for name in {barred})
print(json.dumps(found))
entry.main(["evaluate", {folder!r}, "--data", "photos", "--resolution", "32", "--features", "inception"])
"""
METRICS = {"embedded": ("fid", "kid"), "inception": ("fid", "is", "kid")}


@pytest.mark.filterwarnings("ignore:the covariance")
def test_scores_and_the_line_for_inception_by_its_name(pictures, tmp_path):
    """In a process of its own: the same numbers as with these packages, and then one line of advice."""
    save_tiny_inception(tmp_path / "inception")
    sets = {"reals": pictures, "fakes": pictures[:40] // 2}
    for name, images in sets.items():
        np.save(tmp_path / f"{name}.npy", images)
    (tmp_path / "images").mkdir()
    for index, image in enumerate(pictures[:4]):
        Image.fromarray(image).save(tmp_path / "images" / f"{index}.png")
    places = {name: str(tmp_path / f"{name}.npy") for name in sets}
    inception, folder = str(tmp_path / "inception"), str(tmp_path / "images")
    program = _PROGRAM.format(barred=BARRED, metrics=METRICS, inception=inception, folder=folder, **places)
    ended = subprocess.run([sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, check=False)
    assert ended.returncode == 2, ended.stderr
    found = json.loads(ended.stdout.splitlines()[0])
    for name, metrics in METRICS.items():
        network = networks.load(name, inception=inception)
        expected = Evaluation(pictures, metrics, network, fake_images=40)(sets["fakes"])
        for metric in metrics:
            assert found[name][metric] == pytest.approx(expected[metric], rel=1e-5)
    assert "Traceback" not in ended.stderr
    last = ended.stderr.strip().splitlines()[-1]
    assert last.startswith("tfnss evaluate: error: ")
    assert "pip install 'tfnss[inception]'" in last
