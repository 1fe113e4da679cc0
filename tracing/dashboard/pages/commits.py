"""Commits on the cost page: the latest ones, and what is behind one, in the repositories that sessions worked in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from tracing.checkout import Checkout, CheckoutError, Commit, Entry
from tracing.dashboard.asked import Asked, NotUnderstood
from tracing.dashboard.page import NotThere, Sources
from tracing.dashboard.period import narrowed
from tracing.database.commits import FOUND, behind

REPOSITORIES = 5
"""That are asked for their latest commits; each is a process of git."""

SEARCHED = 50
"""Repositories in which a commit is looked for, those worked in last."""

COMMITS = 20
AGE_S = 30.0
"""A commit appears in the list after so long."""

SHA = re.compile(r"[0-9a-f]{4,64}")
EVER = {"since": "-infinity", "until": "infinity", "project": None, "user": None}


def latest_commits(sources: Sources, asked: Asked) -> Sequence[Mapping[str, Any]]:
    """Return the newest commits of a period, of the repositories that its sessions worked in."""
    since, until = asked.since("7d"), asked.until()
    found = {
        commit.sha: {"repository": repository, **vars(commit)}  # once, though several clones have it
        for repository in _repositories(sources, narrowed(asked), REPOSITORIES)
        for commit in _latest(sources, repository)
        if _is_within(commit.at, since, until)
    }
    return sorted(found.values(), key=lambda commit: commit["at"], reverse=True)[:COMMITS]


def behind_commit(sources: Sources, sha: str) -> Mapping[str, Any]:
    """Return a commit and the prompts behind it, as `hooktrace commit` tells them.

    Raises:
        NotUnderstood: *sha* cannot name a commit.
        NotThere: no repository that sessions worked in has it.
    """
    if not SHA.fullmatch(sha):
        raise NotUnderstood("commit takes the name of a commit, or 4 of its hexadecimal digits at least")
    for checkout, commit in _named(sources, sha):
        found = behind(sources.reader, checkout, commit)
        return {
            "commit": {**vars(commit), "repository": checkout.repository},
            "found_by": found.found_by if found.prompts else None,
            "found": FOUND[found.found_by] if found.prompts else None,
            "prompts": [
                {**vars(prompt), "files": list(found.edited.get(prompt.prompt_id, []))} for prompt in found.prompts
            ],
            "total": vars(found.total),
        }
    raise NotThere(
        f"no commit {sha!r} in the repositories that sessions worked in on this machine\n"
        "hint: `hooktrace commit` asks the repository that it is run in"
    )


def _named(sources: Sources, sha: str) -> Iterator[tuple[Checkout, Commit]]:
    for repository in _repositories(sources, EVER, SEARCHED):
        checkout = Checkout.around(Path(repository))
        try:
            if checkout:
                yield checkout, checkout.commit(sha)
        except CheckoutError:
            continue  # it is another one's


def _latest(sources: Sources, repository: str) -> list[Entry]:
    def read() -> list[Entry]:
        checkout = Checkout.around(Path(repository))
        return checkout.latest(COMMITS) if checkout else []

    return sources.memory.remembered(f"commits of {repository}", AGE_S, read)


def _repositories(sources: Sources, asked_for: Mapping[str, Any], limit: int) -> list[str]:
    found = sources.reader.page("repositories", **asked_for, limit=limit)
    sources.give_back()  # git is asked next, which may take its time
    return [row["repository"] for row in found if Path(row["repository"]).is_dir()]


def _is_within(at: datetime, since: datetime | None, until: datetime | None) -> bool:
    return (since is None or at >= since) and (until is None or at < until)
