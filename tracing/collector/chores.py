"""Periodic work beside the collecting: a table of what, how often, and when next."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tracing.collector.swallow import said

DAY_S = 86_400.0
RETRY_S = 60.0
"""After a failure, which often is a database that is away."""

STOP_WAIT_S = 2.0
"""How long a chore that runs may hold up the collector's end; the database undoes what is not committed."""

INTERRUPT_EVERY_S = 0.1
"""An interrupt that came between two statements has interrupted nothing."""

log = logging.getLogger(__name__)


def _leave_alone() -> None:
    """Interrupt nothing: it ends soon by itself."""


@dataclass
class Chore:
    """Something to do now and then; what it returns is logged."""

    description: str
    action: Callable[[], str | None]
    period_s: float = DAY_S
    due_at: float = 0.0
    """Seconds of the monotonic clock; at once, to begin with."""
    interrupt: Callable[[], None] = _leave_alone
    """Makes the action end soon; called from another thread, and more than once."""


class Chores:
    """The table, and a thread while something of it is due: a slow chore delays no event."""

    def __init__(self, chores: Iterable[Chore]) -> None:
        self._chores = list(chores)
        self._thread: threading.Thread | None = None
        self._at_hand: Chore | None = None
        self._stopping = False

    @property
    def busy(self) -> bool:
        """Tell whether a chore is being done."""
        return self._thread is not None and self._thread.is_alive()

    def start_due(self) -> None:
        """Begin what is due, and return at once; what runs already is left to itself."""
        now = time.monotonic()
        if not self.busy and any(now >= chore.due_at for chore in self._chores):
            self._thread = threading.Thread(target=self.run_due, name="chores", daemon=True)
            self._thread.start()

    def run_due(self, now: float | None = None) -> None:
        """Do what is due; what fails is logged and tried again soon: no chore may stop an event."""
        now = time.monotonic() if now is None else now
        for chore in self._chores:
            if now < chore.due_at or self._stopping:
                continue
            chore.due_at = now + chore.period_s
            self._at_hand = chore
            try:
                told = chore.action()
            except Exception as error:
                told = f"failed: {said(error)}"
                chore.due_at = now + RETRY_S
            if told:
                log.warning("%s: %s", chore.description, told)

    def stop(self) -> bool:
        """Begin nothing more; tell whether the chore that ran has ended in time."""
        self._stopping = True
        until = time.monotonic() + STOP_WAIT_S
        while self._thread and self.busy and time.monotonic() < until:
            if self._at_hand:
                self._at_hand.interrupt()
            self._thread.join(INTERRUPT_EVERY_S)
        return not self.busy
