"""Maintenance: what keeps the database fast, once a day, and what there is to know of its tables.

Partitions are made ahead; events that had to go into the DEFAULT partition get the month they lack; the
planner learns what the tables hold; the room of dead rows is made usable.  A vector index is built anew
when it is twice as large as its rows need: pgvector keeps the places of removed rows for new ones, and
searches through what is left of them until then.  (Rebuilding when the rows have doubled, as an ivfflat
index needs it, would do nothing for ours, which are hnsw: see 0008_care.sql.)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from psycopg import sql

from tracing.database.connection import Row
from tracing.database.queries import query
from tracing.database.tables import statement
from tracing.database.upkeep import LOCK_WAIT_MS, LONG_MS, Upkeep, giving_way

MOST_SETTLED = 100_000
"""Events of one month that are moved at most: meanwhile events of months without a partition wait."""

DEAD_ROWS = 1_000
DEAD_SHARE = 0.1
"""So many dead rows, of all: there autovacuum, which waits for twice as many, may not come for days."""

PAGE = 8_192
PAGE_ROOM = 8_150
"""Bytes of a page, and how many of them an index can fill."""

NEIGHBOURS = 240
"""Bytes that pgvector's hnsw takes for a row beside the vector: its head, and its place in the graph."""

BLOATED = 2
SMALLEST = 2**20
"""An index is bloated that takes so many times what it would if it were new, and so many bytes more."""


@dataclass
class Report:
    """What one maintenance did, and what it saw."""

    at: datetime
    done: list[str] = field(default_factory=list)
    postponed: list[str] = field(default_factory=list)
    """What was left for the next day, a sentence each."""
    tables: list[Row] = field(default_factory=list)
    """The rows of query tables_in_care, afterwards."""
    unused: list[Row] = field(default_factory=list)
    """The rows of query unused_indexes."""

    def as_json(self) -> dict[str, Any]:
        """Return it as `hooktrace maintain --json` prints it."""
        return {
            "at": self.at.isoformat(),
            "done": self.done,
            "postponed": self.postponed,
            "tables": [_plain(row) for row in self.tables],
            "unused_indexes": [_plain(row) for row in self.unused],
        }


def _plain(row: Row) -> Row:
    return {key: value.isoformat() if isinstance(value, datetime) else value for key, value in row.items()}


class Maintenance:
    """The maintenance of one database."""

    def __init__(self, upkeep: Upkeep) -> None:
        self._upkeep = upkeep

    def run(self, now: datetime | None = None) -> Report:
        """Do all of it; what is in use by somebody else is left for the next time, and noted.

        Raises:
            NotDone: the database is away, or refuses; the steps before are done.
            Stopped: it was to end before.
        """
        report = Report(now or self._upkeep.now())
        self._make_partitions(report)
        self._settle(report)
        self._analyse(report)
        self._vacuum(report)
        self._rebuild(report)
        report.tables = self._upkeep.look("tables_in_care")
        report.unused = self._upkeep.look("unused_indexes")
        return report

    def _make_partitions(self, report: Report) -> None:
        with giving_way(report.postponed, "partitions"), self._upkeep.step(LOCK_WAIT_MS) as cursor:
            row = cursor.execute(query("create_partitions")).fetchone()
            if row and row["created"]:
                report.done.append(f"{row['created']} partitions made for the months to come")

    def _settle(self, report: Report) -> None:
        for found in self._upkeep.look("default_months"):
            month, rows = found["month"], found["rows"]
            what = f"{rows} events of {month:%Y-%m} in the DEFAULT partition"
            if rows > MOST_SETTLED:
                report.postponed.append(f"{what}: too many to move while events are stored")
                continue
            with giving_way(report.postponed, what), self._upkeep.step(LOCK_WAIT_MS) as cursor:
                cursor.execute(query("settle_month"), {"month": month})
                report.done.append(f"{what}: moved to a partition of their own")

    def _analyse(self, report: Report) -> None:
        for name in dict.fromkeys(row["belongs_to"] for row in self._upkeep.look("tables_in_care")):
            self._upkeep.progress(f"analysing {name}", 0, None)
            with giving_way(report.postponed, f"statistics of {name}"), self._upkeep.step(limit_ms=LONG_MS) as cursor:
                cursor.execute(statement("analyze_table", sql.Identifier(*name.split("."))))

    def _vacuum(self, report: Report) -> None:
        for row in self._upkeep.look("tables_in_care"):
            dead = row["dead_rows"]
            if dead < DEAD_ROWS or dead < DEAD_SHARE * row["live_rows"]:
                continue
            self._upkeep.progress(f"vacuuming {row['name']}", 0, None)
            what = f"{dead} dead rows in {row['name']}"
            with giving_way(report.postponed, what):
                warnings = self._upkeep.alone("vacuum_table", sql.Identifier(row["schema"], row["name"]))
                report.postponed.extend(f"{what}: {warning}" for warning in warnings)
                if not warnings:
                    report.done.append(f"{what}: their room can be used again")

    def _rebuild(self, report: Report) -> None:
        for row in self._upkeep.look("half_indexes"):
            with giving_way(report.postponed, f"index {row['name']}"), self._upkeep.step(LOCK_WAIT_MS) as cursor:
                cursor.execute(statement("drop_index", sql.Identifier(row["schema"], row["name"])))
                report.done.append(f"index {row['name']}: dropped, a rebuilding that was cut off had left it")
        for row in self._upkeep.look("vector_indexes"):
            if row["valid"] and row["bytes"] <= most_bytes(row["rows"], row["dimensions"]):
                continue
            self._upkeep.progress(f"rebuilding {row['name']}", 0, None)
            with giving_way(report.postponed, f"index {row['name']}"):
                self._upkeep.alone("reindex", sql.Identifier(row["schema"], row["name"]))
                why = f"{row['bytes']} bytes for {row['rows']} rows" if row["valid"] else "it was not valid"
                report.done.append(f"index {row['name']}: built anew, {why}")


def most_bytes(rows: int, dimensions: int) -> int:
    """Return from which size on an hnsw index for so many *rows* is built anew."""
    in_a_page = max(1, PAGE_ROOM // (4 * dimensions + NEIGHBOURS))
    return BLOATED * PAGE * -(-rows // in_a_page) + SMALLEST
