"""Tombstones: what was forgotten is not stored again, from wherever it comes."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row

from tracing.database.queries import query
from tracing.tombstone import Candidate


class Forgotten(Exception):
    """The session is forgotten: nothing of it is stored."""


@dataclass(frozen=True)
class Project:
    """A project that is forgotten."""

    key: str
    """See :func:`tracing.tombstone.project_key`."""
    at: datetime
    """What began later is recorded."""


def forgotten(connection: psycopg.Connection[Any], candidates: Iterable[Candidate]) -> set[str]:
    """Return which of these sessions are forgotten: by id, or since they began before their project was.

    That holds until the transaction of *connection* is over: new tombstones wait for it.  So whoever stores asks
    in the transaction that stores.

    Raises:
        psycopg.Error: the database does not answer.
    """
    lines = [
        (candidate.session_id, kind, key, candidate.began_at)
        for candidate in candidates
        for kind, key in candidate.tombstones()
    ]
    columns = [list(column) for column in zip(*lines, strict=True)] or [[], [], [], []]
    values = dict(zip(("session_ids", "kinds", "keys", "began_at"), columns, strict=True))
    cursor = connection.cursor(row_factory=dict_row)
    return {row["session_id"] for row in cursor.execute(query("forgotten_sessions"), values)}


def refuse_forgotten(connection: psycopg.Connection[Any], candidate: Candidate) -> None:
    """Go on only if the session may be stored, which holds as for :func:`forgotten`.

    Raises:
        Forgotten: see the class.
        psycopg.Error: the database does not answer.
    """
    if forgotten(connection, [candidate]):
        raise Forgotten


def bury(
    connection: psycopg.Connection[Any],
    session_ids: Collection[str],
    project: Project | None = None,
    user_id: str | None = None,
) -> None:
    """Set tombstones for sessions, and for the project that they were, each for the user whose work it is.

    What is not stored is taken for the work of the database user *user_id* (None: of this login).

    Raises:
        psycopg.Error: the database does not answer, or refuses.
    """
    values = {"session_ids": list(session_ids), "user_id": user_id}
    connection.execute(query("bury_sessions"), values)
    if project:
        connection.execute(query("bury_project"), {**values, "key": project.key, "now": project.at})
