"""What reading, searching, storing and purging cost in a database of a million events.

    python -m tests.bench.schema_cost [--long] [--json]     --long: storing also beside five million events

A server as the product runs it, tuned small, is made for the run, filled by tests.workyear, and started
anew; "first" is the first run in a new connection, the median is of those after it.  Storing is
measured in a small and in a large database in turn: the ratio is what grows with the data.  The table is
Markdown.  Exits 1 if a figure misses its limit.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import count, islice
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import psycopg

from tests.replay import CHECKOUT, RECORDINGS
from tests.workyear import Sizes, bar, fill
from tracing.capturerule import CaptureRule
from tracing.database.embedded import EmbeddedServer
from tracing.database.queries import query
from tracing.database.store import Store
from tracing.database.writer import Writer
from tracing.event import read_event
from tracing.item import Item
from tracing.places import Places
from tracing.spool import Entry, Spooled

VIEW_MS, LOOKUP_MS, PURGE_MS = 200.0, 20.0, 2000.0
"""The limits."""
LEAST_RATIO = 0.85
"""Of the rate of storing beside the most events to that beside the fewest."""

FEW, MANY, LONG = 0.1, 1.0, 5.0
"""Factors: 100,000, a million and five million events."""

RUNS = 9
SEARCHES = 25
MONTHS = 3
"""How many months are purged, one after the other."""

BATCH = 500
BATCHES = 3
"""In a row in one database, before the other's turn: so short that a load from elsewhere falls on both."""
ROUNDS = 17
"""The first of them is not counted."""

RECORDED = "2.1.330"
UNSUITED = {"nested"}
"""A recording whose sessions look for a live process of the outer one."""

VIEWS = {
    "trace_summary": "SELECT * FROM trace_summary ORDER BY started_at DESC LIMIT 50",
    "agent_performance": "SELECT * FROM agent_performance LIMIT 50",
    "error_analysis": "SELECT * FROM error_analysis LIMIT 50",
    "pattern_effectiveness": "SELECT * FROM pattern_effectiveness ORDER BY confidence_score DESC NULLS LAST LIMIT 50",
    "dashboard_summary": "SELECT * FROM dashboard_summary",
}
SEED = ("04_dashboard_summary", "05_pattern_effectiveness", "06_agent_performance")
SEARCH = {
    "similar_patterns": ("success_patterns", "prompt_embedding"),
    "similar_routing_decisions": ("agent_routing_decisions", "query_embedding"),
}

Connection = psycopg.Connection[tuple[Any, ...]]


@dataclass(frozen=True)
class Figure:
    """Something measured: milliseconds, or a ratio where *at_least* is given."""

    what: str
    median: float
    first: float | None = None
    at_most: float | None = None
    at_least: float | None = None
    detail: str = ""
    first_counts: bool = False
    """The limit holds for the first run too."""

    @property
    def holds(self) -> bool:
        """Tell whether the limit is kept."""
        if self.at_least is not None:
            return self.median >= self.at_least
        slowest = max(self.median, (self.first or 0) if self.first_counts else 0)
        return self.at_most is None or slowest < self.at_most

    def row(self) -> str:
        """Return a row of the table."""
        unit = "" if self.at_least is not None else " ms"
        first = "" if self.first is None else f"{self.first:,.1f} ms"
        limit = (
            f"under {self.at_most:,.0f} ms" if self.at_most else f"at least {self.at_least}" if self.at_least else ""
        )
        figure = f"{self.median:,.1f}{unit}" if unit else f"{self.median:.2f}"
        return f"| {self.what} | {figure} | {first} | {limit}{'' if self.holds else ' **missed**'} | {self.detail} |"


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--long", action="store_true", help="also beside five million events")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    factors = [FEW, MANY, *([LONG] if arguments.long else [])]
    with filled(factors) as (server, urls):
        facts = _facts(urls[MANY])
        server.restart()
        figures = [*reading(urls[MANY]), *searching(urls[MANY]), *storing(urls), *purging(urls[MANY])]
    if arguments.json:
        print(json.dumps({**facts, "figures": [{**asdict(one), "holds": one.holds} for one in figures]}, indent=2))
    else:
        print(f"{facts['rows']}; {facts['server']}; {facts['machine']}\n")
        print("| what | median | first | limit | |\n|---|--:|--:|---|---|")
        print("\n".join(figure.row() for figure in figures))
    return int(not all(figure.holds for figure in figures))


@contextmanager
def filled(factors: Sequence[float]) -> Iterator[tuple[EmbeddedServer, dict[float, str]]]:
    """Yield a server with a filled database for each factor, and their URLs; it is gone afterwards."""
    root = Path(tempfile.mkdtemp(prefix="ht-bench-"))
    server = EmbeddedServer.at(Places.from_environment({"HOOKTRACE_HOME": str(root)}))
    urls = {}
    try:
        server.start()
        for number, factor in enumerate(factors):
            with psycopg.connect(server.url, autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE filled_{number}".encode())
            urls[factor] = server.url.replace("/hooktrace?", f"/filled_{number}?")
            with bar(Sizes.scaled(factor)) as progress:
                fill(urls[factor], factor, progress)
        yield server, urls
    finally:
        server.destroy()
        shutil.rmtree(root)


def _facts(url: str) -> dict[str, str]:
    with psycopg.connect(url) as connection:
        ((version, size),) = connection.execute(
            "SELECT current_setting('server_version'), pg_size_pretty(pg_database_size(current_database()))"
        )
    sizes = ", ".join(f"{number:,} {name}" for name, number in asdict(Sizes()).items())
    return {
        "rows": f"{sizes} ({size})",
        "server": f"PostgreSQL {version}, embedded",
        "machine": f"{os.cpu_count()} cores, {platform.machine()}",
    }


# Reading


def reading(url: str) -> Iterator[Figure]:
    """Measure the views, the seed's queries, the latest sessions, and the largest tree."""
    for name, statement in VIEWS.items():
        yield _query(f"view {name}", url, statement, {}, VIEW_MS, first_counts=True)
    for name in SEED:
        statement = (CHECKOUT / "sql/acceptance" / f"{name}.sql").read_text()
        yield _query(f"acceptance/{name}", url, statement, {}, VIEW_MS, first_counts=True)
    yield _query("query latest_sessions, 50", url, query("latest_sessions"), {"limit": 50}, LOOKUP_MS)
    with psycopg.connect(url) as connection:
        ((root, size),) = connection.execute(
            "SELECT root_id, count(*) FROM execution_traces GROUP BY root_id ORDER BY 2 DESC LIMIT 1"
        )
    about = f"{size} executions"
    yield _query("query tree", url, query("tree"), {"root_id": root}, LOOKUP_MS, about)
    yield _query("function trace_tree", url, "SELECT * FROM trace_tree(%(root)s)", {"root": root}, LOOKUP_MS, about)
    yield _query("function tool_performance", url, "SELECT * FROM tool_performance()", {}, None, "the whole year")


def _query(
    what: str,
    url: str,
    statement: str | bytes,
    values: Mapping[str, Any],
    at_most: float | None,
    detail: str = "",
    first_counts: bool = False,
) -> Figure:
    text = statement if isinstance(statement, bytes) else statement.encode()
    with psycopg.connect(url, autocommit=True) as connection:
        first, *others = (_milliseconds(connection, text, values) for _ in range(RUNS + 1))
    median = statistics.median(others)
    return Figure(what, median, first, at_most, detail=detail, first_counts=first_counts)


def _milliseconds(connection: Connection, statement: bytes, values: Mapping[str, Any] | Sequence[Any]) -> float:
    begin = time.perf_counter()
    connection.execute(statement, values or None).fetchall()
    return (time.perf_counter() - begin) * 1000


def searching(url: str) -> Iterator[Figure]:
    """Measure the searches by meaning, with embeddings near to stored ones, of both models as they are mixed."""
    for function, (table, column) in SEARCH.items():
        statement = f"SELECT * FROM {function}(%s::real[], %s)".encode()
        sample = f"SELECT {column}, embedding_model FROM {table} WHERE {column} IS NOT NULL ORDER BY id LIMIT %s"
        with psycopg.connect(url, autocommit=True) as connection:
            wanted = connection.execute(sample.encode(), [SEARCHES]).fetchall()
        with psycopg.connect(url, autocommit=True) as connection:
            first, *others = (_milliseconds(connection, statement, one) for one in wanted)
        yield Figure(f"function {function}", statistics.median(others), first, LOOKUP_MS, detail="5 of all")


# Storing


def storing(urls: Mapping[float, str]) -> Iterator[Figure]:
    """Measure the writer's rate in each database in turn, and compare each with the smallest one."""
    seconds: dict[float, list[float]] = {factor: [] for factor in urls}
    events = recorded_events()
    stores = {factor: Store(url) for factor, url in urls.items()}
    writers = {factor: Writer(store, CaptureRule()) for factor, store in stores.items()}
    for store in stores.values():
        store.open()
    try:
        for number in range(ROUNDS):
            batches = [list(islice(events, BATCH)) for _ in range(BATCHES)]
            turns = list(writers) if number % 2 else list(reversed(writers))
            for factor in turns:
                begin = time.perf_counter()
                for batch in batches:
                    writers[factor].write(batch)
                if number:
                    seconds[factor].append(time.perf_counter() - begin)
    finally:
        for store in stores.values():
            store.close()
    few = min(urls)
    for factor in urls:
        name = f"storing beside {round(factor * Sizes().events):,} events"
        rate = BATCH * BATCHES / statistics.median(seconds[factor])
        detail = f"{rate:,.0f} events/s, batches of {BATCH}"
        if factor == few:
            yield Figure(name, statistics.median(seconds[few]) / BATCHES * 1000, detail=f"a batch; {detail}")
        else:
            ratio = statistics.median(one / other for one, other in zip(seconds[few], seconds[factor], strict=True))
            yield Figure(f"{name}, rate to that", ratio, at_least=LEAST_RATIO, detail=detail)


def recorded_events() -> Iterator[Item]:
    """Yield the recorded sessions' events for ever, as they are read from the spool."""
    for spooled in recorded_files():
        yield Item(spooled.entry, read_event(spooled))


def recorded_files() -> Iterator[Spooled]:
    """Yield the recorded sessions' events for ever, each time with new ids, a millisecond apart."""
    lines = [
        json.loads(line)
        for path in sorted((RECORDINGS / RECORDED).glob("*.jsonl"))
        if path.stem not in UNSUITED
        for line in path.read_text().splitlines()
    ]
    begin = time.time_ns()
    for number in count():
        line = lines[number % len(lines)]
        copy = UUID(int=number // len(lines))
        payload = _with_new_ids(json.dumps(line["payload"]), copy).encode()
        entry = Entry(begin + number * 1_000_000, f"{number}-1", len(payload))
        yield Spooled(entry, line["env"], payload)


_ID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")


def _with_new_ids(text: str, copy: UUID) -> str:
    return _ID.sub(lambda found: str(uuid5(copy, found.group())), text)


# Purging


def purging(url: str) -> Iterator[Figure]:
    """Measure the removal of a month, row by row and with its partition dropped, month after month in turn."""
    ways: dict[str, list[tuple[float, int]]] = {"row by row": [], "partition dropped": []}
    with psycopg.connect(url, autocommit=True) as connection:
        rows = connection.execute(
            "SELECT date_trunc('month', min(started_at) AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' FROM hook_executions"
        )
        ((begin,),) = rows
        _purge(connection, begin, 1, drop=False)  # not a whole month
        for month in range(2, 2 + 2 * MONTHS, 2):
            for ahead, how in enumerate(ways):
                connection.execute("VACUUM")  # retention runs once a day, and autovacuum in between
                ways[how].append(_purge(connection, begin, month + ahead, drop=how == "partition dropped"))
    for how, purged in ways.items():
        first, executions = purged[0]
        median = statistics.median(taken for taken, _ in purged)
        yield Figure(f"purge of a month, {how}", median, first, PURGE_MS, detail=f"{executions:,} executions")


def _purge(connection: Connection, begin: object, month: int, drop: bool) -> tuple[float, int]:
    """Remove the *month*th month after *begin* as retention does; return the milliseconds, and how many executions."""
    ((end, name),) = connection.execute(
        "SELECT %(begin)s + make_interval(months => %(month)s),"
        " to_char((%(begin)s + make_interval(months => %(month)s - 1)) AT TIME ZONE 'UTC',"
        ' \'"hook_executions_y"YYYY"m"MM\')',
        {"begin": begin, "month": month},
    )
    start = time.perf_counter()
    if drop:
        connection.execute(f"DROP TABLE {name}".encode())
    rows = connection.execute("SELECT * FROM purge_traces(%s, dry_run => false)", [end]).fetchall()
    return (time.perf_counter() - start) * 1000, next(number for table, number in rows if table == "execution_traces")


if __name__ == "__main__":
    sys.exit(main())
