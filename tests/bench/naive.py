"""What a first implementation does: Python, a connection, an INSERT, for every event."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from tests.bench import processes, stock
from tests.conftest import Installation

SOURCE = """
import json, sys, psycopg
event = json.load(sys.stdin)
with psycopg.connect(sys.argv[1]) as connection:
    connection.execute("INSERT INTO naive (event) VALUES (%s)", (json.dumps(event),))
"""


class Hook:
    """The hook of one installation."""

    def __init__(self, home: Installation) -> None:
        self._home = home
        self._script = home.root / "naive.py"
        self._payload = home.root / "naive.json"
        self._script.write_text(SOURCE)
        self.argv = [sys.executable, str(self._script), home.url]

    def seconds(self, payload: bytes) -> float:
        """Return what it takes for one event."""
        self._payload.write_bytes(payload)
        return processes.seconds(self.argv, self._payload, self._home.env)


@contextlib.contextmanager
def table(home: Installation) -> Iterator[Hook]:
    """Make the table that the hook writes to, and take it away again."""
    home.server.start()
    home.query("CREATE TABLE naive (id bigserial PRIMARY KEY, at timestamptz DEFAULT now(), event jsonb)")
    try:
        yield Hook(home)
    finally:
        home.server.start()
        home.query("DROP TABLE naive")


def sample(number: int) -> Iterator[bytes]:
    """Yield payloads of recorded events."""
    for data in islice(stock.events(), number):
        yield data.partition(b"\0\0")[2].rpartition(b"\0end ")[0]


def payload(path: Path, size: int) -> Path:
    """Write a usual event of *size* bytes to *path*."""
    begin = (
        b'{"hook_event_name": "PostToolUse", "session_id": "0b5c1f9e-6f3a-4c1e-9a70-000000000000",'
        b' "transcript_path": "/nowhere.jsonl", "cwd": "/", "tool_name": "Read", "tool_use_id": "toolu_1",'
        b' "tool_input": {"file_path": "/x"}, "tool_response": "'
    )
    path.write_bytes(begin + b"a" * max(0, size - len(begin) - 2) + b'"}')
    return path
