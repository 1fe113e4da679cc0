"""Readers for many who ask at once: a small pool of connections, each query of which has a limit of time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

import psycopg
from psycopg_pool import PoolTimeout

from tracing.database.connection import new_pool, reason
from tracing.database.reader import Reader, Unreachable

MOST_CONNECTIONS = 4
"""More would only wait for the same disk, and the collector needs some, too."""

PATIENCE_S = 10.0
"""How long a request waits for a connection."""


class Readers:
    """A pool of readers; open between ``with`` and its end."""

    def __init__(self, url: str, schema: str, statement_timeout_ms: int) -> None:
        """Read from *url*; a query is broken off after *statement_timeout_ms*."""
        self._pool = new_pool(url, "hooktrace dashboard", MOST_CONNECTIONS)
        self._schema = schema
        self._statement_timeout_ms = statement_timeout_ms

    def __enter__(self) -> Self:
        self._pool.open()
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.close()

    @contextmanager
    def lent(self) -> Iterator[Reader]:
        """Lend a reader for the length of a ``with`` block.

        Raises:
            Unreachable: there is no connection to be had, or it broke.
        """
        try:
            with self._pool.connection(PATIENCE_S) as connection:
                yield Reader(connection, self._schema, self._statement_timeout_ms)
        except (PoolTimeout, psycopg.OperationalError) as error:
            if isinstance(error, psycopg.errors.QueryCanceled):
                raise
            hint = "hint: `hooktrace status` shows which one it is"
            raise Unreachable(f"the database does not answer: {reason(error)}\n{hint}") from error
