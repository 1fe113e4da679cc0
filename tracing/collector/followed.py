"""An open session, and what is looked at while it is open: its transcripts and its processes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from tracing.assemble import Session
from tracing.period import NEVER, Period
from tracing.process import Process
from tracing.transcriptfile import Position, Reading, read_transcript, transcripts

READINGS = 8
"""Of one file in one round at most: after them it is the others' turn."""


@dataclass
class Followed:
    """What a collector knows of one session; times without a zone are seconds of the monotonic clock."""

    session: Session
    transcript: Path | None = None
    copied_before: datetime | None = None
    """Of a session that began as a copy of another one: what is older in its transcript is the other's."""
    processes: frozenset[Process] = frozenset()
    last_event_at: datetime = NEVER
    told_anew: bool = True
    """Whether events came since the last round."""
    open: bool = True
    """Whether its end was not seen."""
    open_tasks: set[str] = field(default_factory=set)
    """Of a program: its executions whose end was not seen."""
    closed_at: float = 0.0
    seen_alive: bool = False
    """Whether this collector saw one of its processes alive, and so can tell when it ended."""
    gone_at: float | None = None
    """When none of its processes was found alive any more."""
    applied_until: datetime = NEVER
    """Until when what its transcripts tell was applied: what is later waits for events that have not been stored."""
    waits_since: datetime | None = None
    """When something was read of which events may be on their way: what is missing of it is not filled in yet."""
    positions: dict[Path, Position] | None = None
    """How far its transcripts were read; None: the database was not asked yet."""
    read_to_end: bool = True
    """Whether the last reading left nothing for the next: no file that cannot be read, and none that is too long."""
    unread_for: set[int | None] = field(default_factory=set)
    """The kinds of error (errno) for which a transcript was not read and the log has a line."""
    _stamps: dict[Path, tuple[int, int]] = field(default_factory=dict)

    def read(
        self, refused: Callable[[], Sequence[Period]], unread: Callable[[OSError], None]
    ) -> list[tuple[Path, Reading]]:
        """Return what was added to its transcripts since ``positions``, in pieces, but for *refused* periods.

        These are asked for only where something was added.  Of each transcript that cannot be read *unread* is told:
        what the others tell is not to wait for it.
        """
        readings: list[tuple[Path, Reading]] = []
        self.read_to_end = True
        try:
            files = transcripts(self.transcript) if self.transcript else []
        except OSError as error:
            files, self.read_to_end = [], False
            unread(error)
        for file in files:
            try:
                self.read_to_end &= self._read(file, refused, readings)
            except OSError as error:
                self.read_to_end = False
                unread(error)
        return readings

    def _read(self, file: Path, refused: Callable[[], Sequence[Period]], readings: list[tuple[Path, Reading]]) -> bool:
        """Add to *readings* what was added to *file*; tell whether that is all.

        Raises:
            OSError: it cannot be read any further.
        """
        status = file.stat()
        stamp = (status.st_size, status.st_mtime_ns)
        if self._stamps.get(file) == stamp:
            return True
        position = (self.positions or {}).get(file, Position())
        for _ in range(READINGS):
            about = (file, self.session.session_id, position)
            reading = read_transcript(*about, since=self.copied_before, refused=refused())
            readings.append((file, reading))  # where it stands before a request that waits it tells what comes behind
            position = reading.position
            if not reading.more:
                self._stamps[file] = stamp
                return True
        return False

    @property
    def has_told(self) -> bool:
        """Tell whether any of its transcripts has told anything yet; where none is written, none ever does."""
        return bool(self._stamps) or any(position.offset for position in (self.positions or {}).values())

    def go_on(self, readings: Iterable[tuple[Path, Reading]]) -> None:
        """Read on behind *readings* from now on."""
        self.positions = {**(self.positions or {}), **{path: reading.position for path, reading in readings}}

    def forget_stamps(self) -> None:
        """Look at every transcript again: what was read was not stored."""
        self._stamps.clear()

    def alive(self) -> bool:
        """Tell whether one of its processes is known to live."""
        return any(process.alive for process in self.processes)
