"""What a hook costs, beside what nothing costs: medians of one interleaved run.

    tests/bench/hook_cost                 processes: every kind once a round, in turn
    tests/bench/hook_cost --outage        the hook while the database runs and while it is away, in turn
    tests/bench/hook_cost --client        the real client: 200 Bash calls a run, hooks against `true`

The naive hook stands for what a first implementation does: Python, a connection, an INSERT,
for every event.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.client.client_run import Run
from tests.conftest import CHECKOUT, Installation
from tracing.database.embedded import EmbeddedServer
from tracing.hookconfig import registered_events, settings_hooks
from tracing.places import Places

PAYLOAD_BYTES = 1600
"""A usual PreToolUse event."""

NAIVE = """
import json, sys, psycopg
event = json.load(sys.stdin)
with psycopg.connect(sys.argv[1]) as connection:
    connection.execute("INSERT INTO naive (event) VALUES (%s)", (json.dumps(event),))
"""


def main() -> int:
    """Print the table that was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, help="default: 200 of processes, 3 of client runs")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--client", action="store_true")
    mode.add_argument("--outage", action="store_true")
    arguments = parser.parse_args()
    with installed() as home:
        if arguments.client:
            with_client(home, arguments.rounds or 3)
        elif arguments.outage:
            outage(home, arguments.rounds or 10)
        else:
            processes(home, arguments.rounds or 200)
    return 0


@contextlib.contextmanager
def installed() -> Iterator[Installation]:
    """Yield an installation that is gone afterwards."""
    root = Path(tempfile.mkdtemp(prefix="ht-bench-"))
    home = Installation(root)
    try:
        home.done("init", "--yes")
        yield home
    finally:
        home.run("collector", "stop")
        home.server.destroy()
        shutil.rmtree(root)


def processes(home: Installation, rounds: int) -> None:
    """Measure whole processes, one after the other, started directly by fork and exec."""
    payload = home.root / "payload.json"
    payload.write_text(json.dumps({"hook_event_name": "PreToolUse", "session_id": "x", "pad": "a" * PAYLOAD_BYTES}))
    home.query("CREATE TABLE naive (event jsonb)")
    naive = home.root / "naive.py"
    naive.write_text(NAIVE)
    hook = str(CHECKOUT / "hooks" / "record")
    into = f"{home.spool}/reference-$$"
    command = f'sh "{hook}" 2>/dev/null || :'
    kinds: dict[str, list[str]] = {
        "/bin/true": ["/bin/true"],
        "sh -c 'cat >FILE'": ["/bin/sh", "-c", f"cat >{into}"],
        "hooks/record, direct": [hook],
        "hooks/record, shell form (plugin)": ["/bin/sh", "-c", command],
        "python3 -I -S, empty": [sys.executable, "-I", "-S", "-c", ""],
        "naive psycopg hook": [sys.executable, str(naive), home.url],
    }
    home.stop_collector()  # what it does with the events is not the hook's cost
    times: dict[str, list[float]] = {kind: [] for kind in kinds}
    slow = {"naive psycopg hook": 10, "python3 -I -S, empty": 2}
    for number in range(rounds + 5):
        for kind, argv in kinds.items():
            if number % slow.get(kind, 1) == 0:
                taken = _run(argv, payload, home.env)
                if number >= 5:
                    times[kind].append(taken)
        for file in home.spool.iterdir():
            file.unlink()
    reference = statistics.median(times["sh -c 'cat >FILE'"])
    print(f"{'process':36} {'median ms':>10} {'p90 ms':>8} {'x sh':>6}   runs")
    for kind, taken_times in times.items():
        median = statistics.median(taken_times)
        p90 = statistics.quantiles(taken_times, n=10)[-1]
        print(f"{kind:36} {median * 1000:10.2f} {p90 * 1000:8.2f} {median / reference:6.2f}   {len(taken_times)}")


def outage(home: Installation, rounds: int) -> None:
    """Measure the hook, collector running, in blocks with the database up and away, in turn."""
    payload = home.root / "payload.json"
    payload.write_text(json.dumps({"hook_event_name": "Notification", "session_id": "x", "pad": "a" * PAYLOAD_BYTES}))
    elsewhere = EmbeddedServer.at(Places.from_environment({"HOOKTRACE_HOME": str(home.root / "elsewhere")}))
    times: dict[str, list[float]] = {"database up": [], "database away": []}
    try:
        elsewhere.start()
        home.done("init", "--yes", "--db", elsewhere.url)
        home.done("collector", "start")
        for _ in range(rounds):
            for state, change in (("database up", elsewhere.start), ("database away", elsewhere.stop)):
                change()
                _run([str(CHECKOUT / "hooks" / "record")], payload, home.env)
                for _ in range(20):
                    times[state].append(_run([str(CHECKOUT / "hooks" / "record")], payload, home.env))
                    time.sleep(0.01)
        elsewhere.start()
        home.flush()
        stored = home.json("status")["events"]["stored"]
    finally:
        elsewhere.destroy()
    medians = {state: statistics.median(taken) for state, taken in times.items()}
    for state, median in medians.items():
        print(f"{state:15} {median * 1000:6.2f} ms   {len(times[state])} runs")
    print(f"ratio {medians['database away'] / medians['database up']:.2f}; {stored} of {rounds * 42} events stored")


def _run(argv: list[str], stdin: Path, env: dict[str, str]) -> float:
    """Return the seconds from fork to exit of one process."""
    actions = [(os.POSIX_SPAWN_OPEN, 0, str(stdin), os.O_RDONLY, 0)]
    begin = time.perf_counter()
    pid = os.posix_spawn(argv[0], argv, env, file_actions=actions)
    os.waitpid(pid, 0)
    return time.perf_counter() - begin


def with_client(home: Installation, rounds: int) -> None:
    """Measure milliseconds between the client's API requests, its hooks in turn nothing, `true`, and ours."""
    events = registered_events()
    true = {event: [{"hooks": [{"type": "command", "command": "/bin/true", "args": []}]}] for event in events}
    ours = settings_hooks(CHECKOUT / "hooks", home.places.state)
    # Left out of the default set: what it costs is what it would have to be worth.
    batches = {**ours, "PostToolBatch": ours["PostToolUse"]}
    kinds = {"no hooks": {}, "true": true, "hooktrace": ours, "and PostToolBatch": batches}
    medians: dict[str, list[float]] = {kind: [] for kind in kinds}
    for number in range(rounds):
        for kind, hooks in kinds.items():
            medians[kind].append(_client_run(home, hooks, f"{number}-{kind.replace(' ', '')}"))
    print(f"{'hooks on every event':24} {'ms per call':>12} {'x true':>7}   rounds")
    for kind, values in medians.items():
        ratio = statistics.median(value / reference for value, reference in zip(values, medians["true"], strict=True))
        shown = " / ".join(f"{value:.1f}" for value in values)
        print(f"{kind:24} {statistics.median(values):12.1f} {ratio:7.2f}   {shown}")


def _client_run(home: Installation, hooks: dict[str, object], name: str) -> float:
    """Run 200 Bash calls and return the median of the milliseconds between requests."""
    claude = os.environ.get("CLAUDE_BIN") or str(CHECKOUT / ".node" / "node_modules" / ".bin" / "claude")
    directory = home.root / name
    with Run(directory, CHECKOUT / "tests" / "client" / "scripts" / "load.json", claude=claude) as run:
        run.settings({"hooks": hooks})
        done = run.claude("go", env={"HOOKTRACE_HOME": str(home.path)}, timeout=300)
        if done.returncode:
            raise subprocess.CalledProcessError(done.returncode, claude, done.stdout, done.stderr)
    lines = [json.loads(line) for line in (directory / "api.jsonl").read_text().splitlines()]
    at = [line["time"] for line in lines if line.get("kind") == "turn"]
    return float(statistics.median((later - earlier) * 1000 for earlier, later in itertools.pairwise(at)))


if __name__ == "__main__":
    sys.exit(main())
