"""Choices of an agent, a skill or a command, as rows.

The model chooses by calling a tool, a person by typing a command.  What else could have been chosen
no event tells, so there are no alternatives; how it went is told by what was started, once that ends
(sql/queries/judge_decisions.sql).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tracing.assemble import Records
from tracing.event import ID_LIMIT
from tracing.identity import decision_uuid

QUERY_LIMIT = 4096
"""Characters of the request that are kept with the choice; the event keeps all of it."""

DEFAULT_AGENT = "general-purpose"
"""What the client starts when the model names no type."""

_AGENT_TOOLS = ("Agent", "Task")
"""The tool's name, and the one it had."""

_CALL_EVENTS = ("PreToolUse", "PostToolUse", "PostToolUseFailure")


@dataclass(frozen=True)
class Decision:
    """A row of agent_routing_decisions, without its outcome."""

    id: UUID
    root_id: UUID
    trace_id: UUID
    """The correlation id of the prompt or agent in which the choice was made."""
    session_id: str
    project: str | None
    query_text: str | None
    agent_selected: str
    routing_strategy: str
    """``model`` or ``explicit``."""
    created_at: datetime
    metadata: Mapping[str, Any]
    """``started`` is the correlation id of what was started by the choice: it tells how it went."""


def decision(records: Records) -> Decision | None:
    """Return the choice that the event behind *records* tells of, if it tells of one."""
    event = records.hook.event
    if event.name == "UserPromptExpansion":
        return _command(records)
    return _call(records) if event.name in _CALL_EVENTS else None


def _command(records: Records) -> Decision | None:
    event = records.hook.event
    name, prompt_id = _name(event.payload, "command_name"), event.text("prompt_id")
    if not name or not prompt_id:
        return None
    told = {"kind": event.text("expansion_type") or "command", "source": event.text("command_source")}
    what = f"{prompt_id} {name}"
    return _row(records, what, records.hook.trace_id, name, "explicit", event.text("prompt"), event.at, told)


def _call(records: Records) -> Decision | None:
    event = records.hook.event
    asked = event.payload.get("tool_input")
    tool_use_id, tool = event.text("tool_use_id"), event.text("tool_name")
    if not tool_use_id or not isinstance(asked, dict):
        return None
    if tool in _AGENT_TOOLS:
        name, query, kind = _name(asked, "subagent_type") or DEFAULT_AGENT, asked.get("prompt"), "agent"
    elif tool == "Skill":
        name, query, kind = _name(asked, "skill") or _name(asked, "command") or "", asked.get("args"), "skill"
    else:
        return None
    call = next(facts for facts in records.executions if facts.correlation_id == records.hook.trace_id)
    if not name or call.parent_id is None:
        return None
    told = {"kind": kind, "tool_use_id": tool_use_id}
    at = event.at - timedelta(milliseconds=event.measured_ms or 0)
    return _row(records, tool_use_id, call.parent_id, name, "model", query, at, told)


def _row(
    records: Records, what: str, trace_id: UUID, name: str, strategy: str, query: Any, at: datetime, told: Any
) -> Decision:
    hook, session_id = records.hook, records.hook.event.session_id
    metadata = {"started": str(hook.trace_id), **{key: value for key, value in told.items() if value}}
    text = query[:QUERY_LIMIT] if isinstance(query, str) and query else None
    project = records.executions[0].project
    return Decision(
        decision_uuid(session_id, what), hook.root_id, trace_id, session_id, project, text, name, strategy, at, metadata
    )


def _name(values: Mapping[str, Any], key: str) -> str | None:
    value = values.get(key)
    return value if isinstance(value, str) and 0 < len(value) <= ID_LIMIT else None
