"""Asks git, by commands that run nothing of what a repository's own configuration names."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

TIMEOUT_S = 3.0
"""A repository on a network that is away must not hold up events."""


def git(directory: str | Path, *arguments: str) -> str | None:
    """Return what git prints in *directory*; None if there is no git, no repository, no answer in time, or an error."""
    if not Path(directory).is_dir():  # a process would cost milliseconds to say so
        return None
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment |= {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    try:
        done = subprocess.run(
            ["git", "-C", str(directory), "-c", "core.fsmonitor=false", *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=TIMEOUT_S,
            env=environment,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
