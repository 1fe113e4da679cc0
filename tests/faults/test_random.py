"""Faults that nobody arranged: kills, outages and bursts together, in an order that a seed decides.

    FAULT_SEED=7 FAULT_SECONDS=600 tests/run tests/faults/test_random.py

runs again what a failure has named.  Short by default, ten minutes with ``--long``.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from threading import Thread

import pytest

from tests.conftest import Installation
from tests.faults.numbered import Numbered
from tests.waiting import eventually

SEED = int(os.environ.get("FAULT_SEED", "20261130"))
SECONDS = float(os.environ.get("FAULT_SECONDS", "12"))
LONG_SECONDS = 600.0

BURST = 40
"""Hooks at once, at most."""


class Trouble:
    """What can happen to one installation and its database; the same seed gives the same course."""

    def __init__(self, home: Installation, database: Installation, seed: int) -> None:
        self.chance = random.Random(seed)
        self.home = home
        self.database = database
        self.numbers = Numbered(home)
        self.happened: Counter[str] = Counter()
        self._up = True

    def burst(self) -> None:
        """Run many hooks at once."""
        payloads = [self.numbers.payload(self.numbers.next) for _ in range(self.chance.randint(2, BURST))]
        hooks = [Thread(target=self.home.fire, args=(payload,)) for payload in payloads]
        for hook in hooks:
            hook.start()
        for hook in hooks:
            hook.join()

    def events(self) -> None:
        """Run some hooks one after the other."""
        self.numbers.fire(self.chance.randint(1, 15))

    def kill(self) -> None:
        """Kill the collector wherever it is, and start another one."""
        self._signal(signal.SIGKILL)
        self.home.run("collector", "start")

    def stop(self) -> None:
        """Ask the collector to end, and start another one."""
        self._signal(signal.SIGTERM)
        self.home.run("collector", "start")

    def freeze(self) -> None:
        """Let the collector stand still while events come."""
        self._signal(signal.SIGSTOP)
        self.events()
        self._signal(signal.SIGCONT)

    def outage(self) -> None:
        """Take the database away, or give it back."""
        (self.database.server.stop if self._up else self.database.server.start)()
        self._up = not self._up

    def crash(self) -> None:
        """Kill the database server in the midst of whatever it does; it comes back at once."""
        if self._up and (pid := self.database.server.pid()):
            os.kill(pid, signal.SIGKILL)
            assert eventually(lambda: self.database.server.pid() is None)
            self.database.server.start()

    def lock(self) -> None:
        """Delete the collector's lock file."""
        self.home.places.lock.unlink(missing_ok=True)
        self.home.run("collector", "start")

    def cut(self) -> None:
        """Let the server end every connection."""
        if self._up:
            self.database.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")

    def strike(self) -> None:
        """Let the next thing happen."""
        kinds: list[Callable[[], None]] = [
            *([self.burst] * 4),
            *([self.events] * 4),
            *(self.kill, self.kill, self.stop, self.freeze, self.outage, self.outage, self.crash, self.lock, self.cut),
        ]
        kind = self.chance.choice(kinds)
        self.happened[kind.__name__] += 1
        kind()

    def calm(self) -> None:
        """Give back the database, and see to a collector."""
        if not self._up:
            self.outage()
        self.home.done("collector", "start")

    def _signal(self, number: signal.Signals) -> None:
        if pid := self.home.collector_pid():
            with suppress(ProcessLookupError):
                os.kill(pid, number)


@pytest.mark.parametrize("seconds", [SECONDS, pytest.param(LONG_SECONDS, marks=pytest.mark.long)])
def test_random_faults_together(remote: Installation, with_remote_database: Installation, seconds: float) -> None:
    """Whatever happens in whatever order, every event is stored once."""
    trouble = Trouble(with_remote_database, remote, SEED)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        trouble.strike()
    trouble.calm()
    told = f"seed {SEED}, {seconds:.0f} s, {trouble.numbers.next} events, {dict(trouble.happened)}"
    print(told)
    try:
        trouble.numbers.check()
    except AssertionError as error:
        raise AssertionError(f"{error}\n{told}") from None
    assert trouble.happened.total() > 3, told
