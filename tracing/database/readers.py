"""Readers for many who ask at once: a small pool of connections, each query of which has a limit of time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

import psycopg
from psycopg_pool import PoolTimeout

from tracing.database.connection import new_pool
from tracing.database.reader import Reader, TooSlow, unreachable

MOST_CONNECTIONS = 4
"""More would only wait for the same disk, and the collector needs some, too."""

QUEUE_S = 10.0
"""How long a request waits for its turn."""

CONNECT_S = 3.0
"""How long it then waits for a connection: the server is there or not."""


class Readers:
    """A pool of readers; open between ``with`` and its end."""

    def __init__(self, url: str, schema: str, statement_timeout_ms: int) -> None:
        """Read from *url*; a query is broken off after *statement_timeout_ms*."""
        # The embedded server may have been put away meanwhile, and be back.
        self._pool = new_pool(url, "hooktrace dashboard", MOST_CONNECTIONS, checked=True)
        self._turns = threading.Semaphore(MOST_CONNECTIONS)
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
            TooSlow: others had all of them for QUEUE_S.
            Unreachable: there is no connection to be had.
        """
        if not self._turns.acquire(timeout=QUEUE_S):
            raise TooSlow(f"{MOST_CONNECTIONS} others are being answered\nhint: try again in a moment")
        try:
            with self._pool.connection(CONNECT_S) as connection:
                yield Reader(connection, self._schema, self._statement_timeout_ms, "viewer")
        except (PoolTimeout, psycopg.OperationalError) as error:
            raise unreachable(error) from error
        finally:
            self._turns.release()
