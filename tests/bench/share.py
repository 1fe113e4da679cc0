"""What tracing takes of a session: the agent's waiting for hooks, the collector's and the server's processor time.

A recorded session of two minutes is replayed with its own pauses.  "Cold" is one that finds neither a
collector nor a server running: its first hook starts both, and that is counted too.  Before each hook
`true` is run in its place: what any hook at all would take.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.bench import processes
from tests.bench.how import How
from tests.bench.result import Figure, Limit, of_runs, paired
from tests.conftest import Installation
from tests.replay import RECORDINGS, Event, LivePids, retarget

TITLE = "Share of a session"
RECORDING = RECORDINGS / "2.1.197" / "tasks.jsonl"
SHORT = RECORDINGS / "2.1.330" / "auto.jsonl"
AT_MOST = 0.5
"""Per cent of the wall time."""


@dataclass(frozen=True)
class Session:
    """What a session took, in seconds."""

    wall: float
    hooks: int
    waited: float
    true: float
    """What as many `true` took."""
    collector: float
    server: float

    @property
    def tracing(self) -> float:
        """All that is there because of us."""
        return self.waited + self.collector + self.server


def measure(home: Installation, how: How) -> Iterator[Figure]:
    """Replay sessions, cold and warm."""
    recording = how.many(RECORDING, RECORDING, SHORT)
    speed = how.many(1.0, 10.0, 20.0)
    for start, rounds in (("cold", how.many(2, 1, 1)), ("warm", how.many(3, 1, 1))):
        sessions = [replayed(home, recording, speed, start == "cold", f"{start} {n}") for n in range(rounds)]
        yield from _figures(f"{start} start", sessions)


def _figures(start: str, sessions: list[Session]) -> Iterator[Figure]:
    walls, true = [one.wall for one in sessions], [one.true for one in sessions]
    about = f"{sessions[0].hooks} hooks in {sessions[0].wall:.0f} s"
    yield of_runs(
        f"{start}: all of tracing", [one.tracing / one.wall * 100 for one in sessions], "%",
        ratio=paired([one.tracing for one in sessions], true), reference="as many `true`",
        limits=(Limit("value", at_most=AT_MOST),), detail=about,
    )  # fmt: skip
    yield of_runs(
        f"{start}: the agent waits for hooks", [one.waited / one.wall * 100 for one in sessions], "%",
        ratio=paired([one.waited for one in sessions], true), reference="as many `true`",
    )  # fmt: skip
    for name in ("collector", "server"):
        cpu = [getattr(one, name) for one in sessions]
        shares = [seconds / wall * 100 for seconds, wall in zip(cpu, walls, strict=True)]
        yield of_runs(
            f"{start}: processor time of the {name}", shares, "%", ratio=paired(cpu, true), reference="as many `true`",
        )  # fmt: skip


def replayed(home: Installation, recording: Path, speed: float, cold: bool, seed: str) -> Session:
    """Replay *recording* as a session that nobody has seen, and return what tracing took."""
    copy = retarget(recording, f"{time.time()} {seed}", home.root / f"recording {seed}")
    home.stop_collector()
    if cold:
        home.server.stop()
        collector = server = 0.0
    else:
        home.done("collector", "start")
        home.flush()
        collector, server = _cpu(home)
    true: list[float] = []
    with LivePids() as pids:
        begin = time.monotonic()
        fired = home.replay(copy, speed=speed, pids=pids, before=lambda event: true.append(_true(event)))
        wall = time.monotonic() - begin - sum(true)
        home.flush()
        collector_end, server_end = _cpu(home)
    waited = sum(one.seconds for one in fired.firings)
    return Session(wall, len(fired.firings), waited, sum(true), collector_end - collector, server_end - server)


def _cpu(home: Installation) -> tuple[float, float]:
    pid = home.collector_pid()
    if pid is None:
        raise RuntimeError("no collector runs")
    return processes.cpu_s(pid), processes.Server(home.server).cpu_s()


def _true(_event: Event) -> float:
    """Return the seconds of `true`, started and waited for like a hook."""
    begin = time.perf_counter()
    with subprocess.Popen(["/bin/true"], stdin=subprocess.PIPE, start_new_session=True) as process:
        process.communicate()
    return time.perf_counter() - begin
