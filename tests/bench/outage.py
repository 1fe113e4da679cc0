"""The hook while the database is away, beside the hook while it is there: in blocks, in turn."""

from __future__ import annotations

import time
from collections.abc import Iterator

from tests.bench import naive, processes
from tests.bench.how import How
from tests.bench.result import Figure, Limit, of_runs
from tests.conftest import CHECKOUT, Installation, new_installation

TITLE = "The hook while the database is away"
BLOCK = 20
UP, AWAY = "database up", "database away"
AT_MOST = 1.1


def measure(home: Installation, how: How) -> Iterator[Figure]:
    """Let an installation write to *home*'s server, which comes and goes."""
    home.stop_collector()
    home.server.start()
    rounds, block = how.many((10, BLOCK), (3, BLOCK), (1, 2))
    times: dict[str, list[float]] = {UP: [], AWAY: []}
    with new_installation("--db", home.url) as other:
        payload = naive.payload(other.root / "payload.json", 1600)
        other.done("collector", "start")
        hook, before = [str(CHECKOUT / "hooks" / "record")], home.count("hook_executions")
        for _ in range(rounds):
            for state, change in ((UP, home.server.start), (AWAY, home.server.stop)):
                change()
                processes.seconds(hook, payload, other.env)
                for _ in range(block):
                    times[state].append(processes.seconds(hook, payload, other.env) * 1000)
                    time.sleep(0.01)
        home.server.start()
        other.flush()
    fired, stored = rounds * 2 * (block + 1), home.count("hook_executions") - before
    for state, taken in times.items():
        figure = of_runs(state, taken, "ms")
        ratio = figure.value / of_runs(UP, times[UP], "ms").value
        limits = (Limit("ratio", at_most=AT_MOST),) if state == AWAY else ()
        detail = f"{stored} of {fired} events stored"
        yield of_runs(state, taken, "ms", ratio=ratio, reference=UP, limits=limits, detail=detail)
