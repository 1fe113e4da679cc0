"""How fast transcripts are imported, and what they take in the database.

    python -m tests.bench.import_rate [--mb 300] [--sessions 30]

The transcripts are the recorded ones over and over, under new ids, and with results of the length that
real ones have.  Interleaved stands what it takes to parse them alone, with Python's
own json: the reference.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.conftest import Installation, new_installation
from tests.transcripts import latest

RESULT_CHARACTERS = (200, 2_000, 8_000, 40_000)
"""Of the results of tools, in turn; the last as a Read of a long file has."""

ROUNDS = 3


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mb", type=int, default=300)
    parser.add_argument("--sessions", type=int, default=30)
    arguments = parser.parse_args()
    with new_installation() as home, tempfile.TemporaryDirectory() as directory:
        size = arguments.mb * 1_000_000 // arguments.sessions
        for number in range(ROUNDS):
            projects = Path(directory) / str(number) / "projects" / "-p"
            projects.mkdir(parents=True)
            for _ in range(arguments.sessions):
                write(projects, size)
            _measure(home, projects.parent)
    return 0


def _measure(home: Installation, projects: Path) -> None:
    files = list(projects.rglob("*.jsonl"))
    total = sum(file.stat().st_size for file in files)
    began = time.monotonic()
    for file in files:
        with file.open("rb") as lines:
            for line in lines:
                json.loads(line)
    parsed = time.monotonic()
    before, executions = _size(home), home.count("execution_traces")
    imported = time.monotonic()
    home.done("import", str(projects), "--since", "2026-01-01", "--yes")
    ended = time.monotonic()
    alone, ours = parsed - began, ended - imported
    made = home.count("execution_traces") - executions
    print(f"{total / 1e6:.0f} MB: {total / 1e6 / ours:.1f} MB/s ({made / ours:.0f} executions/s);", end=" ")
    print(f"parsing alone {total / 1e6 / alone:.1f} MB/s, ratio {ours / alone:.2f};", end=" ")
    print(f"{(_size(home) - before) / total:.2f} bytes in the database for one")


def _size(home: Installation) -> int:
    [(size,)] = home.query("SELECT pg_database_size(current_database())")
    return int(size)


def write(projects: Path, size: int) -> None:
    """Write a session's transcript of about *size* bytes."""
    (source,) = latest("simple")
    session, lines = str(uuid.uuid4()), source.read_text().splitlines()
    with (projects / f"{session}.jsonl").open("w") as file:
        lengths = _lengths()
        while file.tell() < size:
            renamed = {source.stem: session}
            for line in lines:
                text = re.sub(
                    r"(?:toolu_mock|msg_mock)_[\w-]+|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", _new(renamed), line
                )
                file.write(_lengthened(json.loads(text), lengths) + "\n")


def _new(renamed: dict[str, str]) -> Any:
    def new(match: re.Match[str]) -> str:
        old = match.group()
        prefix = old.partition("_")[0] + "_" if "_" in old else ""
        return renamed.setdefault(old, f"{prefix}{uuid.uuid4()}")

    return new


def _lengths() -> Iterator[int]:
    while True:
        yield from RESULT_CHARACTERS


def _lengthened(record: dict[str, Any], lengths: Iterator[int]) -> str:
    message = record.get("message")
    for block in message["content"] if message and isinstance(message["content"], list) else []:
        if block.get("type") == "tool_result" and not block.get("is_error"):
            line = "    def method(self, value): return self.table[value] + 1  # and so on\n"
            block["content"] = (line * 1000)[: next(lengths)]
            record["toolUseResult"] = {"stdout": block["content"], "stderr": ""}
    return json.dumps(record, separators=(",", ":"))


if __name__ == "__main__":
    sys.exit(main())
