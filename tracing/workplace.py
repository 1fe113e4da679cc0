"""Where a session works, and who runs it: user, machine, repository, branch, commit.

Asked of git when a session begins, by the collector, and only then: of an event that was read late
git would tell what is checked out now, not what was.
"""

from __future__ import annotations

import getpass
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tracing.process import host

GIT_TIMEOUT_S = 3.0
"""A repository on a network that is away must not hold up events."""


def look_up(directory: str | None, now: bool = True) -> Mapping[str, str]:
    """Return what is known, under the names user, host, repository, branch and commit.

    *repository* is the main working tree's directory, also of a linked worktree.  Without *now* branch
    and commit are left out.
    """
    known = {"user": _user(), "host": host()}
    if directory and directory.startswith("/"):
        known |= _repository(directory, now)
    return {name: value for name, value in known.items() if value}


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def _repository(directory: str, now: bool) -> dict[str, str]:
    common = _git(directory, "rev-parse", "--path-format=absolute", "--git-common-dir", "--show-toplevel")
    if len(common) != 2:
        return {}
    shared, top = (Path(line) for line in common)
    found = {"repository": str(shared.parent if shared.name == ".git" else top)}
    if now:
        found["branch"] = "".join(_git(directory, "symbolic-ref", "--quiet", "--short", "HEAD"))
        found["commit"] = "".join(_git(directory, "rev-parse", "--verify", "--quiet", "HEAD"))
    return found


def _git(directory: str, *arguments: str) -> list[str]:
    """Return the lines that git prints; none if there is no git, no repository, or no answer in time.

    None of these commands runs anything that the repository's own configuration names.
    """
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment |= {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    try:
        done = subprocess.run(
            ["git", "-C", directory, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=GIT_TIMEOUT_S,
            env=environment,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return []
    return done.stdout.splitlines() if done.returncode == 0 else []
