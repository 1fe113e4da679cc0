"""The collector with a full spool: events a second from the file to the committed row, beside a naive hook.

The spool is full before the collector starts.  The clock runs from the moment at which it holds its
lock (so without the start of Python) until nothing waits in the spool or in packs: unlinked is
what is committed.  The naive hook is Python that connects and inserts, one process an event.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.bench import naive, processes, stock
from tests.bench.how import How
from tests.bench.result import Figure, Limit, of_runs, paired
from tests.conftest import CHECKOUT, Installation
from tracing.database.embedded import EmbeddedServer

TITLE = "Ingest of a full spool"
LEAST_RATE = 5000.0
LEAST_RATIO = 40.0
LIMIT_S = 600.0


def measure(home: Installation, how: How) -> Iterator[Figure]:
    """Drain full spools, naive hooks in between."""
    events, rounds = how.many(20_000, 4_000, 60), how.many(5, 2, 1)
    drained: list[Drained] = []
    alone: list[float] = []
    with naive.table(home) as hook:
        for _ in range(rounds):
            alone.append(1 / statistics.median(hook.seconds(event) for event in naive.sample(how.many(10, 5, 1))))
            drained.append(drain(home, events))
    if how.profile:
        drain(home, events, profile=True)
    rates = [one.rate for one in drained]
    yield of_runs(
        "collector, from a full spool", rates, "events/s", ratio=paired(rates, alone), reference="naive psycopg hook",
        limits=(Limit("value", at_least=LEAST_RATE), Limit("ratio", at_least=LEAST_RATIO)),
        detail=f"{events:,} events a run, {drained[0].event_bytes:,.0f} B each",
    )  # fmt: skip
    yield of_runs("naive psycopg hook, one after the other", alone, "events/s")
    yield of_runs("CPU of the collector", [one.collector_us for one in drained], "us/event")
    yield of_runs("CPU of the database server", [one.server_us for one in drained], "us/event")
    yield of_runs("largest memory of the collector", [one.peak_mb for one in drained], "MB")


@dataclass(frozen=True)
class Drained:
    """What it took to empty a spool."""

    events: int
    size: int
    seconds: float
    collector_s: float
    """Processor time, the start of Python with it."""
    server_s: float
    peak_mb: float

    @property
    def rate(self) -> float:
        """Events a second."""
        return self.events / self.seconds

    @property
    def event_bytes(self) -> float:
        """Bytes an event."""
        return self.size / self.events

    @property
    def collector_us(self) -> float:
        """Microseconds of processor time an event."""
        return self.collector_s / self.events * 1e6

    @property
    def server_us(self) -> float:
        """Microseconds of processor time an event."""
        return self.server_s / self.events * 1e6


def drain(
    home: Installation, events: int, sessions: int = 1, *, server: EmbeddedServer | None = None, profile: bool = False
) -> Drained:
    """Fill the spool of *home*, and let a collector empty it into *server* (default: its own)."""
    server = server or home.server
    home.stop_collector()
    server.start()
    home.query("CHECKPOINT")  # what was written before is not paid for now
    size = stock.fill(home.spool, events, sessions)
    os.sync()
    running = processes.Server(server)
    before, stored = running.cpu_s(), home.count("hook_executions")
    process = _start(home, profile)
    begin = _wait(lambda: home.collector_pid() == process.pid, process, 0.002)
    end = _wait(lambda: not (_any(home.spool) or _any(home.places.packed)), process, 0.01)
    server_s = running.cpu_s() - before
    process.terminate()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    made = home.count("hook_executions") - stored
    if made != events:
        raise RuntimeError(f"{events} events went in, {made} rows came out")
    return Drained(events, size, end - begin, usage.ru_utime + usage.ru_stime, server_s, usage.ru_maxrss / 1024)


def _start(home: Installation, profile: bool) -> subprocess.Popen[bytes]:
    """Start a collector as the launcher does, but in the foreground."""
    module = ["tests.bench.profiled"] if profile else ["tracing.collector"]
    path = {"PYTHONPATH": str(CHECKOUT)} if profile else {}
    command = ["nice", "-n", "5", sys.executable, "-P", "-m", *module, "--foreground"]
    log = (home.root / "collector.log").open("ab")
    with log:
        return subprocess.Popen(command, env={**home.env, **path}, stdin=subprocess.DEVNULL, stderr=log)


def _any(directory: Path) -> bool:
    with os.scandir(directory) as files:
        return next(files, None) is not None


def _wait(holds: processes.Condition, process: subprocess.Popen[bytes], every_s: float) -> float:
    """Return the moment at which *holds* does."""
    until = time.monotonic() + LIMIT_S
    while not holds():
        if process.poll() is not None or time.monotonic() > until:
            raise RuntimeError(f"the collector did not empty its spool (exit {process.returncode})")
        time.sleep(every_s)
    return time.monotonic()
