"""The collector's faults: killed, started too often, without its lock, asked to leave, fed with poison and for long."""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.conftest import Installation
from tests.faults.numbered import Numbered
from tests.waiting import eventually
from tracing.queue import Queue

SEED = 20_261_130
"""Of the moments at which the collector is killed."""

STOP_S = 5.0
"""How long a collector that is asked to leave may take."""

LOADED = 12
"""Machines that do other things beside, or whose disk is slow, get so much more of it: a hang is still found."""


@contextlib.contextmanager
def collecting(home: Installation, count: int = 1) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Give *count* collectors, started together as children of the test; at the end none is left."""
    command = [str(home.places.launcher), "--foreground"]
    processes = [
        subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(count)
    ]
    try:
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.wait()


# --------------------------------------------------------------------------
# kill -9


def starting(home: Installation) -> bool:
    """Tell that it was started: what it does first takes longest."""
    return True


def packing(home: Installation) -> bool:
    """Tell whether it has begun to pack."""
    return any(home.places.packed.iterdir())


class Falls:
    """Tells whether the collector has begun to store: fewer events wait than there were."""

    def __init__(self, home: Installation) -> None:
        self._began_with = len(home.spooled())

    def __call__(self, home: Installation) -> bool:
        """Look."""
        return sum(1 for _ in home.spool.iterdir()) < self._began_with


def kill(home: Installation, begun: Callable[[Installation], bool], moment_s: float) -> None:
    """Start a collector, wait until it is in a phase, and *moment_s* more, and kill it."""
    with collecting(home) as (process,):
        assert eventually(lambda: begun(home), look_every_s=0.001), "the collector never came so far"
        time.sleep(moment_s)
        process.kill()
        assert process.wait() == -signal.SIGKILL


@pytest.mark.parametrize("kills", [8, pytest.param(200, marks=pytest.mark.long)])
def test_a_collector_killed_at_random_moments_loses_nothing(
    remote: Installation, with_remote_database: Installation, kills: int
) -> None:
    """While it starts, packs and stores, and at any moment of these: an event is there once, or set aside once."""
    home = with_remote_database
    numbered = Numbered(home)
    chance = random.Random(SEED)
    home.stop_collector()
    for _ in range(kills):
        phase = chance.choice(("starting", "packing", "storing a backlog", "storing"))
        numbered.fire(2)
        home.fire(json.dumps(numbered.payload(numbered.next)).encode()[:-1])
        if phase == "starting":
            kill(home, starting, chance.uniform(0, 1.0))
        elif phase == "packing":
            remote.server.stop()
            numbered.leave(1_100, time.time() - 3_600)
            kill(home, packing, chance.uniform(0, 0.3))
            remote.server.start()
        elif phase == "storing a backlog":
            numbered.leave(1_100, time.time() - 3_600)
            kill(home, Falls(home), chance.uniform(0, 0.3))
        else:
            numbered.leave(300, time.time(), every_s=0)
            kill(home, Falls(home), chance.uniform(0, 0.1))
    numbered.check(bad=kills)


# --------------------------------------------------------------------------
# More than one


def test_of_twenty_started_at_once_one_stays(home: Installation) -> None:
    """The others leave with 0, whatever is in the spool, and what is fired meanwhile is stored once, too."""
    numbered = Numbered(home)
    home.stop_collector()
    numbered.leave(600, time.time() - 600)
    with collecting(home, 20) as processes:
        numbered.fire(20)
        assert eventually(lambda: sum(process.poll() is None for process in processes) == 1)
        numbered.check()
        ends = [process.poll() for process in processes]
        assert sorted(ends, key=str) == [0] * 19 + [None]
        (stayed,) = [process for process in processes if process.poll() is None]
        assert home.collector_pid() == stayed.pid


def test_a_lock_file_that_is_deleted_makes_room_for_another(home: Installation) -> None:
    """For a while two collect the same events: the first sees that it was replaced and leaves, and nothing is twice."""
    numbered = Numbered(home)
    home.stop_collector()
    numbered.leave(900, time.time(), every_s=0)
    falls = Falls(home)
    with collecting(home) as (first,):
        assert eventually(lambda: falls(home), look_every_s=0.001)
        first.send_signal(signal.SIGSTOP)  # in a batch, or between two
        home.places.lock.unlink()
        with collecting(home) as (second,):
            assert eventually(lambda: home.collector_pid() == second.pid)
            numbered.fire(20)
            first.send_signal(signal.SIGCONT)
            assert eventually(lambda: first.poll() is not None)
            numbered.check()
            assert (first.returncode, second.poll()) == (0, None)


def test_a_lock_file_that_is_deleted_is_taken_anew(home: Installation) -> None:
    """Where nobody else takes its place the collector goes on, and its database stays."""
    numbered = Numbered(home)
    home.stop_collector()
    with collecting(home) as (only,):
        assert eventually(lambda: home.collector_pid() == only.pid)
        numbered.fire(5)
        home.places.lock.unlink()
        assert eventually(lambda: home.collector_pid() == only.pid)
        numbered.fire(5)
        numbered.check()
        assert only.poll() is None


def test_a_server_that_dies_while_nothing_waits_is_brought_back(own_home: Installation) -> None:
    """A flush then waits for a round alone, which no event helps to its database."""
    numbered = Numbered(own_home)
    numbered.fire(5)
    own_home.flush()
    pid = own_home.server.pid()
    assert pid
    os.kill(pid, signal.SIGKILL)
    numbered.check()


# --------------------------------------------------------------------------
# SIGTERM


@pytest.mark.parametrize(("waiting", "age_s"), [(900, 0), (4_000, 3_600)], ids=["storing", "a backlog"])
def test_asked_to_leave_during_a_batch_it_keeps_the_rest(home: Installation, waiting: int, age_s: float) -> None:
    """It ends the batch at hand within five seconds, with 0; what it did not come to waits, and nothing is both."""
    numbered = Numbered(home)
    home.stop_collector()
    numbered.leave(waiting, time.time() - age_s, every_s=0.0001)
    with collecting(home) as (process,):
        assert eventually(lambda: home.count("hook_executions") > 0)
        process.terminate()
        # Five seconds on a machine that does nothing else; a test that fails on a busy one would tell nothing.
        assert process.wait(STOP_S * LOADED) == 0
    stored = home.count("hook_executions")
    assert stored + Queue.of(home.places).events == waiting
    numbered.check()


# --------------------------------------------------------------------------
# Poison

DEEP = "[" * 100_000 + "]" * 100_000

POISON: Mapping[str, Callable[[bytes], bytes]] = {
    "nothing but words": lambda event: b"what is " + event,
    "cut": lambda event: event[:-1],
    "an array": lambda event: b"[" + event + b"]",
    "a text": lambda event: json.dumps(event.decode()).encode(),
    "twice": lambda event: event + event,
    "invalid UTF-8": lambda event: event[:-1] + b', "more": "\xff\xfe"}',
    "UTF-16": lambda event: event + event.decode().encode("utf-16"),
    "no session": lambda event: event.replace(b"session_id", b"session"),
    "a session that is a number": lambda event: event.replace(b'"numbered"', b"5"),
    "a session with an endless name": lambda event: event.replace(b'"numbered"', b'"%s"' % (b"n" * 100_000)),
    "no name": lambda event: event.replace(b"hook_event_name", b"name"),
    "a name that is a list": lambda event: event.replace(b'"Notification"', b"[]"),
}
"""What parsing refuses, made of an event."""

HARMLESS: Mapping[str, bytes] = {
    "too deep": b', "more": %s}' % DEEP.encode(),
    "numbers that are none": b', "more": [NaN, -Infinity, 1e999999, %s]}' % (b"7" * 5_000),
    "half characters": b', "more": "\\ud800 \\u0000 \\udfff"}',
    "a member twice": b', "session_id": "numbered"}',
    "what only a tool would have": b', "tool_input": 5, "tool_response": [[]], "duration_ms": "long", "tool_name": {}}',
    "another cwd": b', "cwd": "/\\u0000/nowhere", "transcript_path": ["/dev/zero"]}',
}
"""What may be added to an event, and it is one all the same."""


def test_an_event_that_makes_parsing_fail_does_not_stop_the_next(home: Installation) -> None:
    """Between any two good events lies one that cannot be parsed: those are set aside, and these stored."""
    numbered = Numbered(home)
    for spoil in POISON.values():
        numbered.fire()
        home.fire(spoil(json.dumps(numbered.payload(numbered.next)).encode()))
    for more in HARMLESS.values():
        home.fire(json.dumps(numbered.payload(numbered.next)).encode()[:-1] + more)
        numbered.fire()
    numbered.check(bad=len(POISON))


# --------------------------------------------------------------------------
# For long


GROWN = 1.25
"""How much of its memory may have been added: freed memory that is in pieces, not something kept for each event.

Of 500,000 events a list of their ids alone would be more.
"""


def resident_kb(pid: int) -> int:
    """Return how much memory a process has, in kB."""
    told = re.search(r"^VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    assert told
    return int(told[1])


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc tells how much memory a process has")
@pytest.mark.parametrize(
    ("events", "warm"), [(20_000, 5_000), pytest.param(500_000, 50_000, marks=pytest.mark.long)], ids=str
)
def test_memory_is_flat(home: Installation, events: int, warm: int) -> None:
    """After many times the events of its warm-up a collector has the memory that it had then."""
    numbered = Numbered(home)
    home.stop_collector()
    with collecting(home) as (process,):
        sizes = []
        while numbered.next < events:
            numbered.pour(2_500)
            assert eventually(lambda: not home.spooled() and not any(home.places.packed.iterdir()))
            sizes.append((numbered.next, resident_kb(process.pid)))
        warmed_up, at_the_end = (next(kb for number, kb in sizes if number >= count) for count in (warm, events))
        print(f"{at_the_end} kB after {events} events, {warmed_up} kB after the first {warm}")
        assert at_the_end <= GROWN * warmed_up, sizes
        numbered.check()
        assert process.poll() is None, "another collector took its place"
