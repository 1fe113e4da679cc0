"""What a collector follows that finds sessions open, and what transcripts cost that are not there to be read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from tests.servers import Cluster
from tests.transcripts import BEGIN, PROMPT, SESSION, answered, asked, text, user
from tracing.capturerule import CaptureRule
from tracing.collector.rounds import Rounds
from tracing.database.connection import Row
from tracing.database.store import Store
from tracing.database.writer import Writer
from tracing.identity import prompt_uuid
from tracing.places import Places
from tracing.settings import Settings


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
        followed = store.query("followed_sessions", since=datetime.now(UTC))
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
        rounds = Rounds(places, store, writer, lambda _: None)
        rounds._go_round(patient=False)
        assert calls() == 0  # its event may be what waits
        waiting.unlink()
        rounds._go_round(patient=False)
        assert calls() == 1
