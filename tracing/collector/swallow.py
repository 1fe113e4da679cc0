"""The one place of the collector where a failure that nobody foresaw is swallowed: logged and counted."""

from __future__ import annotations

import logging
import os

log = logging.getLogger(__name__)


class Swallow:
    """Called with what failed, by every thread; with HOOKTRACE_STRICT=1 it is kept, for the loop to end with."""

    def __init__(self) -> None:
        self.failure: Exception | None = None
        self.count = 0
        self._strict = os.environ.get("HOOKTRACE_STRICT") == "1"

    def __call__(self, error: Exception) -> None:
        """Swallow *error*."""
        self.count += 1
        log.error("%s: %s", type(error).__name__, error, exc_info=error if self._strict else None)
        if self._strict:
            self.failure = error
