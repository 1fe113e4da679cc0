"""How things go that have had their time: content, whole months of events, executions, sessions, uses of patterns.

Each is removed in batches, a step of :class:`tracing.database.upkeep.Upkeep` each, so that it may be broken
off at any moment and goes on where it was.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import sql

from tracing.assemble import ERROR_LIMIT
from tracing.database.queries import query
from tracing.database.tables import statement
from tracing.database.upkeep import LOCK_WAIT_MS, LONG_MS, Upkeep

PAGES = 256
"""Of a partition at once: 2 MB, about 1,500 events with their content and seven times as many without."""

EXECUTIONS = 3_000
"""At once: with 30,000 events, less than a second."""

ROWS = 5_000
"""At once, of tables from whose rows nothing else hangs."""

IN_USE_MS = 15_000
"""How long events may wait for a table that is written anew; the writer's own patience is twice that."""


@dataclass(frozen=True)
class Month:
    """A partition of hook_executions."""

    name: str
    begins: datetime | None
    ends: datetime | None
    """Both None: the DEFAULT partition, for all times."""
    aged: bool
    """Its content has aged as a whole, and its room was given back."""

    @property
    def identifier(self) -> sql.Identifier:
        """Its name in a statement."""
        return sql.Identifier(self.name)

    def over(self, before: datetime | None) -> bool:
        """Tell whether all that may lie in it is older than *before* (None: nothing is)."""
        return before is not None and self.ends is not None and self.ends <= before

    def begun(self, before: datetime) -> bool:
        """Tell whether something in it may be older than *before*."""
        return self.begins is None or self.begins < before


class Expiry:
    """Removes; every method may raise what :meth:`Upkeep.step` does."""

    def __init__(self, upkeep: Upkeep) -> None:
        self._upkeep = upkeep

    def months(self) -> list[Month]:
        """Return the partitions, oldest first."""
        return [Month(**row) for row in self._upkeep.look("months")]

    def content(self, month: Month, before: datetime) -> int:
        """Take the content out of a month's events that are older than *before*; return of how many."""
        pages = int(self._upkeep.look("pages", name=month.name)[0]["pages"])
        values = {"before": before, "error_limit": ERROR_LIMIT}
        age = statement("age_content", month.identifier)
        aged = 0
        for first in range(0, pages, PAGES):
            self._upkeep.progress(f"ageing {month.name}", first, pages)
            with self._upkeep.step() as cursor:
                aged += cursor.execute(age, {**values, "first": first, "last": first + PAGES}).rowcount
        return aged

    def room(self, month: Month) -> int:
        """Give back what a month's aged content has left; return how many bytes."""
        return self._rewritten("rewrite_month", month.name, None, LONG_MS)

    def room_of(self, table: str, in_use: bool) -> int:
        """Give back what was removed from *table*; return how many bytes.

        A table that is *in_use* by the events that come in is left as it is if they would have to wait for long.
        """
        wait_ms, limit_ms = (LOCK_WAIT_MS, IN_USE_MS) if in_use else (None, LONG_MS)
        return self._rewritten("rewrite_table", table, wait_ms, limit_ms)

    def _rewritten(self, name: str, table: str, wait_ms: int | None, limit_ms: int) -> int:
        self._upkeep.progress(f"writing {table} anew", 0, None)
        with self._upkeep.step(wait_ms, limit_ms) as cursor:
            row = cursor.execute(query(name), {"name": table}).fetchone()
        return int(row["freed"]) if row else 0

    def month(self, month: Month) -> int:
        """Drop a month with all its events; return how many there were."""
        rows = int(self._upkeep.look("count_rows", month.identifier)[0]["rows"])
        with self._upkeep.step() as cursor:
            # The month first, with patience, and only then, for an instant, the table that events go to.
            cursor.execute(statement("lock_month", month.identifier))
            cursor.execute(query("limit_lock_wait"), {"limit": str(LOCK_WAIT_MS)})
            row = cursor.execute(query("drop_month"), {"name": month.name}).fetchone()
        return rows if row and row["dropped"] else 0

    def executions(self, before: datetime) -> Mapping[str, int]:
        """Remove executions that ended before *before*, and what hangs on them; return the rows by table."""
        removed: Counter[str] = Counter()
        while True:
            with self._upkeep.step() as cursor:
                rows = cursor.execute(query("purge_traces"), {"before": before, "batch": EXECUTIONS}).fetchall()
            batch = {row["table_name"]: row["row_count"] for row in rows}
            removed.update(batch)
            self._upkeep.progress("removing executions", removed["execution_traces"], None)
            if batch["execution_traces"] < EXECUTIONS:
                return removed

    def sessions(self, before: datetime) -> int:
        """Forget to which tree sessions belonged that began before *before* and of which nothing is left."""
        return self._in_batches("remove_old_sessions", before=before)

    def uses(self, before: datetime) -> int:
        """Remove uses of patterns older than *before*."""
        return self._in_batches("remove_old_uses", before=before)

    def patterns(self, before: datetime) -> int:
        """Remove patterns that were not used since *before* and did not prove themselves."""
        return self._in_batches("prune_patterns", before=before)

    def _in_batches(self, name: str, **values: Any) -> int:
        removed = 0
        while True:
            with self._upkeep.step() as cursor:
                batch = cursor.execute(query(name), {**values, "batch": ROWS}).rowcount
            removed += batch
            if batch < ROWS:
                return removed
