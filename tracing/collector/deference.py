"""Deference: what can wait gives way to a backlog of events, but not for ever."""

from __future__ import annotations

import time
from collections.abc import Callable

from tracing.places import Places
from tracing.queue import is_backlog


class Deference:
    """How long one thread has given way."""

    def __init__(self, places: Places, longest_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Give way for at most *longest_s* seconds of *clock*: a backlog may never be stored."""
        self._places = places
        self._longest_s = longest_s
        self._clock = clock
        self._since: float | None = None

    def is_due(self) -> bool:
        """Tell whether to wait: many events do, and have not for too long."""
        if not is_backlog(self._places):
            self._since = None
            return False
        now = self._clock()
        if self._since is None:
            self._since = now
        return now - self._since < self._longest_s
