"""What `tfnss show` refuses; the page is tested in tests/showing."""

import shutil
import sys

import pytest

from models import DCGAN, StyleGAN2
from tests.commands.test_generate import TINY
from tests.running.test_bad_input import snapshot
from tfnss.commands import show
from tfnss.showing import page, server


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Exported models, and something else."""
    place = tmp_path_factory.mktemp("show")
    DCGAN(16, latent_dim=6, base_width=4).export(place / "plain")
    StyleGAN2(8, classes=3, **TINY).export(place / "conditional")
    shutil.copytree(place / "conditional", place / "cardless", ignore=shutil.ignore_patterns("model_card.json"))
    (place / "taken").mkdir()
    (place / "taken" / "thesis.txt").write_text("precious")
    return place


# Flags ({} is the place), and what the line must say.
CASES = [
    ("{}/nowhere", "nowhere is neither the folder of a run nor of an exported model"),
    ("{}/taken", "taken is neither the folder of a run nor of an exported model"),
    ("{}/plain --class 0", "plain has no classes. Received: --class 0"),
    (
        "{}/plain --truncation 0.7",
        "plain has no styles, which --direction, --directions, --styles, --noise-seed and --truncation need",
    ),
    ("{}/plain --noise-seed 5", "plain has no styles"),
    ("{}/plain --directions pca", "plain has no styles"),
    ("{}/plain --styles {}/missing.npz", "plain has no styles"),
    ("{}/conditional --class 3", "conditional has classes 0 to 2. Received: --class 3"),
    ("{}/conditional --styles {}/missing.npz", "missing.npz is missing, damaged or not of `tfnss project`"),
    ("{}/conditional --directions sefa", "conditional is an exported model, whose weights nobody can see"),
    ("{}/conditional --directions {}/missing.npz", "missing.npz is missing, damaged or holds no directions"),
    ("{}/conditional --direction 6", "--direction must lie in 0 to 5. Received: 6"),
    ("{}/conditional --truncation nan", "--truncation must be finite"),
    ("{}/cardless", "cardless does not tell its number of classes: choose one with --class N"),
    ("{}/plain --port -1", "--port must lie in [0, 65536). Received: -1"),
    ("{}/plain --port 65536", "--port must lie in [0, 65536). Received: 65536"),
    ("{}/plain --host 192.0.2.1", "nothing can listen at --host 192.0.2.1 --port 0"),
    ("", "RUN_OR_MODEL"),
]


def refused(capsys, *arguments):
    """The line that the command ends with."""
    with pytest.raises(SystemExit) as end:
        show.main([*arguments])
    assert end.value.code == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("tfnss show: error: ")
    assert captured.err.count("\n") == 1
    return captured.err


@pytest.mark.parametrize(("flags", "says"), CASES)
def test_one_line_and_nothing_written(flags, says, place, capsys):
    before = snapshot(place)
    port = [] if "--port" in flags else ["--port", "0"]
    assert says in refused(capsys, *flags.replace("{}", str(place)).split(), *port)
    assert snapshot(place) == before


def test_a_port_in_use(place, capsys):
    with server.listening("127.0.0.1", 0) as listener:
        port = str(listener.getsockname()[1])
        says = f"--host 127.0.0.1 --port {port} (Address already in use): name another port, 0 for a free one"
        assert says in refused(capsys, str(place / "plain"), "--port", port)


def test_without_gradio(place, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "gradio", None)
    says = "tfnss show: error: the page needs the package gradio: pip install 'tfnss[show]'\n"
    assert refused(capsys, str(place / "plain"), "--port", "0") == says


def test_what_is_said_at_the_start(place, capsys, monkeypatch):
    """The address; that others can look, where they can; and no more after Ctrl-C than of other commands."""
    served = []

    def serve(blocks, style, listener, browser):
        served.append((blocks, browser))
        raise KeyboardInterrupt

    monkeypatch.setattr(page, "page", lambda title, tabs: title)
    monkeypatch.setattr(server, "serve", serve)
    for flags in (["--no-browser"], ["--host", "0.0.0.0"]):
        with pytest.raises(SystemExit) as end:
            show.main([str(place / "plain"), "--port", "0", *flags])
        assert end.value.code == 130
    out, error = capsys.readouterr()
    first, second, third = out.splitlines()
    assert first.startswith(f"{place / 'plain'} is at http://127.0.0.1:")
    assert second.startswith(f"{place / 'plain'} is at http://127.0.0.1:")
    assert third == "Whoever reaches this machine can look at it, too."
    assert error == 2 * "tfnss show: stopped\n"
    assert served == [("plain", False), ("plain", True)]
