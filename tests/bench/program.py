"""What recording costs a program: one execution of the Python API, and `hooktrace run` before a command.

Each beside its reference in the same round: the same two files written plainly, and `env`.
"""

from __future__ import annotations

import itertools
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import tracing
from tests.bench.how import How
from tests.bench.result import Figure, of_runs, paired
from tests.conftest import Installation

TITLE = "What recording costs a program"

ROUNDS = 20
EXECUTIONS = 200
"""Of one round."""


def measure(home: Installation, how: How) -> Iterator[Figure]:
    """Measure both."""
    home.stop_collector()
    os.environ["HOOKTRACE_HOME"] = str(home.path)
    rounds = ROUNDS if how.size == "full" else 3
    api: list[float] = []
    plain: list[float] = []
    for _ in range(rounds):
        api.append(_microseconds(_recorded))
        plain.append(_microseconds(_plainly(home.root)))
        for file in home.spool.iterdir():
            file.unlink()
    reference = "the same two files written plainly"
    recorded = of_runs("one `with tracing.execution`", api, "µs", detail="start and end, no attributes")
    yield replace(recorded, ratio=paired(api, plain), reference=reference)
    yield of_runs(reference, plain, "µs", detail="open, write, close")
    commands = {
        "`hooktrace run -- true`": [sys.executable, "-m", "tracing", "run", "--", "true"],
        "`env true`": ["env", "true"],
        "`python -c pass`": [sys.executable, "-c", "pass"],
    }
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for _, (name, command) in itertools.product(range(rounds), commands.items()):
        begin = time.perf_counter()
        subprocess.run(command, env=home.env, check=True)
        taken[name].append((time.perf_counter() - begin) * 1000)
    for name, milliseconds in taken.items():
        ratio = paired(milliseconds, taken["`env true`"]) if "run" in name else None
        yield of_runs(name, milliseconds, "ms", ratio=ratio, reference="`env true`" if ratio else "")


def _microseconds(action: Callable[[], None]) -> float:
    """Return the median of what *action* takes."""
    taken = []
    for _ in range(EXECUTIONS):
        begin = time.perf_counter()
        action()
        taken.append((time.perf_counter() - begin) * 1e6)
    return statistics.median(taken)


def _recorded() -> None:
    with tracing.execution("bench"):
        pass


def _plainly(directory: Path) -> Callable[[], None]:
    data, numbers = b"x" * 400, itertools.count()
    place = directory / "plain"
    place.mkdir(exist_ok=True)

    def write() -> None:
        for _ in range(2):
            descriptor = os.open(
                f"{place}/{os.getpid()}-{next(numbers)}-{time.time_ns()}", os.O_WRONLY | os.O_CREAT, 0o600
            )
            os.write(descriptor, data)
            os.close(descriptor)

    return write
