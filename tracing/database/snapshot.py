"""A database as it stands at one moment: what is in it, and its rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import psycopg
from psycopg import sql

from tracing.database.connection import Lane, open_connection, reason, transaction
from tracing.database.queries import query
from tracing.database.rows import Rows
from tracing.database.tables import Table, count_rows, listed, our_tables, statement

INSUFFICIENT_PRIVILEGE = "42501"


class CopyError(Exception):
    """Rows cannot be read, or not be written; what was there is not changed."""


@dataclass(frozen=True)
class Snapshot:
    """One transaction that sees everything as it was when it began, whatever others write meanwhile."""

    connection: psycopg.Connection[Any]
    schema: str
    tables: Sequence[Table]

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """How many rows each table has."""
        return count_rows(self.connection, self.tables)

    def rows(self, wanted: Sequence[Table]) -> Iterator[Rows]:
        """Yield the rows of the tables that are called like those *wanted*, in their order.

        Raises:
            CopyError: there are others, which would be left behind.
        """
        here = {table.full_name: table for table in self.tables}
        if others := sorted(here.keys() - {table.full_name for table in wanted}):
            raise CopyError(
                f"not of hooktrace, but in its schema: {', '.join(others)}\n"
                "hint: put them into another one, ALTER TABLE ... SET SCHEMA ..., or drop them; nothing was changed"
            )
        for table in (here[other.full_name] for other in wanted if other.full_name in here):
            for part in table.parts or (None,):
                # A part is named as the server itself would write it.
                name = sql.SQL(part) if part else table.identifier
                with self.connection.cursor() as cursor:
                    copy_out = statement("copy_out", columns=listed(table.columns), table=name)
                    with cursor.copy(copy_out) as copy:
                        yield Rows(table.schema, table.name, table.columns, map(bytes, copy))


@contextmanager
def snapshot(url: str, schema: str) -> Iterator[Snapshot]:
    """Look at the database at *url* for the length of a ``with`` block; errors of the block are translated, too.

    Raises:
        CopyError: it does not answer, or the login may not see every row.
    """
    with answering("the rows cannot be read"), copying(url, schema, read_only=True) as connection:
        yield Snapshot(connection, schema, our_tables(connection, schema))


@contextmanager
def copying(url: str, schema: str, read_only: bool = False) -> Iterator[psycopg.Connection[Any]]:
    """Connect and run the block in one transaction, with the rights of the tables' owner, that is fit for copying rows.

    Raises:
        psycopg.Error: of the block, or of beginning and ending the transaction.
    """
    with closing(open_connection(url, "hooktrace copy")) as connection:
        lane: Lane = "owner"
        if read_only:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            # Who has the owner's rights by himself can also read a partition that he made himself.
            if connection.execute(query("has_owners_rights")).fetchone() == (True,):
                lane = "reader"
        with transaction(connection, schema, lane, read_only, statement_timeout_ms=0):
            connection.execute(query("faithful_text"))
            yield connection


@contextmanager
def answering(what: str) -> Iterator[None]:
    """Translate the driver's errors of the block.

    Raises:
        CopyError: in place of every psycopg.Error, without the server's details, which may quote a row.
    """
    try:
        yield
    except psycopg.Error as error:
        raise CopyError(f"{what}: {reason(error)}\nhint: {_cure(error)}") from error


def _cure(error: psycopg.Error) -> str:
    if error.sqlstate == INSUFFICIENT_PRIVILEGE:
        return (
            "it takes a login that owns the tables, or may act as hooktrace_owner: "
            "`hooktrace config set database.care_url URL` names one"
        )
    if error.sqlstate in ("42P01", "3F000"):
        return "there are no tables of hooktrace; `hooktrace init` makes them"
    return "nothing was changed; `hooktrace doctor` looks at each link"
