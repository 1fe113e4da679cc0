"""Writes batches of events through a connection pool: all of a batch, or none of it.

In one transaction: what is decided about new sessions, one upsert per execution, then the
events.  The caller keeps the events until ``write`` has returned.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from tracing.assemble import HookExecution, Session, assemble
from tracing.database.connection import CONNECT_TIMEOUT_S, Row, new_pool, reason, transaction
from tracing.database.queries import query
from tracing.event import Event
from tracing.execution import Ending, Execution, fold
from tracing.identity import session_uuid
from tracing.lineage import CERTAIN, ShellCall, claim, find_call
from tracing.spool import Entry

POOL_SIZE = 2
"""Connections at most: a lane for live events, one for a backlog."""

KNOWN_SESSIONS_LIMIT = 10_000
"""Decisions kept in memory; they never change, so forgetting them costs a query each."""

_ROW_REFUSED = (
    psycopg.DataError,
    psycopg.IntegrityError,
    psycopg.errors.ProgramLimitExceeded,
    psycopg.errors.DatatypeMismatch,
)
"""Errors that speak of a row, not of the server."""

POLICY_CHECK = "ExecWithCheckOptions"
"""Where in the server a row that breaks a policy is refused; a missing GRANT has the same SQLSTATE."""

_SCHEMA_LOST = (
    psycopg.errors.UndefinedTable,
    psycopg.errors.InvalidSchemaName,
    psycopg.errors.UndefinedFunction,
    psycopg.errors.UndefinedObject,
)
"""Errors that speak of what the migrations make."""


@dataclass(frozen=True)
class Item:
    """An event to write, the file it came in, and what the transcript tells of its subagent."""

    entry: Entry
    event: Event
    agent_call: str | None = None


class Unavailable(Exception):
    """The database cannot be written to at present; what was to be written is not lost, only late."""


class SchemaLost(Unavailable):
    """Something that the migrations made is not there; they can make it again."""


class RowRefused(Exception):
    """The database refuses this batch because of what is in it."""


class AnothersRow(RowRefused):
    """Row-level security refuses it: a row with its key was stored by another login."""


class Writer:
    """A pool of connections to one database; safe to use from several threads."""

    def __init__(self, url: str, schema: str = "public") -> None:
        self._pool = new_pool(url, "hooktrace collector", POOL_SIZE)
        self._schema = schema
        self._known: dict[str, Session] = {}

    def open(self) -> None:
        """Start connecting, in the background."""
        self._pool.open(wait=False)

    def close(self) -> None:
        """Give the connections back."""
        self._pool.close(timeout=2)

    def forget(self) -> None:
        """Decide about every session as if it were new, or as the database says: its tables may be new ones."""
        self._known.clear()

    def knows(self, session_id: str) -> bool:
        """Tell whether it is decided to which tree the session belongs."""
        if session_id in self._known:
            return True
        with self._transaction() as connection:
            self._recall(connection, [session_id])
        return session_id in self._known

    def parts(self, items: Sequence[Item]) -> Iterator[Sequence[Item]]:
        """Cut *items* so that what a nested session's parent is found by is committed before it.

        Raises:
            Unavailable: see the class.
        """
        if any(item.event.session_id not in self._known for item in items):
            with self._transaction() as connection:
                self._recall(connection, [item.event.session_id for item in items])
        begin, seen = 0, set(self._known)
        for index, item in enumerate(items):
            session_id = item.event.session_id
            if session_id not in seen and claim(item.event).outer_session and index > begin:
                yield items[begin:index]
                begin = index
            seen.add(session_id)
        yield items[begin:]

    def write(self, items: Sequence[Item]) -> None:
        """Write *items*, or nothing.

        Raises:
            Unavailable: the database is away, full, read-only, or not set up.
            RowRefused: something in *items* cannot be stored.
        """
        try:
            self._write(items)
        except AnothersRow as error:  # or everybody's: without a policy nobody may write
            if missing := [row["name"] for row in self.query("missing_policies")]:
                raise SchemaLost(f"row-level security without a policy: {', '.join(missing)}") from error
            raise

    def _write(self, items: Sequence[Item]) -> None:
        decided: dict[str, Session] = {}
        with self._transaction() as connection:
            self._recall(connection, [item.event.session_id for item in items])
            executions, hooks = [], []
            for item in items:
                session = self._known.get(item.event.session_id) or decided.get(item.event.session_id)
                if session is None:
                    session = decided[item.event.session_id] = _decide(connection, _telling(item, items))
                records = assemble(item.event, session, item.agent_call)
                executions += records.executions
                hooks.append(records.hook)
            now = datetime.now(UTC)
            with connection.pipeline(), connection.cursor() as cursor:  # one round trip for both
                cursor.executemany(query("record_execution"), [execution_row(e, now) for e in fold(executions)])
                cursor.executemany(query("record_hook"), [_hook_row(hook, now) for hook in hooks])
        self._remember(decided.values())

    def query(self, name: str, **values: Any) -> list[Row]:
        """Run a named query and return its rows.

        Raises:
            Unavailable: see the class.
        """
        with self._transaction() as connection:
            return connection.execute(query(name), values).fetchall()

    def _recall(self, connection: psycopg.Connection[Row], session_ids: Sequence[str]) -> None:
        unknown = list(set(session_ids) - self._known.keys())
        if unknown:
            rows = connection.execute(query("known_sessions"), {"session_ids": unknown}).fetchall()
            self._remember(Session(**row) for row in rows)

    def _remember(self, sessions: Any) -> None:
        if len(self._known) > KNOWN_SESSIONS_LIMIT:
            self._known.clear()
        self._known.update({session.session_id: session for session in sessions})

    @contextmanager
    def _transaction(self) -> Iterator[psycopg.Connection[Row]]:
        """Lend a connection for one transaction; translate the driver's errors, in this one place."""
        try:
            with self._begun() as connection:
                yield connection
        except psycopg.Error as error:
            raise _translated(error) from error

    @contextmanager
    def _begun(self) -> Iterator[psycopg.Connection[Row]]:
        with ExitStack() as begun:
            try:
                connection = begun.enter_context(self._pool.connection(timeout=CONNECT_TIMEOUT_S))
                begun.enter_context(transaction(connection, self._schema, "writer"))
            except psycopg.Error as error:  # whatever it is, no row was sent yet
                raise Unavailable(reason(error)) from error
            yield connection


def _translated(error: psycopg.Error) -> Exception:
    if isinstance(error, _ROW_REFUSED):
        # Without the server's sentence, which may quote the value: "invalid input syntax for type ...".
        where = error.diag.constraint_name or error.diag.column_name
        return RowRefused(f"{type(error).__name__} ({error.sqlstate}{', ' + where if where else ''})")
    if isinstance(error, psycopg.errors.InsufficientPrivilege) and error.diag.source_function == POLICY_CHECK:
        return AnothersRow("a row with its key was stored by another database login")
    return SchemaLost(reason(error)) if isinstance(error, _SCHEMA_LOST) else Unavailable(reason(error))


def _decide(connection: psycopg.Connection[Row], event: Event) -> Session:
    """Decide to which tree *event*'s session belongs, unless another writer just did."""
    session = _weigh(connection, event)
    values = {**vars(session), "context": Jsonb(dict(session.context or {}))}
    connection.execute(query("decide_session"), values)
    row = connection.execute(query("known_sessions"), {"session_ids": [event.session_id]}).fetchone()
    if row is None:  # it is decided, and row-level security hides it
        raise AnothersRow("its session was stored by another database login")
    return Session(**row)


def _telling(item: Item, items: Sequence[Item]) -> Event:
    """Return the event that tells most of where *item*'s session comes from: its SessionStart, else its own."""
    own = (other.event for other in items if other.event.session_id == item.event.session_id)
    return next((event for event in own if event.name == "SessionStart"), item.event)


def _weigh(connection: psycopg.Connection[Row], event: Event) -> Session:
    claimed = claim(event)
    context: dict[str, Any] = {"ignored": dict(claimed.ignored)} if claimed.ignored else {}
    own = Session(event.session_id, session_uuid(event.session_id), context=context)
    if claimed.outer_session is None:
        if claimed.root is None:
            return own
        parent = claimed.parent if claimed.parent != own.root_id else None
        return Session(event.session_id, claimed.root, parent, context={**context, "parent_found_by": "caller"})
    about_outer = {"session_id": claimed.outer_session, "at": event.at}
    outer = connection.execute(query("open_session"), about_outer).fetchone()
    if outer is None:  # a shell that was left open: an id of a session that is over claims nothing
        context.setdefault("ignored", {})["HOOKTRACE_SESSION_ID"] = "its session is over or unknown"
        return own
    return _nested(connection, event, claimed.outer_session, claimed.parent, outer, context)


def _nested(
    connection: psycopg.Connection[Row],
    event: Event,
    outer_session: str,
    prompt: Any,
    outer: Row,
    context: dict[str, Any],
) -> Session:
    """Return the session of an agent that was started from *outer_session*'s shell."""
    root = outer["root_id"]
    about = {"root_id": root, "session_id": outer_session, "at": event.at}
    calls = [ShellCall(**row) for row in connection.execute(query("shell_calls"), about).fetchall() if row["command"]]
    found = find_call(event.header.get("call", ""), calls)
    if found:
        parent, how = found
    else:
        hint = connection.execute(query("prompt_of_session"), {**about, "correlation_id": prompt}).fetchone()
        parent, how = (prompt, "prompt") if hint else (outer["correlation_id"], "session")
    context = {**context, "outer_session_id": outer_session, "parent_found_by": how}
    return Session(event.session_id, root, parent, how == CERTAIN, context)


def _ending(prefix: str, ending: Ending | None) -> Row:
    at, status, error_type, error_message = ending or (None, None, None, None)
    return {
        f"{prefix}_at": at,
        f"{prefix}_status": status,
        f"{prefix}_error_type": error_type,
        f"{prefix}_error_message": error_message,
    }


def execution_row(execution: Execution, now: datetime) -> Row:
    """Return the parameters of the query record_execution."""
    return {
        **vars(execution),
        **_ending("observed", execution.observed_end),
        **_ending("inferred", execution.inferred_end),
        "context": Jsonb(dict(execution.context)),
        "now": now,
    }


def _hook_row(hook: HookExecution, now: datetime) -> Row:
    event = hook.event
    return {
        **vars(hook),
        "session_id": event.session_id,
        "hook_type": event.name,
        "hook_name": event.header.get("hook", "record"),
        "started_at": event.at,
        "duration_ms": None if event.measured_ms is None else round(event.measured_ms),
        "input_data": None if hook.input_data is None else Jsonb(hook.input_data),
        "output_data": None if hook.output_data is None else Jsonb(hook.output_data),
        "metadata": Jsonb(hook.metadata),
        "now": now,
    }
