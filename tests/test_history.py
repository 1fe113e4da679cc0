"""What transcripts are about: when their sessions ran, and what of them is a copy of another's."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.transcripts import OTHER, SESSION, after, answered, latest, text, user
from tracing.history import courses

FORK = "e6ed0056-1b79-4f9d-9998-88ebd2b3aee9"


def written(directory: Path, session: str, *records: Any, version: str = "2.1.197") -> Path:
    """Write a transcript by a client that does not mark what it copies."""
    file = directory / f"{session}.jsonl"
    file.write_bytes(text(*({**record, "sessionId": session, "version": version} for record in records)))
    return file


def at(seconds: float) -> datetime:
    """Return a time of those in transcripts."""
    return datetime.fromisoformat(after(seconds))


def test_a_fork_begins_with_its_own_first_line() -> None:
    """In the recorded one that stands before the copied lines; the client copied the end of the last turn unmarked."""
    (file,) = (file for file in latest("turns") if file.stem == FORK)
    (course,) = courses(file)
    assert course.began_at == datetime(2026, 11, 22, 18, 10, 13, 187_000, tzinfo=UTC)


def test_a_long_fork_begins_behind_all_that_it_copied(tmp_path: Path) -> None:
    """Also where that is more than the ends of the file, which is all that is read of others."""
    copied = [answered(number, number, requestSessionId=SESSION, filling="x" * 10_000) for number in range(100)]
    own = [user(timestamp=after(200)), *(answered(number, number, filling="x" * 10_000) for number in range(201, 300))]
    (course,) = courses(written(tmp_path, OTHER, user(), *copied, *own, version="2.1.330"))
    assert (course.began_at, course.last_at) == (at(200), at(299))


def test_an_unmarked_fork_begins_behind_what_stands_in_the_other(tmp_path: Path) -> None:
    """Its first messages are the other's, and so are their times."""
    first = [user(), answered(1, 1)]
    written(tmp_path, SESSION, *first)
    written(tmp_path, OTHER, *first, user(timestamp=after(10)), answered(2, 11))
    assert [course.began_at for course in courses(tmp_path)] == [at(10), at(0)]


def test_in_a_chain_of_unmarked_forks_each_message_is_counted_once(tmp_path: Path) -> None:
    """A fork of a fork copies the first session's messages and the second's; its own are the rest, also alone."""
    for name, seconds in {SESSION: [1], OTHER: [1, 11], FORK: [1, 11, 21]}.items():
        file = written(tmp_path, name, *(answered(second, second) for second in seconds))
    copied = {course.session_id: course.copied_before for course in courses(tmp_path)}
    assert copied == {SESSION: None, OTHER: at(1.001), FORK: at(11.001)}
    (alone,) = courses(file)
    assert (alone.session_id, alone.copied_before) == (FORK, copied[FORK])


def test_subagents_are_no_sessions(tmp_path: Path) -> None:
    """Neither beside the sessions, where older clients wrote them, nor in a session's own directory, nor alone."""
    written(tmp_path, SESSION, user())
    beside = written(tmp_path, "agent-a1", user())
    below = tmp_path / SESSION / "subagents"
    below.mkdir(parents=True)
    written(below, "agent-a2", user())
    assert [course.session_id for course in courses(tmp_path)] == [SESSION]
    assert courses(tmp_path / SESSION) == courses(beside) == []
