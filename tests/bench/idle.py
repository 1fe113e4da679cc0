"""What tracing costs while nothing happens: processor time, memory and wake-ups of the collector and its server.

The references: a Python that sleeps, and the same server without a collector, just before.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tests.bench import processes, stock
from tests.bench.how import How
from tests.bench.result import Figure
from tests.conftest import Installation

TITLE = "While nothing happens"
EVENTS = 200
"""Of recorded sessions: some of what the collector needs it loads when it is first needed."""
SLEEPER = "import time, psycopg\nwhile True: time.sleep(1)"


@dataclass(frozen=True)
class Rest:
    """What some processes took over a while."""

    wakes: float
    """A second."""
    cpu: float
    """Per cent of a core."""
    resident: float
    """MB."""
    proportional: float
    """MB, with what processes share counted once."""


def measure(home: Installation, how: How) -> Iterator[Figure]:
    """Watch the server alone, then with a collector, then with one that has worked and follows a silent session."""
    seconds, settle = how.many(300.0, 20.0, 0.3), how.many(30.0, 18.0, 0.0)  # ended sessions are followed for 15 s
    home.stop_collector()
    home.server.start()
    sleeper = subprocess.Popen([sys.executable, "-c", SLEEPER])
    try:
        time.sleep(settle)
        (alone,) = resting(seconds, processes.Server(home.server).pids)
        home.done("collector", "start")
        home.flush()
        time.sleep(settle)
        yield from _beside(home, "idle", seconds, sleeper.pid, alone)
        stock.fill(home.spool, how.many(EVENTS, EVENTS, 5))
        home.fire({"hook_event_name": "SessionStart", "session_id": "idle", "source": "startup"}, hook="session-start")
        home.flush()
        time.sleep(settle)
        yield from _beside(home, "after work, a silent session open", seconds, sleeper.pid, alone)
    finally:
        sleeper.kill()
        sleeper.wait()


def _beside(home: Installation, state: str, seconds: float, sleeper: int, alone: Rest) -> Iterator[Figure]:
    pid = home.collector_pid()
    if pid is None:
        raise RuntimeError("no collector runs")
    collector, server, python = resting(seconds, [pid], processes.Server(home.server).pids, [sleeper])
    sleeping = "a Python with psycopg that wakes once a second"
    yield from _figures(f"{state}: collector", collector, python, sleeping, seconds)
    yield from _figures(f"{state}: database server", server, alone, "the same server without a collector", seconds)


def _figures(what: str, rest: Rest, other: Rest, reference: str, seconds: float) -> Iterator[Figure]:
    over = f"over {seconds:.0f} s"

    def ratio(value: float, to: float) -> float | None:
        return value / to if to else None

    yield Figure(f"{what}, wake-ups", rest.wakes, "/s", ratio(rest.wakes, other.wakes), reference, detail=over)
    yield Figure(f"{what}, processor", rest.cpu, "% of a core", ratio(rest.cpu, other.cpu), reference, detail=over)
    shared = f"{rest.resident:.0f} MB resident, what is shared counted for each"
    yield Figure(
        f"{what}, memory", rest.proportional, "MB", ratio(rest.proportional, other.proportional), reference,
        detail=shared,
    )  # fmt: skip


def resting(seconds: float, *groups: Iterable[int]) -> list[Rest]:
    """Watch *groups* of processes for *seconds*, all at once."""
    pids = [list(group) for group in groups]
    before = [processes.scheduled(group) for group in pids]
    time.sleep(seconds)
    after = [processes.scheduled(group) for group in pids]
    return [
        Rest(
            (wakes - wakes_before) / seconds,
            (cpu - cpu_before) / seconds * 100,
            *processes.memory_mb(group),
        )
        for group, (wakes_before, cpu_before), (wakes, cpu) in zip(pids, before, after, strict=True)
    ]
