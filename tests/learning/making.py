"""Stories in a line, for tests of what is read in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from tracing.learning.story import AgentRun, Call, Story

BEGIN = datetime(2026, 3, 2, 8, tzinfo=UTC)
SPACE = UUID("6ba7b810-9dad-11d1-80b4-00c04fd430c8")


def at(seconds: float) -> datetime:
    """Return a time of the story."""
    return BEGIN + timedelta(seconds=seconds)


def call(name: str, status: str = "completed", message: str = "", **given: Any) -> Call:
    """Return a call of a tool with its input."""
    return Call(uuid5(SPACE, repr((name, status, given))), name, status, BEGIN, BEGIN, "", message, given)


def bash(command: str, status: str = "completed", message: str = "") -> Call:
    """Return a command that was run."""
    return call("Bash", status, message, command=command)


def begun(command: str) -> Call:
    """Return a command that was started in the background."""
    return replace(bash(command), background=True)


def edit(file: str = "/p/a.py", status: str = "completed", message: str = "", old: str = "a", new: str = "b") -> Call:
    """Return a change to a file."""
    return call("Edit", status, message, file_path=file, old_string=old, new_string=new)


def run(name: str, begin: float, end: float | None, parent: AgentRun | None = None) -> AgentRun:
    """Return a subagent at work."""
    ended = None if end is None else at(end)
    return AgentRun(
        uuid5(SPACE, f"{name} {begin}"), name, "completed", at(begin), ended, parent.correlation_id if parent else None
    )


def story(*calls: Call, **more: Any) -> Story:
    """Return a finished prompt of these calls."""
    told: Mapping[str, Any] = {"status": "completed", "ended_at": at(60), **more}
    return Story(SPACE, SPACE, "s", started_at=BEGIN, calls=calls, **told)
