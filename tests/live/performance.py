"""Tests that are carried out at the same time, each with a client of its own.

A client waits most of its time: for its hooks, for a key, for somebody to find out that it is
gone.  So all live tests are begun together, in threads, and pytest collects the results one by
one.  They disturb each other no more than the sessions of one user do, who has them recorded by
one installation too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Installation
from tests.live.client import Client
from tracing.programevent import END, START

AT_ONCE = 4
"""More clients than these would only wait for the processors."""

NEWEST, OLDEST = "newest", "oldest"
"""The versions of the client: the newest that tests/run installs, and the oldest that is supported."""

LiveTest = Callable[[Client], None]


def live(test: LiveTest) -> Any:
    """Mark *test* as one that is given a client, and is carried out along with the others."""

    @pytest.mark.client
    @pytest.mark.parametrize("version", [NEWEST, OLDEST])
    def collect(version: str, executable: Path, performance: Performance) -> None:
        performance.result(test, version)

    collect.__name__, collect.__doc__ = test.__name__, test.__doc__
    collect.live_test = test  # type: ignore[attr-defined]
    return collect


class Performance:
    """The live tests that were asked for, each with the version it was asked for with."""

    def __init__(
        self,
        tests: Iterable[tuple[LiveTest, str]],
        executables: Mapping[str, Path],
        directory: Path,
        home: Installation,
    ) -> None:
        self._executables = executables
        self._directory = directory
        self.home = home
        self._pool = ThreadPoolExecutor(AT_ONCE)
        self._results: dict[tuple[LiveTest, str], Future[None]] = {
            (test, version): self._pool.submit(self._carry_out, test, version)
            for test, version in tests
            if version in executables
        }

    def _carry_out(self, test: LiveTest, version: str) -> None:
        directory = self._directory / version / test.__module__ / test.__name__
        client = Client(self._executables[version], directory, self.home, oldest=version == OLDEST)
        try:
            test(client)
        finally:
            client.close()

    def result(self, test: LiveTest, version: str) -> None:
        """Wait for *test*, and raise what it raised."""
        self._results[test, version].result()

    def events(self, version: str) -> set[str]:
        """Return the names of all events that clients of *version* have fired: not what `hooktrace run` told."""
        fired = "SELECT DISTINCT hook_type FROM hook_executions WHERE starts_with(metadata->>'cwd', %s)"
        return {row[0] for row in self.home.query(fired, str(self._directory / version))} - {START, END}

    def sessions(self, version: str) -> list[str]:
        """Return the sessions of which clients of *version* have fired anything but a lone SessionEnd."""
        fired = (
            "SELECT session_id FROM hook_executions WHERE starts_with(metadata->>'cwd', %s)"
            " GROUP BY 1 HAVING bool_or(hook_type <> 'SessionEnd')"
        )
        return [str(row[0]) for row in self.home.query(fired, str(self._directory / version))]

    def close(self) -> None:
        """Begin no further test, and wait for those that run."""
        self._pool.shutdown(cancel_futures=True)
