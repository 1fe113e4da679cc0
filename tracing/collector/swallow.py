"""The one place of the collector where a failure that nobody foresaw is swallowed: logged and counted."""

from __future__ import annotations

import logging
import os
import traceback
from pathlib import PurePath

PACKAGE = PurePath(__file__).parent.parent

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
        log.error("%s: %s", type(error).__name__, said(error), exc_info=error if self._strict else None)
        if self._strict:
            self.failure = error


def said(error: Exception) -> str:
    """Return what the log may hold of *error*: our own sentence, else the system's, and where it was raised.

    Texts of others may quote what they stumbled over, and a log outlives what `hooktrace forget` removes.
    """
    if type(error).__module__.startswith("tracing."):
        return str(error)
    where = _place(error)
    return f"{error.strerror} ({where})" if isinstance(error, OSError) and error.strerror else where


def _place(error: Exception) -> str:
    """Return the line of ours that was the last to be run, else of others."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if PACKAGE in PurePath(frame.filename).parents]
    last = next(reversed(ours or frames), None)
    return f"{PurePath(last.filename).name}, line {last.lineno}" if last else "no more is known"
