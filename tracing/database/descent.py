"""Decides to which tree a session belongs: what it claims is weighed against what the database knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from tracing.assemble import Session
from tracing.database.connection import Row
from tracing.database.queries import query
from tracing.database.store import AnothersRow
from tracing.event import Event
from tracing.identity import session_uuid
from tracing.lineage import CERTAIN, ShellCall, claim, find_call


def decide(connection: psycopg.Connection[Row], event: Event, workplace: Mapping[str, str]) -> Session:
    """Decide to which tree *event*'s session belongs, unless another writer just did; remember its *workplace*."""
    session = _weigh(connection, event)
    values = {**vars(session), "context": Jsonb({**workplace, **(session.context or {})})}
    connection.execute(query("decide_session"), values)
    row = connection.execute(query("known_sessions"), {"session_ids": [event.session_id]}).fetchone()
    if row is None:  # it is decided, and row-level security hides it
        raise AnothersRow("its session was stored by another database login")
    return Session(**row)


def _weigh(connection: psycopg.Connection[Row], event: Event) -> Session:
    claimed = claim(event)
    context: dict[str, Any] = {"ignored": dict(claimed.ignored)} if claimed.ignored else {}
    own = Session(event.session_id, session_uuid(event.session_id), context=context)
    if claimed.outer_session is None:
        if claimed.root is None:
            return own
        parent = claimed.parent if claimed.parent != own.root_id else None
        root = _root_of(connection, parent) or claimed.root
        return Session(event.session_id, root, parent, context={**context, "parent_found_by": "caller"})
    about_outer = {"session_id": claimed.outer_session, "at": event.at}
    outer = connection.execute(query("outer_session"), about_outer).fetchone()
    nested = _nested(connection, event, claimed.outer_session, claimed.parent, outer, context) if outer else None
    if nested and outer and (outer["open"] or nested.parent_certain):
        return nested
    # A shell that was left open: an id of a session that is over claims nothing.  But a command may outlive the
    # agent that began it, and is still the one that began this.
    context.setdefault("ignored", {})["HOOKTRACE_SESSION_ID"] = "its session is over or unknown"
    return own


def _root_of(connection: psycopg.Connection[Row], caller: UUID | None) -> UUID | None:
    """Return the tree of a *caller* that is stored: what it inherited itself may not have proved true."""
    row = connection.execute(query("root_of_task"), {"correlation_id": caller}).fetchone() if caller else None
    return row["root_id"] if row else None


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
