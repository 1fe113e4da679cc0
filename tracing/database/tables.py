"""The tables that hold what was recorded, in an order in which their rows can be put in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from tracing.database.queries import query

BOOKS = ("_yoyo_migration", "_yoyo_log", "_yoyo_version", "objects")
"""The migrations' own tables: they tell about one database and are not copied to another."""

MARKS = BOOKS[0]
"""The table of the migrations that were applied."""


@dataclass(frozen=True)
class Table:
    """A table of ours, as it stands in one database."""

    schema: str
    name: str
    columns: tuple[str, ...]
    """Those that rows are given with; generated ones are not."""
    triggers: tuple[str, ...]
    """Those of ours that are enabled."""
    parts: tuple[str, ...]
    """Its partitions, as SQL names them; none if it has no partitions."""

    @property
    def full_name(self) -> str:
        """Its name for people: with its schema if that is not where the traces are."""
        return f"{self.schema}.{self.name}" if self.schema == "hooktrace" else self.name

    @property
    def identifier(self) -> sql.Identifier:
        """Its name in a statement."""
        return sql.Identifier(self.schema, self.name)


def our_tables(connection: psycopg.Connection[Any], schema: str) -> list[Table]:
    """Return the tables in *schema* and in schema ``hooktrace``; one that others refer to comes before them.

    Raises:
        psycopg.Error: the server does not answer, or nothing was ever migrated.
    """
    cursor = connection.cursor(row_factory=dict_row)
    rows = cursor.execute(query("our_tables"), {"schema": schema, "books": list(BOOKS)}).fetchall()
    found = {row["oid"]: row for row in rows}
    order = TopologicalSorter({oid: found.keys() & set(row["refers_to"]) for oid, row in found.items()})
    return [_table(found[oid]) for oid in order.static_order()]


def _table(row: Mapping[str, Any]) -> Table:
    parts = (tuple(row[key]) for key in ("columns", "triggers", "parts"))
    return Table(row["schema"], row["name"], *parts)


def count_rows(connection: psycopg.Connection[Any], tables: Sequence[Table]) -> dict[str, int]:
    """Return how many rows each of *tables* has, by its name for people."""
    counts = {}
    for table in tables:
        row = connection.execute(statement("count_rows", table.identifier)).fetchone()
        counts[table.full_name] = int(row[0]) if row else 0
    return counts


def statement(name: str, *parts: sql.Composable, **named: sql.Composable) -> sql.Composed:
    """Return the query *name* with its names in braces filled in: what parameters cannot stand for."""
    return sql.SQL(query(name).decode()).format(*parts, **named)


def listed(names: Sequence[str]) -> sql.Composed:
    """Return *names* as a list of identifiers."""
    return sql.SQL(", ").join(map(sql.Identifier, names))
