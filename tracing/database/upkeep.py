"""Upkeep: work on the whole database in short steps, each a transaction, that give way to whoever records.

A step waits only a moment for a lock, since writers queue behind whoever waits for a strong one; what it
then has to leave alone is left for the next day.  Two upkeeps of one database keep apart step by step, by
an advisory lock that ends with its transaction, also behind a pooler.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql

from tracing.database.caretaker import Caretaker, NotDone
from tracing.database.connection import STATEMENT_TIMEOUT_MS, Row
from tracing.database.queries import query
from tracing.database.rows import Progress, unseen
from tracing.database.tables import statement

LOCK = int.from_bytes(hashlib.sha256(b"hooktrace upkeep").digest()[:8], signed=True)

LOCK_WAIT_MS = 300
"""How long events may queue behind a step that wants a table for itself; no hook notices, they are in the spool."""

ROW_WAIT_MS = 5_000
"""How long to wait for somebody's row: nobody queues behind that but who wants the same row."""

LONG_MS = 600_000
"""For what reads a table, or writes a whole month anew."""


class Held(NotDone):
    """Somebody else uses what a step needs; nothing of the step was done."""


class Stopped(Exception):
    """The work was to end before all of it was done; the steps that were done stay."""


@contextmanager
def giving_way(postponed: list[str], what: str) -> Iterator[None]:
    """Leave what the block does for the next day when somebody else is in its way, and note that in *postponed*."""
    try:
        yield
    except Held as held:
        postponed.append(f"{what}: left for the next time, {held}")


class Upkeep:
    """Does steps, one after the other."""

    def __init__(
        self,
        caretaker: Caretaker,
        *,
        progress: Progress = unseen,
        stopping: Callable[[], bool] = lambda: False,
        patience_ms: int = ROW_WAIT_MS,
    ) -> None:
        self.progress = progress
        self.patience_ms = patience_ms
        """How long a step waits for a lock, unless it says otherwise."""
        self._caretaker = caretaker
        self._stopping = stopping

    def look(self, name: str, /, *parts: sql.Composable, **values: Any) -> list[Row]:
        """Return the rows of the query *name*, in a transaction that can change nothing.

        Raises:
            Held: see the class.
            NotDone: the database is away, or refuses.
            Stopped: see the class.
        """
        with self._told(), self._caretaker.transaction(LONG_MS, read_only=True) as cursor:
            cursor.execute(query("limit_lock_wait"), {"limit": str(self.patience_ms)})
            return cursor.execute(statement(name, *parts) if parts else query(name), values).fetchall()

    def now(self) -> datetime:
        """Return the server's time.

        Raises: as :meth:`look`.
        """
        now: datetime = self.look("server_time")[0]["now"]
        return now

    @contextmanager
    def step(self, wait_ms: int | None = None, limit_ms: int = STATEMENT_TIMEOUT_MS) -> Iterator[psycopg.Cursor[Row]]:
        """Lend a cursor for one step, whose statements wait for locks *wait_ms* at most and take *limit_ms*.

        Raises: as :meth:`look`; Held also where a statement takes longer.
        """
        with self._told(), self._caretaker.transaction(limit_ms) as cursor:
            values = {"key": LOCK, "lock_timeout": str(self.patience_ms if wait_ms is None else wait_ms)}
            took = cursor.execute(query("take_upkeep"), values).fetchone()
            if not (took and took["taken"]):
                raise Held("another hooktrace is taking care of this database")
            yield cursor

    def alone(self, name: str, *parts: sql.Composable) -> list[str]:
        """Run a query that may not be in a transaction, and return the server's warnings.

        Raises: as :meth:`step`.
        """
        with self._told():
            return self._caretaker.alone(statement(name, *parts), self.patience_ms)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Tell a step that gave way, or was to end, from one that failed."""
        if self._stopping():
            raise Stopped
        try:
            yield
        except NotDone as error:
            if self._stopping():
                raise Stopped from error
            if isinstance(error.__cause__, _GAVE_WAY):
                raise Held(str(error)) from error.__cause__
            raise


_GAVE_WAY = (
    psycopg.errors.LockNotAvailable,
    psycopg.errors.DeadlockDetected,
    psycopg.errors.QueryCanceled,
    psycopg.errors.UndefinedTable,  # another upkeep has dropped that month meanwhile
)
