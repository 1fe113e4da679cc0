"""Milliseconds a tool call in the real client: without hooks, with every event hooked to `true`, and with ours.

The client is driven offline by a scripted model that asks for one trivial Bash call after the other;
what is measured is the time between its requests.  PostToolBatch is not in the default set.
"""

from __future__ import annotations

import itertools
import json
import shutil
import statistics
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.bench import machine
from tests.bench.how import How
from tests.bench.result import Figure, Limit, of_runs, paired
from tests.client.client_run import Run
from tests.conftest import CHECKOUT, Installation
from tracing.hookconfig import registered_events, settings_hooks

TITLE = "A tool call in the real client"
NONE, TRUE, OURS, BATCHES = "no hooks", "every event hooked to `true`", "hooktrace", "hooktrace and PostToolBatch"
AGAINST_TRUE = 1.15


def measure(home: Installation, how: How) -> Iterator[Figure]:
    """Run the client with each kind of hooks in turn."""
    if machine.client_version() is None:
        print(f"skipped: {TITLE}: no {machine.client()}; tests/run installs it, CLAUDE_BIN names another")
        return
    calls, rounds = how.many((200, 5), (40, 1), (3, 1))
    home.done("collector", "start")  # as in the middle of a working day
    kinds = _kinds(home)
    taken: dict[str, list[float]] = {kind: [] for kind in kinds}
    _run(home, kinds[NONE], 3)  # reads the client's files from the disk
    for number in range(rounds):
        for kind in kinds if number % 2 else reversed(kinds):
            taken[kind].append(_run(home, kinds[kind], calls))
    for kind, values in taken.items():
        yield of_runs(
            kind, values, "ms/call", ratio=paired(values, taken[TRUE]), reference=TRUE,
            limits=(Limit("ratio", at_most=AGAINST_TRUE),) if kind == OURS else (), detail=f"{calls} Bash calls a run",
        )  # fmt: skip


def _kinds(home: Installation) -> dict[str, Mapping[str, Any]]:
    true = {"hooks": [{"type": "command", "command": "/bin/true", "args": []}]}
    ours = settings_hooks(CHECKOUT / "hooks", home.places.state)
    return {
        NONE: {},
        TRUE: {event: [true] for event in registered_events()},
        OURS: ours,
        BATCHES: {**ours, "PostToolBatch": ours["PostToolUse"]},
    }


def _run(home: Installation, hooks: Mapping[str, Any], calls: int) -> float:
    """Run *calls* Bash calls, and return the median of the milliseconds between the client's requests."""
    directory = home.root / "client"
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    with Run(directory, _script(directory / "load.json", calls), claude=machine.client()) as run:
        run.settings({"hooks": hooks})
        done = run.claude("go", env={"HOOKTRACE_HOME": str(home.path)}, timeout=300)
        if done.returncode:
            raise subprocess.CalledProcessError(done.returncode, machine.client(), done.stdout, done.stderr)
    lines = [json.loads(line) for line in (directory / "api.jsonl").read_text().splitlines()]
    at = [line["time"] for line in lines if line.get("kind") == "turn"]
    return float(statistics.median((later - earlier) * 1000 for earlier, later in itertools.pairwise(at)))


def _script(path: Path, calls: int) -> Path:
    script = json.loads((CHECKOUT / "tests" / "client" / "scripts" / "load.json").read_text())
    script["turns"][0]["repeat"] = calls
    path.write_text(json.dumps(script))
    return path
