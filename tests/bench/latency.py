"""From the event to its committed row: under a thousand events a second, and one by one through the real hook.

Of the thousand a second the files are laid by a writer in the hook's own form, since to start so many
processes would cost the machine more than the collector does.  Each event carries a number; its row
tells by its transaction when it was committed, and the collector unlinks the file after that: the later
of the two counts.  Beside it a connection inserts and commits a row now and then: the reference.
"""

from __future__ import annotations

import contextlib
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import psycopg

from tests.bench import processes, stock
from tests.bench.how import How
from tests.bench.result import Figure, Limit, percentile
from tests.conftest import CHECKOUT, Installation
from tracing.database.embedded import EmbeddedServer

TITLE = "From the event to the committed row"
RATE = 1000
SESSIONS = 10
P50_MS, P99_MS = 50.0, 250.0
SETTLED_S = 600.0
INSERT_EVERY_S = 0.05
HOOK_EVERY_S = 0.05

COMMITTED = """
SELECT split_part(metadata ->> 'bench', ' ', 2)::int, extract(epoch FROM pg_xact_commit_timestamp(xmin))
FROM hook_executions WHERE started_at >= to_timestamp(%s) AND split_part(metadata ->> 'bench', ' ', 1) = %s
"""


def measure(home: Installation, how: How) -> Iterator[Figure]:
    """Measure both."""
    with commit_times(home.server):
        home.done("collector", "start")
        seconds, rate, hooks = how.many((60.0, RATE, 400), (8.0, RATE, 40), (0.5, 100, 3))
        paced(home, rate, min(seconds, 2.0), SESSIONS)  # connects, prepares
        yield from figures(f"{rate:,} events/s", paced(home, rate, seconds, SESSIONS))
        yield from figures(f"{1 / HOOK_EVERY_S:.0f} hooks/s", by_hooks(home, hooks))


@dataclass(frozen=True)
class Taken:
    """Milliseconds of each event and of each insert."""

    events: list[float]
    inserts: list[float]
    rate: float
    """Events that came in a second."""


def figures(what: str, taken: Taken) -> Iterator[Figure]:
    """Return the percentiles of the events, each beside that of the inserts."""
    bounds: dict[float, float] = {50: P50_MS, 99: P99_MS}
    for percent in (50, 99, 99.9):
        value, reference = percentile(taken.events, percent), percentile(taken.inserts, percent)
        limits = (Limit("value", at_most=bounds[percent]),) if percent in bounds else ()
        yield Figure(
            f"{what}: p{percent:g}", value, "ms", value / reference, f"p{percent:g} of INSERT and commit", limits,
            len(taken.events), (percentile(taken.events, 10), percentile(taken.events, 90)) if percent == 50 else None,
            f"{taken.rate:.0f} events/s came, {len(taken.inserts)} inserts",
        )  # fmt: skip


@contextlib.contextmanager
def commit_times(server: EmbeddedServer) -> Iterator[None]:
    """Let *server* keep the time of each commit during the block."""

    def set_to(value: str) -> None:
        server.start()
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute(f"ALTER SYSTEM SET track_commit_timestamp = {value}".encode())
        server.restart()

    set_to("on")
    try:
        yield
    finally:
        set_to("DEFAULT")


def paced(home: Installation, rate: float, seconds: float, sessions: int) -> Taken:
    """Lay *rate* events a second into the spool."""
    run = uuid.uuid4().hex
    files = [
        _numbered(data, f"{run} {number}")
        for number, data in enumerate(islice(stock.events(sessions), round(rate * seconds)))
    ]

    def write(watcher: _Watcher) -> None:
        begin = time.monotonic()
        for number, data in enumerate(files):
            if (early := begin + number / rate - time.monotonic()) > 0:
                time.sleep(early)
            file = home.spool / f"{number}.{run[:8]}-{stock.WRITER}"
            file.write_bytes(data)
            watcher.written.append((file.name, time.time()))

    return _watched(home, run, len(files), write)


def by_hooks(home: Installation, events: int) -> Taken:
    """Run the hook for *events*, one after the other; what counts is from the end of each."""
    run = uuid.uuid4().hex
    payloads = [
        _numbered(data, f"{run} {number}").partition(b"\0\0")[2].rpartition(b"\0end ")[0]
        for number, data in enumerate(islice(stock.events(), events))
    ]
    stdin = home.root / "payload.json"

    def write(watcher: _Watcher) -> None:
        for payload in payloads:
            stdin.write_bytes(payload)
            processes.seconds([str(CHECKOUT / "hooks" / "record")], stdin, home.env)
            watcher.written.append(("", time.time()))
            time.sleep(HOOK_EVERY_S)

    return _watched(home, run, events, write)


def _numbered(data: bytes, number: str) -> bytes:
    """Mark an event; of an unknown key a row keeps what it is told."""
    header, separator, payload = data.partition(b"\0\0{")
    return header + separator + b'"bench":"%s",' % number.encode() + payload


def _watched(home: Installation, run: str, events: int, write: Callable[[_Watcher], None]) -> Taken:
    begin = time.time()
    with _Watcher(home.spool) as watcher, _Inserter(home.url) as inserter:
        write(watcher)
        until = time.monotonic() + SETTLED_S
        while any(home.spool.iterdir()) or any(home.places.packed.iterdir()):
            if time.monotonic() > until:
                raise RuntimeError(f"{len(list(home.spool.iterdir()))} events still wait")
            time.sleep(0.05)
    rows = home.query(COMMITTED, begin - 1, run)
    committed = {number: float(at) for number, at in rows}
    if len(rows) != events or len(committed) != events:
        raise RuntimeError(f"{events} events went in, {len(rows)} rows came out")
    taken = []
    for number, (name, written) in enumerate(watcher.written):
        gone = watcher.gone.get(name or watcher.created[number], 0.0)
        taken.append((max(committed[number], gone) - written) * 1000)
    lasted = watcher.written[-1][1] - begin
    return Taken(taken, inserter.milliseconds, events / lasted)


class _Watcher:
    """Sees when files come into the spool and go from it."""

    def __init__(self, spool: Path) -> None:
        from inotify_simple import INotify, flags

        self.written: list[tuple[str, float]] = []
        self.created: list[str] = []
        self.gone: dict[str, float] = {}
        self._inotify, self._flags = INotify(), flags
        self._inotify.add_watch(spool, flags.CREATE | flags.DELETE)
        self._ending = False
        self._thread = threading.Thread(target=self._listen)

    def _listen(self) -> None:
        while True:
            events = self._inotify.read(timeout=100)
            now = time.time()
            for event in events:
                if event.mask & self._flags.DELETE:
                    self.gone[event.name] = now
                else:
                    self.created.append(event.name)
            if self._ending and not events:
                return

    def __enter__(self) -> _Watcher:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending = True
        self._thread.join()
        self._inotify.close()


class _Inserter:
    """Inserts and commits a row now and then, as whoever is connected already would."""

    def __init__(self, url: str) -> None:
        self.milliseconds: list[float] = []
        self._url = url
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._insert)

    def _insert(self) -> None:
        payload = "x" * 1000
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS bench_inserts (payload text)")
            while not self._ending.wait(INSERT_EVERY_S) or not self.milliseconds:
                begin = time.perf_counter()
                connection.execute("INSERT INTO bench_inserts VALUES (%s)", [payload])
                self.milliseconds.append((time.perf_counter() - begin) * 1000)
            connection.execute("DROP TABLE bench_inserts")

    def __enter__(self) -> _Inserter:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join()
