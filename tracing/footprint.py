"""What an installation's files hold of sessions, beside the database: events on their way, notes, lines of the log.

Files are looked at while a collector runs, and removed only while none does.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tracing.deadletters import DeadLetters
from tracing.packs import Pack, Packs
from tracing.payload import Unreadable, parse
from tracing.places import Places
from tracing.redact import redact_text
from tracing.spool import Spooled, salvage
from tracing.tombstone import Candidate

REASON = ".reason"
"""What stands behind the name of an event that was set aside, in the file that tells why."""

_NOTED = re.compile(r"[A-Za-z0-9_-]+")
"""Ids that can name a file."""


@dataclass(frozen=True)
class Arrival:
    """An event that is not in the database."""

    path: Path
    """The file that holds it; a pack holds others, too."""
    candidate: Candidate
    """Its session; the id is empty where the event cannot be read."""
    outer_session: str | None
    """The session from whose shell that one was started."""


@dataclass
class Remains:
    """What there is of some sessions."""

    session_ids: Collection[str]
    events: list[Path] = field(default_factory=list)
    """In the spool."""
    packed: int = 0
    """Events in packs."""
    rejected: list[Path] = field(default_factory=list)
    """In ``bad/``; the reasons lie beside them."""
    notes: list[Path] = field(default_factory=list)
    """Files that are named by a session."""
    log_lines: int = 0


class Footprint:
    """The files of one installation."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._packs = Packs(places.packed)

    def arrivals(self) -> Iterator[Arrival]:
        """Yield the events that wait or were set aside, the oldest of each directory first."""
        for directory in (self._places.spool, self._places.bad):
            for path in sorted(_files(directory), key=_modified):
                if path.suffix != REASON and (spooled := salvage(path)):
                    yield _arrival(path, spooled)
        for pack in self._packs.scan():
            with suppress(FileNotFoundError):  # it is stored meanwhile
                for item in self._packs.read(pack).items:
                    outer = item.event.header.get("HOOKTRACE_SESSION_ID")
                    yield Arrival(self._places.packed / pack.name, item.candidate, outer)

    def of(self, session_ids: Collection[str], project: str | None = None) -> Remains:
        """Return what there is of these sessions, and of the project with this key what nobody knows a session of."""
        remains = Remains(session_ids)
        for arrival in self.arrivals():
            if not self._is_of(arrival, session_ids, project):
                continue
            if arrival.path.parent == self._places.packed:
                remains.packed += 1
            else:
                waits = arrival.path.parent == self._places.spool
                (remains.events if waits else remains.rejected).append(arrival.path)
        for session_id in filter(_NOTED.fullmatch, session_ids):
            off, notes = self._places.off, self._places.sessions
            remains.notes += [path for path in (off / session_id, notes / session_id) if path.is_file()]
            remains.notes += [*off.glob(f"{session_id}+*"), *notes.glob(f".{session_id}.*")]
        remains.log_lines = sum(len(_lines_about(log, session_ids)) for log in self._logs())
        return remains

    def remove(self, remains: Remains) -> None:
        """Remove *remains*; no collector may be running meanwhile."""
        for path in (*remains.events, *remains.notes):
            path.unlink(missing_ok=True)
        for path in remains.rejected:
            path.unlink(missing_ok=True)
            path.with_name(path.name + REASON).unlink(missing_ok=True)
        for pack in self._packs.scan():
            self._thin_out(pack, remains.session_ids)
        for log in self._logs():
            if about := _lines_about(log, remains.session_ids):
                kept = [line for line in log.read_bytes().splitlines(keepends=True) if line not in about]
                _replace(log, b"".join(kept))

    def _thin_out(self, pack: Pack, session_ids: Collection[str]) -> None:
        """Write *pack* anew without the events of these sessions, and without damaged lines, which may be of them."""
        contents = self._packs.read(pack)
        kept = [item for item in contents.items if item.event.session_id not in session_ids]
        if len(kept) == len(contents.items) and not contents.damages:
            return
        if kept:
            self._packs.write(kept)
        for damage in contents.damages:
            if not _names(damage.line, session_ids):
                DeadLetters(self._places.bad).put_text(damage.name, damage.line, "a damaged line of a pack")
        self._packs.remove(pack)

    def dumps(self) -> list[Path]:
        """Return the dumps of the database that lie with this installation."""
        return sorted(self._places.backups.glob("*.dump"))

    def _logs(self) -> list[Path]:
        return sorted(self._places.log.parent.glob(f"{self._places.log.name}*"))

    def _is_of(self, arrival: Arrival, session_ids: Collection[str], project: str | None) -> bool:
        candidate = arrival.candidate
        if candidate.session_id:
            return candidate.session_id in session_ids
        if project in candidate.project_keys():
            return True
        return _names(arrival.path.read_bytes(), session_ids)


def _arrival(path: Path, spooled: Spooled) -> Arrival:
    header = spooled.header
    try:
        payload = parse(spooled.payload).value
    except Unreadable:
        payload = {}
    told = [payload.get(key) for key in ("session_id", "cwd")]
    session_id, directory = (redact_text(value)[0] if isinstance(value, str) else "" for value in told)
    places = (header.get("CLAUDE_PROJECT_DIR"), directory)
    candidate = Candidate.working_in(session_id, spooled.entry.at, *places)
    return Arrival(path, candidate, header.get("HOOKTRACE_SESSION_ID"))


def _files(directory: Path) -> list[Path]:
    try:
        return list(directory.iterdir())
    except FileNotFoundError:
        return []


def _modified(path: Path) -> float:
    try:
        return path.lstat().st_mtime
    except FileNotFoundError:
        return 0.0


def _lines_about(log: Path, session_ids: Collection[str]) -> set[bytes]:
    return {line for line in log.read_bytes().splitlines(keepends=True) if _names(line, session_ids)}


def _names(data: bytes, session_ids: Collection[str]) -> bool:
    return any(session_id.encode() in data for session_id in session_ids)


def _replace(file: Path, data: bytes) -> None:
    temporary = file.with_name(f".{file.name}.hooktrace-{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(data)
    temporary.replace(file)
