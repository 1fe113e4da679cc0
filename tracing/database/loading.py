"""Puts rows into the tables of a database: all of them, or none.

The rows are whole: what triggers derive stands in them already, so triggers are off meanwhile.  Foreign
keys and checks are not: what contradicts itself does not come in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import Any

import psycopg
from psycopg import sql

from tracing.database.queries import query
from tracing.database.rows import Progress, Rows, Source, unseen
from tracing.database.snapshot import CopyError, answering, copying
from tracing.database.tables import Table, count_rows, listed, our_tables, statement

TOLD_EVERY = 5_000
"""Rows between two words about the progress."""


class NotEmpty(CopyError):
    """Rows would be replaced, and nobody said that they may."""


def load(
    url: str,
    schema: str,
    source: Source,
    *,
    replace: bool = False,
    total: int | None = None,
    progress: Progress = unseen,
) -> dict[str, int]:
    """Put what *source* yields into the migrated database at *url*, and return the tables' rows.

    What is there already is only deleted if *replace* is true; *total* is how many rows to expect.

    Raises:
        NotEmpty: see the class.
        CopyError: the database does not answer, refuses a row, or has other rows in the end than were sent.
    """
    with answering("the rows cannot be stored"), copying(url, schema) as connection:
        tables = our_tables(connection, schema)
        _claim(connection, tables, replace)
        sent = dict.fromkeys((table.full_name for table in tables), 0)
        with _triggers_off(connection, tables):
            for rows, table in _known(source(tables), tables):
                for done in _put(connection, table, rows):
                    sent[table.full_name] += done
                    progress("storing rows", sum(sent.values()), total)
        stored = count_rows(connection, tables)
        if stored != sent:
            raise CopyError(f"{_differing(sent, stored)}\nhint: nothing was kept; a rule or trigger may hold rows back")
        connection.execute(statement("analyze_tables", tables=_names(tables)))
    return stored


def recorded(counts: Mapping[str, int]) -> int:
    """Return how many of *counts* are of what was recorded or learned, without hooktrace's bookkeeping."""
    return sum(rows for name, rows in counts.items() if not name.startswith("hooktrace."))


def _claim(connection: psycopg.Connection[Any], tables: Sequence[Table], replace: bool) -> None:
    """Empty the tables, after which nobody else puts anything in."""
    connection.execute(statement("lock_tables", tables=_names(tables)))
    there = recorded(count_rows(connection, tables))
    if there and not replace:
        raise NotEmpty(
            f"database {connection.info.dbname!r} holds {there:,} rows already\nhint: --replace deletes them"
        )
    connection.execute(statement("empty_tables", tables=_names(tables)))


@contextmanager
def _triggers_off(connection: psycopg.Connection[Any], tables: Sequence[Table]) -> Iterator[None]:
    """Turn the triggers off that are on; if the block fails, the transaction's end turns them on again."""
    each = [(table.identifier, sql.Identifier(trigger)) for table in tables for trigger in table.triggers]
    for table, trigger in each:
        connection.execute(statement("disable_trigger", table=table, trigger=trigger))
    yield
    for table, trigger in each:
        connection.execute(statement("enable_trigger", table=table, trigger=trigger))


def _known(source: Iterator[Rows], tables: Sequence[Table]) -> Iterator[tuple[Rows, Table]]:
    """Pass over the rows of tables that are none of ours: a dump of a whole database may hold some."""
    by_name = {table.full_name: table for table in tables}
    for rows in source:
        if table := by_name.get(rows.full_name):
            yield rows, table


def _put(connection: psycopg.Connection[Any], table: Table, rows: Rows) -> Iterator[int]:
    """Store *rows*, and yield from time to time how many more are sent."""
    first = next(rows.lines, None)
    if first is None:
        return
    if table.parts:
        _make_partition(connection, rows.columns, first)
    copy_in = statement("copy_in", table=table.identifier, columns=listed(rows.columns))
    with connection.cursor() as cursor, cursor.copy(copy_in) as copy:
        count = 0
        for line in chain([first], rows.lines):
            copy.write(line)
            count += 1
            if count == TOLD_EVERY:
                yield count
                count = 0
    yield count


def _make_partition(connection: psycopg.Connection[Any], columns: Sequence[str], line: bytes) -> None:
    """Make the partition for the month of *line*, so that old months do not all end up in the DEFAULT one.

    The rows of one month come together, as they lay in the partition they come from.
    """
    moment = line.rstrip(b"\n").split(b"\t")[columns.index("started_at")].decode()
    if moment[:1].isdigit():  # neither infinity nor -infinity
        connection.execute(query("create_partitions_of"), {"moment": moment})


def _names(tables: Sequence[Table]) -> sql.Composed:
    return sql.SQL(", ").join(table.identifier for table in tables)


def _differing(sent: Mapping[str, int], stored: Mapping[str, int]) -> str:
    told = (f"{name}: {sent[name]:,} sent, {stored[name]:,} there" for name in sent if sent[name] != stored[name])
    return f"not all rows arrived ({'; '.join(told)})"
