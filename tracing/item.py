"""An item: an event on its way into the database, with all that was known when it was read."""

from __future__ import annotations

from dataclasses import dataclass, field

from tracing.event import Event
from tracing.spool import Entry
from tracing.surroundings import Surroundings


@dataclass(frozen=True)
class Item:
    """An event to write, the file it came in, and what was around it."""

    entry: Entry
    event: Event
    around: Surroundings = field(default_factory=Surroundings)
