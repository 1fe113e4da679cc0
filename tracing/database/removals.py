"""The removals of one retention: what went, what gave way, and what had to go before its time."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Line:
    """One kind of thing that went, or would go."""

    what: str
    rows: int
    older_than: datetime
    freed: int | None = None
    """Bytes given back to the system, where that was measured."""


@dataclass
class Removals:
    """What one run did, or in a dry run would do."""

    at: datetime
    dry_run: bool
    lines: list[Line] = field(default_factory=list)
    postponed: list[str] = field(default_factory=list)
    """What was left for the next day, a sentence each."""
    early: list[str] = field(default_factory=list)
    """What the size cap took, or would take, before its time, a sentence each."""
    bytes_before: int = 0
    bytes_after: int = 0
    """Of the whole database."""

    def note(self, what: str, rows: int, older_than: datetime, freed: int | None = None) -> None:
        """Write a line."""
        self.lines.append(Line(what, rows, older_than, freed))

    def as_json(self) -> dict[str, Any]:
        """Return it as `hooktrace retention --json` prints it."""
        return {
            "at": self.at.isoformat(),
            "dry_run": self.dry_run,
            "removed": [
                {
                    "what": line.what,
                    "rows": line.rows,
                    "older_than": line.older_than.isoformat(),
                    "freed_bytes": line.freed,
                }
                for line in self.lines
            ],
            "postponed": self.postponed,
            "early": self.early,
            "bytes_before": self.bytes_before,
            "bytes_after": self.bytes_after,
        }
