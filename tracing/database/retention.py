"""Retention: what is kept how long.

Content goes before structure.  After ``payload_days`` an event keeps its skeleton: times, outcome, names, ids,
counts, and of an error as much as its execution keeps.  Prompts and errors stay with the executions.  After
``traces_days`` executions go with all that hangs on them, but for running ones and those above one that stays;
whole months of events from before then go in any case.  After ``usage_days`` go uses of patterns, and patterns that
nobody used for so long and that did not prove themselves: gone once, or failing more often than not.  What else was
learned stays.  In the end the embedded database is held under ``max_mb``: see :mod:`tracing.database.sizecap`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tracing.database.expiry import Expiry, Month
from tracing.database.removals import Removals
from tracing.database.sizecap import MB, SizeCap
from tracing.database.upkeep import Upkeep, giving_way
from tracing.settings import Settings

SESSION_MARGIN = timedelta(days=30)
"""A session is remembered for so much longer than its executions: an import or a replay that comes late must find
its tree, and the client keeps transcripts for that time."""

CONTENT = "content of events"
ROOM = "aged months, written anew"
MONTHS = "events, by whole months"
NAMES = {
    "hook_executions": "events",
    "agent_routing_decisions": "routing decisions",
    "endpoint_calls": "endpoint calls",
    "execution_traces": "executions",
    "sessions": "sessions",
}
"""What a user calls the rows of each table."""
USES = "uses of patterns"
UNPROVEN = "patterns that did not prove themselves"


@dataclass(frozen=True)
class Limits:
    """How long things are kept; 0: for ever."""

    payload_days: int = 14
    traces_days: int = 90
    usage_days: int = 180
    max_mb: int = 0
    """What the database may take; 0: any size."""

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        """Return what *settings* say; a database that is not the embedded one has no size to be held under."""
        payload, traces, usage = (settings.number(f"retention.{what}_days") for what in ("payload", "traces", "usage"))
        return cls(payload, traces, usage, 0 if settings.text("database.url") else settings.number("retention.max_mb"))


class Retention:
    """The retention of one database at one moment."""

    def __init__(self, upkeep: Upkeep, limits: Limits, now: datetime | None = None) -> None:
        """Take *now* for the time, instead of the server's.

        Raises:
            NotDone, Stopped: see :class:`Upkeep`.
        """
        self._upkeep = upkeep
        self._expiry = Expiry(upkeep)
        self._now = now or upkeep.now()
        self._content_before = self._before(limits.payload_days)
        self._traces_before = self._before(limits.traces_days)
        self._uses_before = self._before(limits.usage_days)
        self._cap = SizeCap(upkeep, self._expiry, limits.max_mb * MB, self._now) if limits.max_mb else None

    def _before(self, days: int) -> datetime | None:
        return self._now - timedelta(days=days) if days else None

    def preview(self) -> Removals:
        """Return what :meth:`run` would do now; changes nothing.

        Raises:
            NotDone, Stopped: see :class:`Upkeep`.
        """
        removals = Removals(self._now, dry_run=True)
        gone, kept = self._sorted_months()
        if before := self._content_before:
            with_content = [month for month in kept if month.begun(before)]
            removals.note(CONTENT, sum(self._count("count_content", month, before) for month in with_content), before)
            removals.note(ROOM, sum(month.over(before) and not month.aged for month in kept), before)
        if before := self._traces_before:
            removals.note(MONTHS, sum(self._count("count_rows", month) for month in gone), before)
            forget, dropped = before - SESSION_MARGIN, [month.name for month in gone]
            (counts,) = self._upkeep.look("count_expired", before=before, forget=forget, dropped=dropped)
            for table, name in NAMES.items():
                removals.note(name, counts[table], forget if table == "sessions" else before)
        if before := self._uses_before:
            removals.note(USES, self._upkeep.look("count_old_uses", before=before)[0]["rows"], before)
            removals.note(UNPROVEN, self._upkeep.look("count_pruned", before=before)[0]["rows"], before)
        removals.bytes_before = removals.bytes_after = self._size()
        if self._cap:
            self._cap.preview(removals)
        return removals

    def _count(self, name: str, month: Month, before: datetime | None = None) -> int:
        return int(self._upkeep.look(name, month.identifier, before=before)[0]["rows"])

    def run(self) -> Removals:
        """Remove what has had its time; what is in use by somebody else is left for the next time, and noted.

        Raises:
            NotDone: the database is away, or refuses; the steps before are done.
            Stopped: see :class:`Upkeep`.
        """
        removals = Removals(self._now, dry_run=False, bytes_before=self._size())
        if self._content_before:
            self._age(removals, self._content_before)
        if self._traces_before:
            self._remove(removals, self._traces_before)
        if self._uses_before:
            with giving_way(removals.postponed, USES):
                removals.note(USES, self._expiry.uses(self._uses_before), self._uses_before)
            with giving_way(removals.postponed, UNPROVEN):
                removals.note(UNPROVEN, self._expiry.patterns(self._uses_before), self._uses_before)
        if self._cap:
            self._cap.keep(removals)
        removals.bytes_after = self._size()
        return removals

    def _age(self, removals: Removals, before: datetime) -> None:
        _, kept = self._sorted_months()
        rows = rewritten = freed = 0
        for month in (month for month in kept if month.begun(before)):
            with giving_way(removals.postponed, f"content of {month.name}"):
                rows += self._expiry.content(month, before)
                if month.over(before) and not month.aged:
                    freed += self._expiry.room(month)
                    rewritten += 1
        removals.note(CONTENT, rows, before)
        removals.note(ROOM, rewritten, before, freed)

    def _remove(self, removals: Removals, before: datetime) -> None:
        gone, _ = self._sorted_months()
        rows = 0
        for month in gone:
            with giving_way(removals.postponed, month.name):
                rows += self._expiry.month(month)
        removals.note(MONTHS, rows, before)
        with giving_way(removals.postponed, "executions"):
            removed = self._expiry.executions(before)
            for table, name in NAMES.items():
                if table in removed:
                    removals.note(name, removed[table], before)
        with giving_way(removals.postponed, "sessions"):
            forget = before - SESSION_MARGIN
            removals.note(NAMES["sessions"], self._expiry.sessions(forget), forget)

    def _sorted_months(self) -> tuple[Sequence[Month], Sequence[Month]]:
        """Return the months that go as a whole, and the others."""
        months = self._expiry.months()
        gone = [month for month in months if month.over(self._traces_before)]
        return gone, [month for month in months if month not in gone]

    def _size(self) -> int:
        return int(self._upkeep.look("database_size")[0]["bytes"])
