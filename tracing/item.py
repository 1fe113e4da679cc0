"""An item: an event on its way into the database, with all that was known when it was read."""

from __future__ import annotations

from dataclasses import dataclass, field

from tracing.event import Event
from tracing.spool import Entry
from tracing.surroundings import Surroundings
from tracing.tombstone import Candidate


@dataclass(frozen=True)
class Item:
    """An event to write, the file it came in, and what was around it."""

    entry: Entry
    event: Event
    around: Surroundings = field(default_factory=Surroundings)

    @property
    def candidate(self) -> Candidate:
        """Its session, as far as the item tells it."""
        event = self.event
        places = (self.around.repository, event.header.get("CLAUDE_PROJECT_DIR"), event.text("cwd"))
        return Candidate.working_in(event.session_id, event.at, *places)
