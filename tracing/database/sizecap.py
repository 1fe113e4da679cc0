"""The size cap: when the database grows past it, the oldest goes before its time.

First what no row needs is given back, which loses nothing; then the oldest content goes, day by day, and if
that is not enough, the oldest executions.  After each of these the tables concerned are written anew and the
size is measured again, so that no more goes than must.  The last day stays in any case.  Room in a table
that cannot be written anew at this moment counts as free: rows to come fill it before the table grows.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from itertools import accumulate

from psycopg import sql

from tracing.database.connection import Row
from tracing.database.expiry import Expiry
from tracing.database.removals import Removals
from tracing.database.tables import statement
from tracing.database.upkeep import LONG_MS, Upkeep, giving_way

MB = 2**20

YOUNGEST = timedelta(days=1)
"""What is younger is still being worked with; a cap that has no room for it is too small."""

WORTH_BYTES = 4 * MB
WORTH_SHARE = 0.1
"""A table with so much spare room, in bytes and of all it takes, is written anew."""

DEAD_ROWS = 1_000
"""So many hide from the statistics how much room is spare."""

GROWING = frozenset({"hook_executions", "execution_traces", "agent_routing_decisions", "endpoint_calls"})
"""Tables that grow with every event."""

HOT = GROWING - {"hook_executions"}
"""Those that events need of whatever month they are."""


class SizeCap:
    """The cap of one database at one moment."""

    def __init__(self, upkeep: Upkeep, expiry: Expiry, most: int, now: datetime) -> None:
        """Take *most* for the cap, in bytes."""
        self._upkeep = upkeep
        self._expiry = expiry
        self._most = most
        self._youngest = now - YOUNGEST
        self._usable = 0
        """Bytes of room that could not be given back."""

    def preview(self, removals: Removals) -> None:
        """Note in *removals* whether the database is larger than the cap."""
        if self._excess() > 0:
            removals.early.append(f"{self._told()}: where the rest is not enough, the oldest content goes early, too")

    def keep(self, removals: Removals) -> None:
        """Make the database smaller than the cap if it is larger, and note in *removals* what that took.

        Raises:
            NotDone, Stopped: as :meth:`Upkeep.step`.
        """
        if self._excess() <= 0:
            return
        if self._excess() > self._of_events():
            told = f"{self._told()}, which is too little for what is no event: nothing was removed for it"
            removals.early.append(told)
            return
        with giving_way(removals.postponed, "size cap"):
            self._give_back(removals)
            self._remove_content(removals)
            self._remove_executions(removals)
            if self._excess() > 0:
                removals.early.append(f"{self._told()}; more cannot go")

    def _give_back(self, removals: Removals, touched: Collection[str] = ()) -> None:
        """Write those tables anew in which there is much that no row needs; *touched* ones have lost some just now."""
        for row in self._growing():
            if row["name"] in touched or row["dead_rows"] >= DEAD_ROWS or row["rows"] is None:
                self._count(row)
        self._usable = 0
        for row in self._growing():
            takes, spare = row["table_bytes"] + row["toast_bytes"], row["spare_bytes"] or 0
            if spare >= max(WORTH_BYTES, WORTH_SHARE * takes):
                self._usable += spare
                with giving_way(removals.postponed, f"room of {row['name']}"):
                    self._expiry.room_of(row["name"], row["name"] in HOT)
                    self._usable -= spare

    def _count(self, table: Row) -> None:
        """Let the statistics know how many rows *table* has by now."""
        name = sql.Identifier(table["schema"], table["name"])
        if table["name"] in HOT:  # a vacuum would mend the vector index row by row
            with self._upkeep.step(limit_ms=LONG_MS) as cursor:
                cursor.execute(statement("analyze_table", name))
        else:  # nothing else counts long values
            self._upkeep.alone("vacuum_table", name)

    def _growing(self) -> list[Row]:
        """Return the tables and partitions that grow with every event."""
        return [row for row in self._upkeep.look("tables_in_care") if row["belongs_to"] in GROWING]

    def _remove_content(self, removals: Removals) -> None:
        while (excess := self._excess()) > 0:
            days = self._upkeep.look("content_by_day", before=self._youngest)
            before = self._until([(day["day_ends"], day["bytes"]) for day in days], excess)
            if before is None:
                return
            told = self._told()
            months = [month for month in self._expiry.months() if month.begun(before)]
            aged = {month: rows for month in months if (rows := self._expiry.content(month, before))}
            if not aged:
                return
            rows = sum(aged.values())
            removals.early.append(f"{told}: the content of {rows} events older than {before:%Y-%m-%d} went early")
            for month in aged:
                self._expiry.room_of(month.name, not month.over(self._youngest))

    def _remove_executions(self, removals: Removals) -> None:
        since = None
        while (excess := self._excess()) > 0:
            days = self._upkeep.look("executions_by_day", since=since, before=self._youngest)
            each = self._of_events() / max(1, sum(day["rows"] for day in days))
            before = self._until([(day["day_ends"], day["rows"] * each) for day in days], excess)
            if before is None:
                return
            told = self._told()
            dropped = sum(self._expiry.month(month) for month in self._expiry.months() if month.over(before))
            removed = self._expiry.executions(before)
            events = dropped + removed["hook_executions"]
            removals.early.append(
                f"{told}: {removed['execution_traces']} executions with {events} events, "
                f"older than {before:%Y-%m-%d}, went early"
            )
            self._give_back(removals, HOT.union(month.name for month in self._expiry.months() if month.begun(before)))
            since = before

    def _until(self, days: Sequence[tuple[datetime, float]], excess: int) -> datetime | None:
        """Return the end of the first of *days* with which enough bytes go, else of the last; None without any."""
        for (day_ends, _), gone in zip(days, accumulate(size for _, size in days), strict=True):
            if gone >= excess or day_ends == days[-1][0]:
                return min(day_ends, self._youngest)
        return None

    def _excess(self) -> int:
        return int(self._upkeep.look("database_size")[0]["bytes"]) - self._usable - self._most

    def _of_events(self) -> int:
        return int(self._upkeep.look("size_of_events")[0]["bytes"])

    def _told(self) -> str:
        size, most = (_in_mb(size) for size in (self._excess() + self._most, self._most))
        return f"the database took {size} MB, more than retention.max_mb ({most})"


def _in_mb(size: int) -> str:
    return f"{size / MB:,.0f}"
