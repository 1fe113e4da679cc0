"""The queue: all events that wait for the database, as the hooks left them or in packs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tracing.packs import Packs
from tracing.places import Places
from tracing.spool import Spool, moment

MANY = 1_000
"""Events that make a backlog: what is not urgent waits until fewer are left."""


def is_backlog(places: Places) -> bool:
    """Tell whether many events wait, without a look at each of them."""
    packed = sum(pack.events for pack in Packs(places.packed).scan())
    return packed > MANY or packed + len(Spool(places).names()) > MANY


@dataclass(frozen=True)
class Queue:
    """The queue at one moment; an event that is being packed just then may be counted twice."""

    events: int
    packed: int
    """So many of them are in packs."""
    size: int
    """Bytes."""
    oldest_at: datetime | None
    """When the oldest event came; None if nothing waits."""

    @classmethod
    def of(cls, places: Places) -> Queue:
        """Look into the spool and the packs, in the order in which events go."""
        entries = Spool(places).scan()
        packs = Packs(places.packed).scan()
        packed = sum(pack.events for pack in packs)
        oldest = [*(entry.mtime_ns for entry in entries[:1]), *(pack.oldest_ns for pack in packs[:1])]
        return cls(
            events=len(entries) + packed,
            packed=packed,
            size=sum(entry.size for entry in entries) + sum(pack.size for pack in packs),
            oldest_at=moment(min(oldest)) if oldest else None,
        )
