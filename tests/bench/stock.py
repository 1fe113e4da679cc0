"""Spool files as work leaves them: the recorded sessions over and over under new ids, in the hook's own form."""

from __future__ import annotations

import hashlib
import json
import os
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import count, islice
from pathlib import Path
from re import Match

from tests.replay import _NAMES as NAMES
from tests.replay import RECORDINGS

UNSUITED = {"nested"}
"""A recording whose inner sessions wait for a live process of the outer one."""

VARIABLES = (
    "AI_AGENT", "CLAUDE_PID", "CLAUDE_PROJECT_DIR", "CLAUDE_CODE_ENTRYPOINT", "CODEX_MANAGED_BY_NPM",
    "COPILOT_CLI_BINARY_VERSION", "GEMINI_SESSION_ID", "QWEN_PROJECT_DIR", "HOOKTRACE_ROOT_ID", "HOOKTRACE_SESSION_ID",
    "HOOKTRACE_CORRELATION_ID", "HOOKTRACE_CAPTURE", "TRACEPARENT", "TRACESTATE",
)  # fmt: skip
"""What hooks/record takes from its environment, in its order."""

WRITER = 4194301
"""A pid that no process has."""


@dataclass(frozen=True)
class Run:
    """A recorded run: its events' hooks, variables and payloads."""

    events: tuple[tuple[str, Mapping[str, str], str], ...]


@cache
def runs() -> tuple[Run, ...]:
    """Return every recorded run that is suited."""
    found = []
    for path in sorted(RECORDINGS.glob("*/*.jsonl")):
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        if path.stem not in UNSUITED:
            found.append(Run(tuple(_event(line) for line in lines)))
    return tuple(found)


def _event(line: Mapping[str, Mapping[str, str]]) -> tuple[str, Mapping[str, str], str]:
    payload = line["payload"]
    hook = "session-start" if payload["hook_event_name"] == "SessionStart" else "record"
    return hook, line["env"], json.dumps(payload, ensure_ascii=False, separators=(",", ":"))


def events(sessions: int = 1, seed: str | None = None) -> Iterator[bytes]:
    """Yield spool files for ever: of *sessions* runs at once, one event of each in turn."""
    seed = seed or uuid.uuid4().hex
    copies = count()
    at_once = [_of_run(next(copies), seed) for _ in range(sessions)]
    while True:
        for place in range(sessions):
            event = next(at_once[place], None)
            while event is None:
                at_once[place] = _of_run(next(copies), seed)
                event = next(at_once[place], None)
            yield event


def _of_run(copy: int, seed: str) -> Iterator[bytes]:
    run = runs()[copy % len(runs())]
    known: dict[str, str] = {}

    def renamed(match: Match[str]) -> str:
        old = match.group()
        if old not in known:
            digest = hashlib.sha256(f"{seed}{copy} {old}".encode()).hexdigest()
            new = str(uuid.UUID(digest[:32], version=4)) if match["uuid"] else f"toolu_{digest[:24]}"
            known[old] = f"a{digest[:16]}" if match["agent"] else new
        return known[old]

    for hook, env, payload in run.events:
        yield spool_file(hook, env, NAMES.sub(renamed, payload).encode())


def spool_file(hook: str, env: Mapping[str, str], payload: bytes) -> bytes:
    """Return what hooks/record would write."""
    named = [f"hook={hook}", f"pid={WRITER}", "ppid=1", "call=", *(f"{name}={env.get(name, '')}" for name in VARIABLES)]
    header = "\0".join([*named, "", ""]).encode()
    return header + payload + b"\0end %d" % WRITER


def fill(spool: Path, number: int, sessions: int = 1, every_s: float = 0.005) -> int:
    """Lay *number* events into *spool*, the last of them of this moment; return their bytes."""
    size, begin = 0, time.time() - number * every_s
    for index, data in enumerate(islice(events(sessions), number)):
        file = spool / f"{index}.00-{WRITER}"
        file.write_bytes(data)
        os.utime(file, (begin + index * every_s,) * 2)
        size += len(data)
    return size
