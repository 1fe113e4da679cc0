"""A working tree of git, and the commits in it, as far as they can be laid beside what was recorded."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tracing.git import git
from tracing.workplace import look_up

ANCESTORS = "100"
"""So many of them are looked at for one that was written before the commit: a rebase puts old work upon new."""


class CheckoutError(Exception):
    """There is no such commit or repository; the message is for the user."""


@dataclass(frozen=True)
class Commit:
    """One commit."""

    sha: str
    author: str
    subject: str
    at: datetime
    """When its author wrote it, to the second: an amendment or a rebase does not change that."""
    committed_at: datetime
    since: datetime | None
    """When what it stands upon was written; None: it is the first one."""
    files: tuple[str, ...]
    """The files that it changed, from the top of the working tree; of a merge, those new to its first parent."""


@dataclass(frozen=True)
class Entry:
    """One commit as a list tells it."""

    sha: str
    author: str
    subject: str
    at: datetime
    """When its author wrote it."""


@dataclass(frozen=True)
class Checkout:
    """A working tree."""

    top: Path
    repository: str
    """The directory of the main working tree, by which sessions know the repository."""

    @classmethod
    def around(cls, directory: Path) -> Checkout | None:
        """Return the working tree that *directory* is in, if it is in one."""
        top = git(directory, "rev-parse", "--show-toplevel")
        repository = look_up(str(directory), now=False).get("repository")
        return cls(Path(top.rstrip("\n")), repository) if top and top.strip() and repository else None

    def known(self, commits: Collection[str]) -> set[str]:
        """Return which of these *commits*, full names, the repository has."""
        whole = sorted(one for one in commits if re.fullmatch(r"[0-9a-f]{40,64}", one))
        found = git(self.top, "rev-list", "--no-walk", "--ignore-missing", *whole) if whole else None
        return set((found or "").split())

    def commit(self, name: str) -> Commit:
        """Return the commit that *name* names.

        Raises:
            CheckoutError: none has that name, or the one before it is not there.
        """
        named = (
            None if name.startswith("-") else git(self.top, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
        )
        if not named:
            raise CheckoutError(
                f"{self.top} has no commit {name!r}\nhint: `git log` lists them; `git fetch` may bring it"
            )
        sha = named.strip()
        told = self._log(sha, "1", "%P%x00%at%x00%ct%x00%an%x00%s")
        parents, at, committed_at, author, subject = told.rstrip("\n").split("\0", 4)
        if not parents and (git(self.top, "rev-parse", "--is-shallow-repository") or "").strip() == "true":
            raise CheckoutError(
                f"what {sha[:10]} changed is not known: this clone is shallow, and ends there\n"
                "hint: `git fetch --deepen=1`, then ask again"
            )
        parent = parents.partition(" ")[0]
        return Commit(
            sha,
            author,
            subject,
            at=_time(at),
            committed_at=_time(committed_at),
            since=self._written_before(parent, int(at)) if parent else None,
            files=self._changed(sha, parent),
        )

    def latest(self, count: int) -> list[Entry]:
        """Return the newest commits of all branches, at most *count* of them; none where git does not answer."""
        told = git(
            self.top,
            "log",
            "--branches",
            "--no-show-signature",
            f"--max-count={count}",
            "-z",
            "--format=%H%n%at%n%an%n%s",
        )
        lines = (one.split("\n", 3) for one in filter(None, (told or "").split("\0")))
        return [Entry(sha, author, subject, at=_time(at)) for sha, at, author, subject in lines]

    def _written_before(self, parent: str, at: int) -> datetime | None:
        """Return when the nearest ancestor was written that is no younger than *at*, in seconds."""
        times = [int(line) for line in self._log(parent, ANCESTORS, "%at").split()]
        return next((_time(str(time)) for time in times if time <= at), None)

    def _changed(self, sha: str, parent: str) -> tuple[str, ...]:
        trees = (parent, sha) if parent else ("--root", sha)
        names = git(self.top, "diff-tree", "-r", "-z", "--name-only", "--no-commit-id", *trees)
        return tuple(filter(None, (names or "").split("\0")))

    def _log(self, sha: str, count: str, form: str) -> str:
        told = git(
            self.top, "log", "--first-parent", "--no-show-signature", f"--max-count={count}", f"--format={form}", sha
        )
        if told is None:
            raise CheckoutError(f"git does not tell of {sha[:10]} in {self.top}\nhint: try `git log -1 {sha[:10]}`")
        return told


def _time(seconds: str) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)
