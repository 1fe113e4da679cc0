"""How the export goes, in a small file: when it began, when a backend took something last, and why it does not now."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tracing.places import PRIVATE_FILE

KEPT_FOR = timedelta(days=7)
"""What no backend took for so long is not sent any more, but by `hooktrace otel replay`: the bound of what may wait."""


@dataclass(frozen=True)
class Journal:
    """What is known of the export; times are ISO 8601."""

    begun_at: str
    """When sending was switched on: what ended before is history, and `hooktrace otel replay`'s."""
    sent_at: str | None = None
    """When a backend took spans last."""
    refused: int = 0
    """Spans that a backend will never take."""
    failing_since: str | None = None
    why: str | None = None
    """What it said last."""

    @classmethod
    def read(cls, path: Path) -> Journal | None:
        """Return what *path* says; None where there is no such file, or none that can be read."""
        try:
            return cls(**json.loads(path.read_text()))
        except (OSError, ValueError, TypeError):
            return None

    def since(self, now: datetime) -> datetime:
        """Return since when what ended is to be sent."""
        return max(datetime.fromisoformat(self.begun_at), now - KEPT_FOR)


class JournalFile:
    """The collector's hold on the file; written when something changed.

    On a full disk it is what it was before: it tells users how things go, and the next change is written again.
    """

    def __init__(self, path: Path, told_to: datetime) -> None:
        """Go on with *path*; if there is none yet, sending begins with what ended since it was *told_to*."""
        self._path = path
        self.journal = Journal.read(path) or Journal(told_to.isoformat())
        self._write()

    def sent(self, now: datetime) -> None:
        """Note that a backend took something; whatever was wrong is over."""
        self._change(replace(self.journal, sent_at=_minute(now), failing_since=None, why=None))

    def failed(self, why: str, now: datetime) -> None:
        """Note that none did."""
        since = self.journal.failing_since or now.isoformat()
        self._change(replace(self.journal, failing_since=since, why=why))

    def refused(self, spans: int) -> None:
        """Note that so many spans will never be taken."""
        self._change(replace(self.journal, refused=self.journal.refused + spans))

    def _change(self, journal: Journal) -> None:
        if journal != self.journal:
            self.journal = journal
            self._write()

    def _write(self) -> None:
        temporary = self._path.with_suffix(".new")
        with suppress(OSError):
            temporary.touch(mode=PRIVATE_FILE)
            temporary.write_text(json.dumps(asdict(self.journal)))
            temporary.replace(self._path)


def _minute(now: datetime) -> str:
    """Return *now* to the minute: the file need not be written more often."""
    return now.astimezone(UTC).replace(second=0, microsecond=0).isoformat()
