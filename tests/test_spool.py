"""Reading the spool while hooks write into it."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from tracing import spool as module
from tracing.places import Places
from tracing.spool import Dropped, Entry, Rejected, Spool, Unfinished

HEAD = b"hook=record\0CLAUDE_PID=\0\0"
WHOLE = HEAD + b'{"a": 1}' + b"\0end 77"
LATER = 10.0
"""Seconds after which a file without its end is given up if its writer is gone."""


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    """Give an empty spool."""
    places = Places(tmp_path, tmp_path, tmp_path)
    places.create()
    return Spool(places)


def put(spool: Spool, data: bytes, name: str = "1.00-4194301") -> Entry:
    """Write a file of a process that is gone, and return its entry."""
    (spool.directory / name).write_bytes(data)
    (entry,) = spool.look([name])
    return entry


def test_a_whole_file_is_an_event(spool: Spool) -> None:
    """Header and payload come back as they were written; an empty variable is none."""
    spooled = spool.read(put(spool, WHOLE))
    assert (spooled.header, spooled.payload) == ({"hook": "record"}, b'{"a": 1}')


def test_a_payload_may_look_like_the_end(spool: Spool) -> None:
    """Only the last bytes are the end."""
    assert spool.read(put(spool, HEAD + b'"\0end 5"\0end 77')).payload == b'"\0end 5"'


@pytest.mark.parametrize("data", [b"", HEAD[:9], HEAD, HEAD + b'{"a": 1'])
def test_a_young_file_without_its_end_is_waited_for(spool: Spool, data: bytes) -> None:
    """Whoever seems to be gone: the pids of another container are not seen here."""
    with pytest.raises(Unfinished):
        spool.read(put(spool, data))


@pytest.mark.parametrize(
    ("data", "outcome"), [(b"", Dropped), (HEAD[:9], Rejected), (HEAD, Rejected), (HEAD + b'{"a": 1', Rejected)]
)
def test_what_a_dead_writer_left_is_told_apart(spool: Spool, data: bytes, outcome: type[Exception]) -> None:
    """Empty, it stands for a dropped event; else it is incomplete."""
    with pytest.raises(outcome):
        spool.read(put(spool, data), now=time.time() + LATER)


def test_a_payload_that_parses_needs_no_end(spool: Spool) -> None:
    """A hook that was killed after its last byte of payload has delivered."""
    assert spool.read(put(spool, HEAD + b'{"a": 1}'), now=time.time() + LATER).payload == b'{"a": 1}'


def test_a_writer_that_finishes_while_it_is_looked_at_loses_nothing(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the reading and the question whether the writer lives it may end: the file is read once more."""
    entry = put(spool, b"")

    def finishes(_pid: int) -> bool:
        (spool.directory / entry.name).write_bytes(WHOLE)
        return False

    monkeypatch.setattr(module, "_alive", finishes)
    assert spool.read(entry, now=time.time() + LATER).payload == b'{"a": 1}'


def test_the_time_of_an_event_is_that_of_its_last_byte(spool: Spool) -> None:
    """A file that was looked at before it was finished has the time, and so the id, that any later look gives it."""
    early = put(spool, HEAD)
    (spool.directory / early.name).write_bytes(WHOLE)
    os.utime(spool.directory / early.name, ns=(early.mtime_ns + 10**9, early.mtime_ns + 10**9))
    spooled = spool.read(early)
    assert [spooled.entry] == spool.scan()
    assert spooled.entry.mtime_ns == early.mtime_ns + 10**9
