"""What could not be stored: kept for a week, without its secrets."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from tracing.deadletters import KEPT_S, TEXT_BYTES, DeadLetters
from tracing.spool import Entry

PLANTED = "hunter2hunter2"

HEAD = b"hook=record\0TRACESTATE=password=" + PLANTED.encode() + b"\0\0"

AT = 1_700_000_000
"""When the events came, in Unix time."""


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    """Give the directory of the dead letters, which nobody has made."""
    return tmp_path / "bad"


@pytest.fixture
def dead_letters(bad: Path) -> DeadLetters:
    """Give its dead letters: none."""
    return DeadLetters(bad)


def spooled(directory: Path, data: bytes) -> Path:
    """Leave a file as a hook might."""
    file = directory / "1.00-77"
    file.write_bytes(data)
    os.utime(file, (AT, AT))
    return file


@pytest.mark.parametrize(
    ("data", "kept"),
    [
        pytest.param(
            HEAD + b'{"password": "' + PLANTED.encode() + b'", "a": 1}\0end 77',
            b'redacted=yes\0hook=record\0TRACESTATE=password=[redacted]\0\0{"password": "[redacted]", "a": 1}\0end 0',
            id="whole",
        ),
        pytest.param(
            HEAD + b'{"password": "' + PLANTED.encode(),
            b'redacted=yes\0hook=record\0TRACESTATE=password=[redacted]\0\0{"password": "[redacted]',
            id="incomplete",
        ),
        pytest.param(b"password=" + PLANTED.encode(), b"redacted=yes\0\0password=[redacted]", id="no header"),
        pytest.param(b"", b"redacted=yes\0\0", id="empty"),
    ],
)
def test_a_file_is_kept_without_its_secrets(
    bad: Path, dead_letters: DeadLetters, tmp_path: Path, data: bytes, kept: bytes
) -> None:
    """What can be parsed is redacted as an event is, the rest as text; time, privacy and reason are seen to."""
    file = spooled(tmp_path, data)
    dead_letters.take(file, "no event")
    letter = bad / file.name
    assert letter.read_bytes() == kept
    assert (letter.stat().st_mtime, stat.S_IMODE(letter.stat().st_mode)) == (AT, 0o600)
    assert (bad / f"{file.name}.reason").read_text() == "no event\n"
    assert (file.exists(), dead_letters.count()) == (False, 1)


def test_what_cannot_be_parsed_is_cut(bad: Path, dead_letters: DeadLetters, tmp_path: Path) -> None:
    """A thousand bytes are left of it, and of a secret across the cut nothing."""
    begin = "é" * (TEXT_BYTES // 2 - 10)
    file = spooled(tmp_path, HEAD + f"{begin} password={PLANTED} ".encode() + b"x" * 1_000_000)
    dead_letters.take(file, "no event")
    payload = (bad / file.name).read_bytes().partition(b"\0\0")[2]
    assert len(payload) == TEXT_BYTES
    assert PLANTED[:4].encode() not in payload


def test_a_file_that_somebody_else_took_is_nobodys_loss(bad: Path, dead_letters: DeadLetters, tmp_path: Path) -> None:
    """Two threads may find the same file broken; the second finds nothing, and tells no reason."""
    dead_letters.take(tmp_path / "gone", "no event")
    assert not bad.exists()


def test_an_event_is_kept_as_it_was_read(bad: Path, dead_letters: DeadLetters) -> None:
    """Of what the database refused, header and payload are there, and its time."""
    dead_letters.put(Entry(AT * 10**9, "1.00-77", 5), {"hook": "record"}, {"a": "é"}, "refused")
    assert (bad / "1.00-77").read_bytes() == 'redacted=yes\0hook=record\0\0{"a": "é"}\0end 0'.encode()
    assert (bad / "1.00-77").stat().st_mtime == AT


def leave(bad: Path, name: str, set_aside_at: float, make: Callable[[Path], object] = Path.touch) -> None:
    """Leave a dead letter of an earlier version."""
    make(bad / name)
    reason = bad / f"{name}.reason"
    reason.write_text("why\n")
    os.utime(reason, (set_aside_at, set_aside_at))


def test_a_week_after_it_was_set_aside_a_dead_letter_is_removed(bad: Path, dead_letters: DeadLetters) -> None:
    """The event's own age does not matter; what lies there without a reason goes by its file's."""
    bad.mkdir()
    leave(bad, "old", AT)
    leave(bad, "young", AT + 10)
    (bad / "stray").touch()
    os.utime(bad / "stray", (AT, AT))
    os.utime(bad / "young", (1, 1))
    assert dead_letters.tend(AT + KEPT_S) == "3 of them, of an earlier version, are redacted now"
    assert dead_letters.tend(AT + KEPT_S + 5) == "2 of them were kept for a week and are removed"
    assert sorted(file.name for file in bad.iterdir()) == ["young", "young.reason"]
    assert dead_letters.tend(AT + KEPT_S + 5) is None


def test_what_is_no_file_expires_too(bad: Path, dead_letters: DeadLetters, tmp_path: Path) -> None:
    """A link or a FIFO that somebody planted is removed unread; a directory is left to its owner."""
    bad.mkdir()
    target = tmp_path / "target"
    target.write_text(PLANTED)
    leave(bad, "link", AT, lambda path: path.symlink_to(target))
    leave(bad, "pipe", AT, os.mkfifo)
    leave(bad, "directory", AT, Path.mkdir)
    dead_letters.tend(AT + KEPT_S + 5)
    assert sorted(file.name for file in bad.iterdir()) == ["directory", "directory.reason"]
    assert target.read_text() == PLANTED


def test_what_an_earlier_version_left_is_redacted(bad: Path, dead_letters: DeadLetters) -> None:
    """Once, in its place, with its time; a second look finds nothing to do."""
    bad.mkdir()
    letter = spooled(bad, HEAD + b'{"password": "' + PLANTED.encode() + b'"}\0end 77')
    told = [dead_letters.tend(AT + 1), dead_letters.tend(AT + 1)]
    assert told == ["1 of them, of an earlier version, are redacted now", None]
    assert PLANTED.encode() not in letter.read_bytes()
    assert letter.stat().st_mtime == AT
    assert dead_letters.count() == 1
