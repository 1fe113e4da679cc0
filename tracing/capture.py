"""What of an event is content, and the event without it: names, times, sizes and outcomes.

The names of what stays are listed, one by one; whatever else an agent sends, now or in a later
version, is replaced by its size.  Numbers and switches stay where the agent itself gave them their
names; what a tool was given and what it answered may hold anything, keys and numbers included.
Paths are content too, but for those that say where a session works.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tracing.event import Event
from tracing.notification import PREFIX, noted_end
from tracing.redact import uncut_length

FULL, NO_CONTENT = "full", "no-content"

LEVELS = (FULL, NO_CONTENT)
"""How much of a session is kept."""

_STAYS = frozenset(
    {
        *("hook_event_name", "session_id", "prompt_id", "turn_id", "message_id", "tool_use_id", "agent_id", "task_id"),
        *("cwd", "old_cwd", "new_cwd", "transcript_path", "agent_transcript_path"),
        *("tool_name", "agent_type", "command_name", "command_source", "expansion_type", "mcp_server_name"),
        *("source", "model", "old_model", "new_model", "permission_mode", "notification_type", "trigger", "mode"),
        *("action", "stop_reason", "memory_type", "load_reason", "timestamp"),
        *("execution_id", "execution_parent_id", "execution_name", "execution_status"),
        *("call_id", "call_service", "call_method"),
    }
)
"""Ids, names, words of a fixed meaning, and where the session works."""

_OF_CALL = ("tool_name", "tool_use_id", "tool_input", "tool_response")
"""What there is of each call of a batch."""

_WORDS = {"SessionEnd": "reason", "StopFailure": "error", "TaskEnd": "error_type", "EndpointCall": "error_type"}
"""Which event says under what name in one word what other events say there at length."""

_PARTS: Mapping[str, frozenset[str]] = {
    "effort": frozenset({"level"}),
    "mcp_server": frozenset({"name", "source"}),
}
"""What stays of the agent's own objects."""

_AGENT = frozenset({"agentId", "status", "totalDurationMs", "totalTokens", "totalToolUseCount"})

_GIVEN: Mapping[str, frozenset[str]] = {
    "Agent": frozenset({"subagent_type", "run_in_background"}),
    "Task": frozenset({"subagent_type", "run_in_background"}),
    "Skill": frozenset({"skill", "command"}),
    "Bash": frozenset({"run_in_background", "timeout"}),
}
"""What stays of what a tool of the agent's own was given: which agent or skill was chosen, and how it ran."""

_ANSWERED: Mapping[str, frozenset[str]] = {
    "Agent": _AGENT,
    "Task": _AGENT,
    "Bash": frozenset({"interrupted", "backgroundTaskId", "timedOutAfterMs"}),
    "WebFetch": frozenset({"code", "bytes", "durationMs"}),
}
"""What stays of what it answered: which agent began, and how it ended."""

_NAME = re.compile(r"[\w.:@/-]{1,200}")

_NONE: frozenset[str] = frozenset()


def without_content(event: Event) -> Event:
    """Return *event* as it is kept where no content is."""
    return replace(event, payload={key: _kept(key, value, event.payload) for key, value in event.payload.items()})


def _kept(key: str, value: Any, told: Mapping[str, Any]) -> Any:
    """Return what is kept of *value*, which stands under *key* of the object *told*: an event, or a call of a batch."""
    name, tool = (str(told.get(which)) for which in ("hook_event_name", "tool_name"))
    if key == "prompt" and isinstance(value, str) and value.startswith(PREFIX):
        return f"{PREFIX}{noted_end(value) or ''}"
    if key == "tool_calls" and isinstance(value, list):
        return [_call(call) for call in value]
    parts = {**_PARTS, "tool_input": _GIVEN.get(tool, _NONE), "tool_response": _ANSWERED.get(tool, _NONE)}
    if key in parts:
        return _object(value, parts[key])
    stays = key in _STAYS or (_WORDS.get(name) == key and _is_name(value))
    return value if _is_switch(value) or (stays and isinstance(value, str)) else _size(value)


def _call(call: Any) -> Any:
    if not isinstance(call, dict):
        return _size(call)
    return {key: _kept(key, value, call) for key, value in call.items() if key in _OF_CALL}


def _object(value: Any, names: frozenset[str]) -> Any:
    """Return of an object what stands under *names*, if it looks like a name, and how much else there is."""
    if not isinstance(value, dict):
        return value if value is None else _size(value)
    stays = {key: one for key, one in value.items() if key in names and (_is_switch(one) or _is_name(one))}
    rest = {key: one for key, one in value.items() if key not in stays}
    return {**stays, **_size(rest)}


def _is_switch(value: Any) -> bool:
    return value is None or isinstance(value, bool | int | float)


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and _NAME.fullmatch(value) is not None


def _size(value: Any) -> dict[str, int]:
    return {"characters": _characters(value)}


def _characters(value: Any) -> int:
    """Count the characters of all texts, keys and numbers in *value*."""
    if isinstance(value, str):
        return uncut_length(value)
    if isinstance(value, dict):
        return sum(len(key) + _characters(one) for key, one in value.items())
    if isinstance(value, list):
        return sum(map(_characters, value))
    return len(json.dumps(value))
