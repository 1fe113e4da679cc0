"""Where a session works, and who runs it: user, machine, repository, branch, commit.

Asked of git when a session begins, by the collector, and only then: of an event that was read late
git would tell what is checked out now, not what was.
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Mapping
from pathlib import Path

from tracing.git import git
from tracing.process import host


def look_up(directory: str | None, now: bool = True) -> Mapping[str, str]:
    """Return what is known, under the names user, host, repository, worktree, branch and commit.

    *repository* is the main working tree's directory, *worktree* that of a linked one.  Without *now* branch
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
    common = (git(directory, *_WHERE) or "").splitlines()
    if len(common) != 2:
        return {}
    shared, top = (Path(line) for line in common)
    repository = shared.parent if shared.name == ".git" else top
    found = {"repository": str(repository), "worktree": str(top) if top != repository else ""}
    if now:
        found["branch"] = (git(directory, "symbolic-ref", "--quiet", "--short", "HEAD") or "").strip()
        found["commit"] = (git(directory, "rev-parse", "--verify", "--quiet", "HEAD") or "").strip()
    return found


_WHERE = ("rev-parse", "--path-format=absolute", "--git-common-dir", "--show-toplevel")
