"""Takes care of the database beside the recording: partitions, and whatever else needs its owner's rights."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow, dict_row

from tracing.database.connection import ROLES, STATEMENT_TIMEOUT_MS, Lane, Row, open_connection, reason, transaction
from tracing.database.queries import query
from tracing.settings import Settings

NAME = "hooktrace caretaker"
"""As the server shows its connections."""

CANCEL_TIMEOUT_S = 1.0
"""Whoever cancels is about to end, and the server undoes what is not committed in any case."""


class NotDone(Exception):
    """The database is away, or refuses; nothing was changed.  The message is one line, the server's."""


def care_url(settings: Settings, url: str) -> str:
    """Return the URL by which to take care of the database at *url*: the second login, if there is one.

    The embedded server has but one role, so there the setting is none of this database.
    """
    return (settings.text("database.url") and settings.text("database.care_url")) or url


class Caretaker:
    """One connection, made when it is needed first and again when it broke; for one thread at a time."""

    def __init__(self, url: str, schema: str = "public") -> None:
        self._url = url
        self._schema = schema
        self._connection: psycopg.Connection[TupleRow] | None = None

    def close(self) -> None:
        """Give the connection back; the next transaction would make a new one."""
        if self._connection:
            self._connection.close()

    def cancel(self) -> None:
        """Break off what another thread waits for at this moment: it gets :class:`NotDone`."""
        if (connection := self._connection) and not connection.closed:
            with suppress(psycopg.Error):
                connection.cancel_safe(timeout=CANCEL_TIMEOUT_S)

    def query(self, name: str, **values: Any) -> list[Row]:
        """Run a named query in a transaction of its own and return its rows.

        Raises:
            NotDone: see the class.
        """
        with self.transaction() as cursor:
            return cursor.execute(query(name), values).fetchall()

    @contextmanager
    def transaction(
        self, statement_timeout_ms: int = STATEMENT_TIMEOUT_MS, read_only: bool = False
    ) -> Iterator[psycopg.Cursor[Row]]:
        """Lend a cursor for one transaction.

        Raises:
            NotDone: the driver's error of the block, too.
        """
        try:
            with ExitStack() as begun:
                connection = self._begin(begun, statement_timeout_ms, read_only)
                yield connection.cursor(row_factory=dict_row)
        except psycopg.Error as error:
            raise NotDone(reason(error)) from error

    def alone(self, statement: sql.Composed, lock_timeout_ms: int) -> list[str]:
        """Run a *statement* that may not be in a transaction, and return the server's warnings.

        The owner's role acts, as in a transaction.  Behind a pooler nothing can be set for a session: there
        the login acts itself, and the server decides how long to wait for a lock.

        Raises:
            NotDone: see the class.
        """
        warnings: list[str] = []
        self.close()
        try:
            self._connection = connection = open_connection(self._url, NAME)
            if connection.prepare_threshold is not None:  # no pooler
                values = {"role": ROLES["owner"], "lock_timeout": str(lock_timeout_ms)}
                connection.execute(query("enter_session"), values)
            connection.add_notice_handler(lambda notice: _note(notice, warnings))
            connection.execute(statement)
        except psycopg.Error as error:
            raise NotDone(reason(error)) from error
        finally:
            self.close()  # and with it what was set
        return warnings

    def _begin(self, begun: ExitStack, statement_timeout_ms: int, read_only: bool) -> psycopg.Connection[TupleRow]:
        """Begin on the connection that is kept, or on a new one where that has died since."""
        values: tuple[str, Lane, bool, int] = (self._schema, "owner", read_only, statement_timeout_ms)
        if self._connection and not self._connection.closed:
            try:
                begun.enter_context(transaction(self._connection, *values))
                return self._connection
            except psycopg.OperationalError:
                if not self._connection.closed:
                    raise
        self.close()
        self._connection = open_connection(self._url, NAME)
        begun.enter_context(transaction(self._connection, *values))
        return self._connection


def _note(notice: psycopg.errors.Diagnostic, warnings: list[str]) -> None:
    if notice.severity_nonlocalized == "WARNING" and notice.message_primary:
        warnings.append(notice.message_primary)
