"""An hour without a database, as the files' times tell: what waited is stored, and nothing new waits behind it."""

from __future__ import annotations

import os
import signal
import time
from inspect import signature
from pathlib import Path
from typing import cast
from unittest.mock import MagicMock

import psycopg
import pytest
from psycopg.rows import dict_row

from tests.conftest import Installation
from tests.faults.numbered import Numbered
from tests.waiting import eventually
from tracing.collector.loop import Collector
from tracing.collector.packer import Packer
from tracing.database.store import lock_trees
from tracing.identity import session_uuid
from tracing.installation import Installation as Installed
from tracing.places import Places
from tracing.spool import Entry, Spool

HOUR_S = 3_600

FEW_BATCHES = 10
"""Of the hundred that 50,000 events make."""

PACKING_LIMIT_S = 300
"""Far above what 50,000 events need."""

FEW, MANY = 2_000, 50_000

BATCHES_PASSED = """
    WITH old AS (SELECT DISTINCT created_at FROM hook_executions WHERE session_id = 'old')
    SELECT (SELECT count(*) FROM old WHERE created_at BETWEEN new.started_at AND new.created_at)
    FROM hook_executions AS new
    WHERE session_id = 'new' AND started_at BETWEEN (SELECT min(created_at) FROM old)
                                                AND (SELECT max(created_at) FROM old)
    ORDER BY started_at
"""
"""For each event that was fired during the drain, how many batches of old ones were begun before it was stored."""

WAITS_FOR_A_LOCK = "SELECT count(*) > 0 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


def an_hour_passes(home: Installation, remote: Installation, count: int) -> tuple[Numbered, Numbered]:
    """Leave *count* events of an hour in which the database is away, all of them packed in the end.

    Return them, and who fires new ones: of a session that began before.
    """
    old, new = Numbered(home, "old"), Numbered(home, "new")
    home.fire({"hook_event_name": "SessionStart", "session_id": new.session, "source": "startup"})
    home.flush()
    remote.server.stop()
    old.leave(count, begin=time.time() - HOUR_S, every_s=HOUR_S / count)
    home.done("collector", "start")
    # A collector that is killed between a pack and the removal of what is in it leaves both.
    assert eventually(lambda: packed(home) == count and not home.spooled(), PACKING_LIMIT_S)
    return old, new


def packed(home: Installation) -> int:
    """Return how many events wait in packs."""
    return Installed(home.places).queue.packed


@pytest.mark.parametrize("count", [FEW, pytest.param(MANY, marks=pytest.mark.long)])
def test_new_events_wait_for_none_of_an_outage(
    remote: Installation, with_remote_database: Installation, count: int
) -> None:
    """Old events stand still, held up by a lock, and new ones are stored; then the old ones are, each once."""
    home = with_remote_database
    old, new = an_hour_passes(home, remote, count)
    pid = home.collector_pid()
    assert pid
    os.kill(pid, signal.SIGKILL)  # the next one begins without a pause
    remote.server.start()
    with psycopg.connect(home.url, row_factory=dict_row) as holder:
        lock_trees(holder, [session_uuid(old.session)])
        home.done("collector", "start")
        assert eventually(lambda: home.query(WAITS_FOR_A_LOCK) == [(True,)])
        new.fire(20)
        assert eventually(lambda: new.balance().missing == [])
        assert (old.balance().stored.total(), packed(home)) == (0, count)
    old.check()
    new.check()


@pytest.mark.long
def test_new_events_keep_their_pace_while_an_hour_is_made_up_for(
    remote: Installation, with_remote_database: Installation
) -> None:
    """While 50,000 old events are stored at full speed, each new one is passed by few of their batches."""
    home = with_remote_database
    old, new = an_hour_passes(home, remote, MANY)
    remote.server.start()
    while packed(home):
        new.fire()
    old.check()
    new.check()
    passed = [row[0] for row in home.query(BATCHES_PASSED)]
    assert len(passed) >= FEW_BATCHES, "no event was fired during the drain"
    assert max(passed) < FEW_BATCHES


def test_an_event_that_comes_while_the_packer_looks_is_not_packed(tmp_path: Path) -> None:
    """It is no file of the future, though younger than the look: packed, it would wait behind all of an outage."""

    class Busy(Spool):
        def scan(self) -> list[Entry]:
            event = self.directory / "1.01-4194301"
            event.write_bytes(b"new")
            os.utime(event, ns=(time.time_ns(),) * 2)
            return super().scan()

    places = Places.from_environment({"HOOKTRACE_HOME": str(tmp_path)})
    places.create()
    packer = Packer(Busy(places), *(MagicMock() for _ in range(4)))
    assert packer._ripe() == []


def test_new_events_do_not_sit_out_a_pause_once_the_backlog_is_stored_again() -> None:
    """The loop waits after a failure, an hour here; as soon as the backlog finds the database there, it goes on."""
    collector = Collector(**{name: MagicMock() for name in signature(Collector).parameters})
    collector._failing = True
    watching, backlog = MagicMock(), cast(MagicMock, collector._backlog)
    watching.wait.side_effect = [None, None, AssertionError("it waits on")]
    backlog.take_delivered.side_effect = [True, False, True]  # before the failure; not yet; now
    collector._wait(watching, HOUR_S)
    assert watching.wait.call_count == 2
