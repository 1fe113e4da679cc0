"""From the end of a hook to the committed row, and what an idle collector costs.

    python -m tests.bench.delivery [--events 400] [--idle 30]

The row is known to be committed when its file leaves the spool: the collector unlinks only
after the commit, so the figure is an upper bound.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import threading
import time
from pathlib import Path

from tests.bench.hook_cost import installed
from tests.conftest import Installation

EVERY_S = 0.05


def main() -> int:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=400)
    parser.add_argument("--idle", type=float, default=30, help="seconds")
    arguments = parser.parse_args()
    with installed() as home:
        home.done("collector", "start")
        _latency(home, arguments.events)
        _idle(home, arguments.idle)
    return 0


def _latency(home: Installation, events: int) -> None:
    from inotify_simple import INotify, flags

    gone: dict[str, float] = {}
    created: list[tuple[str, float]] = []
    inotify = INotify()
    inotify.add_watch(home.spool, flags.CREATE | flags.DELETE)
    names: list[str] = []

    def listen() -> None:
        while len(gone) < events:
            for event in inotify.read(timeout=5000):
                if event.mask & flags.DELETE:
                    gone[event.name] = time.monotonic()
                else:
                    names.append(event.name)

    listener = threading.Thread(target=listen)
    listener.start()
    for number in range(events):
        next_at = time.monotonic() + EVERY_S
        payload = {"hook_event_name": "Notification", "session_id": f"s{number % 5}", "message": "x" * 1500}
        home.fire(payload)
        ended = time.monotonic()
        while len(names) <= number:
            time.sleep(0.0005)
        created.append((names[number], ended))
        time.sleep(max(0, next_at - time.monotonic()))
    listener.join(30)
    taken = sorted((gone[name] - ended) * 1000 for name, ended in created)
    p99 = taken[int(len(taken) * 0.99)]
    print(f"hook's end to committed row, one event every {EVERY_S * 1000:.0f} ms, {events} events:")
    print(f"  median {statistics.median(taken):.1f} ms   p99 {p99:.1f} ms   max {taken[-1]:.1f} ms")


def _idle(home: Installation, seconds: float) -> None:
    pid = home.collector_pid()
    time.sleep(2)
    wakes, cpu = _scheduled(pid)
    time.sleep(seconds)
    later_wakes, later_cpu = _scheduled(pid)
    status = Path(f"/proc/{pid}/status").read_text()
    rss = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
    print(f"idle collector over {seconds:.0f} s:")
    print(f"  {(later_wakes - wakes) / seconds:.2f} wake-ups a second   ", end="")
    print(f"{(later_cpu - cpu) / seconds * 100:.3f} % of a core   {rss / 1024:.0f} MB resident")


def _scheduled(pid: int | None) -> tuple[int, float]:
    """Return how often the threads of *pid* gave up the processor, and the seconds they ran."""
    wakes, nanoseconds = 0, 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        status = (task / "status").read_text()
        wakes += next(int(line.split()[1]) for line in status.splitlines() if line.startswith("voluntary"))
        nanoseconds += int((task / "schedstat").read_text().split()[0])
    return wakes, nanoseconds / 1e9


if __name__ == "__main__":
    sys.exit(main())
