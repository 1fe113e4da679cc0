"""What must not lose or double an event: a database away, a collector killed."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.conftest import Installation
from tests.replay import RECORDINGS, Event, LivePids, numbered
from tests.waiting import eventually

LATEST = RECORDINGS / "2.1.330"


def stored(home: Installation) -> Counter[tuple[str, str | None]]:
    """Count the stored events by name and tool call."""
    return Counter(home.query("SELECT hook_type, tool_use_id FROM hook_executions"))


def test_a_database_that_is_away_loses_nothing(remote: Installation, with_remote_database: Installation) -> None:
    """While the database is down the agent notices nothing; once it is up every event is there once."""
    home = with_remote_database
    remote.server.stop()
    with LivePids() as pids:
        fired = [home.replay(LATEST / f"{name}.jsonl", pids=pids) for name in ("subagents_parallel", "nested")]
        expected = sum((one.events for one in fired), Counter())
        assert [one.noise for one in fired] == [[], []]
        flush = home.run("flush", "--timeout", "2")
        assert flush.returncode == 1, "flush said that all was stored while the database was down"
        status = home.json("status")
        assert status["database"]["reachable"] is False
        # An event that is being packed just then may be counted twice.
        assert eventually(lambda: home.json("status")["spool"]["waiting"] == expected.total())
        remote.server.start()
        home.flush()
    rows = home.query("SELECT session_id, hook_type, tool_use_id FROM hook_executions")
    assert Counter(rows) == expected
    assert home.spooled() == []


EVENTS = 2_000
KILLS = 10

KILL_AFTER = (1, 2, 3, 5, 8, 13, 21, 34, 55, 89)
"""How many events after the collector's start each kill comes: in its first batch, and later."""


@pytest.mark.long  # tests/faults/test_collector.py kills it oftener; here the hooks fire and wake it all the while
def test_a_collector_killed_ten_times_loses_nothing(home: Installation, tmp_path: Path) -> None:
    """The collector is killed with -9 ten times during 2,000 events: 2,000 are stored, none of them twice."""
    kills: list[int] = []
    every = EVENTS // KILLS
    starts = {every * number + every // 2: wait for number, wait in enumerate(KILL_AFTER)}
    deaths = {start + wait for start, wait in starts.items()}

    def meddle(event: Event) -> None:
        if event.number in starts:  # half of the events since the last kill wait for it
            home.done("collector", "start")
        if event.number in deaths:
            pid = wait_for_collector(home, kills)
            os.kill(pid, signal.SIGKILL)
            kills.append(pid)

    fired = home.replay(numbered(tmp_path / "numbered.jsonl", EVENTS), before=meddle)
    home.flush()
    assert fired.noise == []
    assert fired.events.total() == EVENTS
    assert len(set(kills)) == KILLS, "not every kill met a new collector"
    assert stored(home) == Counter((name, tool_use_id) for _, name, tool_use_id in fired.events.elements())
    assert home.count("execution_traces") == (EVENTS - 4) // 2 + 2  # calls, the prompt and the session
    spool = home.json("status")["spool"]
    assert (spool["waiting"], spool["bad"], spool["dropped"]) == (0, 0, 0)


def wait_for_collector(home: Installation, dead: Sequence[int], limit_s: float = 20) -> int:
    """Return the pid of the running collector from its pid file: `status` would take too long here.

    The *dead* may still look alive, where nobody has reaped them.
    """
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        text = home.places.pid_file.read_text().strip() if home.places.pid_file.exists() else ""
        if text.isdigit() and int(text) not in dead:
            return int(text)
        time.sleep(0.01)
    raise AssertionError(f"no collector within {limit_s} s")
