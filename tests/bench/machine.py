"""The parts of the machine that a figure depends on, with their versions."""

from __future__ import annotations

import datetime
import os
import platform
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.bench.peers import PEERS
from tests.conftest import CHECKOUT, Installation

CLIENT = CHECKOUT / ".node" / "node_modules" / ".bin" / "claude"


def parts(home: Installation | None, argv: list[str]) -> dict[str, Any]:
    """Return what is to be known beside the figures."""
    return {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "command": " ".join(["python -m tests.bench", *argv]),
        "cpu": _cpu(),
        "cpus": os.cpu_count(),
        "kernel": f"{platform.system()} {platform.release()} {platform.machine()}",
        "filesystem": _filesystem(home.spool if home else CHECKOUT),
        "sh": os.path.realpath("/bin/sh"),
        "python": platform.python_version(),
        "psycopg": version("psycopg"),
        "postgresql": str(home.query("SHOW server_version")[0][0]) if home else None,
        "client": client_version(),
        "peers": peers(),
        "commit": _said(["git", "-C", str(CHECKOUT), "describe", "--always", "--dirty"]),
    }


def client() -> str:
    """Return the command of the real client."""
    return os.environ.get("CLAUDE_BIN") or str(CLIENT)


def peers() -> dict[str, str | None]:
    """Return the versions of what the hook is compared with, as far as it is installed by now."""
    return {f"{peer.name} ({peer.requirement})": peer.version() for peer in PEERS}


def client_version() -> str | None:
    """Return what the real client calls itself; None if there is none."""
    return _said([client(), "--version"])


def _cpu() -> str:
    if sys.platform == "linux":
        found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
        if found:
            return found[1]
    return platform.processor() or platform.machine()


def _filesystem(path: Path) -> str:
    if sys.platform != "linux":
        return "unknown"
    mounts = (line.split() for line in Path("/proc/self/mounts").read_text().splitlines())
    below = {mount[1]: mount[2] for mount in mounts if path.resolve().is_relative_to(mount[1])}
    return below[max(below, key=len)]


def _said(argv: list[str]) -> str | None:
    try:
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    except OSError:
        return None
    return done.stdout.strip() or None
