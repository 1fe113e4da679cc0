"""Brings in sessions that ran before there were hooks, or without them, from their transcripts.

It writes executions and requests to the model; events there are none.  What is recorded already it
leaves as it is, and what was read once it does not read again, so an import that was broken off goes on
where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import zip_longest
from pathlib import Path
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from tracing.assemble import Session
from tracing.capture import NO_CONTENT
from tracing.database.connection import Row
from tracing.database.queries import query
from tracing.database.store import AnothersRow, Store, lock_trees
from tracing.database.tombstones import refuse_forgotten
from tracing.database.transcriber import Transcriber
from tracing.history import Course
from tracing.identity import session_uuid
from tracing.period import NEVER, Period
from tracing.readahead import ReadAhead
from tracing.refusals import Refusals
from tracing.tally import marks_copies
from tracing.tombstone import Candidate
from tracing.transcriptfile import START, Position, Reading, transcripts
from tracing.workplace import look_up

STILL_WRITTEN = timedelta(minutes=10)
"""A session whose transcript was written so lately may go on: its end is not concluded."""

SOURCE = "claude-code"
"""Whose transcripts they are."""


@dataclass
class _Begun:
    """A session whose transcripts are being read."""

    files: Sequence[Path]
    positions: Mapping[Path, Position]
    since: datetime | None
    refused: Sequence[Period]
    recorded: bool
    followed: bool
    """Whether a collector follows it: what is missing of it may be on its way."""
    first: Future[Reading] | None = None


class Historian:
    """Writes what transcripts tell into one store."""

    def __init__(
        self, store: Store, refusals: Refusals, omits: Callable[[Iterable[str]], bool], ahead: ReadAhead
    ) -> None:
        """Begin; *omits* tells whether no content is kept of a session that works in some directories."""
        self._store = store
        self._omits = omits
        self._refusals = refusals
        self._ahead = ahead
        self._transcriber = Transcriber(store)
        self._begun: dict[str, _Begun] = {}

    def bring(self, course: Course, following: Course | None, told: Callable[[int], None]) -> bool:
        """Store what *course* tells that is not stored; meanwhile *following*, which is the next one, is read.

        *told* is given the bytes that were read, piece by piece.  Returns whether it was new: not recorded,
        and not read before.  A session that is recorded just now is left to the collector.

        Raises:
            Forgotten: see the class; nothing is stored.
            Unavailable: the database is away; what was stored stays, and is not read again.
            RowRefused: something that was read cannot be stored.
            OSError: a transcript cannot be read.
        """
        begun = self._begun.pop(course.session_id, None) or self._begin(course)
        if following:
            self._begun[following.session_id] = self._begin(following)
        if begun.followed:
            return False
        with self._store.transaction() as connection:
            session = self._decide(connection, course)
            lock_trees(connection, [session.root_id])
            connection.execute(query("import_session"), _entry(session, course))
        brought = False
        for file, position, reading in self._pieces(course, begun):
            if reading.position != position or reading.anew or reading.ahead:
                brought = True
                now = datetime.now(UTC)
                span = {"since": NEVER, "told_until": now}
                self._transcriber.store(session, [(file, reading)], **span, whole=False)  # a piece of it
            told(max(0, reading.position.offset - position.offset))
        return brought and not begun.recorded

    def _begin(self, course: Course) -> _Begun:
        """Let the first piece of *course* be read."""
        about = {"session_id": course.session_id}
        known = next(iter(self._store.query("imported_session", **about)), {})
        recorded = [row["started_at"] for row in self._store.query("event_times", **about)]
        marked = marks_copies(course.version)
        begun = _Begun(
            transcripts(course.transcript),
            self._transcriber.positions([course.session_id])[course.session_id],
            since=course.copied_before if marked else known.get("forked_at") or course.copied_before,
            refused=self._refusals.of(course.session_id, recorded),
            recorded=bool(known.get("recorded")),
            followed=bool(known.get("followed")),
        )
        begun.first = self._read(course, begun, begun.files[0]) if begun.files else None
        return begun

    def _read(self, course: Course, begun: _Begun, file: Path, position: Position | None = None) -> Future[Reading]:
        position = position or begun.positions.get(file, START)
        return self._ahead.read(file, course.session_id, position, begun.since, begun.refused)

    def _pieces(self, course: Course, begun: _Begun) -> Iterator[tuple[Path, Position, Reading]]:
        """Yield what the files tell, each piece with where it begins; by then the one after it is being read."""
        pending = begun.first
        for file, next_file in zip_longest(begun.files, begun.files[1:]):
            position, more = begun.positions.get(file, START), True
            while more and pending:
                reading = pending.result()
                more = reading.more
                if more:
                    pending = self._read(course, begun, file, reading.position)
                else:
                    pending = self._read(course, begun, next_file) if next_file else None
                yield file, position, reading
                position = reading.position

    def _decide(self, connection: psycopg.Connection[Row], course: Course) -> Session:
        """Return to which tree the session belongs: as it was decided, else by the call that it ran beneath.

        Raises:
            Forgotten: to none, any more.
        """
        about = {"session_ids": [course.session_id]}
        if row := connection.execute(query("known_sessions"), about).fetchone():
            refuse_forgotten(connection, Candidate(course.session_id, course.began_at))
            return Session(**row)
        workplace = look_up(course.cwd, now=False)
        places = (workplace.get("repository"), course.cwd)
        refuse_forgotten(connection, Candidate.working_in(course.session_id, course.began_at, *places))
        values = {**vars(self._guess(connection, course, workplace)), "session_id": course.session_id}
        connection.execute(query("decide_session"), {**values, "context": Jsonb(values["context"])})
        row = connection.execute(query("known_sessions"), about).fetchone()
        if row is None:
            raise AnothersRow("its session was stored by another database login")
        return Session(**row)

    def _guess(self, connection: psycopg.Connection[Row], course: Course, workplace: Mapping[str, str]) -> Session:
        """No transcript tells which shell an agent was started from; the only call there that can have counts as it."""
        context: dict[str, Any] = dict(workplace)
        if self._omits(filter(None, (course.cwd, context.get("repository")))):
            context["capture"] = NO_CONTENT
        elif course.branch:
            context["branch"] = course.branch
        about = {"session_id": course.session_id, "at": course.began_at}
        about |= {"repository": workplace.get("repository"), "cwd": course.cwd}
        calls = connection.execute(query("calls_around"), about).fetchall()
        own = session_uuid(course.session_id)
        if len(calls) != 1:
            return Session(course.session_id, own, context=context)
        [call] = calls
        context |= {"outer_session_id": call["session_id"], "parent_found_by": "time"}
        return Session(course.session_id, call["root_id"], call["correlation_id"], False, context)


def _entry(session: Session, course: Course) -> Row:
    """Return the session's execution, as far as its transcript tells it."""
    told = {"cwd": course.cwd, "version": course.version, "entrypoint": course.entrypoint, "told_by": "transcript"}
    over = datetime.now(UTC) - course.last_at > STILL_WRITTEN
    context = {**(session.context or {}), **{name: value for name, value in told.items() if value}}
    project = session.repository or course.cwd
    return {
        "root_id": session.root_id,
        "correlation_id": session_uuid(session.session_id),
        "session_id": session.session_id,
        "source": SOURCE,
        "parent_id": session.parent_id,
        "parent_certain": session.parent_certain,
        "started_at": course.began_at,
        "ended_at": course.last_at if over else None,
        "project": (Path(project).name or project) if project else None,
        "context": Jsonb(context),
        "now": datetime.now(UTC),
    }
