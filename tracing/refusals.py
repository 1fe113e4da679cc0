"""When recording was switched off: what ran then is not brought back from elsewhere.

Of a session that was started with HOOKTRACE_ENABLED=0 the hook leaves an empty file in ``off/``, named
by the session; a second time, and so on, with a ``+`` more.  `hooktrace pause` leaves the file ``paused``
as long as it lasts; then a line in ``off/pauses`` says when that was.  None of them holds any content.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from tracing.period import Period
from tracing.places import PRIVATE_FILE, Places


class Refusals:
    """The periods of one installation."""

    def __init__(self, places: Places) -> None:
        self._off = places.off
        self._paused = places.paused
        self._pauses = places.pauses

    @property
    def paused_since(self) -> datetime | None:
        """Since when nothing is recorded; None while it is."""
        return _written_at(self._paused)

    def pause(self) -> datetime:
        """Let the hooks record nothing from now on; return since when they do not."""
        with suppress(FileExistsError):
            self._paused.touch(PRIVATE_FILE, exist_ok=False)
        return self.paused_since or datetime.now(UTC)

    def resume(self) -> Period | None:
        """Let the hooks record again; return the time in which they did not, None if they did."""
        if not (since := self.paused_since):
            return None
        period = Period(since, datetime.now(UTC))
        with self._pauses.open("a") as file:  # before the hooks record again: else a pause could be forgotten
            self._pauses.chmod(PRIVATE_FILE)
            file.write(f"{period.begin.isoformat()} {period.end.isoformat()}\n")
        self._paused.unlink(missing_ok=True)
        return period

    def of_everybody(self) -> list[Period]:
        """Return the pauses, that which lasts too."""
        since = self.paused_since
        return [*_read(self._pauses), *([Period(since)] if since else [])]

    def began(self, session_id: str) -> list[datetime]:
        """Return when the session *session_id* was started and was not to be recorded."""
        times, file = [], self._off / session_id
        if "/" in session_id:
            return []
        while at := _written_at(file):
            times.append(at)
            file = file.with_name(file.name + "+")
        return times

    def of(self, session_id: str, recorded: Iterable[datetime] = ()) -> list[Period]:
        """Return when the session was not to be recorded, given when events of it were *recorded* nevertheless.

        It was switched off until the next event: only who is recorded fires one.
        """
        events = sorted(recorded)
        off = [
            Period(begin, next((at for at in events if at > begin), Period(begin).end))
            for begin in self.began(session_id)
        ]
        return [*self.of_everybody(), *off]


def _written_at(file: Path) -> datetime | None:
    try:
        return datetime.fromtimestamp(file.stat().st_mtime, UTC)
    except (OSError, ValueError):
        return None


def _read(file: Path) -> Iterator[Period]:
    """Yield the periods in *file*; a line that is none (the disk was full) is passed over."""
    try:
        lines = file.read_text().splitlines()
    except OSError:
        return
    for line in lines:
        with suppress(ValueError):
            begin, end = map(datetime.fromisoformat, line.split())
            yield Period(begin, end)
