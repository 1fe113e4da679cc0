"""The attributes of a span, named by OpenTelemetry's conventions for generative AI where these have a name.

The conventions are "in development" (github.com/open-telemetry/semantic-conventions-genai, as of August 2026): their
names stand in this one file, and in no table.  What is ours alone begins with ``hooktrace.``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

Value = str | int | float | bool | tuple[str, ...]
Attributes = dict[str, Value]

TEXT_LIMIT = 16_384
"""Characters of one text; backends cut, or refuse, what is much longer."""

PROVIDERS = {"anthropic": "anthropic", "aws": "aws.bedrock", "google": "gcp.vertex_ai", "claude-code": "anthropic"}
"""What the conventions call the services, and the agents that speak to one only."""


def session(row: Mapping[str, Any]) -> Attributes:
    """Return what is told of a session."""
    context = row["context"]
    return {
        **_agent(row["source"], row),
        **_given(
            {
                "gen_ai.agent.version": context.get("version"),
                "gen_ai.request.model": context.get("model"),
                "hooktrace.entrypoint": context.get("entrypoint"),
                "hooktrace.start": context.get("start"),
                "vcs.ref.head.name": context.get("branch"),
                "vcs.ref.head.revision": context.get("commit"),
            }
        ),
    }


def prompt(row: Mapping[str, Any], content: bool) -> Attributes:
    """Return what is told of a prompt; its text is *content*."""
    told = _agent(row["source"], row) | {"prompt.id": str(row["correlation_id"])}
    if content and row["prompt_text"]:
        parts = [{"type": "text", "content": row["prompt_text"][:TEXT_LIMIT]}]
        told["gen_ai.input.messages"] = json.dumps([{"role": "user", "parts": parts}], ensure_ascii=False)
    return told


def agent(row: Mapping[str, Any], _content: bool) -> Attributes:
    """Return what is told of a subagent."""
    return {**_agent(row["name"] or "agent", row), **_given({"gen_ai.agent.id": _first(row, "agent_id")})}


def tool(row: Mapping[str, Any], content: bool) -> Attributes:
    """Return what is told of a tool call; what it was given and what it answered are *content*."""
    call, apart = row["call"] or {}, row["context"].get("time") or {}
    told = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": row["name"] or "unknown",
        "gen_ai.tool.type": "extension" if str(row["name"]).startswith("mcp__") else "function",
        "gen_ai.tool.call.id": _first(row, "tool_use_id"),
        "gen_ai.conversation.id": row["session_id"],
        "server.address": call.get("endpoint") if call.get("service") == "web" else None,
        "hooktrace.mcp.server": call.get("service") if call.get("service") != "web" else None,
        "http.request.method": call.get("method"),
        "http.response.status_code": call.get("status_code"),
        "hooktrace.permission_ms": apart.get("permission_ms"),
        "hooktrace.execution_ms": apart.get("execution_ms"),
    }
    if content:
        told["gen_ai.tool.call.arguments"] = _text(_first(row, "input"))
        told["gen_ai.tool.call.result"] = _text(_first(row, "output"))
    return _given(told)


def task(_row: Mapping[str, Any], _content: bool) -> Attributes:
    """Return what is told of a task: nothing that others have names for."""
    return {}


def request(row: Mapping[str, Any]) -> Attributes:
    """Return what is told of a request to the model; tokens read from a cache, or put there, are input, too."""
    metadata = row["metadata"]
    read, written = row["cache_read_tokens"], row["cache_write_tokens"]
    cost = row["cost_usd"]
    return _given(
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": PROVIDERS.get(row["service"], row["service"]),
            "gen_ai.request.model": metadata.get("requested_model") or row["model"],
            "gen_ai.response.model": row["model"],
            "gen_ai.response.id": metadata.get("message_id"),
            "gen_ai.response.finish_reasons": (str(stop),) if (stop := metadata.get("stop_reason")) else None,
            "gen_ai.usage.input_tokens": _sum(row["input_tokens"], read, written),
            "gen_ai.usage.output_tokens": row["output_tokens"],
            "gen_ai.usage.cache_read.input_tokens": read,
            "gen_ai.usage.cache_creation.input_tokens": written,
            "gen_ai.conversation.id": row["session_id"],
            "session.id": row["session_id"],
            "http.response.status_code": row["status_code"],
            "http.request.resend_count": row["retry_count"] or None,
            "error.type": row["error_type"],
            "hooktrace.cost_usd": float(cost) if cost is not None else None,
        }
    )


def everybodys(row: Mapping[str, Any]) -> Attributes:
    """Return what is told of every execution."""
    return _given(
        {
            "session.id": row["session_id"],
            "hooktrace.kind": row["kind"],
            "hooktrace.status": row["status"],
            "hooktrace.project": row["project"],
            "error.type": row["error_type"],
        }
    )


def _agent(name: str, row: Mapping[str, Any]) -> Attributes:
    return _given(
        {
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.agent.name": name,
            "gen_ai.conversation.id": row["session_id"],
            "gen_ai.provider.name": PROVIDERS.get(row["source"]),
        }
    )


def _first(row: Mapping[str, Any], name: str) -> Any:
    """Return what the first event that knows *name* says of it."""
    return next((event[name] for event in row["events"] or () if event.get(name) is not None), None)


def _text(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False)[:TEXT_LIMIT]


def _sum(*numbers: int | None) -> int | None:
    known = [number for number in numbers if number is not None]
    return sum(known) if known else None


def _given(told: Mapping[str, Any]) -> Attributes:
    return {name: value for name, value in told.items() if value is not None}
