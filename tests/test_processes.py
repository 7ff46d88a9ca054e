import os
import signal
import subprocess
import sys
from types import SimpleNamespace

import pytest

from tfnss import processes


@pytest.fixture
def windows(monkeypatch):
    """What Windows has besides, and what it says of processes."""
    begun = []
    monkeypatch.setattr(processes, "_WINDOWS", True)
    monkeypatch.setattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0x200, raising=False)
    monkeypatch.setattr(signal, "CTRL_BREAK_EVENT", 1, raising=False)
    monkeypatch.setattr(subprocess, "Popen", lambda command, **options: begun.append((command, options)))
    return begun


def test_a_process_is_asked_to_end():
    """It is in a session of its own, which the keys of this terminal do not reach."""
    program = "import os, time; print(os.getsid(0), flush=True); time.sleep(600)"
    with processes.begun([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        assert int(process.stdout.readline()) == process.pid != os.getsid(0)
        processes.ask_to_end(process, signal.SIGTERM)
        assert process.wait(60) == -signal.SIGTERM


def test_a_process_of_windows_is_asked_to_end(windows):
    processes.begun(["a", "b"], stdin=3)
    assert windows == [(["a", "b"], {"creationflags": 0x200, "stdin": 3})]
    sent = []
    for number in (signal.SIGTERM, signal.SIGINT):
        processes.ask_to_end(SimpleNamespace(send_signal=sent.append), number)
    assert sent == [1, 1]


def test_a_process_of_windows_asks_itself_to_end(windows, monkeypatch):
    """Its `kill` would end it before it saves."""
    monkeypatch.delattr(os, "kill")
    came = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: came.append(number))
    try:
        processes.end_this()
        assert came == [signal.SIGTERM]
    finally:
        signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize("argument", ["plain", "two words", "it's", 'so "called"', "a&b", ""])
def test_quoted(argument):
    program = f"{processes.quoted(sys.executable)} -c 'import sys; print(ascii(sys.argv[1:]))' "
    ended = subprocess.run(program + processes.quoted(argument), shell=True, capture_output=True, text=True, check=True)
    assert ended.stdout == f"{[argument]!a}\n"


def test_quoted_for_windows(windows):
    assert processes.quoted(r"C:\runs\00000-a") == r"C:\runs\00000-a"
    assert processes.quoted(r"C:\my runs\00000-a") == r'"C:\my runs\00000-a"'


def test_the_break_key_of_windows_ends_a_run_as_sigterm_does():
    """In a process of its own, where another signal has its name from the start."""
    program = (
        "import signal, time; signal.SIGBREAK = signal.SIGUSR1\n"
        "from tfnss.running.stopping import Stopping\n"
        "with Stopping(lambda: False, lambda: 'Stopped.', alone=False):\n"
        "    signal.raise_signal(signal.SIGBREAK)\n"
        "    time.sleep(600)"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=300)
    assert (ended.returncode, ended.stdout) == (0, "Stopped.\n"), ended.stderr
