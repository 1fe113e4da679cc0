"""What a schema of hooktrace holds, as the server tells it, and what it must hold, as ``sql/catalogue.json`` tells it.

The names are the same on every PostgreSQL and stand in the file; how a definition is worded differs
between major versions, so definitions are compared with what the migrations recorded on the same server.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any, cast

import psycopg
from psycopg import sql
from psycopg.pq import TransactionStatus
from psycopg.rows import tuple_row

from tracing.database.connection import transaction
from tracing.database.queries import query
from tracing.resources import resource

Key = tuple[str, str]
"""Kind (table, view, index, constraint, trigger, function, type, policy, row security) and name of an object."""

ALWAYS = "always"
"""Names what stands on every server; beside it stand the extensions that the other objects need."""


def catalogue(connection: psycopg.Connection[Any], schema: str, only: Collection[Key] | None = None) -> dict[Key, str]:
    """Return each object in *schema* and in schema ``hooktrace`` with its definition.

    Neither names nor definitions hold the name of *schema*, so that two databases compare.  With *only*,
    everything else is left out but for what stands on one of its tables.  Within a transaction, that
    must be one of :func:`tracing.database.connection.transaction`.

    Raises:
        psycopg.Error: the server does not answer.
    """
    idle = connection.info.transaction_status == TransactionStatus.IDLE
    with transaction(connection, schema, "reader") if idle else nullcontext():
        rows = connection.cursor(row_factory=tuple_row).execute(query("catalogue"), {"schema": schema}).fetchall()
    return {
        (kind, name): definition
        for kind, name, definition, of_table in rows
        if only is None or (kind, name) in only or ("table", of_table) in only
    }


def count_rows(connection: psycopg.Connection[Any], schema: str, table: str) -> int:
    """Return how many rows a table holds.

    Raises:
        psycopg.Error: there is none, or this login must not read it.
    """
    statement = sql.SQL(cast("Any", query("count_rows").decode())).format(sql.Identifier(schema, table))
    row = connection.cursor(row_factory=tuple_row).execute(statement).fetchone()
    return int(row[0]) if row else 0


def must_have(directory: Path | None = None) -> Mapping[str, frozenset[Key]]:
    """Return what a complete schema holds: under ``always``, and under the extension that the rest needs.

    It stands beside *directory*, the migrations (default: hooktrace's own); none does for a directory of
    somebody's own, and then nothing is known.
    """
    file = (directory or resource("sql") / "migrations").with_name("catalogue.json")
    if not file.is_file():
        return {ALWAYS: frozenset()}
    return {
        needed: frozenset((kind, name) for kind, names in kinds.items() for name in names)
        for needed, kinds in json.loads(file.read_text(encoding="utf-8")).items()
    }


def ours(directory: Path | None = None) -> frozenset[Key]:
    """Return whatever a schema of hooktrace may hold, with all extensions."""
    return frozenset().union(*must_have(directory).values())
