"""`tfnss show`: a page to look at a model with, in a browser on this machine.

    tfnss show runs/00000-stylegan2_photos64-plain-diffaugment-plain
    tfnss show saved_models/faces --truncation 0.7 --port 8000 --no-browser
    tfnss show runs/00000-stylegan2_photos64-plain-diffaugment-plain --styles projected/styles.npz --directions sefa

The page draws what `tfnss generate` draws, while one looks: seeds, the way from one to another, classes, directions of the
styles, projected pictures, and a run's samples over its training. Ctrl-C ends it.
"""

import ipaddress
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tfnss.console import Parser, check_range, parser_of, reporting, start_tensorflow
from tfnss.running import drawn

PROGRAM = "tfnss show"
SUMMARY = "Open a page to look at a model with (the extra show)."
_DEFAULTS: dict[str, Any] = drawn.DEFAULTS | {"direction": 0, "host": "127.0.0.1", "port": 7860, "no_browser": False}
_MOST_PORTS = 65536


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line; ends with status 2 and one line on bad input."""
    flags = vars(parser_of(PROGRAM, SUMMARY, add_flags).parse_args(arguments))
    given = _DEFAULTS | flags
    with reporting(PROGRAM, ValueError, OSError):
        check_range(given, "port", 0, below=_MOST_PORTS)
        drawn.check(given)
        start_tensorflow()
        import tensorflow as tf

        with reporting(PROGRAM, tf.errors.OpError):
            _show(given, flags)


def add_flags(parser: Parser) -> None:
    """Adds the flags of this command."""
    flag = parser.add_argument
    flag("target", metavar="RUN_OR_MODEL", help=drawn.TARGET)
    drawn.add_flags(flag)
    drawn.add_direction_flags(flag)
    flag("--host", metavar="ADDRESS", help="address to listen at; 0.0.0.0 lets others look (default: 127.0.0.1)")
    flag("--port", type=int, metavar="N", help="port to listen at, 0 for a free one (default: 7860)")
    flag("--no-browser", action="store_true", help="open no browser")


def _show(given: dict[str, Any], flags: dict[str, Any]) -> None:
    from tfnss.showing import page, server, tabs

    page.check_installed()
    with server.listening(given["host"], given["port"]) as listener, server.own_folder():
        styled = any(name in flags for name in ("direction", "directions", "noise_seed"))
        model = drawn.opened(given, "--direction, --directions, --styles, --noise-seed and --truncation", styled)
        found = tabs.tabs_of(model, given, "noise_seed" in flags)
        blocks = page.page(Path(given["target"]).name or given["target"], found)
        print(f"{given['target']} is at {server.address(listener)} (Ctrl-C ends it)", flush=True)
        if not ipaddress.ip_address(listener.getsockname()[0]).is_loopback:
            print("Whoever reaches this machine can look at it, too.", flush=True)
        server.serve(blocks, page.STYLE, listener, browser=not given["no_browser"])
