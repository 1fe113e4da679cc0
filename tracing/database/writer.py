"""Writes batches of events: all of a batch, or none of it.

In one transaction: which sessions are forgotten, what is decided about new ones, one upsert per
execution, then the events and what else they tell of, and at last what follows from it all: what is
over, how choices went.  The caller keeps the events until ``write`` has returned.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from tracing.assemble import Records, Session, assemble
from tracing.capture import NO_CONTENT, without_content
from tracing.capturerule import CaptureRule
from tracing.database.connection import Row
from tracing.database.descent import decide
from tracing.database.parameters import call_row, decision_row, execution_row, hook_row, recordset
from tracing.database.queries import query
from tracing.database.store import AnothersRow, SchemaLost, Store, lock_trees
from tracing.database.tombstones import bury, forgotten
from tracing.event import Event
from tracing.facts import fold
from tracing.identity import session_uuid
from tracing.item import Item
from tracing.lineage import claim
from tracing.outsidecall import program_call, tool_call
from tracing.routing import decision
from tracing.tombstone import Candidate

KNOWN_SESSIONS_LIMIT = 10_000
"""Decisions kept in memory; they never change, so forgetting them costs a query each."""

DESCRIBING = frozenset({"SessionStart", "UserPromptSubmit"})
"""Events after which a session's description may say more."""


class Writer:
    """Writes into one store; safe to use from several threads."""

    def __init__(self, store: Store, rule: CaptureRule) -> None:
        """Write into *store* what *rule* lets be kept of a session."""
        self._store = store
        self._rule = rule
        self._known: dict[str, Session] = {}
        self._noted: set[tuple[Any, ...]] = set()

    def forget(self) -> None:
        """Decide about every session as if it were new, or as the database says: its tables may be new ones."""
        self._known = {}  # not emptied: another thread may be amid a batch
        self._noted = set()

    def session(self, session_id: str) -> Session | None:
        """Return what is remembered of a session of which something was written."""
        return self._known.get(session_id)

    def kept(self, item: Item) -> Item:
        """Return *item* as far as it is kept, also where it cannot be stored."""
        session = self._known.get(item.event.session_id)
        omits = self._rule.omits(item.event, item.around.repository) or bool(session and session.omits_content)
        return replace(item, event=without_content(item.event)) if omits else item

    def knows(self, session_id: str) -> bool:
        """Tell whether it is decided to which tree the session belongs."""
        self.recall([session_id])
        return session_id in self._known

    def recall(self, session_ids: Iterable[str]) -> None:
        """Learn, by one query, which of these sessions are decided about: ``session`` then returns them.

        Raises:
            Unavailable: the database is away.
        """
        if unknown := set(session_ids) - self._known.keys():
            with self._store.transaction() as connection:
                self._recall(connection, unknown)

    def parts(self, items: Sequence[Item]) -> Iterator[Sequence[Item]]:
        """Cut *items* so that what a nested session's parent is found by is committed before it.

        Raises:
            Unavailable: the database is away.
        """
        self.recall(item.event.session_id for item in items)
        begin, seen, begun = 0, set(self._known), set[str | None]()
        for index, item in enumerate(items):
            session_id = item.event.session_id
            if session_id not in seen and index > begin and _asks_for_others(item.event, begun):
                yield items[begin:index]
                begin = index
                begun.clear()
            seen.add(session_id)
            if item.event.is_programs:
                begun.add(item.event.text("execution_id"))
        yield items[begin:]

    def write(self, items: Sequence[Item]) -> set[str]:
        """Write *items*, or nothing; return which of their sessions are forgotten: of these nothing is written.

        Raises:
            Unavailable: the database is away, full, read-only, or not set up.
            RowRefused: something in *items* cannot be stored.
        """
        if not items:  # of a batch, everything may have been set aside
            return set()
        try:
            return self._write(items)
        except AnothersRow as error:  # or everybody's: without a policy nobody may write
            if missing := [row["name"] for row in self._store.query("missing_policies")]:
                raise SchemaLost(f"row-level security without a policy: {', '.join(missing)}") from error
            raise

    def _write(self, items: Sequence[Item]) -> set[str]:
        decided: dict[str, Session] = {}
        noted: set[tuple[Any, ...]] = set()
        told = {item.event.session_id for item in items}
        with self._store.transaction() as connection:
            # Copied, for another thread may forget meanwhile; and not remembered again, for it may have learned more.
            known = {session_id: session for session_id in told if (session := self._known.get(session_id))}
            known |= self._recall(connection, told - known.keys())
            gone = self._forgotten(connection, items, known)
            if kept := [item for item in items if item.event.session_id not in gone]:
                decided = self._decide(connection, kept, known)
                decided |= self._restrict(connection, kept, known | decided)
                noted = self._note(connection, kept)
                _note_instructions(connection, kept)
                _write(connection, kept, known | decided)
        self._remember(decided.values())
        self._noted |= noted
        for session_id in gone:
            self._known.pop(session_id, None)
        return gone

    def _forgotten(self, connection: psycopg.Connection[Row], items: Sequence[Item], known: Container[str]) -> set[str]:
        """Return which sessions of *items* are forgotten; one that is so by its project is, from now on, by itself."""
        candidates: dict[str, Candidate] = {}
        for item in sorted(items, key=lambda item: item.entry):
            event, session_id = item.event, item.event.session_id
            if session_id in known:  # it was stored after its project was forgotten
                candidates[session_id] = Candidate(session_id, event.at)
            elif session_id not in candidates:
                candidates[session_id] = item.candidate
        gone = forgotten(connection, candidates.values())
        if gone:
            bury(connection, gone)
        return gone

    def _decide(
        self, connection: psycopg.Connection[Row], items: Sequence[Item], known: Container[str]
    ) -> dict[str, Session]:
        """Decide about the sessions of *items* that are not *known*."""
        decided: dict[str, Session] = {}
        for item in items:
            session_id = item.event.session_id
            if session_id not in known and session_id not in decided:
                decided[session_id] = decide(connection, _telling(item, items), item.around.workplace)
        return decided

    def _restrict(
        self, connection: psycopg.Connection[Row], items: Iterable[Item], known: Mapping[str, Session]
    ) -> dict[str, Session]:
        """Remember of which sessions no content is kept from now on; return those that this is new of."""
        told = (item.event.session_id for item in items if self._rule.omits(item.event, item.around.repository))
        new = [session_id for session_id in dict.fromkeys(told) if not known[session_id].omits_content]
        values = {"session_ids": new, "level": NO_CONTENT}
        rows = connection.execute(query("restrict_sessions"), values).fetchall() if new else []
        return {row["session_id"]: Session(**row) for row in rows}

    def _note(self, connection: psycopg.Connection[Row], items: Iterable[Item]) -> set[tuple[Any, ...]]:
        """Store by which process and transcript a session is followed; return what need not be stored again."""
        processes: dict[tuple[Any, ...], Row] = {}
        transcripts: dict[tuple[Any, ...], Row] = {}
        for item in items:
            session_id, process, path = item.event.session_id, item.around.process, item.around.transcript
            if process:
                row = {"session_id": session_id, **vars(process), "at": item.event.at}
                processes.setdefault((session_id, process), row)
            if path:
                transcripts.setdefault((session_id, path), {"session_id": session_id, "path": path})
        for name, rows in (("record_process", processes), ("follow_transcript", transcripts)):
            new = [rows[key] for key in rows.keys() - self._noted]
            if new:
                connection.cursor().executemany(query(name), new)
        return {*processes, *transcripts}

    def _recall(self, connection: psycopg.Connection[Row], unknown: set[str]) -> dict[str, Session]:
        """Remember, and return, which of these sessions the database has decided about."""
        values = {"session_ids": list(unknown)}
        rows = connection.execute(query("known_sessions"), values).fetchall() if unknown else []
        recalled = {row["session_id"]: Session(**row) for row in rows}
        self._remember(recalled.values())
        return recalled

    def _remember(self, sessions: Iterable[Session]) -> None:
        if len(self._known) > KNOWN_SESSIONS_LIMIT:
            self.forget()
        self._known.update({session.session_id: session for session in sessions})


def _asks_for_others(event: Event, begun: Container[str | None]) -> bool:
    """Tell whether where *event*'s session belongs hangs on what others have stored; *begun* tasks are not yet."""
    claimed = claim(event)
    return bool(claimed.outer_session) or (claimed.parent is not None and str(claimed.parent) in begun)


def _note_instructions(connection: psycopg.Connection[Row], items: Iterable[Item]) -> None:
    """Store which instructions sessions have loaded by now."""
    loaded = {item.event.session_id: item.around.instructions for item in items if item.around.instructions}
    for session_id, instructions in loaded.items():
        connection.execute(query("note_instructions"), {"session_id": session_id, "instructions": instructions})


def _kept(item: Item, session: Session) -> Item:
    """Return *item* as far as it is kept: the one place where content is left out of events."""
    return replace(item, event=without_content(item.event)) if session.omits_content else item


def _write(connection: psycopg.Connection[Row], items: Sequence[Item], known: Mapping[str, Session]) -> None:
    """Store what *items* tell, and what follows from it."""
    now = datetime.now(UTC)
    items = [_kept(item, known[item.event.session_id]) for item in items]
    records = [
        assemble(
            item.event,
            known[item.event.session_id],
            item.around.agent_call,
            _asked_call(connection, item, items) if _asks(item.event) else None,
        )
        for item in items
    ]
    sessions = [known[session_id] for session_id in dict.fromkeys(item.event.session_id for item in items)]
    described = {item.event.session_id for item in items if item.event.name in DESCRIBING}
    with connection.pipeline():  # nothing of it waits for an answer: one round trip
        lock_trees(connection, {each.hook.root_id for each in records})
        _store(connection, records, now)
        _conclude(connection, sessions, described, now)


def _telling(item: Item, items: Sequence[Item]) -> Event:
    """Return the event that tells most of where *item*'s session comes from: its SessionStart, else its own."""
    own = (other.event for other in items if other.event.session_id == item.event.session_id)
    return next((event for event in own if event.name == "SessionStart"), item.event)


def _asks(event: Event) -> bool:
    return event.name == "PermissionRequest" and bool(event.text("tool_name"))


def _asked_call(connection: psycopg.Connection[Row], item: Item, items: Sequence[Item]) -> str | None:
    """Return the id of the call for which *item*'s event asks permission: it names none itself."""
    event = item.event
    about = ("session_id", "agent_id", "tool_name", "tool_input")
    wanted = [event.payload.get(key) for key in about]
    for other in sorted(items, key=lambda other: other.entry, reverse=True):
        same = other.event.name == "PreToolUse" and other.entry <= item.entry
        if same and [other.event.payload.get(key) for key in about] == wanted:
            return other.event.text("tool_use_id")
    values: Mapping[str, Any] = {
        "session_id": event.session_id,
        "tool_name": event.text("tool_name"),
        "agent_id": event.text("agent_id"),
        "input_data": Jsonb(event.payload.get("tool_input")),
        "at": event.at,
    }
    row = connection.execute(query("asked_call"), values).fetchone()
    return row["tool_use_id"] if row else None


def _store(connection: psycopg.Connection[Row], records: Sequence[Records], now: datetime) -> None:
    """Store what events tell; executions first, since everything else hangs on them."""
    executions = fold(facts for each in records for facts in each.executions)
    decisions = [made for each in records if (made := decision(each))]
    calls = [call for each in records if (call := tool_call(each) or program_call(each))]
    with connection.cursor() as cursor:
        told = recordset(map(execution_row, executions))
        cursor.execute(query("record_executions"), {"told": told, "now": now})
        told = recordset(hook_row(each.hook) for each in records)
        cursor.execute(query("record_hooks"), {"told": told, "now": now})
        if decisions:
            cursor.executemany(query("record_decision"), [decision_row(made) for made in decisions])
        if calls:
            cursor.executemany(query("record_call"), [call_row(call) for call in calls])


def _conclude(
    connection: psycopg.Connection[Row], sessions: Sequence[Session], described: set[str], now: datetime
) -> None:
    """Store what follows from what is stored: it would, in whatever order the events had come."""
    keys = {session.session_id: (session.root_id, session_uuid(session.session_id)) for session in sessions}
    roots, correlations = zip(*keys.values(), strict=True)
    about = {"root_ids": list(roots), "correlation_ids": list(correlations), "session_ids": list(keys), "now": now}
    with connection.cursor() as cursor:
        cursor.execute(query("settle_sessions"), about)
        cursor.execute(query("judge_decisions"), about)
        for session_id in described:
            root, correlation = keys[session_id]
            cursor.execute(
                query("describe_session"),
                {"root_id": root, "correlation_id": correlation, "session_id": session_id, "now": now},
            )
