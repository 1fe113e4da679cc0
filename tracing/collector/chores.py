"""Periodic work beside the collecting: a table of what, how often, and when next."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

DAY_S = 86_400.0
RETRY_S = 60.0
"""After a failure, which often is a database that is away."""

log = logging.getLogger(__name__)


@dataclass
class Chore:
    """Something to do now and then; what it returns is logged."""

    description: str
    action: Callable[[], str | None]
    period_s: float = DAY_S
    due_at: float = 0.0
    """Seconds of the monotonic clock; at once, to begin with."""


class Chores:
    """The table, and the loop's one call."""

    def __init__(self, chores: Iterable[Chore]) -> None:
        self._chores = list(chores)

    def run_due(self, now: float | None = None) -> None:
        """Do what is due; what fails is logged and tried again soon: no chore may stop an event."""
        now = time.monotonic() if now is None else now
        for chore in self._chores:
            if now < chore.due_at:
                continue
            chore.due_at = now + chore.period_s
            try:
                said = chore.action()
            except Exception as error:
                said = f"failed: {error}"
                chore.due_at = now + RETRY_S
            if said:
                log.warning("%s: %s", chore.description, said)
