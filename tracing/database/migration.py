"""Brings a database's schema up to date with the SQL files in ``sql/migrations``, and keeps it whole.

A file is applied once, in one transaction with the note of it (:mod:`tracing.database.books`).  Every
file is written so that it may run again where some or all of its objects are: when something of what
was made is missing, all files run again in their order, in one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import psycopg

from tracing.database import roles, stranger
from tracing.database.books import BOOKS, LOCK, OBJECTS, Books, File, Mark
from tracing.database.catalogue import ALWAYS, Key, must_have
from tracing.database.failure import MigrationError, answering
from tracing.database.stranger import Stranger
from tracing.resources import resource

__all__ = [
    "BOOKS",
    "DIMENSIONS",
    "LOCK",
    "Applied",
    "MigrationError",
    "State",
    "inspect",
    "migrate",
    "pending",
    "reset",
    "to_reset",
    "to_set_aside",
]

LOCK_LIMIT_S = 300
"""A migration of a large table takes minutes; a holder whose network vanished keeps its lock for hours."""

DIMENSIONS = 384
"""Of an embedding, unless the settings say otherwise."""

DROPPED = ("table", "view", "materialized view", "function", "type")
"""Kinds that :func:`reset` drops; the others stand on these."""

DEADLOCKS = 3
"""How often to try again after one."""

Result = TypeVar("Result")

Tell = Callable[[str], None]
"""Is told the id of each file before it runs."""


@dataclass
class Applied:
    """What :func:`migrate` did."""

    new: list[str] = field(default_factory=list)
    """Ids of the files that were applied for the first time."""
    lost: list[Key] = field(default_factory=list)
    """What was missing and has been made again."""
    notes: list[str] = field(default_factory=list)
    """What the server could not give, a sentence each."""
    way_back: list[str] = field(default_factory=list)
    """Statements that undo what was set aside."""

    def __bool__(self) -> bool:
        return bool(self.new or self.lost or self.way_back)


@dataclass(frozen=True)
class State:
    """What the books of a database say, compared with the files."""

    schema: str
    database: str
    version: str
    """Of the server."""
    known: Sequence[str]
    """Ids of the files this version has."""
    applied: dict[str, datetime | None]
    """Ids of the files that were applied, and when (UTC)."""
    pending: list[str]
    altered: list[str]
    """Ids of files whose content is not what was applied under their names."""
    newer: list[str]
    """Ids of applied files that this version does not know."""
    elsewhere: str | None
    """The schema that holds the tables, if it is another one; empty if that is gone."""
    lost: list[Key]
    """Objects that were made and are missing, tables first."""
    extensions: list[dict[str, str | None]]
    """Name, and the versions that are installed and offered, of those that hooktrace can use."""
    ours_to_change: bool
    """Whether this login has the rights of who made the tables; true while nobody has."""

    @property
    def whole(self) -> bool:
        """Tell whether there is nothing to do."""
        return not self.pending and not self.lost

    def check(self) -> None:
        """Raise MigrationError, with the cure, unless the files and the books are of one history."""
        if self.elsewhere == "":
            raise MigrationError(
                f"this database held hooktrace's tables in another schema than {self.schema!r}, which is gone\n"
                "hint: if it was renamed, name it as it was; one database holds one installation"
            )
        if self.elsewhere is not None:
            raise MigrationError(
                f"this database holds hooktrace's tables in another schema than {self.schema!r}: {self.elsewhere!r}\n"
                f"hint: `hooktrace config set database.schema {self.elsewhere}`; one database holds one installation"
            )
        if self.newer:
            raise MigrationError(self._told_newer())
        if self.altered:
            names, were = ", ".join(self.altered), "was" if len(self.altered) == 1 else "were"
            raise MigrationError(
                f"migration {names} {were} changed after it was applied to this database\n"
                "hint: reinstall the hooktrace that applied it, or upgrade; to begin anew, with nothing of what "
                "was recorded: `hooktrace schema reset`"
            )

    def _told_newer(self) -> str:
        last, newest = self.known[-1] if self.known else "none", max(self.newer)
        if newest > last:
            return (
                f"this database was set up by a newer hooktrace (it has migration {newest}, this version knows up to "
                f"{last})\nhint: upgrade hooktrace: run the newer ./install.sh"
            )
        return (
            f"this database was set up by another hooktrace (it has migration {newest}, which this version does not "
            "know)\nhint: use the hooktrace that made it; to begin anew, with nothing of what was recorded: "
            "`hooktrace schema reset`"
        )


def migrate(
    url: str,
    schema: str = "public",
    directory: Path | None = None,
    *,
    dimensions: int = DIMENSIONS,
    set_aside: bool = False,
    tell: Tell = lambda _: None,
) -> Applied:
    """Apply what *directory* (default: hooktrace's own) has and the database lacks or has lost.

    Each file is one transaction: it is applied and noted, or has left nothing behind; what makes good a
    loss is one transaction together.  Unqualified names in a file mean *schema*, which is created if need
    be.  Several processes may do this at once, also through a pooler in transaction mode.  Objects of
    our names that somebody else made stop it; with *set_aside* they are moved to schema
    ``traceability_old`` in the transaction that makes ours.  Embeddings get *dimensions*.

    Raises:
        MigrationError: a file fails or was changed after it was applied, the database is newer, holds
            hooktrace's tables in another schema or somebody else's of our names, or does not answer.
    """
    with answering(), _Migration(url, schema, directory) as migration:
        with migration.books.reading():
            state = migration.state()
        state.check()
        if state.whole and not state.ours_to_change:
            return Applied()  # a login that only writes events: there is nothing to do, and it may do nothing
        while _patiently(lambda: migration.step(set_aside, tell)):
            pass
        _patiently(lambda: migration.complete(dimensions))
        return migration.done


def pending(url: str, schema: str = "public", directory: Path | None = None) -> list[str]:
    """Return the ids :func:`migrate` would apply for the first time, in order; changes nothing.

    Raises: as :func:`migrate`.
    """
    state = inspect(url, schema, directory)
    state.check()
    return state.pending


def inspect(url: str, schema: str = "public", directory: Path | None = None) -> State:
    """Return what is applied, and what is not as it should be; changes nothing.

    Raises:
        MigrationError: the database does not answer.
    """
    with answering(), _Migration(url, schema, directory) as migration, migration.books.reading():
        return migration.state()


def reset(
    url: str,
    schema: str = "public",
    directory: Path | None = None,
    *,
    dimensions: int = DIMENSIONS,
    tell: Tell = lambda _: None,
) -> Applied:
    """Drop everything that is ours, with all rows, and make it anew, in one transaction.

    What others made stays; where something of theirs stands on ours, nothing is done.

    Raises: as :func:`migrate`.
    """
    with answering(), _Migration(url, schema, directory) as migration:
        _patiently(lambda: migration.reset(dimensions, tell))
        return migration.done


def to_reset(url: str, schema: str = "public", directory: Path | None = None) -> dict[str, int]:
    """Return the tables that :func:`reset` would empty, each with its number of rows; changes nothing.

    Raises: as :func:`migrate`.
    """
    with answering(), _Migration(url, schema, directory) as migration, migration.books.reading():
        return migration.books.row_counts(migration.own(migration.state()))


def to_set_aside(url: str, schema: str = "public", directory: Path | None = None) -> list[Stranger]:
    """Return what :func:`migrate` would set aside, with the number of rows; changes nothing.

    Raises: as :func:`migrate`.
    """
    with answering(), _Migration(url, schema, directory) as migration, migration.books.reading():
        return migration.strangers(migration.state(), counted=True)


class _Migration:
    """The files, the books of one database, and what has been done."""

    def __init__(self, url: str, schema: str, directory: Path | None) -> None:
        if schema == BOOKS:
            hint = "hint: `hooktrace config set database.schema public`, or another"
            raise MigrationError(f"schema {BOOKS} is for bookkeeping, the tables need another\n{hint}")
        self.files = _files(directory)
        self.expected = must_have(directory)
        self.may_be = frozenset[Key]().union(*self.expected.values())
        self.books = Books(url, schema)
        self.done = Applied()

    def __enter__(self) -> _Migration:
        return self

    def __exit__(self, *_: object) -> None:
        self.books.connection.close()

    def state(self) -> State:
        """Compare the books with the files, and what stands with what was noted, within a transaction."""
        books = self.books
        facts, marks = books.facts(), books.marks()
        here = {mark.id: mark for mark in marks if mark.is_of(books.target)}
        current = {file.id: file.mark(books.target).hash for file in self.files}
        missing = [id_ for id_ in current if id_ not in here]
        return State(
            schema=books.target,
            database=facts["database"],
            version=facts["version"],
            known=list(current),
            applied={mark.id: mark.applied_at for mark in here.values()},
            pending=missing,
            altered=[id_ for id_, digits in current.items() if id_ in here and here[id_].hash != digits],
            newer=[id_ for id_ in here if id_ not in current],
            elsewhere=_elsewhere(marks, books.target, facts["schemas"]),
            lost=self._lost(begun=bool(here), finished=not missing),
            extensions=books.rows("extensions"),
            ours_to_change=facts["ours_to_change"] is not False,
        )

    def _lost(self, begun: bool, finished: bool) -> list[Key]:
        """Return what was made and is not there; what a file that is still to be applied makes was not."""
        expected: set[Key] = set(self.books.recorded())
        if begun:
            expected.add(("table", f"{BOOKS}.{OBJECTS}"))
        if begun and finished:
            expected |= self.expected[ALWAYS]
        missing = expected - self.books.catalogue().keys() if expected else set()
        return sorted(missing, key=lambda key: (key[0] not in DROPPED, key[0] != "table", key))

    def strangers(self, state: State, counted: bool = False) -> list[Stranger]:
        """Return what stands where our objects are to be and was not made by us."""
        recorded = {key: definition for key, (definition, _) in self.books.recorded().items()}
        wanted: set[Key] = set()
        if recorded or not state.applied:  # a list that was lost makes strangers of nobody
            wanted |= self.may_be - recorded.keys()
        if state.lost:
            wanted |= set(stranger.usurped(recorded, self.books.catalogue()))
        return stranger.strangers(self.books.connection, state.schema, wanted, counted) if wanted else []

    def step(self, set_aside: bool, tell: Tell) -> bool:
        """Apply the next file, or all where something was lost or set aside; tell whether there is more to do."""
        with self._noting():
            state = self.state()
            state.check()
            found = self.strangers(state) if state.pending or state.lost else []
            if found and (not set_aside or any(one.of_table for one in found)):
                raise MigrationError(stranger.told(found, state.schema, state.database))
            whole = bool(found or state.lost)
            if not whole and not state.pending:
                return False
            way_back = self._set_aside(found)
            self.books.prepare()
            files = [file for file in self.files if whole or file.id == state.pending[0]]
            for file in files:
                tell(file.id)
                self.books.apply(file)
            if whole:
                roles.renew(self.books)  # at once: a view that was made again has lost its grants
        self.done.new += [file.id for file in files if file.id in state.pending]
        self.done.lost += state.lost
        self.done.way_back += way_back
        return not whole and len(state.pending) > 1

    def _set_aside(self, found: Sequence[Stranger]) -> list[str]:
        connection, schemas = self.books.connection, self.books.facts()["schemas"]
        return stranger.set_aside(connection, self.books.target, found, schemas) if found else []

    def complete(self, dimensions: int) -> None:
        """Make what depends on the server and the month."""
        with self._noting():
            self.done.notes = self._completed(dimensions)
            there = self.books.catalogue()
        self.done.lost = [key for key in self.done.lost if key in there]  # an extension may be gone for good

    def _completed(self, dimensions: int) -> list[str]:
        notes = self.books.complete(dimensions)
        if self.books.facts()["has_completion"]:  # the files are hooktrace's own
            roles.renew(self.books)
        return notes

    def reset(self, dimensions: int, tell: Tell) -> None:
        """Drop what is ours and make it anew."""
        with self._noting():
            state = self.state()
            if state.elsewhere is not None:
                state.check()
            own = self.own(state)
            self.books.drop(own)
            self.books.prepare()
            self.books.clear()
            for file in self.files:
                tell(file.id)
                self.books.apply(file)
            self.done = Applied(new=[file.id for file in self.files], notes=self._completed(dimensions))

    def own(self, state: State) -> list[Key]:
        """Return what is ours to drop: what was noted, else, in a database whose books note nothing, our names.

        Raises:
            MigrationError: the books know of no migration.
        """
        recorded = self.books.recorded().keys()
        if not recorded and not state.applied:
            raise MigrationError(
                f"schema {state.schema} of database {state.database} holds nothing of hooktrace\n"
                "hint: `hooktrace schema apply` makes its tables"
            )
        known = recorded or {key for key in self.books.catalogue() if key in self.may_be or f"{BOOKS}." in key[1]}
        kept = ("table", f"{BOOKS}.{OBJECTS}")
        return sorted(key for key in known if key[0] in DROPPED and key != kept)

    @contextmanager
    def _noting(self) -> Iterator[None]:
        """Hold the lock, and note what the block makes."""
        with self.books.locked(LOCK_LIMIT_S):
            before = self.books.catalogue()
            yield
            self.books.record(before, self.may_be)


def _patiently(step: Callable[[], Result]) -> Result:
    """Do *step* again where the server ended it because two waited for each other: writers do not wait for us."""
    for _ in range(DEADLOCKS):
        with suppress(psycopg.errors.DeadlockDetected):
            return step()
    return step()


def _files(directory: Path | None) -> list[File]:
    directory = directory or resource("sql") / "migrations"
    if not directory.is_dir():
        raise MigrationError(f"no directory of migrations: {directory}\nhint: reinstall hooktrace")
    return [File.read(path) for path in sorted(directory.glob("*.sql"))]


def _elsewhere(marks: Sequence[Mark], schema: str, schemas: Sequence[str]) -> str | None:
    """Return the schema that the books speak of, if that is not *schema*."""
    if all(mark.is_of(schema) for mark in marks):
        return None
    return next((name for name in schemas if all(mark.is_of(name) for mark in marks)), "")
