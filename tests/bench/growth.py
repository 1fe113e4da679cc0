"""Ingest, and latency at a thousand events a second, with more in the database, and with more sessions at once.

The databases are filled as a year of work fills them (tests/workyear.py), side by side in one server, each with an
installation of its own; they take turns, and the ratio is to the one that holds least.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from tests.bench import ingest, latency
from tests.bench.how import How
from tests.bench.result import Figure, of_runs, paired, percentile
from tests.bench.schema_cost import FEW, LONG, MANY, filled
from tests.conftest import Installation, new_installation
from tests.workyear import Sizes
from tracing.database.embedded import EmbeddedServer

TITLE = "Growth"
SESSIONS = (1, 10, 50)
TINY = 0.001
"""Of a year."""


@dataclass
class Case:
    """One size of the database, or one number of sessions."""

    name: str
    home: Installation
    server: EmbeddedServer
    sessions: int
    rates: list[float] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)


def measure(home: Installation, how: How) -> Iterator[Figure]:
    """Measure by sessions in *home*, and by events in databases of its own."""
    numbers = how.many(SESSIONS, SESSIONS, SESSIONS[:2])
    by_sessions = [
        Case(f"{number} session{'s' * (number > 1)} at once", home, home.server, number) for number in numbers
    ]
    with latency.commit_times(home.server):
        yield from _measure(by_sessions, how)
    factors = how.many((FEW, MANY, *([LONG] if how.long else [])), (FEW / 10, FEW), (TINY,))
    with filled(factors) as (server, urls), contextlib.ExitStack() as stack:
        stack.enter_context(latency.commit_times(server))
        by_events = [
            Case(
                f"{round(factor * Sizes().events):,} events in the table",
                stack.enter_context(new_installation("--db", url)), server, latency.SESSIONS,
            )
            for factor, url in urls.items()
        ]  # fmt: skip
        yield from _measure(by_events, how)


def _measure(cases: Sequence[Case], how: How) -> Iterator[Figure]:
    rounds, events = how.many(5, 1, 1), how.many(10_000, 2_000, 40)
    rate, seconds = how.many((1000, 20.0), (1000, 4.0), (50, 0.4))
    for number in range(rounds):
        for case in cases if number % 2 else reversed(cases):
            case.rates.append(ingest.drain(case.home, events, case.sessions, server=case.server).rate)
            case.home.done("collector", "start")
            latency.paced(case.home, rate, min(seconds, 2.0), case.sessions)  # connects, prepares
            taken = latency.paced(case.home, rate, seconds, case.sessions).events
            case.p50.append(percentile(taken, 50))
            case.p99.append(percentile(taken, 99))
            case.home.stop_collector()
    for what, unit, of in FIGURES:
        for case in cases:
            name = f"{case.name}: {what}"
            ratio = paired(of(case), of(cases[0]))
            detail = f"at {rate} events/s" if unit == "ms" else f"{events:,} events a run"
            yield of_runs(name, of(case), unit, ratio=ratio, reference=cases[0].name, detail=detail)


FIGURES: tuple[tuple[str, str, Callable[[Case], list[float]]], ...] = (
    ("ingest", "events/s", lambda case: case.rates),
    ("latency, p50", "ms", lambda case: case.p50),
    ("latency, p99", "ms", lambda case: case.p99),
)
