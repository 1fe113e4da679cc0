"""Ids, derived from what an event carries and never remembered.

The same event gives the same ids on every replay and in every process, so parallel hooks
need no lock and a second delivery finds its own rows.
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from uuid import UUID, uuid5

NAMESPACE = UUID("fe049260-1cf6-59f7-ad67-c64ba7bd5da2")
"""Namespace of the ids of sessions whose own id is no UUID."""

NIL = UUID(int=0)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CANONICAL = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")


def parse_uuid(text: str | None) -> UUID | None:
    """Return *text* as a UUID if it is one in the 36-character form and not nil, else None."""
    if not text or not _CANONICAL.fullmatch(text):
        return None
    value = UUID(text)
    return None if value == NIL else value


@lru_cache(maxsize=1024)  # of most events the same
def session_uuid(session_id: str) -> UUID:
    """Return the correlation id of a session, which is its root id too unless it inherited one."""
    return parse_uuid(session_id) or uuid5(NAMESPACE, session_id)


def agent_uuid(session_id: str, agent_id: str) -> UUID:
    """Return the correlation id of a subagent."""
    return uuid5(session_uuid(session_id), f"agent:{agent_id}")


def tool_uuid(session_id: str, tool_use_id: str) -> UUID:
    """Return the correlation id of a tool call."""
    return uuid5(session_uuid(session_id), f"tool:{tool_use_id}")


def prompt_uuid(session_id: str, prompt_id: str) -> UUID:
    """Return the correlation id of a prompt (turn): its own id if that is a UUID."""
    return parse_uuid(prompt_id) or uuid5(session_uuid(session_id), f"prompt:{prompt_id}")


def call_uuid(session_id: str, tool_use_id: str) -> UUID:
    """Return the id of the call outside that a tool call is: the same in every event that tells of it."""
    return uuid5(session_uuid(session_id), f"call:{tool_use_id}")


def decision_uuid(session_id: str, what: str) -> UUID:
    """Return the id of a choice: *what* is the tool call that carried it out, or the prompt that named it."""
    return uuid5(session_uuid(session_id), f"decision:{what}")


def request_uuid(session_id: str, message_id: str) -> UUID:
    """Return the id of the request to the model that was answered with the message *message_id*.

    It holds no time: the lines that tell of one answer are read in any number of pieces, and each has another.
    """
    return uuid5(session_uuid(session_id), f"request:{message_id}")


def event_uuid(at: datetime, key: str) -> UUID:
    """Return the id of the event *key* at the time *at*: time-ordered, and equal on replay.

    The layout is UUIDv7's (RFC 9562, 5.7): 48 bits of milliseconds, 12 bits of the fraction
    of the millisecond (its method 3), and 62 bits of a hash of *key* where v7 has randomness.
    """
    microseconds = (at - _EPOCH) // timedelta(microseconds=1)
    milliseconds, fraction = divmod(microseconds, 1000)
    tail = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") & ((1 << 62) - 1)
    value = (milliseconds & ((1 << 48) - 1)) << 80 | 0x7 << 76 | (fraction * 4096 // 1000) << 64
    return UUID(int=value | 0b10 << 62 | tail)


def otel_trace_id(root_id: UUID) -> int:
    """Return the id by which OpenTelemetry knows a tree: all 128 bits of its root id."""
    return root_id.int


def otel_span_id(correlation_id: UUID) -> int:
    """Return the id by which OpenTelemetry knows an execution, or a request to the model: its last 64 bits, never 0."""
    return correlation_id.int & ((1 << 64) - 1) or 1


def run_uuid(correlation_id: UUID, began_at: datetime) -> UUID:
    """Return the id of a later run of an execution that had ended, and began again at *began_at*."""
    return uuid5(correlation_id, f"run:{began_at.astimezone(UTC).isoformat(timespec='microseconds')}")
