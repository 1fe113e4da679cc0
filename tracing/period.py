"""Spans of time in which nothing was to be recorded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
EVER = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Period:
    """From a moment on, until another."""

    begin: datetime
    end: datetime = EVER

    def __contains__(self, at: datetime) -> bool:
        return self.begin <= at < self.end
