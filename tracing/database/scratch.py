"""A database that exists for a while, on a server of its own: for rows that need another schema or another server."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from tracing.database.embedded import EmbeddedServer
from tracing.database.migration import migrate
from tracing.resources import resource


@contextmanager
def scratch_database(
    server: EmbeddedServer, schema: str, migrations: Collection[str], directory: Path | None = None
) -> Iterator[str]:
    """Give the URL of an empty database with these *migrations* of *directory* only, for a ``with`` block.

    *server* is the installation's, whether it exists or not; the other one is made beside it.

    Raises:
        ServerError: the other server cannot be made.
        MigrationError: a migration fails, or its file is not there.
    """
    scratch = server.beside("scratch")
    scratch.destroy()  # what a killed one left
    try:
        scratch.start()
        with _only(migrations, directory) as files:
            migrate(scratch.url, schema, files)
        yield scratch.url
    finally:
        scratch.destroy()


def migration_files(directory: Path | None = None) -> list[Path]:
    """Return the files of the migrations in *directory* (default: hooktrace's own), in their order."""
    return sorted((directory or resource("sql") / "migrations").glob("*.sql"))


@contextmanager
def _only(migrations: Collection[str], directory: Path | None) -> Iterator[Path]:
    """Give a directory that holds some of the files; with all of them the database is complete, as ever."""
    files = migration_files(directory)
    if {file.stem for file in files} <= set(migrations):
        yield files[0].parent
        return
    with tempfile.TemporaryDirectory(prefix="hooktrace-") as name:
        for file in files:
            if file.stem in migrations:
                (Path(name) / file.name).symlink_to(file)
        yield Path(name)
