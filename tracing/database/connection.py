"""Where every connection to the database is made, straight to the server or through PgBouncer.

Behind a pooler that lends a server connection for one transaction (PgBouncer's ``pool_mode =
transaction``) nothing that is set for a session holds, and PgBouncer refuses a client that wants
to set it while connecting.  So whatever the queries rely on is set for each transaction alone.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Literal

import psycopg
from psycopg.abc import PQGen
from psycopg.rows import TupleRow, dict_row
from psycopg_pool import ConnectionPool

from tracing.database.queries import query

CONNECT_TIMEOUT_S = 5
"""How long to wait for a connection; for the collector the spool is the buffer, so there is no need to insist."""

SHORTEST_TIMEOUT_S = 2
"""libpq takes no shorter one, and none for no limit."""

STATEMENT_TIMEOUT_MS = 30_000
"""A server that accepts and never answers is as good as away."""

SILENCE_LIMIT_S = 120.0
"""What answers nothing for so long is no server any more, though its host be alive.

Longer than a statement may take: the answers to many, sent together, may come together.
"""

KEEPALIVES = {
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
"""Seconds, for the last milliseconds: a peer that vanished is noticed in a minute, not in the system's two hours."""

Lane = Literal["writer", "owner", "reader", "viewer"]
"""What a transaction is for; for all but a reader there is a group role, which it acts as where it may."""

ROLES: dict[Lane, str] = {"writer": "hooktrace_writer", "owner": "hooktrace_owner"}

VIEWERS = ("hooktrace_auditor", "hooktrace_reader")
"""What a viewer acts as, in this order: whoever may see everything goes on seeing it."""

Row = dict[str, Any]


class Attentive(psycopg.Connection[Row]):
    """A connection that is given up when nothing is heard for SILENCE_LIMIT_S."""

    def wait(self, gen: PQGen[Any], *arguments: Any, **options: Any) -> Any:
        """Go on with the conversation *gen* until it is over.

        Raises:
            psycopg.OperationalError: nobody answers.
        """
        return super().wait(self._heard(gen), *arguments, **options)

    def _heard(self, gen: PQGen[Any]) -> PQGen[Any]:
        ready, heard_at = None, time.monotonic()
        while True:
            try:
                awaited = next(gen) if ready is None else gen.send(ready)
            except StopIteration as end:
                return end.value
            ready = yield awaited
            if ready:
                heard_at = time.monotonic()
            elif time.monotonic() - heard_at > SILENCE_LIMIT_S:
                self.pgconn.finish()
                raise psycopg.OperationalError(f"the database was silent for {SILENCE_LIMIT_S:g} s")


Pool = ConnectionPool[Attentive]


def open_connection(
    url: str, application_name: str, autocommit: bool = True, timeout_s: float = CONNECT_TIMEOUT_S
) -> psycopg.Connection[TupleRow]:
    """Open one connection; closing it is the caller's.

    Raises:
        psycopg.Error: the URL is none, or nobody answers there within *timeout_s* a host; two seconds at least.
    """
    parameters = _parameters(application_name) | {"connect_timeout": max(SHORTEST_TIMEOUT_S, math.ceil(timeout_s))}
    try:
        connection = psycopg.connect(url, autocommit=True, **parameters)
    except psycopg.ProgrammingError:  # it quotes what it cannot read: a password, perhaps
        raise psycopg.ProgrammingError("the URL of the database cannot be read") from None
    try:
        _adapt(connection)
        connection.autocommit = autocommit
    except BaseException:
        connection.close()
        raise
    return connection


def new_pool(url: str, application_name: str, size: int, checked: bool = False) -> Pool:
    """Return a pool of one to *size* connections in autocommit mode; it is still to be opened.

    With *checked* none is lent that is dead.  Who tries again anyway does without: a check is a round trip.
    """
    return ConnectionPool(
        url,
        connection_class=Attentive,
        min_size=1,
        max_size=size,
        open=False,
        configure=_adapt,
        check=ConnectionPool.check_connection if checked else None,
        reconnect_timeout=CONNECT_TIMEOUT_S,
        kwargs={
            "row_factory": dict_row,
            "autocommit": True,
            "prepare_threshold": 0,  # the same few statements again and again
            **_parameters(application_name),
        },
    )


def lending_pool(url: str, application_name: str, size: int) -> ConnectionPool[psycopg.Connection[TupleRow]]:
    """Return an open pool of up to *size* connections for a program that is none of ours; idle, it has none."""
    return ConnectionPool(
        url,
        min_size=0,
        max_size=size,
        open=True,
        configure=_adapt,
        check=ConnectionPool.check_connection,  # whoever borrows one now and then must not get a dead one
        reconnect_timeout=CONNECT_TIMEOUT_S,
        kwargs={"autocommit": True, **_parameters(application_name)},
    )


@contextmanager
def transaction(
    connection: psycopg.Connection[Any],
    schema: str,
    lane: Lane,
    read_only: bool = False,
    statement_timeout_ms: int | None = STATEMENT_TIMEOUT_MS,
) -> Iterator[None]:
    """Run the block in one transaction in which unqualified names mean *schema*, else public.

    The first of the lane's roles is taken that exists, has rights in this database, and may be taken by
    the login; else the login acts itself.  That is asked each time, in the same round trip as the rest: roles
    come and go while a collector runs.  Without *statement_timeout_ms* the server's own limit holds.

    Raises:
        psycopg.Error: of the block, or of beginning and ending the transaction.
    """
    values = {"schema": schema, "roles": _roles(lane), "statement_timeout": statement_timeout_ms}
    values["by_key"] = lane == "writer"
    connection.read_only = read_only or None
    with ExitStack() as begun:
        with connection.pipeline():  # BEGIN and the settings travel together
            # Not connection.transaction(): begun in a pipeline, it would keep the whole block in one.
            begun.enter_context(psycopg.Transaction(connection))
            connection.execute(query("enter_transaction"), values)
        yield


def _roles(lane: Lane) -> list[str]:
    """Return the roles of a lane, the first choice first."""
    if lane == "viewer":
        return list(VIEWERS)
    return [ROLES[lane]] if lane in ROLES else []


def reason(error: Exception) -> str:
    """Return what the server said, without the detail, which may quote a row."""
    diagnostics = getattr(error, "diag", None)
    message = getattr(diagnostics, "message_primary", None) or str(error).strip().partition("\n")[0]
    state = getattr(error, "sqlstate", None)
    return f"{message} ({state})" if state else message or type(error).__name__


def _parameters(application_name: str) -> dict[str, Any]:
    return {"connect_timeout": CONNECT_TIMEOUT_S, "application_name": application_name, **KEEPALIVES}


def _adapt(connection: psycopg.Connection[Any]) -> None:
    """Do without prepared statements behind a pooler: they stay on a server connection that others get next.

    A pooler shows: it makes up the process id that a client gets for cancelling its queries.
    """
    cursor = connection.cursor(row_factory=psycopg.rows.scalar_row)
    row = cursor.execute(query("server_process"), prepare=False).fetchone()
    if row != connection.info.backend_pid:
        connection.prepare_threshold = None
