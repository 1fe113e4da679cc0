"""All that a report tells of a session, read from the database and cleaned for others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from typing import Any
from uuid import UUID

from tracing.database.edits import EDITING
from tracing.database.ledger import read_ledger
from tracing.database.reader import Reader, Row
from tracing.database.stories import Prompt
from tracing.installation.trust import trust_of_sessions
from tracing.learning.resolution import occurrences
from tracing.outline import told_failure
from tracing.report.withheld import clean_text, for_others, silent_sessions
from tracing.timesplit import TimeSplit, split_time
from tracing.tree import Node, find, trees

PLACE = ("branch", "commit")
"""What is told of where a session worked, besides its project."""


@dataclass(frozen=True)
class Failure:
    """What did not end well."""

    node: Node
    message: str
    cure: str
    """What was done before the same thing succeeded; empty where it never did, or nobody knows."""


@dataclass(frozen=True)
class Touched:
    """A file that was edited."""

    path: str
    """Relative to where the session works, if it is below."""
    edits: int
    failed: int
    """Attempts that changed nothing."""


@dataclass(frozen=True)
class SessionReport:
    """A session, with the sessions started from its shell."""

    session: Node
    place: Mapping[str, str]
    trust: str
    time: TimeSplit
    """Of the session alone; to it, the sessions that were started from its shell are tools."""
    api_ms: float | None
    """What the agent said that its requests to the model took; None where it did not."""
    models: Sequence[Row]
    """What the requests to each model have used."""
    failures: Sequence[Failure]
    files: Sequence[Touched]
    made_at: datetime

    @property
    def nodes(self) -> Iterator[Node]:
        """The session and all beneath it."""
        return self.session.walk()

    def count(self, kind: str) -> int:
        """Return how many executions of a *kind* there are."""
        return sum(node.row["kind"] == kind for node in self.nodes)


def read_session(reader: Reader, session_id: str, hook_ms: float | None, now: datetime) -> SessionReport:
    """Return what a report tells of a stored session; *hook_ms* is what one hook costs here.

    Raises:
        IndexError: no session has this id.
    """
    known = reader.row("session_by_id", session_id=session_id)
    rows = for_others(reader.rows("tree", root_id=known["root_id"]))
    session = find(trees(rows), known["correlation_id"])
    assert session, session_id  # noqa: S101  # its row is in the tree of its root
    sessions = sorted({node.row["session_id"] for node in session.walk()})
    ledger = read_ledger(reader, session_ids=sessions)
    place = known["place"] or {}
    return SessionReport(
        session=session,
        place={name: clean_text(place[name]) or "" for name in PLACE if isinstance(place.get(name), str)},
        trust=trust_of_sessions(ledger, hook_ms=hook_ms),
        time=_time(session, now),
        api_ms=known["api_ms"],
        models=reader.rows("cost_of_sessions", root_id=known["root_id"], session_ids=sessions),
        failures=_failures(session, _cures(reader, session)),
        files=_files(session),
        made_at=now,
    )


def _time(session: Node, now: datetime) -> TimeSplit:
    rows = (node.row for node in session.walk() if node.row["session_id"] == session.row["session_id"])
    return split_time([_timed(row) for row in rows], (), now.timestamp())


def _timed(row: Mapping[str, Any]) -> Mapping[str, Any]:
    apart = row["time"] or {}
    return {
        **{name: row[name] for name in ("correlation_id", "parent_id", "kind")},
        **{name: apart.get(name) for name in ("permission_ms", "execution_ms")},
        "began": row["started_at"].timestamp(),
        "ended": row["completed_at"].timestamp() if row["completed_at"] else None,
    }


def _cures(reader: Reader, session: Node) -> dict[UUID, str]:
    """Return what cured the failures beneath *session*, by the failed call; a cure tells commands and files."""
    silent = silent_sessions(node.row for node in session.walk())
    asked = [
        Prompt(node.row["root_id"], node.row["correlation_id"])
        for node in session.walk()
        if node.row["kind"] == "prompt" and node.row["status"] != "in_progress"
        if node.row["session_id"] not in silent
    ]
    cures = {}
    for told in reader.stories(asked) if asked else ():
        for one in occurrences(told.story):
            if one.resolved:
                cures[one.call.correlation_id] = clean_text(", ".join(one.steps)) or "the same again"
    return cures


def _failures(session: Node, cures: Mapping[UUID, str]) -> list[Failure]:
    return [
        Failure(node, told_failure(node.row), cures.get(node.row["correlation_id"], ""))
        for node in session.walk()
        if node.row["status"] not in ("completed", "in_progress") and node.row["kind"] != "session"
    ]


def _files(session: Node) -> list[Touched]:
    made: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    for node in session.walk():
        path = node.row["subject"] or node.row["context"].get("file_path")
        if node.row["kind"] == "tool" and node.row["name"] in EDITING and path:
            (made if node.row["status"] == "completed" else failed)[path] += 1
    base = session.row["context"].get("cwd")
    return [Touched(_below(path, base), made[path], failed[path]) for path in sorted({*made, *failed})]


def _below(path: str, base: Any) -> str:
    here = PurePath(base) if base else None
    return str(PurePath(path).relative_to(here)) if here and PurePath(path).is_relative_to(here) else path
