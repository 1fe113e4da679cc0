"""From the row of an execution, or of a request to the model, to the span that tells of it.

Ids are derived as all ids are (tracing/identity.py), so a span that is sent twice has the same twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, Literal, NamedTuple
from uuid import UUID

from tracing.identity import otel_span_id, otel_trace_id, run_uuid, session_uuid
from tracing.otel import attributes
from tracing.otel.attributes import Attributes
from tracing.traceparent import TraceParent, parse_traceparent

Continue = Literal["auto", "on", "off"]
"""Whether a session continues the trace that it was started in; ``auto``: where nobody sits before it."""

UNATTENDED = frozenset({"sdk-cli", "sdk-ts", "sdk-py"})
"""Entrypoints of runs like ``claude -p``: the client itself continues the caller's trace there, and only there."""

FAILED = frozenset({"failed", "timeout", "denied", "cancelled"})
"""Whatever was to be done was not done: the status of the span is an error."""

MOST_EVENTS = 128
"""Events of one span, OpenTelemetry's own default."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Reference(NamedTuple):
    """A span, named."""

    trace_id: int
    span_id: int
    remote: bool = False
    """Whether somebody else made it."""


class Event(NamedTuple):
    """Something that happened at one moment of a span."""

    name: str
    at_ns: int
    attributes: Attributes


class Link(NamedTuple):
    """Another span that this one has to do with, and in which way."""

    to: Reference
    attributes: Attributes


class Mark(NamedTuple):
    """What is remembered of a span that was sent; a row of hooktrace.exports."""

    root_id: UUID
    id: UUID
    ended_at: datetime
    trace_id: UUID
    session_id: str
    began_at: datetime | None = None
    status: str | None = None
    error_type: str | None = None


class _Run(NamedTuple):
    """An execution from one beginning to the end that followed; one that was resumed has several."""

    later: bool
    """Whether it is another than the first."""
    began_at: datetime
    ended_at: datetime
    status: str
    error_type: str | None


@dataclass(frozen=True)
class Span:
    """A span, complete; times are nanoseconds since 1970."""

    itself: Reference
    parent: Reference | None
    name: str
    kind: Literal["internal", "client"]
    start_ns: int
    end_ns: int
    error: str | None
    """Why its status is an error; None where it is none.  May be empty."""
    attributes: Attributes
    events: Sequence[Event]
    links: Sequence[Link]
    mark: Mark


@dataclass(frozen=True)
class Manner:
    """How rows become spans."""

    content: bool = False
    """Whether prompts, and what tools were given and answered, are told."""
    continue_parent: Continue = "auto"


_ATTRIBUTES = {"prompt": attributes.prompt, "agent": attributes.agent, "tool": attributes.tool, "task": attributes.task}


def execution_spans(row: Mapping[str, Any], manner: Manner) -> Iterator[Span]:
    """Yield the spans of an execution that has ended, one for each run to tell: a row of query executions_to_send."""
    *earlier, last = _runs(row)
    for run, following in pairwise([*earlier, last]):
        events = [event for event in row["events"] or () if _at(event) < following.began_at]
        told = {"status": run.status, "error_type": run.error_type, "error_message": None, "events": events}
        yield _run_span({**row, **told}, run, manner)
    yield _run_span(row, last, manner)


def _run_span(row: Mapping[str, Any], run: _Run, manner: Manner) -> Span:
    """Return the span of one run, of which *row* tells the outcome, and no event of those that followed."""
    content = manner.content and not row["omits_content"]
    trace_id = _trace_id(row, manner)
    began, ended = run.began_at, run.ended_at
    own = otel_span_id(run_uuid(row["correlation_id"], began) if run.later else row["correlation_id"])
    kind = row["kind"]
    about = attributes.session(row) if kind == "session" else _ATTRIBUTES[kind](row, content)
    return Span(
        Reference(trace_id, own),
        _parent(row, trace_id, manner),
        _name(row),
        "internal",
        nanoseconds(began),
        max(nanoseconds(ended), nanoseconds(began)),
        _error(row, content) if row["status"] in FAILED else None,
        about | attributes.everybodys(row),
        [_event(event) for event in row["events"] or () if not run.later or _at(event) >= began],
        _links(row, trace_id, run.later, manner),
        Mark(row["root_id"], row["correlation_id"], ended, row["correlation_id"], row["session_id"], *_told(run)),
    )


def _told(run: _Run) -> tuple[datetime, str, str | None]:
    return run.began_at, run.status, run.error_type


def _runs(row: Mapping[str, Any]) -> list[_Run]:
    """Return the runs to tell: those that were sent, where they are sent again, and the last as it is known now."""
    sent = _sent_runs(row)
    outcome = row["ended_at"], row["status"], row["error_type"]
    if _begun_again(row):
        return [*sent, _Run(True, row["last_started_at"], *outcome)]
    if len(sent) > 1:
        return [*sent[:-1], _Run(True, sent[-1].began_at, *outcome)]
    return [_Run(False, row["started_at"], *outcome)]


def _sent_runs(row: Mapping[str, Any]) -> list[_Run]:
    runs: list[_Run] = []
    for told in row["sent_runs"] or ():
        began, ended = (datetime.fromisoformat(told[moment]) for moment in ("began_at", "ended_at"))
        outcome = ended, told["status"], told["error_type"]
        if not runs:
            runs.append(_Run(False, row["started_at"], *outcome))
        elif began > runs[-1].ended_at:
            runs.append(_Run(True, began, *outcome))
        else:  # the same run, sent again with another end
            runs[-1] = _Run(runs[-1].later, runs[-1].began_at, *outcome)
    return runs


def request_span(row: Mapping[str, Any], manner: Manner) -> Span:
    """Return the span of a request to the model: a row of query requests_to_send."""
    trace_id = _trace_id(row, manner)
    begin, end = nanoseconds(row["started_at"]), nanoseconds(row["ended_at"])
    content = manner.content and not row["omits_content"]
    return Span(
        Reference(trace_id, otel_span_id(row["id"])),
        Reference(trace_id, otel_span_id(row["trace_id"])),
        f"chat {row['model']}",
        "client",
        begin,
        max(begin, end),
        _error(row, content) if row["success"] is False else None,
        attributes.request(row),
        (),
        (),
        Mark(row["root_id"], row["id"], row["ended_at"], row["trace_id"], row["session_id"]),
    )


def nanoseconds(at: datetime) -> int:
    """Return the nanoseconds since 1970, exactly: a float would round them."""
    return (at - _EPOCH) // timedelta(microseconds=1) * 1000


def _begun_again(row: Mapping[str, Any]) -> bool:
    began, sent_until = row["last_started_at"], row["sent_until"]
    return None not in (began, sent_until) and began > sent_until


def _name(row: Mapping[str, Any]) -> str:
    name = row["name"]
    if row["kind"] == "tool":
        return f"execute_tool {name or 'unknown'}"
    if row["kind"] == "task":
        return name or "task"
    return f"invoke_agent {name or 'agent'}" if row["kind"] == "agent" else f"invoke_agent {row['source']}"


def _error(row: Mapping[str, Any], content: bool) -> str:
    return (content and row["error_message"]) or row["error_type"] or ""


def _continued(row: Mapping[str, Any], manner: Manner) -> TraceParent | None:
    """Return the caller's span whose trace the row's tree continues, if it does."""
    auto = manner.continue_parent == "auto" and row["root_entrypoint"] in UNATTENDED
    return parse_traceparent(row["root_traceparent"]) if auto or manner.continue_parent == "on" else None


def _trace_id(row: Mapping[str, Any], manner: Manner) -> int:
    continued = _continued(row, manner)
    return continued.trace_id if continued else otel_trace_id(row["root_id"])


def _is_root(row: Mapping[str, Any]) -> bool:
    return bool(row["kind"] == "session" and row["correlation_id"] == row["root_id"])


def _parent(row: Mapping[str, Any], trace_id: int, manner: Manner) -> Reference | None:
    if row["parent_id"]:
        return Reference(trace_id, otel_span_id(row["parent_id"]))
    caller = _continued(row, manner) if _is_root(row) else None
    return Reference(caller.trace_id, caller.span_id, remote=True) if caller else None


def _links(row: Mapping[str, Any], trace_id: int, again: bool, manner: Manner) -> list[Link]:
    links = []
    caller = parse_traceparent(row["context"].get("traceparent"))
    if caller and caller != _known_caller(row, manner):
        how: Attributes = {"hooktrace.link": "traceparent"}
        links.append(Link(Reference(caller.trace_id, caller.span_id, remote=True), how))
    if again:
        earlier = Reference(trace_id, otel_span_id(row["correlation_id"]))
        links.append(Link(earlier, {"hooktrace.link": "resumed"}))
    if forked_from := row["forked_from"]:
        session = session_uuid(forked_from)
        origin = Reference(otel_trace_id(row["forked_from_root"] or session), otel_span_id(session))
        links.append(Link(origin, {"hooktrace.link": "forked"}))
    return links


def _known_caller(row: Mapping[str, Any], manner: Manner) -> TraceParent | None:
    """Return the caller's span that need not be linked: the root's parent, and what its prompts only inherited."""
    if _is_root(row):
        return _continued(row, manner)
    return parse_traceparent(row["root_traceparent"]) if row["kind"] == "prompt" else None


def _event(event: Mapping[str, Any]) -> Event:
    failed = event["status"] in FAILED
    return Event(event["name"], nanoseconds(_at(event)), {"hooktrace.status": event["status"]} if failed else {})


def _at(event: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(event["at"])
