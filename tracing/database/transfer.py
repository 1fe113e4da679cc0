"""Takes what was recorded to a file, from a file, or to another database; what cannot go straight goes by a third."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from tracing.database import backup, clients
from tracing.database.backup import Backup, BackupError
from tracing.database.books import File
from tracing.database.connection import open_connection
from tracing.database.embedded import EmbeddedServer
from tracing.database.loading import load
from tracing.database.migration import DIMENSIONS, MigrationError, inspect, migrate, pending
from tracing.database.queries import query
from tracing.database.rows import Progress, unseen
from tracing.database.scratch import migration_files, scratch_database
from tracing.database.snapshot import CopyError, Snapshot, answering, snapshot


def back_up(url: str, schema: str, server: EmbeddedServer, path: Path, progress: Progress = unseen) -> Backup:
    """Write what the database at *url* holds to *path*; where pg_dump cannot go, a copy of it.

    *server* is the installation's, needed for the copy whether it exists or not.

    Raises:
        BackupError: the file cannot be written, or exists already.
        CopyError: the database does not answer, or the login may not see every row.
        MigrationError: the database was set up by a newer hooktrace.
        ServerError: the server for the copy cannot be made.
    """
    with snapshot(url, schema) as now:
        if clients.obstacle(now.connection) is None:
            return backup.write(now, path, progress)
        state = inspect(url, schema)
        state.check()
        with scratch_database(server, schema, state.applied) as copy:
            load(copy, schema, now.rows, total=sum(now.counts.values()), progress=progress)
            with snapshot(copy, schema) as same:
                return backup.write(same, path, progress)


def check_origin(saved: Backup, directory: Path | None = None) -> None:
    """Check that the rows of *saved* fit the migrations in *directory* (default: hooktrace's own).

    Raises:
        BackupError: they are of a newer hooktrace, or of one that never was released.
    """
    files = [File.read(file) for file in migration_files(directory)]
    unknown, changed = saved.other_migrations(files)
    if unknown:
        raise BackupError(
            f"{saved.path} was made by a newer hooktrace (it has migration {unknown[-1]}, this version knows up to "
            f"{files[-1].id})\nhint: upgrade hooktrace: run the newer ./install.sh"
        )
    if changed:
        raise BackupError(
            f"{saved.path} was made by another hooktrace: its migration {changed[0]} is not this version's\n"
            "hint: restore it with the hooktrace that made it, then upgrade"
        )


def restore(
    saved: Backup,
    url: str,
    schema: str,
    server: EmbeddedServer,
    *,
    dimensions: int = DIMENSIONS,
    replace: bool = False,
    progress: Progress = unseen,
    directory: Path | None = None,
) -> Mapping[str, int]:
    """Put the rows of *saved* into the database at *url*, all or none, and return the rows of its tables.

    Rows of an older schema are brought up to date on the way, in a database of their own on a server beside *server*.

    Raises:
        BackupError: see :func:`check_origin`; or the file has changed since it was read.
        CopyError: see :func:`tracing.database.loading.load`.
        MigrationError, ServerError: as :func:`back_up`.
    """
    check_origin(saved, directory)
    migrate(url, schema, directory, dimensions=dimensions)
    total = sum(saved.counts.values())
    if saved.marks.keys() == {file.stem for file in migration_files(directory)}:
        return load(url, schema, saved.rows, replace=replace, total=total, progress=progress)
    with scratch_database(server, saved.schema, saved.marks, directory) as copy:
        load(copy, saved.schema, saved.rows, total=total, progress=progress)
        migrate(copy, saved.schema, directory)
        with snapshot(copy, saved.schema) as now:
            return load(url, schema, now.rows, replace=replace, total=sum(now.counts.values()), progress=progress)


def move(
    url: str,
    destination: str,
    schema: str,
    there: str,
    *,
    dimensions: int = DIMENSIONS,
    replace: bool = False,
    progress: Progress = unseen,
) -> Mapping[str, int]:
    """Copy everything in *schema* at *url* to schema *there* of another database, and return the rows of each table.

    All or nothing: interrupted, the destination has the tables, and no rows in them.

    Raises:
        CopyError: one of them does not answer, both are the same, or the destination holds rows already.
        MigrationError: the tables cannot be made there, or are not up to date here.
    """
    if missing := pending(url, schema):
        raise MigrationError(f"the database lacks migration {missing[0]}\nhint: `hooktrace init` applies it")
    with snapshot(url, schema) as now:
        _check_other(now, destination)
        migrate(destination, there, dimensions=dimensions)
        total = sum(now.counts.values())
        counts = load(destination, there, now.rows, replace=replace, total=total, progress=progress)
        if counts != now.counts:
            raise CopyError("the databases hold different tables\nhint: `hooktrace doctor` looks at both")
    return counts


def _check_other(now: Snapshot, destination: str) -> None:
    """Refuse to move a database to itself, by whatever other URL.

    Raises:
        CopyError: that is what was asked for, or the destination does not answer.
    """
    with (
        answering("the destination does not answer"),
        closing(open_connection(destination, "hooktrace copy")) as connection,
    ):
        here, there = (one.execute(query("database_identity")).fetchone() for one in (now.connection, connection))
    if here == there:
        raise CopyError(f"that is the database itself, {now.connection.info.dbname!r}\nhint: nothing needs to be moved")
