"""What waits to be stored, as the metrics tell it: measured at the files themselves."""

from __future__ import annotations

from datetime import UTC, datetime

from tracing.deadletters import DeadLetters
from tracing.otel.figures import Spooled
from tracing.places import Places
from tracing.queue import Queue
from tracing.spool import Spool


def spooled(places: Places) -> Spooled:
    """Return how things are in the spool, in the packs, and among what was set aside."""
    queue = Queue.of(places)
    age_s = (datetime.now(UTC) - queue.oldest_at).total_seconds() if queue.oldest_at else 0.0
    bad, dropped = DeadLetters(places.bad).count(), Spool(places).dropped()
    return Spooled(queue.events, queue.size, max(age_s, 0.0), bad, dropped)
