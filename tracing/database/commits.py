"""What is behind a commit: the prompts that edited its files or made it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from tracing.checkout import Checkout, Commit
from tracing.database.connection import Row
from tracing.database.edits import Prompt, Total, edits_of, once, prompts_of, recorded_paths
from tracing.database.reader import Reader

LONGEST_CALL = timedelta(hours=1)
"""How long after its commit a call may go on: what it printed is told at its end."""

SECOND = timedelta(seconds=1)
"""What the times of commits are exact to."""

FOUND = {
    "output": "exact: the output of a call shows that it made the commit",
    "files": "by files and time: nothing recorded shows who made the commit",
}
"""The two ways in which the prompts behind a commit are found."""


@dataclass(frozen=True)
class Behind:
    """The prompts behind one commit."""

    found_by: str
    """How they were found, one of FOUND; it says nothing where there are none."""
    prompts: Sequence[Prompt]
    """Each once, in the order in which they began."""
    edited: Mapping[UUID, Sequence[str]]
    """By the prompt's id, which of the commit's files it edited."""

    @property
    def total(self) -> Total:
        """What they took together."""
        return Total.of(self.prompts)


def behind(reader: Reader, checkout: Checkout, commit: Commit) -> Behind:
    """Return the prompts behind *commit*: those that edited its files since the commit before.

    Of the session that made it where the output of a call shows which one that was, else of all sessions
    in the repository.
    """
    period = {"since": commit.committed_at - SECOND, "until": commit.committed_at + LONGEST_CALL}
    committing = reader.rows("calls_that_committed", commit=commit.sha, **period)
    paths = recorded_paths(reader, checkout, commit.files)
    begin = commit.since or datetime.min.replace(tzinfo=UTC)
    end = commit.committed_at if committing else commit.at
    edits = edits_of(reader, paths, period=(begin, end + SECOND))
    if committing:
        sessions = {call["session_id"] for call in committing}
        edits = [edit for edit in edits if edit["session_id"] in sessions]
    prompts = prompts_of(reader, [*committing, *edits])
    return Behind("output" if committing else "files", once(prompts.values()), _edited(edits, prompts, paths))


def _edited(edits: Collection[Row], prompts: Mapping[UUID, Prompt], paths: Mapping[str, str]) -> dict[UUID, list[str]]:
    """Return by prompts which files were edited, whether or not that went well."""
    edited: dict[UUID, list[str]] = {}
    for edit in edits:
        if prompt := prompts.get(edit["call_id"]):
            files = edited.setdefault(prompt.prompt_id, [])
            files += [] if paths[edit["path"]] in files else [paths[edit["path"]]]
    return edited
