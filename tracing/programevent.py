"""Events of programs: what the Python API and `hooktrace run` leave in the spool, and what of it can be believed.

A program's outermost execution is to the database what an agent's session is: its id is the session_id of all that
the program records beneath it, its row is the one that they hang on, and hooktrace.sessions remembers its tree.  Only
its kind is another one: ``task``.  Whoever asks for such a row asks for ``kind = 'session'``, or for ``kind = 'task'``
with a correlation_id that is the session_id: tasks further in have an id of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

API = "api"
"""The header's ``hook`` of what a program wrote (tracing/api/slot.py)."""

START, END, CALL = "TaskStart", "TaskEnd", "EndpointCall"

_KEYS = {START: "execution_id", END: "execution_id", CALL: "call_id"}
"""Under which name each tells the id that makes it unique: of each there is one."""

CLOCK_SLACK = timedelta(seconds=1)
"""A file's time is some milliseconds behind the moment that the program read off the clock; it cannot be far away."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def is_programs(header: Mapping[str, str]) -> bool:
    """Tell whether a program of its own wrote the event, and no agent's hook."""
    return header.get("hook") == API


def natural_key(name: str, session_id: str, payload: Mapping[str, Any]) -> str | None:
    """Return what makes a program's event unique by itself."""
    key = payload.get(_KEYS.get(name, ""))
    return f"{session_id} {name} {key}" if isinstance(key, str) and key else None


def told_time(payload: Mapping[str, Any], written_at: datetime) -> datetime:
    """Return when the program says that the event was, to the microsecond, if that can be true."""
    told = moment_of(payload.get("at_ns"))
    return told if told and abs(told - written_at) < CLOCK_SLACK else written_at


def moment_of(nanoseconds: Any) -> datetime | None:
    """Return a Unix time in *nanoseconds*, None if it is none."""
    if isinstance(nanoseconds, bool) or not isinstance(nanoseconds, int) or not 0 < nanoseconds < 1 << 62:
        return None
    return _EPOCH + timedelta(microseconds=nanoseconds // 1000)


def event_status(name: str, payload: Mapping[str, Any]) -> str:
    """Return the status of what an event tells of."""
    if name == START:
        return "in_progress"
    if name == CALL:
        return "failed" if payload.get("call_failed") is True else "completed"
    told = payload.get("execution_status")
    return told if told in ("completed", "cancelled") else "failed"
