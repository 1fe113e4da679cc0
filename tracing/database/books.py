"""The books: which migration files a database has, and what stood there after each of them.

yoyo-migrations keeps the first; what it does by default and would hurt here is replaced:

- its tables lie in the schema ``hooktrace``, not among the user's own;
- its lock is an advisory lock of one transaction, which ends with its holder, however that ends, and
  which a pooler in transaction mode keeps (a lock row outlives a kill -9 for ever);
- a file and the note that it has been applied are one transaction (yoyo uses two connections: a kill
  between them leaves a database on which the file fails from then on);
- a file goes to the server as it stands.  yoyo cuts it into statements and prints what they select.
"""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from yoyo import internalmigrations
from yoyo.backends.core.postgresql import PostgresqlPsycopgBackend

from tracing.database.catalogue import Key, catalogue, count_rows
from tracing.database.connection import ROLES, open_connection, transaction
from tracing.database.failure import MigrationError, cure, told
from tracing.database.queries import query

BOOKS = "hooktrace"
"""The schema of hooktrace's own bookkeeping; the migrations name it, so it is no setting."""

OBJECTS = "objects"
"""The table of what the migrations made."""

LOCK = int.from_bytes(hashlib.sha256(b"hooktrace migrations").digest()[:8], signed=True)


@dataclass(frozen=True)
class File:
    """A migration: one SQL file."""

    id: str
    source: str

    @classmethod
    def read(cls, path: Path) -> File:
        """Read *path* as UTF-8, whatever the locale and whatever ends its lines."""
        return cls(path.stem, path.read_text(encoding="utf-8"))

    def mark(self, schema: str) -> Mark:
        """Return how the books name this file, applied to *schema*."""
        return Mark(self.id, place_digits(schema, self.id) + _digits(f"{schema}.{self.id}\n{self.source}"))

    def line_of(self, error: psycopg.Error) -> str:
        """Return where in the file *error* is, as words to put behind "fails"."""
        position = error.diag.statement_position
        return f" at line {self.source[: int(position)].count(chr(10)) + 1}" if position else ""


@dataclass(frozen=True)
class Mark:
    """A line of the books, as yoyo wants it."""

    id: str
    hash: str
    """Half of it tells the schema and the name, the other half the content too."""
    applied_at: datetime | None = None

    def is_of(self, schema: str) -> bool:
        """Tell whether the file was applied to *schema*."""
        return self.hash.startswith(place_digits(schema, self.id))


def place_digits(schema: str, id_: str) -> str:
    """Return the half of a mark's hash that its content does not matter for."""
    return _digits(f"{schema}.{id_}")


def _digits(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


class Books(PostgresqlPsycopgBackend):  # type: ignore[misc]  # yoyo is published without types
    """One connection to a database, and its books; yoyo's backend for PostgreSQL, changed as the module says."""

    connection: psycopg.Connection[Any]

    def __init__(self, url: str, schema: str) -> None:
        self.target = schema
        super().__init__(url, "_yoyo_migration")

    # -- what yoyo asks

    def connect(self, dburi: str) -> psycopg.Connection[Any]:
        """Connect to the URL *dburi*."""
        connection = open_connection(dburi, "hooktrace schema")
        # What the books say must be seen as of now, not as of the moment when we began to wait for the lock.
        connection.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
        return connection

    def init_connection(self, connection: psycopg.Connection[Any]) -> None:
        """Set nothing: behind a pooler it would be another client's connection next."""

    def quote_identifier(self, s: str) -> str:
        """Return *s* as a statement names it; yoyo's tables with their schema."""
        quoted = f'"{s.replace(chr(34), chr(34) * 2)}"'
        own = (self.migration_table, self.log_table, self.version_table)
        return f"{BOOKS}.{quoted}" if s in own else quoted

    def list_tables(self, **_: object) -> list[str]:
        """Return what is in the schema of the books, so that yoyo knows what is still to be made."""
        return list(self.facts()["bookkeeping"])

    def ensure_internal_schema_updated(self) -> None:
        """Trust :meth:`prepare`."""

    def get_log_data(self, migration: Mark | None = None, operation: str = "apply") -> Mapping[str, Any]:
        """Return a line of yoyo's log; its own asks the DNS for our name, which offline takes seconds."""
        now = datetime.now(UTC).replace(tzinfo=None)
        return {
            "id": str(uuid.uuid4()),
            "migration_id": migration.id if migration else None,
            "migration_hash": migration.hash if migration else None,
            "username": self.connection.info.user[:255],
            "hostname": os.uname().nodename[:255],
            "created_at_utc": now,
            "operation": operation,
        }

    # -- transactions

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Look, in a transaction that changes nothing and waits for nobody."""
        with transaction(self.connection, self.target, "reader", read_only=True, statement_timeout_ms=0):
            yield

    @contextmanager
    def locked(self, limit_s: float) -> Iterator[None]:
        """Change, in a transaction that nobody else's migration shares.

        Raises:
            MigrationError: another one holds the lock for longer than *limit_s*.
        """
        with transaction(self.connection, self.target, "owner", statement_timeout_ms=0):
            self._take_lock(limit_s)
            self._in_transaction = True  # yoyo's own transactions are savepoints in it
            try:
                yield
            finally:
                self._in_transaction = False

    def _take_lock(self, limit_s: float) -> None:
        self.row("limit_lock_wait", limit=f"{limit_s * 1000:.0f}")
        try:
            self.row("take_migration_lock", key=LOCK)
        except psycopg.errors.LockNotAvailable as error:
            raise MigrationError(
                f"another process has been migrating this database for {limit_s:.0f} s\n"
                "hint: its pid is in pg_locks, where locktype is advisory"
            ) from error

    # -- what the database has

    def rows(self, name: str, **values: Any) -> list[dict[str, Any]]:
        """Return the rows of the query *name*."""
        return self.connection.cursor(row_factory=dict_row).execute(query(name), values).fetchall()

    def row(self, name: str, **values: Any) -> dict[str, Any]:
        """Return the one row of the query *name*."""
        return self.rows(name, **values)[0]

    def facts(self) -> dict[str, Any]:
        """Return what must be known before the books can be read."""
        return self.row("database_facts")

    def marks(self) -> list[Mark]:
        """Return which files were applied, in their order."""
        if self.migration_table not in self.list_tables():
            return []
        return [
            Mark(row["migration_id"], row["migration_hash"], row["applied_at_utc"])
            for row in self.rows("applied_migrations")
        ]

    def recorded(self) -> dict[Key, tuple[str, int]]:
        """Return what the migrations made, each with its definition and the major version that worded it."""
        if OBJECTS not in self.list_tables():
            return {}
        rows = self.rows("recorded_objects")
        return {(row["kind"], row["name"]): (row["definition"], row["server_major"]) for row in rows}

    def catalogue(self) -> dict[Key, str]:
        """Return what is there now."""
        return catalogue(self.connection, self.target)

    # -- changes

    @cached_property
    def _own_tables(self) -> set[str]:
        return {self.migration_table, self.log_table, self.version_table, OBJECTS}

    def prepare(self) -> None:
        """Make the schemas and the books where they are missing."""
        there = self.facts()["schemas"]
        for name in (BOOKS, self.target):
            # Not IF NOT EXISTS: that asks for the right to create even when the schema is there.
            if name not in there:
                self.connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(name)))
        if not self._own_tables <= set(self.list_tables()):
            self.connection.execute(query("create_books"))
        if internalmigrations.needs_upgrading(self):
            internalmigrations.upgrade(self)

    def apply(self, file: File) -> None:
        """Run *file* and note it, within the transaction at hand.

        Raises:
            MigrationError: the server refuses it.
        """
        try:
            # Without parameters psycopg sends the text as it is: any number of statements, and % is just a %.
            self.connection.execute(cast("Any", file.source))
        except psycopg.errors.DeadlockDetected:
            raise  # nobody's fault: the step is tried again
        except psycopg.Error as error:
            message = f"migration {file.id} fails{file.line_of(error)}: {told(error)}\nhint: {cure(error)}"
            raise MigrationError(message) from error
        self._point_home()
        mark = file.mark(self.target)
        if any(known.id == mark.id for known in self.marks()):
            self.log_migration(mark, "again")
        else:
            self.mark_one(mark)

    def _point_home(self) -> None:
        """Look names up in the target schema again: a file as pg_dump writes it looks elsewhere."""
        self.row("enter_transaction", schema=self.target, roles=[ROLES["owner"]], statement_timeout=0, by_key=False)

    def complete(self, dimensions: int) -> list[str]:
        """Make what depends on the server, where the files have brought the functions for it; return notes."""
        if not self.facts()["has_completion"]:
            return []
        for extension in self.rows("extensions"):
            if extension["offered"] and not extension["installed"]:
                self._add_extension(extension["name"])
        return [row["note"] for row in self.rows("complete_schema", dimensions=dimensions)]

    def _add_extension(self, name: str) -> None:
        """Create an extension as the login itself, which may be a superuser where the owner's role is none.

        By our own statement: a superuser should run no function that another role can replace.
        """
        refused = (psycopg.errors.InsufficientPrivilege, psycopg.errors.FeatureNotSupported)
        with suppress(*refused), self.connection.transaction():  # why not, the schema's own function tells
            self.row("act_as_login")
            self.connection.execute(sql.SQL("CREATE EXTENSION {} SCHEMA public").format(sql.Identifier(name)))
        self._point_home()

    def clear(self) -> None:
        """Forget what was applied and made; the log of who did it stays."""
        self.connection.execute(query("clear_books"))

    def row_counts(self, keys: Collection[Key]) -> dict[str, int]:
        """Return how many rows the tables of *keys* hold; partitions are counted with their table."""
        there = {key: text for key, text in self.catalogue().items() if "\nPARTITION OF " not in text}
        tables = [name for kind, name in keys if kind == "table" and (kind, name) in there]
        return {name: count_rows(self.connection, *self._place(name)) for name in tables}

    def _place(self, name: str) -> tuple[str, str]:
        """Return the schema and the name in it of an object of the catalogue."""
        if name.startswith(f"{BOOKS}."):
            return BOOKS, name.removeprefix(f"{BOOKS}.")
        return self.target, name

    def drop(self, keys: Collection[Key]) -> None:
        """Drop *keys*, whatever the order in which they need each other, but nothing that stands on them.

        Raises:
            MigrationError: something else stands on them.
        """
        left = list(keys)
        while left:
            blocked = {key: error for key in left if (error := self._drop(key))}
            if len(blocked) == len(left):
                error = next(iter(blocked.values()))
                raise MigrationError(
                    f"nothing was dropped: {told(error)}\nhint: that is not hooktrace's; drop it first"
                ) from error
            left = list(blocked)

    def _drop(self, key: Key) -> psycopg.Error | None:
        """Drop one object unless something stands on it; return what the server says then."""
        kind, name = key
        bare, bracket, arguments = name.partition("(")
        statement = sql.SQL("DROP {} IF EXISTS {}{}").format(
            sql.SQL(cast("Any", kind)), sql.Identifier(*self._place(bare)), sql.SQL(cast("Any", bracket + arguments))
        )
        try:
            with self.connection.transaction():
                self.connection.execute(statement)
        except psycopg.errors.DependentObjectsStillExist as error:
            return error
        return None

    def record(self, before: Mapping[Key, str], may_be: Collection[Key]) -> None:
        """Note what the transaction at hand made, changed and dropped; *before* is what stood before it.

        What nobody noted so far is ours if it is of *may_be* or in schema hooktrace; if nothing is known
        of the files, what is new is.  What was worded by another major version is worded anew.
        """
        after, known, major = self.catalogue(), self.recorded(), self.facts()["major"]

        def is_news(key: Key) -> bool:
            if key in known:
                return before.get(key) != after[key] or known[key][1] != major
            return key in may_be or f"{BOOKS}." in key[1] or (not may_be and key not in before)

        noted = {key: after[key] for key in after if is_news(key)}
        with self.connection.cursor() as cursor:
            lines = [{"kind": kind, "name": name, "definition": text} for (kind, name), text in noted.items()]
            cursor.executemany(query("record_object"), lines)
            gone = [{"kind": kind, "name": name} for kind, name in known.keys() - after.keys()]
            cursor.executemany(query("forget_object"), gone)
