"""Forgetting: everything of some sessions goes from the database, and tombstones keep it out."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg import sql

from tracing.database.caretaker import NotDone
from tracing.database.connection import Row
from tracing.database.queries import query
from tracing.database.removal import NotAllowed
from tracing.database.tombstones import Project, bury
from tracing.database.upkeep import Upkeep, giving_way

UNLIMITED_MS = 0
"""Somebody waits for it, and may break off; then nothing is removed."""


@dataclass(frozen=True)
class Gone:
    """What went from one table."""

    table: str
    removed: int
    """Rows."""
    cleared: int
    """Rows that stay, for they were learned from other sessions too, without their texts."""


class Forgetting:
    """The forgetting of some sessions in one database.

    Raises:
        NotAllowed: every method, where the login may not delete.
        NotDone: every method, when the database is away, or somebody else is taking care of it.
    """

    def __init__(self, upkeep: Upkeep, session_ids: Collection[str]) -> None:
        self._upkeep = upkeep
        self._session_ids = list(session_ids)

    def preview(self) -> list[Gone]:
        """Return what would go: it goes, and the transaction is taken back."""
        gone: list[Gone] = []
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
        with _permitted(), self._upkeep.step(limit_ms=UNLIMITED_MS) as cursor:
            return self._remove(cursor)

    def overwrite(self, gone: Sequence[Gone]) -> list[str]:
        """Vacuum the tables from which something went; return what hindered that, a sentence each.

        Until then the removed rows lie in the server's files, and what they held in the planner's statistics.
        """
        hindered: list[str] = []
        touched = {one.table for one in gone if one.removed or one.cleared}
        for row in self._upkeep.look("tables_in_care"):
            if row["belongs_to"] in touched:
                self._upkeep.progress(f"vacuuming {row['name']}", 0, None)
                with giving_way(hindered, row["name"]):
                    table = sql.Identifier(row["schema"], row["name"])
                    hindered += self._upkeep.alone("vacuum_table", table)
        return hindered

    def _remove(self, cursor: psycopg.Cursor[Row]) -> list[Gone]:
        rows = cursor.execute(query("forget_sessions"), {"session_ids": self._session_ids}).fetchall()
        return [Gone(row["table_name"], row["removed"], row["cleared"]) for row in rows]


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
