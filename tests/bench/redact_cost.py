"""What redaction costs: its share of the collector's time, MB/s on ordinary texts, ms for a hostile megabyte.

Run: python -m tests.bench.redact_cost.  Exits 1 if a hostile text takes longer than it may.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from tests.bench.schema_cost import recorded_files
from tests.conftest import new_installation
from tests.hostile import hostile
from tracing.capturerule import CaptureRule
from tracing.collector.delivery import Delivery
from tracing.collector.intake import Intake
from tracing.database.store import Store
from tracing.database.writer import Writer
from tracing.deadletters import DeadLetters
from tracing.payload import parse
from tracing.propagation import Propagation
from tracing.redact import redact, redact_text
from tracing.spool import Spool, Spooled

MEGABYTE = 1_000_000
PIECE = 62_500
"""Characters of one text: more of it would not be kept."""
ROUNDS = 3
SLOWEST_MS = 200.0
"""For a hostile megabyte."""

BATCH = 500
BATCHES = 12


def processor_s(work: Callable[[], object]) -> float:
    """Return the processor time of *work*, the best of some rounds."""
    times = []
    for _ in range(ROUNDS):
        begin = time.process_time()
        work()
        times.append(time.process_time() - begin)
    return min(times)


def share() -> None:
    """Print redaction's share of the processor time in which recorded events go from the spool to the database."""
    with new_installation() as home, home.without_collector():
        files, store, spool = recorded_files(), Store(home.url), Spool(home.places)
        store.open()
        try:
            dead_letters, propagation = DeadLetters(home.places.bad), Propagation(home.places.sessions)
            intake = Intake(spool, dead_letters, propagation)
            delivery = Delivery(Writer(store, CaptureRule()), dead_letters, propagation, [])
            _deliver(spool, intake, delivery, list(islice(files, BATCH)))  # connects, prepares
            spent = redacting = 0.0
            for _ in range(BATCHES):
                batch = list(islice(files, BATCH))
                spent += _deliver(spool, intake, delivery, batch)
                redacting += _redact(batch)
        finally:
            store.close()
    number = BATCH * BATCHES
    print(
        f"{number} recorded events from the spool to the database: {spent / number * 1e6:.0f} us of the collector each"
    )
    print(f"  for redaction {redacting / number * 1e6:.0f} us of them, {redacting / spent * 100:.0f} %")


def _deliver(spool: Spool, intake: Intake, delivery: Delivery, batch: Sequence[Spooled]) -> float:
    """Put *batch* into the spool, and return the processor time in which it is stored."""
    for one in batch:
        header = b"".join(f"{name}={value}".encode() + b"\0" for name, value in one.header.items())
        (spool.directory / one.entry.name).write_bytes(header + b"\0" + one.payload + b"\0end 1")
    begin = time.process_time()
    items = intake.open(spool.scan()).items
    delivery.deliver(items)
    spool.remove(item.entry for item in items)
    return time.process_time() - begin


def _redact(batch: Sequence[Spooled]) -> float:
    values = [(parse(one.payload).value, one.header) for one in batch]
    begin = time.process_time()
    for value, header in values:
        redact(value)
        for text in header.values():
            redact_text(text)
    return time.process_time() - begin


def ordinary() -> dict[str, Any]:
    """Return payloads of about 1 MB as they come: prose, source code, a diff, JSON, many small values."""
    source = "".join(path.read_text() for path in sorted(Path(json.__file__).parent.parent.glob("[a-h]*.py")))
    pieces = [source[start : start + PIECE] for start in range(0, MEGABYTE, PIECE)]
    listing = [f"-rw-r--r-- 1 root root {n} Nov 23 06:03 src/module_{n}.py\n" * (PIECE // 50) for n in range(16)]
    usage = {"input_tokens": 1, "output_tokens": 2, "session_id": "0b5c1f9e-6f3a-4c1e-9a70-000000000000"}
    records = [json.dumps([{"file": f"a/{n}", **usage} for n in range(480)]) for _ in range(16)]
    return {
        "source code": {"tool_name": "Read", "tool_response": pieces},
        "a listing": {"tool_name": "Bash", "tool_response": listing},
        "JSON in a string": {"tool_response": records},
        "small values": {"rows": [{"path": f"src/module_{n}.py", "line": n, **usage} for n in range(7_000)]},
        "base64": {"images": ["iVBORw0KGgoAAAANSUhEUgAAAAEAAAAB" * (PIECE // 32)] * 16},
    }


def main() -> int:
    """Print the figures."""
    share()
    for name, value in ordinary().items():
        data = json.dumps(value).encode()
        size = len(data) / 1e6
        best, parsing = processor_s(partial(redact, value)), processor_s(partial(parse, data))
        print(f"{name:20} {size:.2f} MB   redact {size / best:7.1f} MB/s   parse {size / parsing:7.1f} MB/s")
    slowest = 0.0
    for name, text in hostile(MEGABYTE).items():
        taken = processor_s(partial(redact_text, text)) * 1000
        slowest = max(slowest, taken)
        print(f"{name:45} {taken:8.1f} ms")
    print(f"slowest {slowest:.1f} ms (allowed {SLOWEST_MS:.0f})")
    return int(slowest > SLOWEST_MS)


if __name__ == "__main__":
    sys.exit(main())
