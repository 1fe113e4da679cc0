"""What an agent's transcripts on this machine are about, found out without reading them whole."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

from tracing.tally import made_in, marks_copies
from tracing.transcriptfile import AGENT_PREFIX, transcripts
from tracing.transcriptrecord import Record, text_of, time_of

EDGE_BYTES = 262_144
"""So much of the beginning and of the end of a transcript is looked at."""

_MESSAGE_ID = re.compile(rb'"id": ?"(msg_[\w-]{1,500})"')


@dataclass(frozen=True)
class Course:
    """One session's transcript: where it lies, and when and where the session ran."""

    transcript: Path
    size: int
    """Bytes, with the transcripts of its subagents."""
    began_at: datetime
    """When it did something itself first; a copy of another session begins with what that did."""
    last_at: datetime
    cwd: str | None = None
    branch: str | None = None
    version: str | None = None
    entrypoint: str | None = None
    first_message: str | None = None
    """Id of the first answer; a session that began as a copy of another has the other's."""
    copied_before: datetime | None = None
    """What is older was copied from another session by a client that does not mark it."""

    @property
    def session_id(self) -> str:
        """The session, which the file is named by."""
        return self.transcript.stem


def courses(path: Path) -> list[Course]:
    """Return what lies below *path* (a transcript, a project's directory or all projects), what ran last first."""
    if path.is_file():
        return [course for course in _told_apart(_with_originals(path)) if course.transcript == path]
    files = (file for pattern in ("*.jsonl", "*/*.jsonl", "projects/*/*.jsonl") for file in path.glob(pattern))
    return sorted(_told_apart(_found(files)), key=lambda course: course.last_at, reverse=True)


def _with_originals(transcript: Path) -> Iterator[Course]:
    """Yield *transcript*, and if it may be an unmarked copy those beside it, which tell what of it is."""
    for course in _found([transcript]):
        yield course
        if _may_be_copy(course):
            yield from _found(file for file in transcript.parent.glob("*.jsonl") if file != transcript)


def _found(files: Iterable[Path]) -> Iterator[Course]:
    """Yield the sessions among *files*; older clients wrote subagents' transcripts beside them."""
    for file in files:
        if not file.is_symlink() and not file.stem.startswith(AGENT_PREFIX) and (course := _course(file)):
            yield course


def _course(transcript: Path) -> Course | None:
    """Look at the ends of *transcript*; None of a file that is none, or cannot be read."""
    try:
        size = sum(file.stat().st_size for file in transcripts(transcript))
        with transcript.open("rb") as file:
            first, last = _first(file), _last(file)
        records = list(_records(first))
        is_copy = any(made_in(record, transcript.stem) != transcript.stem for record in records)
        own = _own_beginning(transcript) if is_copy else None
    except OSError:
        return None
    times = [at for record in (*records, *_records(last)) if (at := time_of(record.get("timestamp")))]
    if not times:
        return None
    told = {name: _told(records, name) for name in ("cwd", "gitBranch", "version", "entrypoint")}
    message = _MESSAGE_ID.search(first)
    return Course(
        transcript,
        size,
        began_at=own or min(times),
        last_at=max(times),
        cwd=told["cwd"],
        branch=told["gitBranch"],
        version=told["version"],
        entrypoint=told["entrypoint"],
        first_message=message[1].decode() if message else None,
    )


def _first(file: BinaryIO) -> bytes:
    return file.read(EDGE_BYTES)


def _last(file: BinaryIO) -> bytes:
    size = file.seek(0, 2)
    if size <= EDGE_BYTES:
        return b""
    file.seek(size - EDGE_BYTES)
    return file.read().partition(b"\n")[2]


def _records(lines: bytes) -> Iterator[Record]:
    for line in lines.splitlines():
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(record, dict):
            yield record


def _own_beginning(transcript: Path, copied_until: datetime | None = None) -> datetime | None:
    """Return the first time behind all that *transcript* copies of another session; it is read whole.

    Of copies only the model's messages are marked.  What stands between them the time tells, and what the client
    notes at the end of the last turn its type: no session begins with that.
    """
    own = []
    with transcript.open("rb") as lines:
        for record in (record for line in lines for record in _records(line)):
            at = time_of(record.get("timestamp"))
            if at and made_in(record, transcript.stem) != transcript.stem:
                copied_until = max(at, copied_until or at)
            elif at and record.get("type") != "system":
                own.append(at)
    return min((at for at in own if copied_until is None or at > copied_until), default=None)


def _told(records: Iterable[Record], name: str) -> str | None:
    return next((value for record in records if (value := text_of(record, name))), None)


def _told_apart(found: Iterable[Course]) -> Iterator[Course]:
    """Yield *found*, each session that began as an unmarked copy of another with the end of what it copied."""
    alike: dict[str | None, list[Course]] = {}
    for course in found:
        if _may_be_copy(course):
            alike.setdefault(course.first_message, []).append(course)
        else:
            yield course
    for group in alike.values():
        ordered = sorted(group, key=lambda course: course.last_at)
        yield ordered[0]
        known: set[bytes] = set()
        for original, copy in pairwise(ordered):
            known |= _messages(original)
            yield _own_part(copy, known)


def _may_be_copy(course: Course) -> bool:
    return course.first_message is not None and not marks_copies(course.version)


def _messages(course: Course) -> set[bytes]:
    try:
        return set(_MESSAGE_ID.findall(course.transcript.read_bytes()))
    except OSError:
        return set()


def _own_part(copy: Course, known: Collection[bytes]) -> Course:
    """Return *copy* with the end of what it copied, the last of its messages that are *known* from others."""
    try:
        last = None
        with copy.transcript.open("rb") as lines:
            for line in lines:
                message = _MESSAGE_ID.search(line)
                if message and message[1] in known and (at := next(_times(line), None)):
                    last = at
        if last is None:
            return copy
        own = _own_beginning(copy.transcript, last)
    except OSError:
        return copy
    return replace(copy, began_at=own or copy.began_at, copied_before=last + timedelta(milliseconds=1))


def _times(line: bytes) -> Iterator[datetime]:
    for record in _records(line):
        if at := time_of(record.get("timestamp")):
            yield at
