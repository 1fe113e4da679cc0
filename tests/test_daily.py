"""The daily chores of the collector: once a day, by whichever collector comes first, and never in an event's way."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.conftest import Installation
from tracing.collector.chores import STOP_WAIT_S, Chore, Chores
from tracing.collector.daily import FIRST_AFTER_S, Daily
from tracing.database.caretaker import Caretaker, NotDone
from tracing.database.retention import Limits
from tracing.database.rota import EVERY, RETENTION, RETRY, Rota
from tracing.queue import Queue

COLLECTOR = """
import sys
from tracing.collector import __main__, daily
daily.FIRST_AFTER_S = 0.0
sys.exit(__main__.main(["--foreground"]))
"""
"""The real one, but for the minutes that it waits before the first chore."""

PATIENT = """
from tracing.database.upkeep import Upkeep
Upkeep.__init__.__kwdefaults__["patience_ms"] = 600_000
"""
"""One that waits for locks until it is interrupted."""

LIMIT_S = 60.0
"""Far above what anything here takes: a wait that reaches it has failed."""

OLD = "date_trunc('month', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' - interval '6 months'"

NOW = datetime(2026, 7, 15, 12, tzinfo=UTC)


@pytest.fixture
def home(home: Installation) -> Installation:
    """Give an empty installation in which no chore was ever done."""
    home.query("DELETE FROM hooktrace.chores")
    return home


@contextmanager
def collector(home: Installation, log: Path, code: str = COLLECTOR) -> Iterator[subprocess.Popen[bytes]]:
    """Run a collector for the block; at its end it is asked to leave, and does."""
    home.stop_collector()
    with log.open("ab") as stderr:
        process = subprocess.Popen([sys.executable, "-P", "-c", code], env=home.env, stderr=stderr)
        try:
            yield process
        finally:
            process.terminate()
            process.wait(LIMIT_S)


def wait_for(condition: Callable[[], Any]) -> None:
    """Return once *condition* holds."""
    until = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < until, "it never came"
        time.sleep(0.05)


def chores(home: Installation) -> dict[str, tuple[Any, ...]]:
    """Return what the rota says: when each chore began, whether it has ended, and how."""
    rows = home.query("SELECT name, began_at, ended_at IS NOT NULL, succeeded FROM hooktrace.chores")
    return {str(name): tuple(rest) for name, *rest in rows}


def all_done(home: Installation) -> bool:
    """Tell whether both chores were done, well or not."""
    return [ended for _, ended, _ in chores(home).values()] == [True, True]


def make_old(home: Installation) -> None:
    """Store the events of a session of half a year ago."""
    with closing(Caretaker(home.url)) as caretaker:
        caretaker.query("create_partitions_of", moment=home.query(f"SELECT {OLD}")[0][0])
    home.fire({"hook_event_name": "SessionStart", "session_id": "old", "source": "startup"})
    home.fire({"hook_event_name": "SessionEnd", "session_id": "old", "reason": "other"})
    home.flush()
    home.query(f"UPDATE hook_executions SET started_at = {OLD} + interval '1 day'")
    home.query(
        f"UPDATE execution_traces SET started_at = {OLD}, last_started_at = {OLD},"
        f" observed_end = ROW({OLD} + interval '1 day', 'completed', '', '')"
    )


def store(home: Installation, session: str) -> None:
    """Let an event be stored, by the collector that runs."""
    home.fire({"hook_event_name": "Notification", "session_id": session})
    home.flush()


def test_a_collector_does_them_once_a_day(home: Installation, tmp_path: Path) -> None:
    """What has had its time goes while events are stored; not again on that day, and again on the next."""
    make_old(home)
    log = tmp_path / "log"
    with collector(home, log):
        wait_for(lambda: len(chores(home)) == 2 and all_done(home))
        store(home, "new")
    first = chores(home)
    assert [succeeded for *_, succeeded in first.values()] == [True, True]
    assert home.query("SELECT DISTINCT session_id FROM hook_executions") == [("new",)]
    assert home.query("SELECT session_id FROM execution_traces WHERE session_id = 'old'") == []
    with collector(home, log):
        store(home, "again")
    assert chores(home) == first
    home.query("UPDATE hooktrace.chores SET began_at = began_at - interval '1 day'")
    with collector(home, log):
        wait_for(lambda: all_done(home) and all(chores(home)[name][0] >= first[name][0] for name in first))
    assert "Traceback" not in log.read_text()
    assert log.read_text().count("retention is done") == 2


def test_a_chore_that_waits_holds_up_no_event_and_not_the_end(home: Installation, tmp_path: Path) -> None:
    """Somebody holds an old month: events are stored meanwhile, and on SIGTERM the query is cancelled."""
    make_old(home)
    ((month,),) = home.query("SELECT tableoid::regclass::text FROM hook_executions LIMIT 1")
    waits = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE application_name = 'hooktrace caretaker' AND wait_event_type = 'Lock'"
    )
    log = tmp_path / "log"
    with psycopg.connect(home.url) as holder:
        holder.execute(f"LOCK TABLE {month}".encode())
        with collector(home, log, PATIENT + COLLECTOR) as process:
            wait_for(lambda: home.query(waits) == [(1,)])
            home.fire({"hook_event_name": "Notification", "session_id": "new"})
            wait_for(lambda: not Queue.of(home.places).events)
            assert home.query(waits) == [(1,)]
        assert process.returncode == 0
    left = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'hooktrace caretaker'"
    wait_for(lambda: home.query(left) == [(0,)])
    assert home.query("SELECT count(*) FROM hook_executions WHERE session_id = 'new'") == [(1,)]
    assert "retention: broken off" in log.read_text() and "Traceback" not in log.read_text()
    assert [ended for _, ended, _ in chores(home).values()] == [False], "the next collector goes on in an hour"


def test_a_failure_is_logged_noted_and_stops_no_other(home: Installation, tmp_path: Path) -> None:
    """Maintenance is done although retention fails, and `doctor` tells."""
    home.query("ALTER FUNCTION purge_traces RENAME TO purge_aside")
    try:
        with collector(home, tmp_path / "log"):
            wait_for(lambda: len(chores(home)) == 2 and all_done(home))
    finally:
        home.query("ALTER FUNCTION purge_aside RENAME TO purge_traces")
    assert {name: succeeded for name, (*_, succeeded) in chores(home).items()} == {
        "retention": False,
        "maintenance": True,
    }
    assert "retention: failed: function purge_traces" in (tmp_path / "log").read_text()
    findings = json.loads(home.run("doctor", "--json").stdout)["findings"]
    assert [one["message"].split()[0] for one in findings if one["id"] == "chore-failed"] == ["retention"]


def test_a_chore_is_due_once_a_day_and_sooner_after_a_failure(home: Installation) -> None:
    """Time is given.  Who was cut off may still be at it, for a while; a command does it in any case."""
    with closing(Caretaker(home.url)) as caretaker:
        rota = Rota(caretaker)
        assert rota.claim(RETENTION, NOW)
        assert not rota.claim(RETENTION, NOW + RETRY / 2), "somebody is at it"
        begun = NOW + RETRY
        assert rota.claim(RETENTION, begun), "and was cut off"
        rota.perform(RETENTION, _Done, begun)
        assert not rota.claim(RETENTION, begun + EVERY - timedelta(seconds=1))
        begun += EVERY
        assert rota.claim(RETENTION, begun)
        with pytest.raises(NotDone):
            rota.perform(RETENTION, _fail, begun)
        assert chores(home)[RETENTION] == (begun, True, False)
        assert not rota.claim(RETENTION, begun + RETRY / 2)
        assert rota.claim(RETENTION, begun + RETRY)
        assert rota.claim(RETENTION, begun, force=True)


class _Done:
    """A report of nothing."""

    def as_json(self) -> dict[str, Any]:
        """Return nothing."""
        return {}


def _fail() -> _Done:
    raise NotDone("refused")


def test_of_many_that_come_at_once_one_does_it(home: Installation) -> None:
    """Several may care for one database: the rota in it decides."""

    def claim(_: int) -> bool:
        with closing(Caretaker(home.url)) as caretaker:
            return Rota(caretaker).claim(RETENTION)

    with ThreadPoolExecutor(6) as threads:
        assert sorted(threads.map(claim, range(6))) == [False] * 5 + [True]


def test_a_collector_that_has_just_started_has_other_things_to_do() -> None:
    """The first chore waits for minutes, but not for longer than an idle collector stays."""
    daily = Daily(Caretaker("nowhere"), Limits())
    now = time.monotonic()
    assert all(chore.due_at >= now + FIRST_AFTER_S for chore in daily.chores(idle_s=900))
    assert all(chore.due_at <= time.monotonic() + 30 for chore in daily.chores(idle_s=60))


def test_a_database_that_is_away_is_said_in_one_line(tmp_path: Path) -> None:
    """The next collector tries again; nothing is raised, and nothing but the reason is logged."""
    daily = Daily(Caretaker(f"postgresql://agent:hunter2@/none?host={tmp_path}"), Limits())
    said = [chore.action() for chore in daily.chores(idle_s=900)]
    assert all(sentence and sentence.startswith("failed: ") and "\n" not in sentence for sentence in said)
    assert not any("hunter2" in str(sentence) for sentence in said)


def test_a_chore_is_interrupted_when_the_collector_ends() -> None:
    """More than once, should it have been between two statements the first time."""
    begun, told = threading.Event(), threading.Semaphore(0)

    def work() -> None:
        begun.set()
        for _ in range(3):
            assert told.acquire(timeout=STOP_WAIT_S)

    table = Chores([Chore("work", work, interrupt=told.release)])
    table.start_due()
    assert begun.wait(LIMIT_S)
    assert table.stop()
