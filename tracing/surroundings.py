"""What stands around an event when it is read, and is in no event: files, processes, repositories."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tracing.event import Event
from tracing.instructions import combined, content_hash, loaded_file
from tracing.process import Process, process_of
from tracing.transcript import agent_call
from tracing.workplace import look_up

FRESH_S = 60.0
"""Of an older event nobody can tell any more what was checked out when it fired."""

REMEMBERED = 10_000
"""Sessions and processes that are not looked at again; forgetting them costs a look each."""


@dataclass(frozen=True)
class Surroundings:
    """What was seen around one event."""

    agent_call: str | None = None
    """The tool_use_id of the Agent call that started the event's subagent."""
    process: Process | None = None
    """The process that fired it."""
    transcript: str | None = None
    """The session's transcript."""
    workplace: Mapping[str, str] = field(default_factory=dict)
    """Where the session works, as it was when the first of its events was read."""
    instructions: str | None = None
    """Hash of the instructions that the session has loaded by then; None where the event tells of none."""

    @property
    def repository(self) -> str | None:
        """The directory of the repository that the session works in."""
        return self.workplace.get("repository")


class Lookout:
    """Looks around events; what stays the same for a session is looked at once."""

    def __init__(self) -> None:
        self._workplaces: dict[str, Mapping[str, str]] = {}
        self._directories: dict[str, tuple[float, Mapping[str, str]]] = {}
        self._processes: dict[tuple[str, str], Process | None] = {}
        self._instructions: dict[str, dict[str, str]] = {}

    def look(self, event: Event) -> Surroundings:
        """Return what is around *event*."""
        return Surroundings(
            agent_call(event),
            self._process(event),
            event.text("transcript_path"),
            self._workplace(event),
            self._loaded(event),
        )

    def _loaded(self, event: Event) -> str | None:
        path = loaded_file(event)
        if path is None or not _is_fresh(event):
            return None
        digest = content_hash(path)
        if digest is None:
            return None
        if event.session_id not in self._instructions:
            _make_room(self._instructions)
        files = self._instructions.setdefault(event.session_id, {})
        files[path] = digest
        return combined(files)

    def _process(self, event: Event) -> Process | None:
        names = ("pid",) if event.is_programs else ("CLAUDE_PID", "ppid")
        key = (event.session_id, next(filter(None, map(event.header.get, names)), ""))
        if key not in self._processes:
            _make_room(self._processes)
            self._processes[key] = process_of(event)
        return self._processes[key]

    def _workplace(self, event: Event) -> Mapping[str, str]:
        known = self._workplaces.get(event.session_id)  # another lane may make room meanwhile
        if known is None:
            _make_room(self._workplaces)
            directory = event.header.get("CLAUDE_PROJECT_DIR") or event.text("cwd")
            look = self._look_at_directory if event.is_programs else look_up
            known = self._workplaces[event.session_id] = look(directory, _is_fresh(event))
        return known

    def _look_at_directory(self, directory: str | None, now: bool) -> Mapping[str, str]:
        """Look, or say what was seen less than a minute ago: a service begins many executions in one place."""
        at = time.monotonic()
        seen_at, seen = self._directories.get(key := f"{now} {directory}", (0.0, {}))
        if not seen or at - seen_at > FRESH_S:
            _make_room(self._directories)
            seen = look_up(directory, now)
            self._directories[key] = (at, seen)
        return seen


def _is_fresh(event: Event) -> bool:
    return time.time() - event.at.timestamp() < FRESH_S


def _make_room(remembered: dict[Any, Any]) -> None:
    if len(remembered) >= REMEMBERED:
        remembered.clear()
