"""An event: one firing of one hook, read, made safe for the database, and redacted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tracing.identity import event_uuid
from tracing.payload import Unreadable, parse
from tracing.programevent import is_programs, natural_key, told_time
from tracing.redact import redact, redact_text
from tracing.spool import Spooled

ID_LIMIT = 512
"""Characters of an id or a name at most: longer ones cannot be indexed, and no agent sends them."""

LONGEST_MS = 365 * 86_400_000
"""A longer duration than a year is no measurement."""

_SOURCES = {
    "CODEX_MANAGED_BY_NPM": "codex",
    "COPILOT_CLI_BINARY_VERSION": "copilot",
    "QWEN_PROJECT_DIR": "qwen",  # before Gemini, whose variables Qwen sets too
    "GEMINI_SESSION_ID": "gemini",
}
"""Which variable gives an agent away that does not name itself in AI_AGENT."""


@dataclass(frozen=True)
class Event:
    """One hook event; ``payload`` and ``header`` hold no secret and nothing jsonb refuses."""

    id: UUID
    at: datetime
    name: str
    """The agent's name for it, such as PreToolUse."""
    session_id: str
    header: Mapping[str, str]
    payload: Mapping[str, Any]
    replaced: int
    """How many values were replaced because jsonb cannot hold them."""
    redactions: int

    def text(self, key: str) -> str | None:
        """Return the payload's *key* if it is a text that is not empty."""
        value = self.payload.get(key)
        return value if isinstance(value, str) and value else None

    @property
    def measured_ms(self) -> float | None:
        """The duration that the agent measured, if it tells one that can be true."""
        value = self.payload.get("duration_ms")
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        return float(value) if 0 <= value < LONGEST_MS else None

    @property
    def is_programs(self) -> bool:
        """Tell whether it was no agent that fired it (tracing/programevent.py)."""
        return is_programs(self.header)

    @property
    def source(self) -> str:
        """Name the agent that fired the event, or the kind of program."""
        if self.is_programs:
            return self.header.get("source", "python")
        agent = self.header.get("AI_AGENT", "").partition("_")[0]
        return agent or next((name for key, name in _SOURCES.items() if key in self.header), "claude-code")

    @property
    def agent_version(self) -> str | None:
        """The agent's version, where it tells it: ``claude-code_2-1-330_harness`` is 2.1.330."""
        parts = self.header.get("AI_AGENT", "").split("_")
        return parts[1].replace("-", ".") if len(parts) > 1 else self.header.get("COPILOT_CLI_BINARY_VERSION")


def read_event(spooled: Spooled) -> Event:
    """Return the event that *spooled* holds.

    Raises:
        Unreadable: the payload is no JSON object, or names no session or event.
    """
    entry, payload = spooled.entry, parse(spooled.payload)
    programs = is_programs(spooled.header)
    at = told_time(payload.value, entry.at) if programs else entry.at
    clean = redact(payload.value)
    header = {name: redact_text(value) for name, value in spooled.header.items()}
    value: Mapping[str, Any] = clean.value
    name, session_id = (_name(value, key) for key in ("hook_event_name", "session_id"))
    return Event(
        id=event_uuid(at, (natural_key if programs else _natural_key)(name, session_id, value) or entry.name),
        at=at,
        name=name,
        session_id=session_id,
        header={name: text for name, (text, _) in header.items()},
        payload=value,
        replaced=payload.replaced,
        redactions=clean.count + sum(count for _, count in header.values()),
    )


def _name(payload: Mapping[str, Any], key: str) -> str:
    value = payload.get(key)
    if not isinstance(value, str) or not value:
        raise Unreadable(f"no {key}")
    if len(value) > ID_LIMIT:
        raise Unreadable(f"{key} of {len(value)} characters")
    return value


def _natural_key(name: str, session_id: str, payload: Mapping[str, Any]) -> str | None:
    """Return what makes the event unique by itself: a tool call's hook of one kind fires once."""
    tool_use_id = payload.get("tool_use_id")
    return f"{session_id} {name} {tool_use_id}" if tool_use_id else None
