"""The spool is a directory in which each file is one event on its way to the database.

Hooks write the files, the collector reads them in order of their time and unlinks each after the
commit that holds it, or once it is packed (tracing/packs.py).  The form of a file::

    name=value NUL ... name=value NUL NUL payload NUL end PID

What a crash or a full disk can leave behind, in the order in which ``read`` looks for it:

1. something that is no regular file: somebody planted it; it is set aside, never read
2. an empty file: the hook could not write; it stands for one dropped event
3. a file without its end whose writer lives: not yet written, looked at again later
4. a file without its end whose writer is gone, with a payload that parses: an event
5. the same with a payload that does not parse: incomplete, set aside

A file's time is its mtime: the moment its last byte was written, in steps of a few
milliseconds.  It survives a crash of the collector, and so does the event id made from it.
"""

from __future__ import annotations

import json
import os
import re
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from tracing.places import Places
from tracing.regularfile import NotRegular, open_regular, read_regular

WRITER_LIMIT_S = 15 * 60
"""How long a file may stay without its end while a process with its writer's pid lives: pids are reused."""

SETTLED_S = 2.0
"""A younger file is not given up, whoever seems to be gone: pids of another container are not seen here."""

END_BYTES = 32
"""Where the end is looked for: NUL, "end " and a pid."""

_END = re.compile(rb"\0end (\d+)\Z")
_WRITER = re.compile(r"[\d.]+-(\d+)(?:-\d+)?")


def moment(time_ns: int) -> datetime:
    """Return a Unix time in nanoseconds as a datetime, to the microsecond below it."""
    seconds, nanoseconds = divmod(time_ns, 1_000_000_000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=nanoseconds // 1000)


class Entry(NamedTuple):
    """A file of the spool; entries sort by time, then by name (which begins with the uptime).

    A tuple: tens of thousands are sorted when a spool is full.
    """

    mtime_ns: int
    name: str
    size: int

    @property
    def at(self) -> datetime:
        """The event's time, to the microsecond."""
        return moment(self.mtime_ns)


@dataclass(frozen=True)
class Spooled:
    """What stood in a complete file."""

    entry: Entry
    """The file as it was once its last byte was there: the event's time and id come from this."""
    header: Mapping[str, str]
    payload: bytes


class Dropped(Exception):
    """The hook could not write its event: disk full, no stdin, or no `cat`."""


class Unfinished(Exception):
    """The hook is still writing."""


class Rejected(Exception):
    """The file holds no event; the message tells why, without anything of the content."""


class Spool:
    """The spool of one installation, and the counter beside it of events that could not be written."""

    def __init__(self, places: Places) -> None:
        self.directory = places.spool
        self._dropped = places.dropped
        self._counting = threading.Lock()

    def scan(self) -> list[Entry]:
        """Return every entry, oldest first."""
        return self.look(self.names())

    def names(self) -> list[str]:
        """Return the names of all entries, in no order: much cheaper than to look at each.

        A spool that was taken away has none, until a hook makes it again.
        """
        try:
            return os.listdir(self.directory)  # noqa: PTH208  # a Path for each takes longer than the listing
        except (FileNotFoundError, NotADirectoryError):
            return []

    def look(self, names: Iterable[str]) -> list[Entry]:
        """Return the entries of *names* that are there, oldest first."""
        entries = []
        for name in names:
            try:
                status = os.lstat(self._path(name))
            except (FileNotFoundError, NotADirectoryError):
                continue
            entries.append(Entry(status.st_mtime_ns, name, status.st_size))
        return sorted(entries)

    def read(self, entry: Entry, now: float | None = None) -> Spooled:
        """Return what *entry* holds; *now* is Unix time in seconds.

        Raises:
            Rejected: it is no event, or an incomplete one.
            Dropped: it stands for an event that could not be written.
            Unfinished: its writer is still at work.
            FileNotFoundError: it is gone.
        """
        now = time.time() if now is None else now
        entry, data = self._bytes(entry.name)
        if not _end(data):
            if self._being_written(entry, now):
                raise Unfinished
            entry, data = self._bytes(entry.name)  # its writer may have finished just before it was gone
        if _end(data):
            return Spooled(entry, *header_and_payload(data))
        if not data:
            raise Dropped
        try:
            spooled = Spooled(entry, *header_and_payload(data))
            json.loads(spooled.payload)
        except (ValueError, RecursionError, Rejected):
            raise Rejected("incomplete: the hook ended before its event did") from None
        return spooled

    def remove(self, entries: Iterable[Entry]) -> None:
        """Unlink *entries*; one that is gone is gone."""
        for entry in entries:
            with suppress(FileNotFoundError):
                os.unlink(self._path(entry.name))  # noqa: PTH108  # see _path

    def count_drop(self, entry: Entry) -> None:
        """Turn the empty *entry* into one more byte of the drop counter; one that is gone is counted already."""
        with self._counting:
            if not (self.directory / entry.name).exists():
                return
            descriptor = os.open(self._dropped, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(descriptor, b".")
            finally:
                os.close(descriptor)
            self.remove([entry])

    def dropped(self) -> int:
        """Return how many events were dropped since the installation."""
        try:
            return self._dropped.stat().st_size
        except FileNotFoundError:
            return 0

    def _path(self, name: str) -> str:
        """Return the path of an entry: a text, since making a Path takes longer than the look at the file."""
        return f"{self.directory}/{name}"

    def _bytes(self, name: str) -> tuple[Entry, bytes]:
        """Read a regular file, following no link and waiting for no FIFO; return it as it was after the reading."""
        try:
            data, status = read_regular(self._path(name))
        except FileNotFoundError:
            raise
        except NotRegular as error:
            raise Rejected(str(error)) from None
        except OSError as error:
            raise Rejected(f"cannot be opened: {os.strerror(error.errno or 0)}") from None
        return Entry(status.st_mtime_ns, name, status.st_size), data

    def _being_written(self, entry: Entry, now: float) -> bool:
        """Tell whether the process that made *entry* may still be writing it."""
        age = now - entry.mtime_ns / 1e9
        if age > WRITER_LIMIT_S:
            return False
        if 0 <= age < SETTLED_S:
            return True
        writer = _WRITER.fullmatch(entry.name)
        return writer is None or _alive(int(writer[1]))


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _end(data: bytes) -> re.Match[bytes] | None:
    return _END.search(data, max(len(data) - END_BYTES, 0))


def salvage(path: Path) -> Spooled | None:
    """Return what is to be found in a file of the spool or of ``bad/``, whole or not; None: no file of ours.

    Without a header all of it is the payload.
    """
    try:
        with open_regular(path) as file:
            data, status = file.read(), os.fstat(file.fileno())
    except OSError:
        return None
    entry = Entry(status.st_mtime_ns, path.name, status.st_size)
    try:
        return Spooled(entry, *header_and_payload(data))
    except Rejected:
        return Spooled(entry, {}, data)


def header_and_payload(data: bytes) -> tuple[dict[str, str], bytes]:
    """Return the two parts of a file of the spool, with or without its end.

    Raises:
        Rejected: it has no header.
    """
    end = _end(data)
    head, separator, payload = data[: end.start() if end else None].partition(b"\0\0")
    if not separator:
        raise Rejected("incomplete: no header")
    pairs = (pair.decode("utf-8", "replace").partition("=") for pair in head.split(b"\0"))
    return {name: value for name, _, value in pairs if value}, payload
