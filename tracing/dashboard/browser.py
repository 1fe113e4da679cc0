"""Opens the user's browser at an address that holds a token, and tells nobody else.

Every user of a machine can read the arguments of every program.  So the browser is not given the address
but a file that leads there, which the user alone can read.
"""

from __future__ import annotations

import os
import sys
import tempfile
import webbrowser
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from html import escape
from pathlib import Path
from threading import Thread

LEADING = """\
<!doctype html>
<meta charset="utf-8">
<title>hooktrace</title>
<link rel="icon" href="data:,">
<meta http-equiv="refresh" content="0; url={0}">
<a href="{0}">hooktrace</a>
"""
"""Leads to the address that it is filled with, escaped."""


def is_there(environment: Mapping[str, str] = os.environ) -> bool:
    """Tell whether there is somebody to open a browser for; without a screen it would be one in this terminal."""
    screen = sys.platform == "darwin" or any(environment.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
    return sys.stdout.isatty() and (screen or bool(environment.get("BROWSER")))


@contextmanager
def opened(url: str) -> Iterator[None]:
    """Open *url*, if there is a browser; what leads there is there until the block ends."""
    with tempfile.TemporaryDirectory(prefix="hooktrace-") as directory:  # 0700
        file = Path(directory) / "dashboard.html"
        file.write_text(LEADING.format(escape(url)), encoding="utf-8")
        # Some browsers return only when the user closes them, and the one to come asks the server that waits here.
        Thread(target=webbrowser.open, args=(file.as_uri(),), name="browser", daemon=True).start()
        yield
