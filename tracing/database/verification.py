"""Holds a deployed schema against what it must be: what is missing, altered, or not to be had on this server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg.rows import tuple_row

from tracing.database.books import Books
from tracing.database.catalogue import ALWAYS, Key, must_have
from tracing.database.connection import reason, transaction
from tracing.database.failure import answering
from tracing.resources import resource

STATEMENT_TIMEOUT_MS = 60_000
"""For a statement of the deployment guide: its DELETE and REINDEX take seconds on a large database."""

CONSEQUENCES = {
    "vector": "searches by meaning compare arrays: the same answers, slower; 2 of the indexes need it",
    "uuid-ossp": "nothing is lost: gen_random_uuid() is built in",
}
"""What goes without an extension."""

COUNTED = {"table": "tables", "index": "indexes", "view": "views", "function": "functions", "trigger": "triggers"}
"""The kinds of objects that a deployment is counted by, and the component each is part of."""

BOOKKEEPING = "bookkeeping"
"""The component of all else: keys and constraints, the DEFAULT partition, and all of schema hooktrace."""


@dataclass
class Component:
    """One line of the table: objects of one kind."""

    name: str
    expected: int = 0
    """What this server can hold."""
    deployed: int = 0
    missing: list[str] = field(default_factory=list)
    altered: list[str] = field(default_factory=list)
    not_offered: list[str] = field(default_factory=list)
    """What needs an extension that this server does not offer."""

    @property
    def whole(self) -> bool:
        """Tell whether everything that can be there is there, as it was made."""
        return not self.missing and not self.altered


@dataclass(frozen=True)
class Extension:
    """One of the two extensions that hooktrace can use."""

    name: str
    installed: str | None
    """Its version."""
    offered: str | None

    @property
    def whole(self) -> bool:
        """Tell whether it is there, or cannot be."""
        return self.installed is not None or self.offered is None


@dataclass(frozen=True)
class Statement:
    """A statement of the deployment guide, and how it went."""

    name: str
    text: str
    outcome: str
    """ok, failed, or not offered."""
    said: str
    """Its first value or how many rows it touched; the reason where it did not run."""


@dataclass(frozen=True)
class Verification:
    """Everything that was found."""

    schema: str
    version: str
    components: list[Component]
    extensions: list[Extension]
    statements: list[Statement]

    @property
    def whole(self) -> bool:
        """Tell whether nothing of ours is missing or altered, and every statement runs."""
        ran = all(statement.outcome != "failed" for statement in self.statements)
        return ran and all(part.whole for part in self.components) and all(part.whole for part in self.extensions)


def verify(url: str, schema: str) -> Verification:
    """Compare the live catalogue with what must be there, and run the deployment guide's statements.

    They run in a transaction that is rolled back; the catalogue is read in one that only reads.

    Raises:
        MigrationError: the database does not answer.
    """
    with answering(), Books(url, schema) as books:
        with books.reading():
            facts = books.facts()
            extensions = [Extension(**row) for row in books.rows("extensions")]
            not_offered = {found.name for found in extensions if found.installed is None and found.offered is None}
            components = _compared(books, facts["major"], not_offered)
        statements = list(_run(books.connection, schema, {found.name for found in extensions if found.installed}))
    return Verification(schema, facts["version"], components, extensions, statements)


def _compared(books: Books, major: int, not_offered: set[str]) -> list[Component]:
    live, recorded, must = books.catalogue(), books.recorded(), must_have()
    components = {name: Component(name) for name in (*COUNTED.values(), BOOKKEEPING)}
    needs = {key: extension for extension, keys in must.items() if extension != ALWAYS for key in keys}
    for key in sorted(frozenset().union(*must.values(), recorded)):
        component = components[_component(key)]
        if key not in live and needs.get(key) in not_offered:
            component.not_offered.append(_said(key))
            continue
        component.expected += 1
        if key not in live:
            component.missing.append(_said(key))
            continue
        component.deployed += 1
        definition, worded_by = recorded.get(key, (live[key], major))
        if worded_by == major and definition != live[key]:
            component.altered.append(_said(key))
    return list(components.values())


def _component(key: Key) -> str:
    kind, name = key
    own_keys = kind == "index" and not name.startswith("idx_")
    if own_keys or name.startswith("hooktrace.") or name.endswith("_default"):
        return BOOKKEEPING
    return COUNTED.get(kind, BOOKKEEPING)


def _said(key: Key) -> str:
    return " ".join(key)


def _run(connection: psycopg.Connection[Any], schema: str, extensions: set[str]) -> Iterator[Statement]:
    """Run each statement of sql/acceptance, all in one transaction, and roll it back."""
    files = sorted((resource("sql") / "acceptance").glob("*.sql"))
    with transaction(connection, schema, "owner", statement_timeout_ms=STATEMENT_TIMEOUT_MS):
        for file in files:
            head, _, text = file.read_text(encoding="utf-8").partition("\n")
            name = head.removeprefix("-- ").partition(":")[0]
            needed = head.partition("(needs ")[2].partition(")")[0]
            if needed and needed not in extensions:
                yield Statement(name, text.strip(), "not offered", f"needs the extension {needed}")
                continue
            yield _tried(connection, name, text.strip())
        raise psycopg.Rollback


def _tried(connection: psycopg.Connection[Any], name: str, text: str) -> Statement:
    try:
        with connection.transaction(), connection.cursor(row_factory=tuple_row) as cursor:
            cursor.execute(text.encode())
            row = cursor.fetchone() if cursor.description else None
            said = str(row[0]) if row and len(row) == 1 else (cursor.statusmessage or "")
    except psycopg.Error as error:
        return Statement(name, text, "failed", reason(error))
    return Statement(name, text, "ok", said)
