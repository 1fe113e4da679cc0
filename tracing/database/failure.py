"""What the server refuses while the schema is set up, as one sentence with its cure."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

CURES = {
    "25006": "the server or this login only reads: `hooktrace init --db URL` names one that may write, "
    "or let the administrator lift default_transaction_read_only",
    "42501": "its owner or an administrator may: let them run `hooktrace schema apply`, or grant CREATE on the "
    "database and on the schema, or name another database with `hooktrace init --db URL`",
    "55P03": "somebody has held one of the tables for long, pg_stat_activity shows who; nothing was kept: run it again",
    "53100": "the server's disk is full: make room there, then run it again",
}
"""By SQLSTATE."""

UNREADABLE_URL = (
    "the database's URL cannot be read (it is not shown, it may hold a password)\n"
    "hint: `hooktrace init --db postgresql://user@host:5432/database`"
)
AWAY = "`hooktrace init --db URL` names another database; `hooktrace doctor` looks at each link"


class MigrationError(Exception):
    """The database cannot be brought up to date, or should not be."""


@contextmanager
def answering() -> Iterator[None]:
    """Translate the driver's errors of the block.

    Raises:
        MigrationError: in place of every psycopg.Error.
    """
    try:
        yield
    except psycopg.Error as error:
        raise MigrationError(explained(error)) from error


def explained(error: psycopg.Error) -> str:
    """Return a sentence for *error*, and the cure."""
    if isinstance(error, psycopg.ProgrammingError) and error.sqlstate is None:
        return UNREADABLE_URL
    return f"the database cannot be set up: {told(error)}\nhint: {cure(error)}"


def told(error: psycopg.Error) -> str:
    """Return what the server said, without the detail, which may quote a row; of dependants it tells the names."""
    message = error.diag.message_primary or str(error).strip().partition("\n")[0]
    if isinstance(error, psycopg.errors.DependentObjectsStillExist) and error.diag.message_detail:
        message += f" ({error.diag.message_detail.partition(chr(10))[0]})"
    return message


def cure(error: psycopg.Error) -> str:
    """Return what helps against *error*."""
    if error.sqlstate in CURES:
        return CURES[error.sqlstate]
    return AWAY if error.sqlstate is None else "nothing of it was kept; mend the cause and run it again"
