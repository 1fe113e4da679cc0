"""What a collector follows that finds sessions open, and what transcripts cost that are not there to be read."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from tests.servers import Cluster
from tests.transcripts import BEGIN, PROMPT, SESSION, answered, asked, text, user
from tracing.capturerule import CaptureRule
from tracing.collector.followed import Followed
from tracing.collector.rounds import OVERLAP, RECENT, UNDONE, Rounds
from tracing.database.connection import Row
from tracing.database.store import Store
from tracing.database.writer import Writer
from tracing.identity import prompt_uuid
from tracing.period import NEVER
from tracing.places import Places
from tracing.settings import Settings
from tracing.transcriptfile import Reading, read_transcript


@pytest.fixture
def url(embedded18: Cluster) -> Iterator[str]:
    """Give a database without a session."""
    with embedded18.migrated() as made:
        yield made


def open_session(url: str, name: str, kind: str = "session", user: str | None = None, transcript: str = "") -> None:
    """Store a session, or a program, that has not ended; *user* is who stored it, if it was another login."""
    root = uuid4()
    name = name if kind == "session" else str(root)
    with psycopg.connect(url) as connection:
        connection.execute(
            "INSERT INTO execution_traces (root_id, correlation_id, session_id, kind, source, started_at, user_id)"
            " VALUES (%s, %s, %s, %s, 'x', now(), coalesce(%s, session_user))",
            (root, root, name, kind, user),
        )
        connection.execute("INSERT INTO hooktrace.sessions (session_id, root_id) VALUES (%s, %s)", (name, root))
        if transcript:
            connection.execute(
                "INSERT INTO hooktrace.transcripts (session_id, path) VALUES (%s, %s)", (name, transcript)
            )


def test_only_ones_own_sessions_are_followed(url: str) -> None:
    """Of another user of the database neither sessions nor programs: their files are not there to be read."""
    for kind in ("session", "task"):
        open_session(url, "mine", kind)
        open_session(url, "theirs", kind, user="bob")
    with closing(Store(url)) as store:
        store.open()
        followed = store.query("followed_sessions", recent=datetime.now(UTC), undone=datetime.now(UTC))
    assert len(followed) == 2
    assert sum(row["session_id"] == "mine" for row in followed) == 1
    assert sum(bool(row["open_tasks"]) for row in followed) == 1


def test_a_transcript_that_cannot_be_read_is_told_of_once(
    url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It is tried in each round, and a line each second would bury all others."""
    open_session(url, "mine", transcript=str(tmp_path / f"{300 * 'x'}.jsonl"))
    places = Places(tmp_path, tmp_path, tmp_path)
    places.spool.mkdir()
    with closing(Store(url)) as store:
        store.open()
        writer = Writer(store, CaptureRule.of(Settings.load(places.config_file)))
        rounds = Rounds(places, store, writer, lambda _: None)
        for _ in range(3):
            rounds._go_round(patient=False)
    told = [record.getMessage() for record in caplog.records if "transcript" in record.getMessage()]
    assert told == ["a transcript of session mine is not read: File name too long"]


def test_sessions_without_a_transcript_cost_one_query(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of them together, once; those that no transcript tells anything of are not gone through each second."""
    for number in range(3):
        open_session(url, f"session {number}", transcript=str(tmp_path / f"{number}.jsonl"))
    places = Places(tmp_path, tmp_path, tmp_path)
    places.spool.mkdir()
    asked: list[str] = []
    with closing(Store(url)) as store:
        store.open()
        writer = Writer(store, CaptureRule.of(Settings.load(places.config_file)))
        rounds = Rounds(places, store, writer, lambda _: None)
        rounds._go_round(patient=False)  # learns of them, and looks for silent ones
        for followed in rounds._followed.values():
            followed.positions, followed.told_anew = None, True
        begin = Store.transaction

        def counted(self: Store) -> AbstractContextManager[psycopg.Connection[Row]]:
            asked.append("transaction")
            return begin(self)

        monkeypatch.setattr(Store, "transaction", counted)
        for _ in range(3):
            rounds._go_round(patient=False)
    assert len(rounds._followed) == 3
    assert len(asked) == 1


def test_what_a_backlog_lacks_is_healed_once_it_is_stored(url: str, tmp_path: Path) -> None:
    """However long ago it was: after a long outage a transcript is read at once, and the events behind it come late."""
    transcript = tmp_path / f"{SESSION}.jsonl"
    result = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "ok"}]}
    records = user(message={"role": "user", "content": "go"}), answered(1, 1, asked("t1")), user(message=result)
    transcript.write_bytes(text(*records))
    open_session(url, SESSION, transcript=str(transcript))
    places = Places(tmp_path, tmp_path, tmp_path)
    places.spool.mkdir()
    waiting = places.spool / "1.00-1"
    waiting.touch()
    before = (BEGIN - timedelta(hours=1)).timestamp()
    os.utime(waiting, (before, before))

    def calls() -> int:
        [(found,)] = connection.execute("SELECT count(*) FROM execution_traces WHERE kind = 'tool'")
        return int(found)

    with closing(Store(url)) as store, psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO execution_traces (root_id, correlation_id, session_id, kind, source, started_at)"
            " SELECT root_id, %s, session_id, 'prompt', 'x', %s FROM hooktrace.sessions",
            (prompt_uuid(SESSION, PROMPT), BEGIN),
        )
        store.open()
        writer = Writer(store, CaptureRule.of(Settings.load(places.config_file)))
        changed: list[str] = []
        rounds = Rounds(places, store, writer, lambda _: None, changed.append)
        rounds._go_round(patient=False)
        assert calls() == 0  # its event may be what waits
        changed.clear()
        waiting.unlink()
        rounds._go_round(patient=False)
        assert calls() == 1
        assert changed == [SESSION]  # there is more to learn from


def test_what_the_last_collector_left_undone_is_done_by_the_next(url: str) -> None:
    """A session that ended a day ago, but not what its transcript told until then; one that ended lately anyhow."""
    now = datetime.now(UTC)
    ended = {
        "undone": (30, 31),
        "never begun": (30, None),
        "done": (30, 29),
        "long ago": (24 * 8, None),
        "late": (0.1, 0),
    }
    for name, (hours, applied) in ended.items():
        open_session(url, name)
        with psycopg.connect(url) as connection:
            at, until = now - timedelta(hours=hours), None if applied is None else now - timedelta(hours=applied)
            connection.execute(
                "UPDATE execution_traces SET started_at = %(at)s, last_started_at = %(at)s,"
                " observed_end = ROW(%(at)s, 'completed', '', '')::hooktrace.ending WHERE session_id = %(name)s",
                {"at": at, "name": name},
            )
            connection.execute("UPDATE hooktrace.sessions SET applied_until = %s WHERE session_id = %s", (until, name))
    with closing(Store(url)) as store:
        store.open()
        rows = store.query("followed_sessions", recent=now - RECENT, undone=now - UNDONE)
    assert {row["session_id"] for row in rows} == {"undone", "never begun", "late"}


def test_how_far_transcripts_are_applied_is_remembered(url: str, tmp_path: Path) -> None:
    """Of a session that is over by then nobody has to look again."""
    transcript = tmp_path / f"{SESSION}.jsonl"
    transcript.write_bytes(text(user(message={"role": "user", "content": "go"})))
    open_session(url, SESSION, transcript=str(transcript))
    places = Places(tmp_path, tmp_path, tmp_path)
    places.spool.mkdir()
    before = datetime.now(UTC)
    with closing(Store(url)) as store, psycopg.connect(url, autocommit=True) as connection:
        store.open()
        writer = Writer(store, CaptureRule.of(Settings.load(places.config_file)))
        Rounds(places, store, writer, lambda _: None)._go_round(patient=False)
        [(until,)] = connection.execute("SELECT applied_until FROM hooktrace.sessions")
    assert before <= until <= datetime.now(UTC)


def test_what_fails_in_one_session_holds_up_no_other(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its error is told after the others were looked at."""
    for number in range(3):
        open_session(url, f"session {number}")
    places = Places(tmp_path, tmp_path, tmp_path)
    places.spool.mkdir()
    read: list[str] = []

    def stumbling(followed: Followed, *_: object) -> list[tuple[Path, Reading]]:
        read.append(followed.session.session_id)
        if len(read) == 1:
            raise ValueError("stumbled")
        return []

    monkeypatch.setattr(Followed, "read", stumbling)
    with closing(Store(url)) as store:
        store.open()
        writer = Writer(store, CaptureRule.of(Settings.load(places.config_file)))
        with pytest.raises(ValueError, match="stumbled"):
            Rounds(places, store, writer, lambda _: None)._go_round(patient=False)
    assert len(set(read)) == 3


def test_a_transcript_that_cannot_be_read_keeps_no_other_from_being_read(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the session's own tells is stored; what the subagent's tells of the same time is, once it can be read."""
    transcript = tmp_path / f"{SESSION}.jsonl"
    transcript.write_bytes(text(user(message={"role": "user", "content": "go"})))
    others = transcript.with_suffix("") / "subagents" / "agent-a.jsonl"
    others.parent.mkdir(parents=True)
    others.write_bytes(text(user(message={"role": "user", "content": "look"})))
    open_session(url, SESSION, transcript=str(transcript))
    places = Places(tmp_path, tmp_path, tmp_path)
    places.spool.mkdir()
    broken = True

    def read(file: Path, *about: Any, **more: Any) -> Reading:
        if broken and file == others:
            raise OSError(errno.EIO, "Input/output error")
        return read_transcript(file, *about, **more)

    monkeypatch.setattr("tracing.collector.followed.read_transcript", read)
    positions = "SELECT path, position_bytes > 0 FROM hooktrace.transcripts ORDER BY 1"
    with closing(Store(url)) as store, psycopg.connect(url, autocommit=True) as connection:
        store.open()
        writer = Writer(store, CaptureRule.of(Settings.load(places.config_file)))
        rounds = Rounds(places, store, writer, lambda _: None)
        rounds._go_round(patient=False)
        assert connection.execute(positions).fetchall() == [(str(transcript), True)]
        (followed,) = rounds._followed.values()
        assert followed.applied_until == NEVER
        broken = False
        rounds._go_round(patient=False)
        told = connection.execute(positions).fetchall()
        assert sorted(told) == sorted([(str(transcript), True), (str(others), True)])
        assert followed.applied_until > NEVER


def test_the_beginning_of_a_long_call_is_healed_with_its_end(url: str) -> None:
    """However long ago it was asked for: the event of its end came, that of its beginning did not."""
    now = datetime.now(UTC)
    begun = now - timedelta(hours=1)
    open_session(url, SESSION)
    with psycopg.connect(url) as connection:
        told = {"session": SESSION, "call": uuid4(), "begun": begun, "now": now}
        connection.execute(
            "INSERT INTO execution_traces (root_id, correlation_id, session_id, kind, name, source, started_at,"
            " start_observed, observed_end) SELECT root_id, %(call)s, session_id, 'tool', 'Bash', 'x', %(now)s, false,"
            " ROW(%(now)s, 'completed', '', '')::hooktrace.ending FROM hooktrace.sessions",
            told,
        )
        connection.execute(
            "INSERT INTO hooktrace.transcribed (session_id, correlation_id, root_id, kind, name, asked_at, ended_at,"
            " status) SELECT session_id, %(call)s, root_id, 'tool', 'Bash', %(begun)s, %(now)s, 'completed'"
            " FROM hooktrace.sessions",
            told,
        )
        connection.execute("SELECT hooktrace.heal(%s, %s, %s, %s)", (SESSION, now - OVERLAP, now, now))
        [row] = connection.execute(
            "SELECT start_observed, started_at FROM execution_traces WHERE correlation_id = %(call)s", told
        )
    assert row == (True, begun)


def test_a_refusal_that_is_read_behind_the_sessions_end_is_one(url: str) -> None:
    """An older client tells of it in the transcript alone, which may be read when all that was open is concluded."""
    now = datetime.now(UTC)
    open_session(url, SESSION)
    with psycopg.connect(url) as connection:
        told = {"call": uuid4(), "begun": now - timedelta(seconds=2), "over": now - timedelta(seconds=1), "now": now}
        connection.execute(
            "INSERT INTO execution_traces (root_id, correlation_id, session_id, kind, name, source, started_at,"
            " start_observed, last_started_at, inferred_end) SELECT root_id, %(call)s, session_id, 'tool', 'Bash', 'x',"
            " %(begun)s, true, %(begun)s, ROW(%(now)s, 'cancelled', 'session_end', '')::hooktrace.ending"
            " FROM hooktrace.sessions",
            told,
        )
        connection.execute(
            "INSERT INTO hook_executions (id, root_id, trace_id, session_id, hook_type, hook_name, started_at, status)"
            " SELECT gen_random_uuid(), root_id, %(call)s, session_id, 'PreToolUse', 'record', %(begun)s, 'completed'"
            " FROM hooktrace.sessions",
            told,
        )
        connection.execute(
            "INSERT INTO hooktrace.transcribed (session_id, correlation_id, root_id, kind, name, asked_at, ended_at,"
            " status, error_type) SELECT session_id, %(call)s, root_id, 'tool', 'Bash', %(begun)s, %(over)s, 'failed',"
            " 'unsure' FROM hooktrace.sessions",
            told,
        )
        connection.execute("SELECT hooktrace.apply_transcripts(%s, %s, %s)", (SESSION, now - OVERLAP, now))
        [row] = connection.execute(
            "SELECT status, completed_at FROM execution_traces WHERE correlation_id = %(call)s", told
        )
    assert row == ("denied", told["over"])
