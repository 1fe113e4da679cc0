"""Packs: files of many events each, redacted, in which what the database cannot take yet waits for it.

A raw file of the spool holds what the hook was given, secrets included, and is not to lie there while
a database is away.  A pack holds the same events as they would be stored, a line of JSON each, in
order of their time, with what was seen around them when they were read: later nobody could tell.

The name of a pack is TIME-COUNT-ID.jsonl: the time of its oldest event in nanoseconds, and how many
events there are.  It is there whole or not at all; whoever writes one unlinks the raw files only
afterwards.  A crash in between leaves an event in both, and stored twice it is one row.
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from tracing.event import Event
from tracing.item import Item
from tracing.places import PRIVATE_DIRECTORY
from tracing.process import Process
from tracing.spool import Entry
from tracing.surroundings import Surroundings

SUFFIX = ".jsonl"

_NAME = re.compile(r"(-?\d{1,20})-(\d{1,9})-[0-9a-f]{32}" + re.escape(SUFFIX))
_UNFINISHED = ".new"


@dataclass(frozen=True, order=True)
class Pack:
    """One pack; packs sort by the time of their oldest event."""

    oldest_ns: int
    name: str
    events: int
    size: int
    """Bytes."""


@dataclass(frozen=True)
class Damage:
    """A line of a pack that holds no event any more."""

    name: str
    """A file name for it, made of the pack's and the line's number."""
    line: bytes


@dataclass(frozen=True)
class Contents:
    """What is in a pack."""

    items: Sequence[Item]
    damages: Sequence[Damage]


class Packs:
    """The packs in *directory*; one collector writes and removes them, anybody may look."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def scan(self) -> list[Pack]:
        """Return every pack, the one with the oldest event first."""
        try:
            names = os.listdir(self._directory)  # noqa: PTH208  # often hundreds, looked for many times a second
        except FileNotFoundError:
            return []
        return sorted(filter(None, map(self._look, names)))

    def _look(self, name: str) -> Pack | None:
        """Return the pack *name*; None if it is none, or was removed meanwhile: then its events are stored."""
        told = _NAME.fullmatch(name)
        if not told:
            return None
        try:
            status = os.lstat(self._directory / name)
        except FileNotFoundError:
            return None
        return Pack(int(told[1]), name, int(told[2]), status.st_size) if stat.S_ISREG(status.st_mode) else None

    def write(self, items: Sequence[Item]) -> Pack:
        """Put *items*, at least one, into a new pack, and return it once it is on the disk.

        Raises:
            OSError: it cannot be written; nothing is left of it.
        """
        items = sorted(items, key=lambda item: item.entry)
        oldest_ns = items[0].entry.mtime_ns
        name = f"{oldest_ns}-{len(items)}-{uuid4().hex}{SUFFIX}"
        data = b"".join(_line(item) for item in items)
        self._directory.mkdir(mode=PRIVATE_DIRECTORY, exist_ok=True)
        unfinished = self._directory / f"{name}{_UNFINISHED}"
        try:
            _write(unfinished, data)
            unfinished.rename(self._directory / name)
        except OSError:
            unfinished.unlink(missing_ok=True)
            raise
        _sync(self._directory)
        return Pack(oldest_ns, name, len(items), len(data))

    def read(self, pack: Pack) -> Contents:
        """Return what is in *pack*.

        Raises:
            OSError: it cannot be read, or is gone.
        """
        items, damages = [], []
        for number, line in enumerate((self._directory / pack.name).read_bytes().splitlines(), start=1):
            try:
                items.append(_item(json.loads(line)))
            except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
                damages.append(Damage(f"{pack.name}.{number}", line))
        return Contents(items, damages)

    def remove(self, pack: Pack) -> None:
        """Unlink *pack*; one that is gone is gone."""
        (self._directory / pack.name).unlink(missing_ok=True)

    def path(self, pack: Pack) -> Path:
        """Return where *pack* lies."""
        return self._directory / pack.name

    def remove_unfinished(self) -> None:
        """Remove what a writer that was killed left behind: the raw files of these events are still there."""
        for file in self._directory.glob(f"*{_UNFINISHED}"):
            file.unlink(missing_ok=True)


def _line(item: Item) -> bytes:
    event = {name: value for name, value in vars(item.event).items() if name != "at"}
    if item.event.at != item.entry.at:  # a program tells its time itself
        event["at"] = item.event.at.isoformat()
    around = vars(item.around)
    if around["process"]:
        around = {**around, "process": vars(around["process"])}
    value = {"file": item.entry._asdict(), "event": {**event, "id": str(event["id"])}, "around": around}
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"


def _item(value: Mapping[str, Any]) -> Item:
    entry, event, around = Entry(**value["file"]), value["event"], value["around"]
    process, told = around["process"], event.get("at")
    return Item(
        entry,
        Event(**{**event, "id": UUID(event["id"]), "at": datetime.fromisoformat(told) if told else entry.at}),
        Surroundings(**{**around, "process": Process(**process) if process else None}),
    )


def _write(file: Path, data: bytes) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(data)
        opened.flush()
        os.fsync(descriptor)


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
