"""Calls to something outside, as rows: an agent's of MCP tools, of the web, of the model; and those of programs.

The first two are told by the event after the tool call, the third by a transcript, the last by an event of their own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

from tracing.assemble import ERROR_LIMIT, Records
from tracing.event import ID_LIMIT, Event
from tracing.identity import call_uuid, parse_uuid
from tracing.modelrequest import ModelRequest
from tracing.programevent import CALL

MESSAGES = "/v1/messages"
"""The endpoint of every request to the model."""

UNKNOWN = "unknown"
"""The endpoint of a fetch whose address cannot be read, or that is not told."""

DEAREST_USD = 10**8
"""The column holds less than this."""

_AFTER_CALL = ("PostToolUse", "PostToolUseFailure")
_BEFORE_HOST = re.compile(r"\s*(?:[A-Za-z][A-Za-z0-9+.-]*://)?(?:[^/?#]*@)?")
_NOT_IN_TOOL_NAME = re.compile(r"[^A-Za-z0-9_-]")


@dataclass(frozen=True)
class EndpointCall:
    """A row of endpoint_calls; what is None is not known."""

    id: UUID
    root_id: UUID
    trace_id: UUID
    """The correlation id of the execution that made the call."""
    session_id: str
    project: str | None
    service: str
    endpoint: str
    method: str | None
    started_at: datetime
    completed_at: datetime | None
    """None where the start is not known exactly: the table takes the duration from the two."""
    last_told_at: datetime | None = None
    """When the last of its answer came, also where the start is not known; another piece may have told that."""
    status_code: int | None = None
    duration_ms: int | None = None
    success: bool | None = None
    error_type: str | None = None
    error_message: str | None = None
    retry_count: int = 0
    model: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    cost_usd: Decimal | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)


class _Target(NamedTuple):
    service: str
    endpoint: str
    method: str | None = None


class _Outcome(NamedTuple):
    success: bool | None
    status_code: int | None = None
    error_type: str | None = None
    error_message: str | None = None


def tool_call(records: Records) -> EndpointCall | None:
    """Return the call outside that the event behind *records* tells of, if it tells of one.

    It belongs to the execution that the event speaks of, which is the tool call.
    """
    hook, event = records.hook, records.hook.event
    target = _target(event) if event.name in _AFTER_CALL else None
    if target is None:
        return None
    measured = event.measured_ms
    tool_use_id = event.text("tool_use_id")
    outcome = _outcome(event)
    return EndpointCall(
        id=call_uuid(event.session_id, tool_use_id) if tool_use_id else event.id,
        root_id=hook.root_id,
        trace_id=hook.trace_id,
        session_id=event.session_id,
        project=records.executions[0].project,
        service=target.service[:ID_LIMIT],
        endpoint=target.endpoint[:ID_LIMIT],
        method=target.method,
        started_at=event.at - timedelta(milliseconds=measured or 0),
        completed_at=event.at if measured is not None else None,
        duration_ms=None if measured is None else round(measured),
        **outcome._asdict(),
        metadata=_told({"tool_use_id": tool_use_id, "agent_id": event.text("agent_id")}),
    )


def program_call(records: Records) -> EndpointCall | None:
    """Return the call that a program tells of, if the event behind *records* is that; what cannot be is not known."""
    hook, event = records.hook, records.hook.event
    service, endpoint = event.text("call_service"), event.text("call_endpoint")
    if not event.is_programs or event.name != CALL or not service:
        return None
    measured, code, cost = event.measured_ms, _count(event, "status_code"), event.payload.get("cost_usd")
    is_cost = isinstance(cost, int | float) and not isinstance(cost, bool) and 0 <= cost < DEAREST_USD
    told = event.payload.get("call_failed") is True
    refused = code is not None and code >= 400
    return EndpointCall(
        id=parse_uuid(event.text("call_id")) or event.id,
        root_id=hook.root_id,
        trace_id=hook.trace_id,
        session_id=event.session_id,
        project=records.executions[0].project,
        service=service[:ID_LIMIT],
        endpoint=((_address(endpoint) if endpoint and "://" in endpoint else endpoint) or UNKNOWN)[:ID_LIMIT],
        method=event.text("call_method"),
        started_at=event.at - timedelta(milliseconds=measured or 0),
        completed_at=event.at if measured is not None else None,
        duration_ms=None if measured is None else round(measured),
        status_code=code if code and 100 <= code <= 599 else None,
        success=not (told or refused),
        error_type=event.text("error_type") or ("http_status" if refused else None),
        error_message=(event.text("error") or "")[:ERROR_LIMIT] or None,
        retry_count=_count(event, "retry_count", 1 << 31) or 0,
        model=event.text("model"),
        input_tokens=_count(event, "input_tokens"),
        output_tokens=_count(event, "output_tokens"),
        cache_read_tokens=_count(event, "cache_read_tokens"),
        cache_write_tokens=_count(event, "cache_write_tokens"),
        cost_usd=Decimal(str(cost)) if is_cost else None,
    )


def _count(event: Event, key: str, limit: int = 1 << 63) -> int | None:
    value = event.payload.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < limit else None


def request_call(
    request: ModelRequest, root_id: UUID, trace_id: UUID, project: str | None, cost_usd: Decimal | None
) -> EndpointCall:
    """Return the row of a *request*; *trace_id* is that of ``request.within`` which is stored."""
    tokens, sent = request.tokens, request.started_at
    whole = sent is not None and sent <= request.last_at
    return EndpointCall(
        id=request.id,
        root_id=root_id,
        trace_id=trace_id,
        session_id=request.session_id,
        project=project,
        service=request.provider,
        endpoint=MESSAGES,
        method="POST",
        started_at=sent if sent and whole else request.at,
        completed_at=request.last_at if whole else None,
        last_told_at=request.last_at,
        status_code=request.status_code,
        success=False if request.error_type else True if request.stop_reason else None,
        error_type=request.error_type,
        error_message=request.error_message,
        retry_count=request.retry_count,
        model=request.model,
        input_tokens=tokens.input if tokens else None,
        output_tokens=tokens.output if tokens else None,
        cache_read_tokens=tokens.cache_read if tokens else None,
        cache_write_tokens=tokens.cache_write if tokens else None,
        cost_usd=cost_usd,
        metadata=_request_metadata(request),
    )


def _request_metadata(request: ModelRequest) -> dict[str, Any]:
    return _told(
        {
            "message_id": request.message_id,
            "request_id": request.request_id,
            "requested_model": request.requested_model if request.requested_model != request.model else None,
            "prompt_id": request.prompt_id,
            "agent_id": request.agent_id,
            "stop_reason": request.stop_reason,
            "service_tier": request.service_tier,
            "speed": request.speed,
            "inference_geo": request.inference_geo,
            "billed_beside": request.billed_beside,
            "tool_use_ids": sorted(request.tool_use_ids),
            "cache_write_1h_tokens": request.tokens.cache_write_1h if request.tokens else 0,
            "web_searches": request.tokens.web_searches if request.tokens else 0,
        }
    )


def _told(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}


def _target(event: Event) -> _Target | None:
    tool = event.text("tool_name") or ""
    if tool.startswith("mcp__"):
        return _mcp_target(event, tool)
    if tool == "WebFetch":
        asked = event.payload.get("tool_input")
        url = asked.get("url") if isinstance(asked, dict) else None
        return _Target("web", (_address(url) if isinstance(url, str) else None) or UNKNOWN, "GET")
    return _Target("web", "search") if tool == "WebSearch" else None


def _mcp_target(event: Event, tool: str) -> _Target | None:
    """Return server and tool; a server with two underscores in its name is known only where the agent names it."""
    told = event.payload.get("mcp_server")
    server = told.get("name") if isinstance(told, dict) else None
    if isinstance(server, str) and server:
        name = tool.removeprefix(f"mcp__{_NOT_IN_TOOL_NAME.sub('_', server)}__")
        if name and name != tool:
            return _Target(server, name)
    server, _, name = tool.removeprefix("mcp__").partition("__")
    return _Target(server, name) if server and name else None


def _address(url: str) -> str | None:
    """Return host, port and path of *url*: what comes after it, and before it, may be secret."""
    try:
        parts = urlsplit("//" + _BEFORE_HOST.sub("", url, count=1))
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if not host:
        return None
    host = f"[{host}]" if ":" in host else host
    return f"{host}:{port}{_path(parts.path)}" if port else f"{host}{_path(parts.path)}"


def _path(path: str) -> str:
    return "" if path == "/" else path.partition(";")[0]


def _outcome(event: Event) -> _Outcome:
    if event.name == "PostToolUseFailure":
        kind = "interrupt" if event.payload.get("is_interrupt") is True else "tool_error"
        return _Outcome(False, None, kind, (event.text("error") or "")[:ERROR_LIMIT] or None)
    response = event.payload.get("tool_response")
    if event.text("tool_name") != "WebFetch" or not isinstance(response, dict) or "code" not in response:
        return _Outcome(True)
    code, text = response["code"], response.get("codeText")
    if isinstance(code, bool) or not isinstance(code, int) or not 100 <= code <= 599:
        return _Outcome(None)  # nothing was fetched, says the tool with a 0
    if code < 400:
        return _Outcome(True, code)
    return _Outcome(False, code, "http_status", text[:ERROR_LIMIT] if isinstance(text, str) else None)
