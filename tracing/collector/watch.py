"""Waits for files to be finished in a directory: the kernel tells on Linux, elsewhere one looks."""

from __future__ import annotations

import logging
import sys
import time
from pathlib import Path
from typing import Protocol

POLL_BUSY_S = 0.05
POLL_IDLE_S = 1.0
POLL_BUSY_FOR_S = 30.0
"""Without a kernel that tells: how often to look after a recent event, later, and how long is recent."""

COALESCE_S = 0.025
"""Hooks come in bursts (a tool's end, its batch, the next start): waiting so long makes them one
transaction, and leaves the processor to the agent meanwhile."""


log = logging.getLogger(__name__)


class Watch(Protocol):
    """Something to wait with."""

    def wait(self, timeout: float) -> set[str] | None:
        """Wait at most *timeout* seconds; return the names that were finished, None for "look yourself"."""

    def found(self) -> None:
        """Hear that there was something: more is likely soon."""

    def close(self) -> None:
        """Give back what the system lent."""


def watch(directory: Path) -> Watch:
    """Return the best way of waiting that this system has."""
    if sys.platform == "linux":
        try:
            return _KernelWatch(directory)
        except OSError as error:  # the user's watches are used up
            log.warning("the spool is polled: %s", error)
    return _PollingWatch()


class _KernelWatch:
    def __init__(self, directory: Path) -> None:
        from inotify_simple import INotify, flags

        self._overflow = flags.Q_OVERFLOW | flags.IGNORED | flags.DELETE_SELF | flags.MOVE_SELF
        self._inotify = INotify()
        wanted = flags.CLOSE_WRITE | flags.MOVED_TO | flags.DELETE_SELF | flags.MOVE_SELF
        self._inotify.add_watch(directory, wanted)

    def wait(self, timeout: float) -> set[str] | None:
        events = self._inotify.read(timeout=int(timeout * 1000), read_delay=int(COALESCE_S * 1000))
        if any(event.mask & self._overflow for event in events):
            return None
        return {event.name for event in events}

    def found(self) -> None:
        """Nothing to do: the kernel tells at once anyway."""

    def close(self) -> None:
        self._inotify.close()


class _PollingWatch:
    def __init__(self) -> None:
        self._last_event = 0.0

    def wait(self, timeout: float) -> None:
        """Sleep; the caller looks."""
        busy = time.monotonic() - self._last_event < POLL_BUSY_FOR_S
        time.sleep(min(timeout, POLL_BUSY_S if busy else POLL_IDLE_S))

    def found(self) -> None:
        """Look more often for a while."""
        self._last_event = time.monotonic()

    def close(self) -> None:
        """Nothing was lent."""
