"""What is different on other systems than Linux, as far as reading the sources and taking things away can tell."""

import ast
import subprocess
import sys

import pytest

from tests.test_public_api import MODULES
from tfnss.files import is_file_name
from tfnss.running import catalogue

UNIX_MODULES = ("fcntl", "grp", "posix", "pty", "pwd", "resource", "syslog", "termios", "tty")
UNIX_NAMES = {
    "os": ("fork", "getpgid", "getuid", "killpg", "mkfifo", "sched_getaffinity", "setsid", "sysconf", "uname"),
    "signal": ("SIGALRM", "SIGCHLD", "SIGHUP", "SIGKILL", "SIGQUIT", "SIGUSR1", "pthread_kill", "setitimer"),
}


def _calls():
    for module, path in MODULES.items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                yield module, node


def _unix_names(path):
    """Attributes that Windows lacks, apart from those after `else` of `if _WINDOWS`."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    elsewhere = {
        part
        for node in nodes
        if isinstance(node, ast.If) and ast.unparse(node.test) == "_WINDOWS"
        for branch in node.orelse
        for part in ast.walk(branch)
    }
    return [
        ast.unparse(node)
        for node in nodes
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.attr in UNIX_NAMES.get(node.value.id, ())
        and node not in elsewhere
    ]


def test_every_text_is_utf_8():
    """Windows reads and writes others by default."""
    found = []
    for module, node in _calls():
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        modes = [
            word.value
            for word in (*node.args[1:2], *(k.value for k in node.keywords if k.arg == "mode"))
            if isinstance(word, ast.Constant)
        ]
        texts = name in ("read_text", "write_text") or (
            isinstance(node.func, ast.Name) and name == "open" and not any("b" in mode for mode in modes)
        )
        if texts and not any(keyword.arg == "encoding" for keyword in node.keywords):
            found.append(f"{module}:{node.lineno}")
    assert found == []


def test_nothing_is_of_unix_alone():
    """All modules import where what Windows lacks is taken away, once the libraries are there; and use none of its names."""
    program = (
        "import importlib, os, signal, sys\n"
        "import dask.distributed, h5py, keras, lmdb, matplotlib.pyplot, rich.progress, scipy.stats, tensorflow\n"
        f"for name in {UNIX_MODULES}: sys.modules[name] = None\n"
        f"for name in {UNIX_NAMES['os']}: delattr(os, name)\n"
        f"for name in {UNIX_NAMES['signal']}: delattr(signal, name)\n"
        f"for name in {[name for name in MODULES if not name.endswith('__main__')]}: importlib.import_module(name)\n"
        "from tfnss import locks; assert locks._fcntl is None\n"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", program], check=True)
    used = [f"{module}: {name}" for module, path in MODULES.items() for name in _unix_names(path)]
    assert used == []


@pytest.mark.parametrize("windows", [False, True])
def test_folders_of_runs_and_cells_have_names_everywhere(windows, monkeypatch):
    monkeypatch.setattr("tfnss.files._WINDOWS", windows)
    names = list(catalogue.names())
    tables = [catalogue.module(name).TABLE for name in names if hasattr(catalogue.module(name), "TABLE")]
    assert tables
    cells = [cell.name for table in tables for cell in table.cells]
    assert [name for name in (*names, *cells) if not is_file_name(name)] == []
    for table in tables:
        own = [cell.name.casefold() for cell in table.cells]
        assert len(set(own)) == len(own), table.name
