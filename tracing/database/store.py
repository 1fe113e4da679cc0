"""The pool of connections that the collector works with, and what its errors mean to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from uuid import UUID

import psycopg

from tracing.database.connection import CONNECT_TIMEOUT_S, Row, new_pool, reason, transaction
from tracing.database.queries import query

POOL_SIZE = 3
"""Connections at most: a lane for live events, one for a backlog, one for what is looked after beside them."""

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


class Unavailable(Exception):
    """The database cannot be written to at present; what was to be written is not lost, only late."""


class SchemaLost(Unavailable):
    """Something that the migrations made is not there; they can make it again."""


class RowRefused(Exception):
    """The database refuses this batch because of what is in it."""


class AnothersRow(RowRefused):
    """Row-level security refuses it: a row with its key was stored by another login."""


class Store:
    """A pool of connections to one database; safe to use from several threads."""

    def __init__(self, url: str, schema: str = "public", size: int = POOL_SIZE) -> None:
        self._pool = new_pool(url, "hooktrace collector", size)
        self._schema = schema

    def open(self) -> None:
        """Start connecting, in the background."""
        self._pool.open(wait=False)

    def close(self) -> None:
        """Give the connections back."""
        self._pool.close(timeout=2)

    def query(self, name: str, **values: Any) -> list[Row]:
        """Run a named query and return its rows.

        Raises:
            Unavailable: see the class.
        """
        with self.transaction() as connection:
            return connection.execute(query(name), values).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[psycopg.Connection[Row]]:
        """Lend a connection for one transaction; translate the driver's errors, in this one place.

        Raises:
            Unavailable: the database is away, full, read-only, or not set up.
            RowRefused: something that was to be stored cannot be.
        """
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


def lock_trees(connection: psycopg.Connection[Row], roots: Iterable[UUID]) -> None:
    """Keep others from writing to these trees until the transaction of *connection* is over."""
    keys = sorted({root.int % 2**64 - 2**63 for root in roots})
    connection.execute(query("lock_trees"), {"keys": keys})


def _translated(error: psycopg.Error) -> Exception:
    if isinstance(error, _ROW_REFUSED):
        # Without the server's sentence, which may quote the value: "invalid input syntax for type ...".
        where = error.diag.constraint_name or error.diag.column_name
        return RowRefused(f"{type(error).__name__} ({error.sqlstate}{', ' + where if where else ''})")
    if isinstance(error, psycopg.errors.InsufficientPrivilege) and error.diag.source_function == POLICY_CHECK:
        return AnothersRow("a row with its key was stored by another database login")
    return SchemaLost(reason(error)) if isinstance(error, _SCHEMA_LOST) else Unavailable(reason(error))
