"""Brings a database's schema up to date with the SQL files in ``sql/migrations``.

yoyo-migrations keeps the books; what it does by default and would hurt here is replaced:

- its tables lie in the schema ``hooktrace``, not among the user's own;
- its lock is an advisory lock, which ends with its holder (a lock row outlives a kill -9 for ever);
- a file and the note that it has been applied are one transaction (yoyo uses two connections: a kill
  between them leaves a database on which the file fails from then on);
- a file goes to the server as it stands.  yoyo cuts it into statements and prints what they select.
"""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import psycopg
from psycopg import sql
from yoyo.backends.core.postgresql import PostgresqlPsycopgBackend
from yoyo.migrations import Migration, StepBase

from tracing.resources import resource

BOOKS = "hooktrace"
"""The schema of hooktrace's own bookkeeping; the migrations name it, so it is no setting."""

LOCK = int.from_bytes(hashlib.sha256(b"hooktrace migrations").digest()[:8], signed=True)
LOCK_LIMIT_S = 300
"""A migration of a large table takes minutes; a holder whose network vanished keeps its lock for hours."""


class MigrationError(Exception):
    """The database cannot be brought up to date."""


def migrate(url: str, schema: str = "public", directory: Path | None = None) -> list[str]:
    """Apply what *directory* (default: hooktrace's own) has and the database lacks; return the new ids.

    Each file is one transaction: it is applied and noted, or has left nothing behind.  Unqualified names in
    it mean *schema*, which is created if need be.  Several processes may do this at once.

    Raises:
        MigrationError: a file fails, the database holds hooktrace's tables in another schema, or it does
            not answer.
    """
    with _answering(), _Books(url, schema) as books, books.lock(LOCK_LIMIT_S):
        books.create_schemas()
        books.ensure_internal_schema_updated()
        missing = books.missing(_files(directory, schema))
        for file in missing:
            books.apply_one(file)
        return [file.id for file in missing]


def pending(url: str, schema: str = "public", directory: Path | None = None) -> list[str]:
    """Return the ids :func:`migrate` would apply, in order; changes nothing.

    Raises: as :func:`migrate`.
    """
    with _answering(), _Books(url, schema) as books:
        return [file.id for file in books.missing(_files(directory, schema))]


@contextmanager
def _answering() -> Iterator[None]:
    """Translate the driver's errors; a refused connection is told in its first line, without the row details."""
    try:
        yield
    except psycopg.Error as error:
        first_line = str(error).strip().partition("\n")[0]
        raise MigrationError(f"the database cannot be set up: {first_line}") from error


def _files(directory: Path | None, schema: str) -> list[_File]:
    directory = directory or resource("sql") / "migrations"
    if not directory.is_dir():
        raise MigrationError(f"no directory of migrations: {directory}\nhint: reinstall hooktrace")
    return [_File(path, schema) for path in sorted(directory.glob("*.sql"))]


class _File(Migration):  # type: ignore[misc]  # yoyo is published without types
    """One SQL file, known to the books by its schema and name."""

    id: str
    hash: str

    def __init__(self, path: Path, schema: str) -> None:
        super().__init__(path.stem, str(path), str(path.parent))
        self.hash = hashlib.sha256(f"{schema}.{path.stem}".encode()).hexdigest()

    def load(self) -> None:
        """Read the file as UTF-8 whatever the locale, with one step."""
        if not self.loaded:
            self.source = Path(self.path).read_text(encoding="utf-8")
            self._depends: set[Migration] = set()
            self.steps = [_WholeFile(self.source)]


class _WholeFile(StepBase):  # type: ignore[misc]
    def __init__(self, text: str) -> None:
        self.text = text

    def apply(self, backend: _Books, force: bool = False) -> None:  # noqa: ARG002 - yoyo's signature
        # Without parameters psycopg sends the text as it is: any number of statements, and % is just a %.
        with backend.connection.cursor() as cursor:
            cursor.execute(cast("Any", self.text))


class _Books(PostgresqlPsycopgBackend):  # type: ignore[misc]
    """yoyo's backend for PostgreSQL, changed as the module says."""

    connection: psycopg.Connection[Any]
    _is_locked: bool

    def __init__(self, url: str, schema: str) -> None:
        self.target = schema
        self._is_locked = False
        super().__init__(url, "_yoyo_migration")

    def connect(self, dburi: str) -> psycopg.Connection[Any]:
        return psycopg.connect(dburi, autocommit=True)  # yoyo sends BEGIN and COMMIT itself

    def init_connection(self, connection: psycopg.Connection[Any]) -> None:
        """Let unqualified names mean the target schema; extensions may be in public."""
        path = [sql.Identifier(name) for name in dict.fromkeys((self.target, "public"))]
        connection.execute(sql.SQL("SET search_path TO {}").format(sql.SQL(", ").join(path)))

    def quote_identifier(self, s: str) -> str:
        quoted = f'"{s.replace(chr(34), chr(34) * 2)}"'
        own = (self.migration_table, self.log_table, self.version_table, self.lock_table)
        return f"{BOOKS}.{quoted}" if s in own else quoted

    def list_tables(self, **_: object) -> list[str]:
        """Return yoyo's tables, so that it knows which of them are still to be made."""
        cursor = self.connection.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = to_regnamespace(%s)", [BOOKS]
        )
        return [name for (name,) in cursor]

    def get_log_data(self, migration: _File | None = None, operation: str = "apply") -> Mapping[str, Any]:
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

    @contextmanager
    def lock(self, timeout: float = LOCK_LIMIT_S) -> Iterator[None]:
        """Hold the advisory lock; the server frees it when this connection ends, however it ends."""
        if self._is_locked:
            yield
            return
        self.connection.execute("SELECT set_config('lock_timeout', %s, false)", [f"{timeout * 1000:.0f}"])
        try:
            self.connection.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        except psycopg.errors.LockNotAvailable as error:
            raise MigrationError(
                f"another process has been migrating this database for {timeout:.0f} s\n"
                "hint: its pid is in pg_locks, where locktype is advisory"
            ) from error
        self.connection.execute("RESET lock_timeout")
        self._is_locked = True
        try:
            yield
        finally:
            self._is_locked = False
            with suppress(psycopg.Error):  # a broken connection holds no lock
                self.connection.execute("SELECT pg_advisory_unlock(%s)", [LOCK])

    def create_schemas(self) -> None:
        for name in (BOOKS, self.target):
            # Not IF NOT EXISTS: that asks for the right to create even when the schema is there.
            query = "SELECT 1 FROM pg_namespace WHERE nspname = %s"
            if not self.connection.execute(query, [name]).fetchone():
                self.connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(name)))

    def missing(self, files: list[_File]) -> list[_File]:
        """Return those of *files* that have not been applied."""
        if self.migration_table not in self.list_tables():
            return files
        table = sql.Identifier(BOOKS, self.migration_table)
        query = sql.SQL("SELECT migration_id, migration_hash FROM {}").format(table)
        applied = dict(self.connection.execute(query).fetchall())
        for file in files:
            if applied.get(file.id, file.hash) != file.hash:
                raise MigrationError(
                    f"this database holds hooktrace's tables in another schema than {self.target!r}\n"
                    "hint: `hooktrace config get database.schema`; one database holds one installation"
                )
        return [file for file in files if file.id not in applied]

    def apply_one(self, migration: _File, force: bool = False, mark: bool = True) -> None:
        """Apply *migration* and note it, in one transaction."""
        try:
            with self.transaction():
                self.init_connection(self.connection)  # the file before may have set another search_path
                migration.process_steps(self, "apply", force=force)
                if mark:
                    self.mark_one(migration)
        except psycopg.Error as error:
            reason = error.diag.message_primary or error
            raise MigrationError(
                f"migration {migration.id} fails{_line(migration, error)}: {reason}\n"
                "hint: nothing of it was kept; mend the cause and run it again"
            ) from error


def _line(migration: _File, error: psycopg.Error) -> str:
    position = error.diag.statement_position
    return f" at line {migration.source[: int(position)].count(chr(10)) + 1}" if position else ""
