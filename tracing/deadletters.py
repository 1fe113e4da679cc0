"""Dead letters: events that could not be stored, in ``bad/``, each with its reason beside it.

They lie there for somebody to look at, for a week, and without their secrets.  The form of a file is
the spool's, with a first member that tells that it was redacted::

    redacted=yes NUL name=value NUL ... NUL NUL payload NUL end 0

Of a payload that is no JSON object only the beginning is kept; then there is no end, either.
"""

from __future__ import annotations

import json
import os
import stat
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tracing import packs
from tracing.payload import Unreadable, parse
from tracing.places import PRIVATE_DIRECTORY
from tracing.redact import redact, redact_text
from tracing.regularfile import open_regular
from tracing.spool import Entry, Rejected, header_and_payload

KEPT_S = 7 * 86_400
"""How long a dead letter is kept: long enough to be noticed and asked about."""

TEXT_BYTES = 1_000
"""Bytes that are kept of what cannot be parsed: enough to see what it was."""

SEARCHED_BYTES = 65_536
"""Bytes of it that are searched for secrets, before it is cut: one cut in half would not be recognised."""

_MARK = b"redacted=yes\0"
_REASON = ".reason"
_UNFINISHED = ".new"


@dataclass(frozen=True)
class DeadLetter:
    """One event that could not be stored."""

    name: str
    """Of its file."""
    set_aside_at: datetime
    reason: str


class DeadLetters:
    """The dead letters in *directory*, which is made when there is one."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def count(self) -> int:
        """Return how many there are."""
        return sum(1 for _ in self._letters())

    def latest(self, limit: int) -> list[DeadLetter]:
        """Return those that were set aside last, the newest first."""
        told = sorted(self._directory.glob(f"*{_REASON}"), key=lambda file: file.lstat().st_mtime, reverse=True)
        return [
            DeadLetter(
                file.name.removesuffix(_REASON),
                datetime.fromtimestamp(file.lstat().st_mtime, UTC),
                file.read_text(encoding="utf-8", errors="replace").strip(),
            )
            for file in told[:limit]
        ]

    def put(self, entry: Entry, header: Mapping[str, str], payload: Mapping[str, Any], reason: str) -> None:
        """Keep an event that was read, and so is redacted, under the name and with the time of *entry*."""
        self._tell(entry.name, reason)
        self._write(entry.name, _letter(header, _json(payload)), entry.mtime_ns)

    def put_text(self, name: str, data: bytes, reason: str) -> None:
        """Keep the beginning of *data*, which nobody understands, under *name*."""
        self._tell(name, reason)
        self._write(name, _letter({}, _beginning(data)), time.time_ns())

    def take(self, file: Path, reason: str) -> None:
        """Keep what is readable of *file*, which holds no event, and remove it; one that is gone is gone.

        What is no regular file is moved as it is: nobody follows it or waits for it.
        """
        try:
            data, mtime_ns = _read(file)
        except FileNotFoundError:
            return
        except OSError:
            self.move(file, reason)
            return
        self._tell(file.name, reason)
        self._write(file.name, _redacted(data), mtime_ns)
        file.unlink(missing_ok=True)

    def move(self, file: Path, reason: str) -> None:
        """Keep *file* as it is, since it cannot be read; one that is gone is gone."""
        if os.path.lexists(file):
            self._tell(file.name, reason)
            file.rename(self._directory / file.name)

    def tend(self, now: float | None = None) -> str | None:
        """Remove what is too old at *now* (Unix time, seconds), redact what is not; tell, if there was any."""
        removed, redacted = self._expire(time.time() if now is None else now), self._redact()
        told = [f"{removed} of them were kept for a week and are removed"] if removed else []
        told += [f"{redacted} of them, of an earlier version, are redacted now"] if redacted else []
        return "; ".join(told) or None

    def _redact(self) -> int:
        """Redact what an earlier version kept as it was, and return how many dead letters that were."""
        count = 0
        for letter in self._letters():
            plain = stat.S_ISREG(letter.lstat().st_mode) and letter.suffix != packs.SUFFIX  # a pack is redacted
            if plain and os.access(letter, os.R_OK) and not _is_marked(letter):
                data, mtime_ns = _read(letter)
                self._write(letter.name, _redacted(data), mtime_ns)
                count += 1
        return count

    def _expire(self, now: float) -> int:
        """Remove those that were set aside too long before *now*; return how many."""
        limit = now - KEPT_S
        count = 0
        for letter in self._letters():
            reason = self._directory / f"{letter.name}{_REASON}"
            told = reason if reason.exists() else letter  # a letter's own time is that of its event
            if told.lstat().st_mtime < limit and not stat.S_ISDIR(letter.lstat().st_mode):
                letter.unlink(missing_ok=True)
                reason.unlink(missing_ok=True)
                count += 1
        return count

    def _letters(self) -> Iterator[Path]:
        """Yield the files, without the reasons and without what a crash left half written."""
        for file in sorted(self._directory.iterdir()) if self._directory.is_dir() else ():
            if file.suffix not in (_REASON, _UNFINISHED):
                yield file

    def _tell(self, name: str, reason: str) -> None:
        """Write why, first: a letter without a reason would tell nobody anything."""
        self._directory.mkdir(mode=PRIVATE_DIRECTORY, exist_ok=True)
        file = self._directory / f"{name}{_REASON}"
        file.write_text(reason + "\n", encoding="utf-8")
        file.chmod(0o600)

    def _write(self, name: str, letter: bytes, mtime_ns: int) -> None:
        unfinished = self._directory / f"{name}{_UNFINISHED}"
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(letter)
        os.utime(unfinished, ns=(mtime_ns, mtime_ns))
        unfinished.replace(self._directory / name)


def _redacted(data: bytes) -> bytes:
    """Return the dead letter of a file of the spool, of which nothing needs to be as it should."""
    try:
        header, payload = header_and_payload(data)
    except Rejected:
        return _letter({}, _beginning(data))
    try:
        text = _json(redact(parse(payload).value).value)
    except Unreadable:
        text = _beginning(payload)
    return _letter({name: redact_text(value)[0] for name, value in header.items()}, text)


def _letter(header: Mapping[str, str], payload: bytes) -> bytes:
    members = b"".join(f"{name}={value}\0".encode() for name, value in header.items())
    return _MARK + members + b"\0" + payload


def _json(payload: Mapping[str, Any]) -> bytes:
    return json.dumps(payload, ensure_ascii=False).encode() + b"\0end 0"


def _beginning(data: bytes) -> bytes:
    text, _ = redact_text(data[:SEARCHED_BYTES].decode("utf-8", "replace"))
    return text.encode()[:TEXT_BYTES]


def _is_marked(letter: Path) -> bool:
    with letter.open("rb") as file:
        return file.read(len(_MARK)) == _MARK


def _read(file: Path) -> tuple[bytes, int]:
    """Return the bytes of a regular file and its mtime in nanoseconds."""
    with open_regular(file) as opened:
        return opened.read(), os.fstat(opened.fileno()).st_mtime_ns
