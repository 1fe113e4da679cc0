"""What sending to an OpenTelemetry backend costs the collector: its processor time an event, with and without.

    python -m tests.bench.otel_cost [--events 600] [--rounds 5] [--json]

Recorded runs go event by event to a collector that stores each as it comes, as while an agent works; a backend on this
machine takes what is sent.  With and without sending by turns, so that a slow machine shows in both.  Exits 1 if the
median of the differences is above the limit.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

from tests.bench import stock
from tests.conftest import CHECKOUT, Installation, new_installation
from tests.otel.receiver import Receiver, receiving
from tracing.settings import Settings

LIMIT_PERCENT = 5.0
PAUSE_S = 0.1
"""Between two events: an agent at work is slower."""

WARM_EVENTS = 40
"""What comes first: that libraries are loaded, and connections made, is none of an event's."""

SENT_S = 50.0
"""After so long what has ended is sent."""


@dataclass(frozen=True)
class Run:
    """One run of a collector."""

    events: int
    spans: int
    seconds: float
    """Processor time, without the start of Python."""

    @property
    def us(self) -> float:
        """Microseconds an event."""
        return self.seconds / self.events * 1e6


def run(home: Installation, receiver: Receiver | None, events: int) -> Run:
    """Let a collector store *events*, one after the other, and send what they tell if there is a backend."""
    settings = Settings.load(home.places.config_file)
    settings.set("otel.endpoint", receiver.url if receiver else "")
    settings.set("otel.metrics", False)
    command = [sys.executable, "-P", "-m", "tracing.collector", "--foreground"]
    log = (home.root / "collector.log").open("ab")
    with log:
        process = subprocess.Popen(command, env=home.env, stdin=subprocess.DEVNULL, stderr=log, cwd=CHECKOUT)
    while home.collector_pid() != process.pid:
        time.sleep(0.01)
    tell(home, WARM_EVENTS)
    time.sleep(SENT_S)
    before, sent, stored = cpu_s(process.pid), len(receiver.spans) if receiver else 0, home.count("hook_executions")
    tell(home, events)
    while home.count("hook_executions") - stored < events:
        time.sleep(0.05)
    time.sleep(SENT_S)
    seconds = cpu_s(process.pid) - before
    process.terminate()
    process.wait()
    return Run(events, len(receiver.spans) - sent if receiver else 0, seconds)


def tell(home: Installation, events: int) -> None:
    """Put the events of recorded runs into the spool, one after the other."""
    for number, event in enumerate(islice(stock.events(), events)):
        (home.spool / f"{time.monotonic():.6f}-{number}").write_bytes(event)
        time.sleep(PAUSE_S)


def cpu_s(pid: int) -> float:
    """Return the processor time that a process has used, in seconds."""
    with open(f"/proc/{pid}/stat") as file:  # noqa: PTH123
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main(argv: Sequence[str]) -> int:
    """Measure, and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.otel_cost", description=__doc__)
    parser.add_argument("--events", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(argv)
    without, sending = [], []
    with new_installation() as home, receiving() as receiver:
        home.stop_collector()
        home.server.start()
        for _ in range(asked.rounds):
            without.append(run(home, None, asked.events))
            sending.append(run(home, receiver, asked.events))
    added = [100 * (one.us - other.us) / other.us for one, other in zip(sending, without, strict=True)]
    percent = statistics.median(added)
    told = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "events_a_run": without[0].events,
        "spans_a_run": sending[0].spans,
        "without_us_per_event": statistics.median(one.us for one in without),
        "sending_us_per_event": statistics.median(one.us for one in sending),
        "added_percent": percent,
        "added_percent_of_each_round": added,
    }
    print(
        json.dumps(told, indent=2) if asked.json else "\n".join(f"{name:<30} {value}" for name, value in told.items())
    )
    return int(percent > LIMIT_PERCENT)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
