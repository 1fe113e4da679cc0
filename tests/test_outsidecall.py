"""Calls outside: which tool calls are, what they are called, and how they ended."""

from __future__ import annotations

import json
import random
import re
from dataclasses import fields
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.replay import RECORDINGS
from tests.test_assemble import KEYS, PROMPT, VALUES, event
from tests.transcripts import BEGIN, latest, whole
from tracing.assemble import Session, assemble
from tracing.event import Event
from tracing.identity import prompt_uuid, session_uuid, tool_uuid
from tracing.modelrequest import ModelRequest, Tokens, fold
from tracing.outsidecall import EndpointCall, request_call, tool_call
from tracing.resources import resource

ROOT = session_uuid("the root")
CALL = {"tool_use_id": "toolu_1", "prompt_id": PROMPT, "cwd": "/home/dev/project", "duration_ms": 28}


def call(told: Event) -> EndpointCall | None:
    """Return the call outside that *told* tells of."""
    return tool_call(assemble(told, Session(told.session_id, ROOT)))


def after(tool: str, response: Any = None, name: str = "PostToolUse", **more: Any) -> EndpointCall:
    """Return the call outside that is told by the event after a call of *tool*."""
    told = call(event(name, tool_name=tool, **({"tool_response": response} if response else {}), **{**CALL, **more}))
    assert told
    return told


def fetched(url: Any, **response: Any) -> EndpointCall:
    return after("WebFetch", {"bytes": 11, "result": "ok", "url": url, **response}, tool_input={"url": url})


def recorded(name: str) -> list[EndpointCall]:
    """Return the calls outside of the newest client's recording *name*."""
    lines = (RECORDINGS / "2.1.330" / f"{name}.jsonl").read_text().splitlines()
    payloads = [json.loads(line)["payload"] for line in lines]
    told = [call(event(payload.pop("hook_event_name"), **payload)) for payload in payloads]
    return [one for one in told if one]


def test_the_recorded_calls_of_an_mcp_server() -> None:
    """One that answered, one that failed, one that asked the user; nothing else of that run went outside."""
    add, fail, ask = recorded("mcp")
    assert {one.service for one in (add, fail, ask)} == {"demo"}
    assert [(one.endpoint, one.success, one.duration_ms) for one in (add, fail, ask)] == [
        ("add", True, 9),
        ("fail", False, 6),
        ("ask", True, 130),
    ]
    assert (fail.error_type, fail.error_message) == ("tool_error", "scripted MCP failure")
    assert add.completed_at
    assert add.completed_at - add.started_at == timedelta(milliseconds=9)
    assert add.trace_id == tool_uuid(add.session_id, "toolu_mock_main_0_0_407a74d7")
    assert (add.root_id, add.project, add.method, add.status_code) == (ROOT, "project", None, None)


def test_the_recorded_fetch_that_failed() -> None:
    """The address is known from what was asked; no status is known, and the error is told."""
    (fetch,) = recorded("failing")
    assert (fetch.service, fetch.endpoint, fetch.method) == ("web", "127.0.0.1:9/nothing", "GET")
    assert (fetch.success, fetch.status_code, fetch.error_type) == (False, None, "tool_error")
    assert fetch.error_message
    assert fetch.error_message.startswith("Unable to verify if domain 127.0.0.1 is safe to fetch.")


def test_other_recorded_runs_call_nothing_outside() -> None:
    """Files and commands are the agent's own machine."""
    names = {path.stem for path in (RECORDINGS / "2.1.330").glob("*.jsonl")} - {"mcp", "failing"}
    assert {name: recorded(name) for name in names} == {name: [] for name in names}


def test_a_fetch_has_the_status_that_the_server_gave() -> None:
    """An answer is a success below 400, as the client sends it: a page that is missing is no failed tool call."""
    found = fetched("https://docs.example.org/a/b?token=s3cret#part", code=200, codeText="OK")
    assert (found.endpoint, found.status_code, found.success) == ("docs.example.org/a/b", 200, True)
    missing = fetched("https://docs.example.org/a", code=404, codeText="Not Found")
    assert (missing.success, missing.error_type, missing.error_message) == (False, "http_status", "Not Found")
    assert fetched("https://docs.example.org/a", code=302, codeText="Found").success is True


@pytest.mark.parametrize("code", [0, 99, 600, True, "200", None, 2.5])
def test_a_status_that_is_none_tells_nothing(code: Any) -> None:
    """The client says 0 where it fetched nothing; whether that succeeded is not known."""
    told = fetched("https://docs.example.org/", code=code, codeText="Not Fetched")
    assert (told.status_code, told.success, told.error_type) == (None, None, None)


def test_a_search_is_stored_without_what_was_searched_for() -> None:
    """Only that there was one, how long it took, and that it was answered."""
    told = after("WebSearch", {"query": "my secret query", "results": [], "durationSeconds": 0.01, "searchCount": 0})
    assert (told.service, told.endpoint, told.method, told.success) == ("web", "search", None, True)
    assert "secret" not in repr(told)


@pytest.mark.parametrize(
    ("url", "endpoint"),
    [
        ("https://user:pa55word@Example.org:8443/x;jsessionid=1?q=2", "example.org:8443/x"),
        ("https://user@example.org", "example.org"),
        ("https://example.org/", "example.org"),
        ("https://example.org/a/", "example.org/a/"),
        ("example.org/a?u=http://b/c@d", "example.org/a"),
        ("https://example.org/mail@home", "example.org/mail@home"),
        ("http://[::1]:8080/a", "[::1]:8080/a"),
        ("https://[redacted]@example.org/a", "example.org/a"),
        ("https://example.org:99999/a", "unknown"),
        ("https://[bad/", "unknown"),
        ("https://", "unknown"),
        ("", "unknown"),
        ("?a=b", "unknown"),
        (None, "unknown"),
        (7, "unknown"),
    ],
)
def test_an_endpoint_is_host_and_path(url: Any, endpoint: str) -> None:
    """Neither credentials nor a query are stored, and no address makes the event fail."""
    assert fetched(url, code=200).endpoint == endpoint


@pytest.mark.parametrize(
    ("tool", "server", "service", "endpoint"),
    [
        ("mcp__github__get_issue", None, "github", "get_issue"),
        ("mcp__github__get__issue", None, "github", "get__issue"),
        ("mcp__my__db__query", "my__db", "my__db", "query"),
        ("mcp__claude_ai_Mail__send", "claude.ai Mail", "claude.ai Mail", "send"),
        ("mcp__plugin_a_b__t", "something else", "plugin_a_b", "t"),
        ("mcp__demo__add", 5, "demo", "add"),
    ],
)
def test_an_mcp_call_is_its_server_and_its_tool(tool: str, server: Any, service: str, endpoint: str) -> None:
    """As the agent names the server, else as the tool's name has it."""
    more: dict[str, Any] = {"mcp_server": {"name": server, "source": "dynamic"}} if server else {}
    told = after(tool, [{"type": "text", "text": "3"}], **more)
    assert (told.service, told.endpoint) == (service, endpoint)


@pytest.mark.parametrize("tool", ["Bash", "mcp__", "mcp__demo", "mcp__demo__", "mcp____tool", "webfetch", ""])
def test_other_tools_call_nothing_outside(tool: str) -> None:
    """Nor does a name that is no server's tool."""
    assert call(event("PostToolUse", tool_name=tool, **CALL)) is None


@pytest.mark.parametrize("name", ["PreToolUse", "PermissionDenied", "PostToolBatch", "PermissionRequest"])
def test_only_what_ran_was_a_call(name: str) -> None:
    """A call that was asked for, or refused, has reached nobody."""
    assert call(event(name, tool_name="mcp__demo__add", **CALL)) is None


def test_an_interrupted_call_says_so() -> None:
    """It is no error of the server."""
    told = after("mcp__demo__add", name="PostToolUseFailure", error="stopped", is_interrupt=True)
    assert (told.success, told.error_type, told.error_message) == (False, "interrupt", "stopped")


def test_a_long_error_is_cut_and_so_is_a_name() -> None:
    """The event keeps all of it."""
    told = after("mcp__demo__" + "x" * 5000, name="PostToolUseFailure", error="y" * 9000)
    assert (len(told.error_message or ""), len(told.endpoint)) == (4096, 512)


def test_a_call_without_a_measured_time_has_no_duration() -> None:
    """The table would take one from start and end."""
    told = after("mcp__demo__add", duration_ms=None)
    assert (told.duration_ms, told.completed_at) == (None, None)


def test_the_id_of_a_call_is_derived_from_the_tool_call() -> None:
    """The same event again is the same row; without an id of the call it is the event's own."""
    assert str(after("WebSearch").id) == "12ed4294-3622-5f5e-8d20-207093ce313e"
    assert after("WebSearch").id == after("WebFetch").id != after("WebSearch", tool_use_id="toolu_2").id
    nameless = event("PostToolUse", tool_name="WebSearch")
    told = call(nameless)
    assert told
    assert told.id == nameless.id


def test_no_payload_of_any_shape_makes_it_fail() -> None:
    """Agents change their payloads: a value of another type than expected costs a detail, never the event."""
    chance = random.Random(3)
    for tool in ("mcp__demo__add", "WebFetch", "WebSearch"):
        for name in ("PostToolUse", "PostToolUseFailure"):
            for _ in range(300):
                payload = {key: chance.choice(VALUES) for key in chance.sample(KEYS, chance.randint(0, 8))}
                payload |= {"mcp_server": chance.choice(VALUES), "tool_name": tool}
                told = call(event(name, **payload))
                assert told
                assert told.completed_at is None or told.completed_at >= told.started_at


# --------------------------------------------------------------------------
# Requests


def test_a_request_is_a_call_of_the_model() -> None:
    """With its tokens, its cost, its retries, and the time from when it was sent to its last block."""
    (reading,) = whole(*latest("retried"))
    told = fold(reading.requests)[1]
    row = request_call(told, ROOT, told.within[0], "project", Decimal("0.001576"))
    assert (row.service, row.endpoint, row.method, row.model) == (
        "anthropic",
        "/v1/messages",
        "POST",
        "claude-opus-5-5",
    )
    assert (row.input_tokens, row.output_tokens, row.cache_read_tokens, row.cache_write_tokens) == (9, 77, 0, 0)
    assert (row.retry_count, row.success, row.cost_usd, row.id) == (2, True, Decimal("0.001576"), told.id)
    assert (row.started_at, row.completed_at) == (told.started_at, told.last_at)
    assert row.trace_id == prompt_uuid(told.session_id, told.prompt_id or "")
    assert row.metadata["stop_reason"] == "end_turn"
    assert json.loads(json.dumps(row.metadata)) == row.metadata


def test_a_request_that_failed_is_a_failed_call() -> None:
    """Its status and error are told; what it used is not known."""
    (reading,) = whole(*latest("api_error"))
    (told,) = reading.requests
    row = request_call(told, ROOT, told.within[0], None, None)
    assert (row.status_code, row.success, row.error_type) == (400, False, "invalid_request_error")
    assert (row.input_tokens, row.cost_usd, row.model) == (None, None, None)


def test_a_request_of_unknown_start_has_no_duration() -> None:
    """Older clients do not say when it was sent; a clock that was set back says nothing either."""
    told = ModelRequest("s", "m", BEGIN, BEGIN + timedelta(seconds=2), tokens=Tokens(1, 1))
    for sent_at in (None, BEGIN + timedelta(seconds=3)):
        request = ModelRequest(told.session_id, told.message_id, told.at, told.last_at, started_at=sent_at)
        row = request_call(request, ROOT, ROOT, None, None)
        assert (row.started_at, row.completed_at, row.success) == (BEGIN, None, None)


def test_a_call_has_the_columns_of_its_table() -> None:
    """All but the two that the database fills by itself, and what only the merging of a call told in pieces needs."""
    sql = resource("sql").joinpath("migrations/0004_decisions_and_calls.sql").read_text()
    table = sql.split("CREATE TABLE IF NOT EXISTS endpoint_calls (")[1].split("CONSTRAINT")[0]
    columns = set(re.findall(r"^    (\w+) ", table, re.MULTILINE))
    assert {column.name for column in fields(EndpointCall)} == columns - {"user_id", "created_at"} | {"last_told_at"}
