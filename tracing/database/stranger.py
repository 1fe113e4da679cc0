"""Objects of somebody else that have our names, in the schema where ours are to be.

An older system of the same design, another application: what they made is never touched without being
asked to, and then moved with its rows to a schema of its own, from which one statement each brings it back.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from tracing.database.catalogue import Key, count_rows
from tracing.database.failure import MigrationError
from tracing.database.queries import query

ASIDE = "traceability_old"
"""Where they are moved to."""

OWN_SCHEMA = "traceability"
"""What is proposed for ours, where they are to stay."""

RELATIONS = ("table", "view", "materialized view", "index", "type")

NAMES_TOLD = 3


@dataclass(frozen=True)
class Stranger:
    """A relation or a function."""

    kind: str
    """As ALTER names it: TABLE, VIEW, FUNCTION, ..."""
    name: str
    arguments: str | None
    """Types of a function's arguments."""
    of_table: str | None
    """Of an index: its table, which has no name of ours, so that it cannot be moved with it."""
    rows: int | None = None

    @property
    def identity(self) -> sql.Composable:
        """Its name, with a function's arguments."""
        arguments = "" if self.arguments is None else f"({self.arguments})"
        return sql.SQL("{}{}").format(sql.Identifier(self.name), sql.SQL(cast("Any", arguments)))


def strangers(
    connection: psycopg.Connection[Any], schema: str, wanted: Collection[Key], counted: bool = False
) -> list[Stranger]:
    """Return what has a name of *wanted* in *schema*, with its number of rows if it is to be *counted*."""
    here = [(kind, name) for kind, name in wanted if not name.startswith("hooktrace.")]
    names = {
        "schema": schema,
        "relations": [name for kind, name in here if kind in RELATIONS],
        "functions": [name for kind, name in here if kind == "function"],
    }
    cursor = connection.cursor(row_factory=dict_row)
    found = [Stranger(**row) for row in cursor.execute(query("same_names"), names).fetchall()]
    if not counted:
        return found
    return [Stranger(**{**vars(one), "rows": _rows(connection, schema, one)}) for one in found]


def usurped(recorded: Mapping[Key, str], live: Mapping[Key, str]) -> list[Key]:
    """Return which of our tables and views somebody dropped and made in another form.

    A table or view that somebody changed still says in its comment what it is; one that has
    neither that comment nor the columns was made by somebody else.
    """
    return [
        key
        for key, ours in recorded.items()
        if key in live
        and (told := ours.splitlines()[-1]).startswith("-- ")
        and told != live[key].splitlines()[-1]
        and (key[0] == "view" or (key[0] == "table" and _columns(ours) - _columns(live[key])))
    ]


def _columns(definition: str) -> set[str]:
    return {line.partition(" ")[0] for line in definition.splitlines()}


def told(found: Sequence[Stranger], schema: str, database: str) -> str:
    """Return why nothing is done, and the cure."""
    stuck = [one for one in found if one.of_table]
    if stuck:
        return (
            f"index {stuck[0].name} on table {stuck[0].of_table} in schema {schema} of database {database} has a name "
            f"of ours\nhint: rename it, or `hooktrace init --schema {OWN_SCHEMA}`"
        )
    names = ", ".join(one.name for one in found[:NAMES_TOLD])
    more = f" and {len(found) - NAMES_TOLD} more of our names" if len(found) > NAMES_TOLD else ""
    return (
        f"schema {schema} of database {database} holds {names}{more}, not made by hooktrace\n"
        f"hint: `hooktrace schema apply --set-aside` moves that with its rows to schema {ASIDE}; "
        f"`hooktrace init --schema {OWN_SCHEMA}` leaves it there and puts hooktrace's tables beside it"
    )


def set_aside(
    connection: psycopg.Connection[Any], schema: str, found: Sequence[Stranger], there: Collection[str]
) -> list[str]:
    """Move *found* to the schema ASIDE, made unless it is *there*; return the statements that bring it back.

    Raises:
        MigrationError: an object of its name is there already.
    """
    if ASIDE not in there:
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(ASIDE)))
    way_back = []
    for one in found:
        try:
            connection.execute(_move(one, schema, ASIDE))
        except (
            psycopg.errors.DuplicateTable,
            psycopg.errors.DuplicateFunction,
            psycopg.errors.DuplicateObject,
        ) as error:
            message = f"schema {ASIDE} already holds {one.name}: nothing was moved\nhint: rename schema {ASIDE}"
            raise MigrationError(message) from error
        way_back.append(_move(one, ASIDE, schema).as_string(connection) + ";")
    return way_back


def _move(one: Stranger, here: str, there: str) -> sql.Composed:
    return sql.SQL("ALTER {} {}.{} SET SCHEMA {}").format(
        sql.SQL(cast("Any", one.kind)), sql.Identifier(here), one.identity, sql.Identifier(there)
    )


def _rows(connection: psycopg.Connection[Any], schema: str, one: Stranger) -> int | None:
    if one.kind not in ("TABLE", "MATERIALIZED VIEW", "FOREIGN TABLE"):
        return None
    return count_rows(connection, schema, one.name)
