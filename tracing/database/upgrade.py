"""Brings the embedded server's cluster to the PostgreSQL that this hooktrace runs.

A cluster belongs to one major version.  The old programs dump it, roles and other people's tables
included, and the dump fills a new cluster beside it.  Only when that holds every row does it take
the old one's place, which is then deleted; the dump stays.  Whatever happens before that leaves the
old cluster as it was, and the upgrade can be repeated.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from tracing.database import clients
from tracing.database.backup import DUMP, BackupError, new_file
from tracing.database.binaries import offered
from tracing.database.connection import open_connection, reason
from tracing.database.embedded import MAJOR, EmbeddedServer, ServerError
from tracing.database.queries import query
from tracing.database.rows import Progress, unseen
from tracing.database.serverfiles import read
from tracing.database.tables import statement

OWN_ROLE = re.compile(r"^CREATE ROLE hooktrace;$", re.MULTILINE)
"""The new cluster has it from the first moment."""


@dataclass(frozen=True)
class Upgrade:
    """What was done."""

    before: str
    """The major version of the old cluster."""
    dump: Path
    """Everything that was in it."""
    tuning: tuple[str, ...]
    """What ALTER SYSTEM had set there and is not set now: it may not fit the new version."""


def due(server: EmbeddedServer) -> bool:
    """Tell whether the cluster is of another PostgreSQL than this hooktrace runs."""
    return server.version() not in (None, MAJOR)


def upgrade(server: EmbeddedServer, dump: Path, progress: Progress = unseen) -> Upgrade:
    """Bring the cluster of *server* to MAJOR, by way of the new file *dump*; the server is stopped afterwards.

    Nobody else may start it meanwhile.

    Raises:
        ServerError: it cannot be done; the message says why, and the old cluster is what it was.
    """
    old = replace(server, major=server.version() or MAJOR, port=0)
    _check(old)
    new = server.beside("upgrade")
    try:
        new.destroy()  # what a killed one left
        old.restart()  # without TCP: from here on nobody writes
        tuning = _tuning(old)
        with tempfile.TemporaryDirectory(prefix="hooktrace-") as directory, _explained(old):
            roles = Path(directory) / "roles.sql"  # 0700: it holds what passwords are checked by
            counts = _dump(old, dump, roles, progress)
            old.stop()
            new.start()
            _restore(new, dump, roles, counts, progress)
        server.take_cluster(new)
    finally:
        old.stop()
        new.destroy()
    return Upgrade(old.major, dump, tuning)


def _check(old: EmbeddedServer) -> None:
    """Raise ServerError, with the cure, for a cluster that cannot be brought up to date."""
    if int(old.major) > int(MAJOR):
        raise ServerError(
            f"the cluster in {old.data} is of PostgreSQL {old.major}, this hooktrace runs {MAJOR}\n"
            "hint: it was made by a newer hooktrace: run the newer ./install.sh"
        )
    if not offered(old.major, for_root=old.as_root):
        raise ServerError(
            f"the cluster in {old.data} is of PostgreSQL {old.major}, whose programs this hooktrace does not bring\n"
            f"hint: with the hooktrace that made it: `hooktrace db backup FILE`; then move {old.data} away, and with "
            "this one: `hooktrace init && hooktrace db restore FILE`"
        )


def _dump(old: EmbeddedServer, path: Path, roles: Path, progress: Progress) -> dict[str, int]:
    """Write all that is in *old* to *path* and *roles*; return how many rows each table has."""
    with open_connection(old.url, "hooktrace upgrade") as connection:
        if others := [name for (name,) in connection.execute(query("other_databases"))]:
            raise ServerError(
                f"the embedded server holds databases that are not hooktrace's: {', '.join(others)}\n"
                "hint: dump and drop them first; an upgrade would leave them behind"
            )
        counts = _counts(connection)
        here = f"--dbname={clients.address(connection)}"
        said = clients.run("pg_dumpall", "--roles-only", "--no-password", here, env=clients.environment(connection))
        roles.write_text(OWN_ROLE.sub("", said), encoding="utf-8")
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with new_file(path) as part:
            arguments = (*DUMP, f"--file={part}", here)
            for _ in clients.watched("pg_dump", *arguments, env=clients.environment(connection)):
                progress("dumping (bytes)", part.stat().st_size, None)
    return counts


def _restore(new: EmbeddedServer, path: Path, roles: Path, counts: dict[str, int], progress: Progress) -> None:
    """Fill *new* with what was dumped, and check that nothing is missing."""
    with open_connection(new.url, "hooktrace upgrade") as connection:
        here, env = f"--dbname={clients.address(connection)}", clients.environment(connection)
        progress("restoring (rows)", 0, sum(counts.values()))
        clients.run("psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", f"--file={roles}", here, env=env)
        clients.run("pg_restore", "--exit-on-error", "--single-transaction", "--no-password", here, str(path), env=env)
        if (there := _counts(connection)) != counts:
            differing = sorted(name for name in counts.keys() | there.keys() if counts.get(name) != there.get(name))
            raise ServerError(f"the new cluster does not hold the same rows: {', '.join(differing)}")
        connection.execute(query("analyze_database"))


def _counts(connection: psycopg.Connection[Any]) -> dict[str, int]:
    """Return how many rows each table has, whosever it is."""
    counts = {}
    for (name,) in connection.execute(query("tables_of_everybody")).fetchall():
        row = connection.execute(statement("count_rows", sql.SQL(name))).fetchone()
        counts[name] = int(row[0]) if row else 0
    return counts


def _tuning(old: EmbeddedServer) -> tuple[str, ...]:
    with suppress(FileNotFoundError):
        lines = map(str.strip, read(old.data / "postgresql.auto.conf").splitlines())
        return tuple(line for line in lines if line and not line.startswith("#"))
    return ()


@contextmanager
def _explained(old: EmbeddedServer) -> Iterator[None]:
    """Translate what goes wrong on the way."""
    try:
        yield
    except (BackupError, clients.ProgramError, psycopg.Error) as error:
        what = reason(error) if isinstance(error, psycopg.Error) else str(error)
        first_line, _, rest = what.partition("\n")
        hint = rest or f"hint: the cluster in {old.data} is what it was; repair the cause and run it again"
        raise ServerError(f"the cluster cannot be brought to PostgreSQL {MAJOR}: {first_line}\n{hint}") from error
