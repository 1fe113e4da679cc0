"""Reads what was stored, through the named queries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any

import psycopg
from psycopg.rows import dict_row

from tracing.database.connection import Lane, open_connection, reason, transaction
from tracing.database.connection import Row as Row
from tracing.database.queries import page, query, report
from tracing.database.stories import Prompt, Told, read_stories


class Unreachable(Exception):
    """The database does not answer, or is not set up."""


class TooSlow(Unreachable):
    """A query took longer than it may, and was broken off."""


class Reader:
    """One connection for reading; each query is a transaction of its own, so that it may be kept open."""

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        schema: str = "public",
        statement_timeout_ms: int | None = None,
        lane: Lane = "reader",
    ) -> None:
        """Read over *connection*; without *statement_timeout_ms* a query may take as long as it does.

        At a terminal somebody waits for the answer, and may break off.
        """
        self._connection = connection
        self._schema = schema
        self._statement_timeout_ms = statement_timeout_ms
        self._lane = lane

    @classmethod
    @contextmanager
    def connected(cls, url: str, schema: str = "public") -> Iterator[Reader]:
        """Connect to *url* for the length of a ``with`` block.

        Raises:
            Unreachable: no connection, or a query failed; the message is the server's first line.
        """
        try:
            with closing(open_connection(url, "hooktrace")) as connection:
                yield cls(connection, schema)
        except psycopg.Error as error:
            raise unreachable(error) from error

    def rows(self, name: str, **values: Any) -> list[Row]:
        """Return the rows of the query *name*.

        Raises:
            TooSlow: it took longer than a statement of this reader may.
            Unreachable: the connection broke, or what is asked is not there for this login.
        """
        return self._fetched(query(name), values)

    def row(self, name: str, **values: Any) -> Row:
        """Return the one row of the query *name*."""
        return self.rows(name, **values)[0]

    def page(self, name: str, **values: Any) -> list[Row]:
        """Return the rows of the dashboard's query *name*; raises what :meth:`rows` does."""
        return self._fetched(page(name), values)

    def stories(self, prompts: Sequence[Prompt]) -> list[Told]:
        """Return *prompts* as stories, as :func:`read_stories` does."""
        with self._transaction():
            return read_stories(self._connection.cursor(row_factory=dict_row), prompts)

    def report(self, name: str, **values: Any) -> tuple[list[str], list[Row]]:
        """Return the columns of the report *name*, and its rows."""
        with self._transaction():
            cursor = self._connection.cursor(row_factory=dict_row).execute(report(name), values)
            rows = cursor.fetchall()  # what it is made of is known once it was fetched
            return [column.name for column in cursor.description or ()], rows

    def _fetched(self, statement: bytes, values: Mapping[str, Any]) -> list[Row]:
        with self._transaction():
            return self._connection.cursor(row_factory=dict_row).execute(statement, values).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        limit = self._statement_timeout_ms
        try:
            with transaction(self._connection, self._schema, self._lane, read_only=True, statement_timeout_ms=limit):
                yield
        except NOT_OUR_MISTAKE as error:
            raise unreachable(error) from error


NOT_OUR_MISTAKE = (
    psycopg.OperationalError,  # the connection broke; QueryCanceled is one, too
    psycopg.errors.UndefinedTable,
    psycopg.errors.InsufficientPrivilege,
)


def unreachable(error: Exception) -> Unreachable:
    """Return what the driver reports in words for a user."""
    if isinstance(error, psycopg.errors.QueryCanceled):
        return TooSlow(f"the database took too long to answer: {reason(error)}\nhint: ask for a shorter time")
    if isinstance(error, psycopg.errors.UndefinedTable):
        return Unreachable("the database has no tables of hooktrace\nhint: run `hooktrace init`")
    return Unreachable(f"the database does not answer: {reason(error)}\nhint: `hooktrace status` shows which one it is")
