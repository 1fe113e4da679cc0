"""The daily chores: retention and maintenance, once a day, by whichever collector comes first."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from tracing.collector.chores import Chore
from tracing.database.caretaker import Caretaker, NotDone
from tracing.database.maintenance import Maintenance
from tracing.database.retention import Limits, Retention
from tracing.database.rota import MAINTENANCE, RETENTION, Report, Rota
from tracing.database.upkeep import Stopped, Upkeep

FIRST_AFTER_S = 180.0
"""A collector that has just started has events to fetch, and somebody who waits to see them."""

ASK_EVERY_S = 3600.0
"""The rota in the database decides whether it is a day ago."""

log = logging.getLogger(__name__)


class Daily:
    """Retention and maintenance as chores of one collector."""

    def __init__(self, caretaker: Caretaker, limits: Limits) -> None:
        self._caretaker = caretaker
        self._limits = limits
        self._rota = Rota(caretaker)
        self._stopping = False

    def chores(self, idle_s: float) -> list[Chore]:
        """Return the chores, for a collector that leaves after *idle_s* without an event."""
        first = time.monotonic() + min(FIRST_AFTER_S, idle_s / 2)
        works = ((RETENTION, self._retain), (MAINTENANCE, self._maintain))
        return [Chore(name, self._due(name, work), ASK_EVERY_S, first, self._stop) for name, work in works]

    def _retain(self, upkeep: Upkeep) -> Report:
        return Retention(upkeep, self._limits).run()

    def _maintain(self, upkeep: Upkeep) -> Report:
        return Maintenance(upkeep).run()

    def _due(self, chore: str, work: Callable[[Upkeep], Report]) -> Callable[[], str | None]:
        """Return what does *work* if the rota says so, and tells what somebody should know of it."""

        def action() -> str | None:
            upkeep = Upkeep(self._caretaker, stopping=lambda: self._stopping)
            try:
                if not self._rota.claim(chore):
                    return None
                told = self._rota.perform(chore, lambda: work(upkeep)).as_json()
            except NotDone as error:
                return f"failed: {error}"
            except Stopped:
                return "broken off by the collector's end; what is left is done another time"
            log.info("%s is done", chore)
            return "; ".join([*told.get("early", ()), *told["postponed"]]) or None

        return action

    def _stop(self) -> None:
        """End what is being done, as soon as the server lets go of it."""
        self._stopping = True
        self._caretaker.cancel()
