"""Forgetting: everything of some sessions goes from the database, and tombstones keep it out."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

import psycopg
from psycopg import sql

from tracing.database.caretaker import NotDone
from tracing.database.connection import Row
from tracing.database.learner import LOCK
from tracing.database.queries import query
from tracing.database.removal import NotAllowed
from tracing.database.tables import statement
from tracing.database.tombstones import Project, bury
from tracing.database.upkeep import LONG_MS, Upkeep, giving_way

UNLIMITED_MS = 0
"""Somebody waits for it, and may break off; then nothing is removed."""


@dataclass(frozen=True)
class Gone:
    """What went from one table."""

    table: str
    removed: int
    """Rows."""
    cleared: int
    """Rows that stay, for they may be learned from other sessions too, without their texts."""


class Forgetting:
    """The forgetting of some sessions in one database, or of a project, and of the kinds of failure that name it.

    Raises:
        NotAllowed: every method, where the login may not delete.
        NotDone: every method, when the database is away, or somebody else is taking care of it.
    """

    def __init__(
        self, upkeep: Upkeep, session_ids: Collection[str], *, of_project: bool = False, errors: Collection[UUID] = ()
    ) -> None:
        """Forget these sessions; *of_project* if they are those of a project that are known still."""
        self._upkeep = upkeep
        self._session_ids = list(session_ids)
        self._about = {"session_ids": self._session_ids, "errors": list(errors), "of_project": of_project}

    def preview(self) -> list[Gone]:
        """Return what would go: it goes, and the transaction is taken back."""
        gone: list[Gone] = []
        self._upkeep.progress("counting what would go", 0, None)
        with _permitted(), self._upkeep.step(limit_ms=UNLIMITED_MS) as cursor:
            gone += self._remove(cursor)
            raise psycopg.Rollback
        return gone

    def bury(self, project: Project | None, user_id: str) -> None:
        """Set the tombstones, those of what is not stored for *user_id*; whoever stores meanwhile is waited for."""
        with _permitted(), self._upkeep.step() as cursor:
            cursor.execute(query("lock_tombstones"))
            bury(cursor.connection, self._session_ids, project, user_id)

    def run(self) -> list[Gone]:
        """Remove everything that is buried, and return what that was."""
        self._upkeep.progress("removing rows", 0, None)
        with _permitted(), self._upkeep.step(limit_ms=UNLIMITED_MS) as cursor:
            return self._remove(cursor)

    def overwrite(self, gone: Sequence[Gone]) -> list[str]:
        """Clear what removed rows leave in the server; return what of it stays for now, a sentence each.

        The rows themselves lie in its files until VACUUM, and values of them in the planner's statistics.
        """
        touched = {one.table for one in gone if one.removed or one.cleared}
        parts = [row for row in self._upkeep.look("tables_in_care") if row["belongs_to"] in touched]
        staying: list[str] = []
        for name in sorted(touched):
            self._forget_statistics(sql.Identifier(*name.split(".")), name, staying)
        for row in parts:
            table = sql.Identifier(row["schema"], row["name"])
            if row["name"] not in touched:  # a partition
                self._forget_statistics(table, row["name"], staying)
            self._upkeep.progress(f"vacuuming {row['name']}", 0, None)
            with giving_way(staying, f"removed rows of {row['name']}"):
                staying += self._upkeep.alone("vacuum_table", table)
        return staying

    def _forget_statistics(self, table: sql.Identifier, name: str, staying: list[str]) -> None:
        with giving_way(staying, f"statistics of {name}"), self._upkeep.step(limit_ms=LONG_MS) as cursor:
            row = cursor.execute(query("forget_statistics"), {"name": table.as_string()}).fetchone()
            cursor.execute(statement("analyze_table", table))
            if not (row and row["forgotten"]):
                staying.append(f"statistics of {name}, which is empty now: until it has rows again")

    def _remove(self, cursor: psycopg.Cursor[Row]) -> list[Gone]:
        about = self._about
        cursor.execute(query("lock_learning"), {"key": LOCK})
        taken = cursor.execute(query("unlearn_sessions"), about).fetchone()  # exactly, where it is known what it was
        sent = cursor.execute(query("forget_exports"), about).fetchone()
        rows = cursor.execute(query("forget_sessions"), about).fetchall()
        gone = [Gone(row["table_name"], row["removed"], row["cleared"]) for row in rows]
        before = {"hooktrace.outcomes": taken, "hooktrace.exports": sent}
        return [*(Gone(table, row["removed"] if row else 0, 0) for table, row in before.items()), *gone]


@contextmanager
def _permitted() -> Iterator[None]:
    """Tell a login that may not delete from a database that is away."""
    try:
        yield
    except NotDone as error:
        if isinstance(error.__cause__, psycopg.errors.InsufficientPrivilege):
            raise NotAllowed(
                "nothing was forgotten: this database login may store, and not remove\n"
                "hint: `hooktrace config set database.care_url URL` names the login that may, or its owner runs "
                "`hooktrace forget` with the whole id"
            ) from error
        raise
