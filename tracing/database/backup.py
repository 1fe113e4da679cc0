"""A dump of one database: a file in pg_dump's custom format that holds the rows of our tables.

Rows and no definitions: those are in the migrations, of which the file names the ones that its rows
fit (in the rows of hooktrace._yoyo_migration).  So it fits any server and any owner, holds nothing of
the other applications in the database, and nothing in it is ever executed.  ``pg_restore --list`` and
``pg_restore --data-only`` read it too.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tracing.database import clients
from tracing.database.books import BOOKS, File
from tracing.database.queries import query
from tracing.database.rows import EndsEarly, Progress, Rows, of_script, unseen
from tracing.database.snapshot import CopyError, Snapshot
from tracing.database.tables import BOOKS as BOOK_TABLES
from tracing.database.tables import MARKS, Table

DUMP = (
    "--format=custom",
    "--load-via-partition-root",  # the months' partitions need not be the same where it is restored
    "--encoding=UTF8",
    "--no-password",
    "--lock-wait-timeout=60s",
)
"""With these alone pg_dump writes the whole database; :func:`read` finds our rows in that, too."""

TOLD_EVERY = 5_000
"""Rows between two words about the progress."""

EVER_THERE = "execution_traces"
"""A table that every version has, by which the schema of the others is known."""

OTHER_BOOKS = frozenset(f"{BOOKS}.{name}" for name in BOOK_TABLES)

_ENTRY = re.compile(r"(?P<number>\d+); \d+ \d+ TABLE DATA (?P<schema>\S+) (?P<table>\S+) .*")
_CREATED = re.compile(r";\s+Archive created at (.+)")
_DATABASE = re.compile(r";\s+dbname: (.+)")


class BackupError(CopyError):
    """A file is no backup of ours, or not a whole one; or it cannot be written."""


@dataclass(frozen=True)
class Entry:
    """The rows of one table or partition in the file."""

    number: str
    schema: str
    table: str

    @property
    def full_name(self) -> str:
        """As :attr:`Table.full_name`."""
        return f"{self.schema}.{self.table}" if self.schema == BOOKS else self.table


@dataclass(frozen=True)
class Backup:
    """A file that was read to its end: it is whole."""

    path: Path
    database: str
    """The name of the database that it was made of."""
    created: str
    """When, with the time zone."""
    schema: str
    """In which schema the tables were."""
    marks: Mapping[str, str]
    """The migrations that its rows fit, and the hash of each."""
    counts: Mapping[str, int]
    """How many rows it has of each table."""
    entries: Sequence[Entry]

    def rows(self, wanted: Sequence[Table]) -> Iterator[Rows]:
        """Yield the rows of *wanted*, in their order, then those of everything else: partitions have their own names.

        Raises:
            BackupError: the file has changed and cannot be read any more.
        """
        place = {table.full_name: number for number, table in enumerate(wanted)}
        yield from _rows(self.path, sorted(self.entries, key=lambda entry: place.get(entry.full_name, len(place))))

    def other_migrations(self, files: Sequence[File]) -> tuple[list[str], list[str]]:
        """Return which of its migrations are not among *files*, and which are of the same name but not the same."""
        known = {file.id: file.mark(self.schema).hash for file in files}
        return (
            sorted(self.marks.keys() - known.keys()),
            sorted(id_ for id_, mark in self.marks.items() if known.get(id_, mark) != mark),
        )


def write(now: Snapshot, path: Path, progress: Progress = unseen) -> Backup:
    """Write the rows of *now* to *path*, 0600 and under that name only once it is whole; return what it holds.

    pg_dump must be able to go where the snapshot is of: :func:`clients.obstacle`.

    Raises:
        BackupError: the file cannot be written, or does not hold what it should.
        CopyError: the database does not give the rows.
        ServerError: pg_dump is not installed.
    """
    with new_file(path) as part:
        rows = sum(now.counts.values())  # counted first: here a login is refused that may not see all
        _dump(now, part, progress)
        backup = read(part, progress, rows)
        if backup.counts != now.counts:
            raise BackupError(f"the dump does not hold what the database does: {path} was not written\nhint: try again")
    return replace(backup, path=path.absolute())


def read(path: Path, progress: Progress = unseen, total: int | None = None) -> Backup:
    """Read the file *path* to its end and return what it holds; *total* is how many rows to expect.

    Raises:
        BackupError: it is no backup of ours, or not whole.
        ServerError: pg_restore is not installed.
    """
    path = path.absolute()
    with _explained(path):
        contents = clients.run("pg_restore", "--list", str(path))
        entries = [Entry(**found.groupdict()) for line in contents.splitlines() if (found := _ENTRY.fullmatch(line))]
        marks = [entry for entry in entries if entry.full_name == f"{BOOKS}.{MARKS}"]
        others = [entry for entry in entries if entry.full_name not in OTHER_BOOKS]
        if not marks or not others:
            raise BackupError(f"{path} is no backup of hooktrace's\nhint: `hooktrace db backup` makes them")
        return Backup(
            path,
            database=_first(_DATABASE, contents),
            created=_first(_CREATED, contents),
            schema=next((entry.schema for entry in others if entry.table == EVER_THERE), "public"),
            marks=_marks(path, marks),
            counts=_counts(path, others, progress, total),
            entries=others,
        )


def _dump(now: Snapshot, part: Path, progress: Progress) -> None:
    """Let pg_dump write the rows of the snapshot, and of no table of anybody else's."""
    snapshot, role = now.connection.execute(query("export_snapshot")).fetchone() or ("", None)
    arguments = [
        *DUMP,
        "--data-only",
        f"--snapshot={snapshot}",
        *([f"--role={role}"] if role else []),
        *(f"--table-and-children={_pattern(table.schema, table.name)}" for table in now.tables),
        f"--table={_pattern(BOOKS, MARKS)}",
        f"--file={part}",
        f"--dbname={clients.address(now.connection)}",
    ]
    try:
        for _ in clients.watched("pg_dump", *arguments, env=clients.environment(now.connection)):
            progress("dumping (bytes)", part.stat().st_size, None)
    except clients.ProgramError as error:
        raise CopyError(f"pg_dump failed: {error}\nhint: nothing was changed; try again") from error


def _pattern(schema: str, table: str) -> str:
    """Return what means this table to pg_dump and nothing else."""
    return f'"{schema}"."{table}"'


def _rows(path: Path, entries: Sequence[Entry]) -> Iterator[Rows]:
    """Yield the rows of *entries* in this order."""
    with _explained(path), tempfile.NamedTemporaryFile("w", prefix="hooktrace-") as order:
        order.writelines(f"{entry.number};\n" for entry in entries)
        order.flush()
        arguments = ("--data-only", f"--use-list={order.name}", "--file=-", str(path))
        with clients.reading("pg_restore", *arguments) as script:
            for rows in of_script(script):
                yield replace(rows, lines=_whole(path, rows.lines))


def _whole(path: Path, lines: Iterator[bytes]) -> Iterator[bytes]:
    with _explained(path):
        yield from lines


def _marks(path: Path, entries: Sequence[Entry]) -> dict[str, str]:
    marks = {}
    for rows in _rows(path, entries):
        for line in rows.lines:
            fields = dict(zip(rows.columns, line.decode().rstrip("\n").split("\t"), strict=True))
            marks[fields["migration_id"]] = fields["migration_hash"]
    return marks


def _counts(path: Path, entries: Sequence[Entry], progress: Progress, total: int | None) -> dict[str, int]:
    counts: Counter[str] = Counter()
    read_so_far = 0
    for rows in _rows(path, entries):
        counts[rows.full_name] += 0  # a table without rows is one, too
        for _ in rows.lines:
            counts[rows.full_name] += 1
            read_so_far += 1
            if read_so_far % TOLD_EVERY == 0:
                progress("reading the backup", read_so_far, total)
    return dict(counts)


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found[1].strip() if found else "unknown"


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Translate what is wrong with the file *path*."""
    try:
        yield
    except EndsEarly as error:
        raise BackupError(f"{path} is cut off: its last rows are missing\nhint: use another backup") from error
    except clients.ProgramError as error:
        hint = "hint: it must be whole, and made by `hooktrace db backup`"
        raise BackupError(f"{path} cannot be read: {error}\n{hint}") from error


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """Give an empty file beside *path*, 0600, that gets this name at the end of the block, unless that fails.

    Raises:
        BackupError: there is a file of that name, or the system refuses.
    """
    try:
        if path.exists():
            raise BackupError(f"{path} exists already\nhint: give another name, or delete it")
        descriptor, name = tempfile.mkstemp(dir=path.absolute().parent, prefix=f".{path.name}.", suffix=".part")
        os.close(descriptor)
        part = Path(name)
        try:
            yield part
            part.replace(path)  # pg_dump has seen to it that its content is on the disk
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        reason = f"{path} cannot be written: {error.strerror}"
        raise BackupError(f"{reason}\nhint: is there such a directory, room, and the right to?") from error
