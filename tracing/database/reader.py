"""Reads what was stored, through the named queries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from typing import Any

import psycopg
from psycopg.rows import dict_row

from tracing.database.connection import Row as Row
from tracing.database.connection import open_connection, transaction
from tracing.database.queries import page, query, report
from tracing.database.stories import Prompt, Told, read_stories


class Unreachable(Exception):
    """The database does not answer, or is not set up."""


class Reader:
    """One connection for reading; each query is a transaction of its own, so that it may be kept open."""

    def __init__(
        self, connection: psycopg.Connection[Any], schema: str = "public", statement_timeout_ms: int | None = None
    ) -> None:
        """Read over *connection*; without *statement_timeout_ms* a query may take as long as it does.

        At a terminal somebody waits for the answer, and may break off.
        """
        self._connection = connection
        self._schema = schema
        self._statement_timeout_ms = statement_timeout_ms

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
        return self._fetched(query(name), values)

    def row(self, name: str, **values: Any) -> Row:
        """Return the one row of the query *name*."""
        return self.rows(name, **values)[0]

    def page(self, name: str, **values: Any) -> list[Row]:
        """Return the rows of the dashboard's query *name*.

        Raises:
            psycopg.errors.QueryCanceled: it took longer than a statement of this reader may.
        """
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

    def _transaction(self) -> AbstractContextManager[None]:
        return transaction(
            self._connection, self._schema, "reader", read_only=True, statement_timeout_ms=self._statement_timeout_ms
        )
