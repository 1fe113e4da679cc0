"""Reads what was stored, through the named queries."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.rows import dict_row

from tracing.database.queries import query

CONNECT_TIMEOUT_S = 5

Row = dict[str, Any]


class Unreachable(Exception):
    """The database does not answer, or is not set up."""


class Reader:
    """One connection for reading."""

    def __init__(self, connection: psycopg.Connection[Row]) -> None:
        self._connection = connection

    @classmethod
    @contextmanager
    def connected(cls, url: str, schema: str = "public") -> Iterator[Reader]:
        """Connect to *url* for the length of a ``with`` block.

        Raises:
            Unreachable: no connection, or a query failed; the message is the server's first line.
        """
        options = f"-c search_path={schema},public -c default_transaction_read_only=on"
        try:
            with psycopg.connect(
                url, row_factory=dict_row, autocommit=True, connect_timeout=CONNECT_TIMEOUT_S, options=options
            ) as connection:
                yield cls(connection)
        except psycopg.errors.UndefinedTable as error:
            raise Unreachable("the database has no tables of hooktrace\nhint: run `hooktrace init`") from error
        except psycopg.Error as error:
            first_line = str(error).strip().partition("\n")[0]
            hint = "hint: `hooktrace status` shows which one it is"
            raise Unreachable(f"the database does not answer: {first_line}\n{hint}") from error

    def rows(self, name: str, **values: Any) -> list[Row]:
        """Return the rows of the query *name*."""
        return self._connection.execute(query(name), values).fetchall()

    def row(self, name: str, **values: Any) -> Row:
        """Return the one row of the query *name*."""
        return self.rows(name, **values)[0]
