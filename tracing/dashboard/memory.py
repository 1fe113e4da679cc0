"""Remembers a figure for some seconds: what is on every page, or asked for every two seconds, and is dear."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

Value = TypeVar("Value")


class Memory:
    """Values by name, each with the time at which it is forgotten."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Remember by *clock*, in seconds."""
        self._clock = clock
        self._lock = threading.Lock()
        self._making: dict[str, threading.Lock] = {}
        self._known: dict[str, tuple[float, Any]] = {}

    def remembered(self, name: str, seconds: float, make: Callable[[], Value]) -> Value:
        """Return the value of *name*, by *make* where it is older than *seconds*; whoever comes meanwhile waits.

        Raises:
            Exception: what *make* raises; nothing is remembered of it.
        """
        with self._lock:
            making = self._making.setdefault(name, threading.Lock())
        with making:
            until, value = self._known.get(name, (0.0, None))
            if self._clock() >= until:
                value = make()
                self._known[name] = (self._clock() + seconds, value)
            found: Value = value
            return found
