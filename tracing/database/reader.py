"""Reads what was stored, through the named queries."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg
from psycopg.rows import dict_row

from tracing.database.connection import Row as Row
from tracing.database.connection import open_connection, transaction
from tracing.database.queries import query, report


class Unreachable(Exception):
    """The database does not answer, or is not set up."""


class Reader:
    """One connection for reading; each query is a transaction of its own, so that it may be kept open."""

    def __init__(self, connection: psycopg.Connection[Any], schema: str = "public") -> None:
        self._connection = connection
        self._schema = schema

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
        except psycopg.errors.UndefinedTable as error:
            raise Unreachable("the database has no tables of hooktrace\nhint: run `hooktrace init`") from error
        except psycopg.Error as error:
            first_line = str(error).strip().partition("\n")[0]
            hint = "hint: `hooktrace status` shows which one it is"
            raise Unreachable(f"the database does not answer: {first_line}\n{hint}") from error

    def rows(self, name: str, **values: Any) -> list[Row]:
        """Return the rows of the query *name*."""
        # No limit of time: somebody waits for the answer, and may break off.
        with transaction(self._connection, self._schema, "reader", read_only=True, statement_timeout_ms=None):
            return self._connection.cursor(row_factory=dict_row).execute(query(name), values).fetchall()

    def row(self, name: str, **values: Any) -> Row:
        """Return the one row of the query *name*."""
        return self.rows(name, **values)[0]

    def report(self, name: str, **values: Any) -> tuple[list[str], list[Row]]:
        """Return the columns of the report *name*, and its rows."""
        with transaction(self._connection, self._schema, "reader", read_only=True, statement_timeout_ms=None):
            cursor = self._connection.cursor(row_factory=dict_row).execute(report(name), values)
            rows = cursor.fetchall()  # what it is made of is known once it was fetched
            return [column.name for column in cursor.description or ()], rows
