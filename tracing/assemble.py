"""Turns an event into rows: what it tells about executions, and the event itself.

A pure function of the event, of what is remembered of its session, and of two links that no
event carries: from a subagent to the call that started it, from a request for permission to the
call that it is about.  Every event also tells that the executions around it exist, so that a tree
is connected even where an event was lost.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from pathlib import PurePath
from typing import Any
from uuid import UUID

from tracing.capture import NO_CONTENT
from tracing.event import ID_LIMIT, Event
from tracing.facts import Ending, Execution
from tracing.identity import agent_uuid, parse_uuid, prompt_uuid, session_uuid, tool_uuid
from tracing.notification import PREFIX, noted_end
from tracing.programevent import CALL, END, START, event_status, moment_of
from tracing.traceparent import valid_traceparent

ERROR_LIMIT = 4096
"""Characters of an error message that go into the execution; the event keeps all of it."""

TURN_EVENTS = frozenset(
    {
        *("UserPromptSubmit", "UserPromptExpansion", "Stop", "StopFailure", "MessageDisplay"),
        *("PreToolUse", "PostToolUse", "PostToolUseFailure", "PostToolBatch", "PermissionRequest", "PermissionDenied"),
        *("SubagentStart", "SubagentStop", "TaskCreated", "TaskCompleted", "Elicitation", "ElicitationResult"),
    }
)
"""Events whose prompt there is.

Others name an id, too, which may be of no prompt: of a compaction, of /exit, of the switch to another model.
"""

_INPUTS = ("tool_input", "prompt", "tool_calls")
_OUTPUTS = ("tool_response", "error", "last_assistant_message")
_OWN_COLUMNS = frozenset({"session_id", "hook_event_name", "tool_name", "tool_use_id", "agent_id", *_INPUTS, *_OUTPUTS})
_PATHS = ("file_path", "notebook_path", "path")


@dataclass(frozen=True)
class Session:
    """What is remembered of a session: decided once, at its first event."""

    session_id: str
    root_id: UUID
    parent_id: UUID | None = None
    parent_certain: bool = True
    context: Mapping[str, Any] | None = None
    """How the parent was found, what was ignored, and where it runs (tracing/workplace.py)."""

    @property
    def repository(self) -> str | None:
        """The directory of the repository that it works in."""
        told = (self.context or {}).get("repository")
        return told if isinstance(told, str) else None

    @property
    def omits_content(self) -> bool:
        """Tell whether no content of it is kept (tracing/capturerule.py)."""
        return (self.context or {}).get("capture") == NO_CONTENT


@dataclass(frozen=True)
class HookExecution:
    """A row of hook_executions."""

    id: UUID
    root_id: UUID
    trace_id: UUID
    """The correlation id of the execution that the event speaks of."""
    event: Event
    tool_name: str | None
    tool_use_id: str | None
    file_path: str | None
    agent_id: str | None
    status: str
    error_message: str | None
    input_data: Any
    output_data: Any
    metadata: dict[str, Any]


@dataclass(frozen=True)
class Records:
    """What one event adds to the database."""

    executions: list[Execution]
    hook: HookExecution


@dataclass(frozen=True)
class _Around:
    """The executions around an event, as far as it names them; ``speaks_of`` is the innermost."""

    session: Execution
    prompt: Execution | None
    agent: Execution | None

    @property
    def speaks_of(self) -> Execution:
        return self.agent or self.prompt or self.session


def assemble(event: Event, session: Session, agent_call: str | None = None, asked_call: str | None = None) -> Records:
    """Return the rows of *event*.

    *agent_call* is the tool_use_id of the Agent call that started the event's subagent,
    *asked_call* that of the call for which the event asks permission; each where it is known.
    """
    around = _around(event, session, agent_call)
    if asked_call and event.name == "PermissionRequest":
        told = _permission_request(event, around, asked_call)
    else:
        rules = _PROGRAM_RULES if event.is_programs else _RULES
        told = rules.get(event.name, _nothing)(event, around)
    existing = [facts for facts in (around.session, around.prompt, around.agent) if facts]
    return Records([*existing, *told], _hook_execution(event, told[0] if told else around.speaks_of))


def _around(event: Event, session: Session, agent_call: str | None) -> _Around:
    project = _project(event, session)

    def known(correlation: UUID, kind: str, name: str | None, parent: UUID | None, certain: bool = True) -> Execution:
        return Execution(
            session.root_id, correlation, event.session_id, event.source, kind, name, parent, event.at, certain,
            project=project,
        )  # fmt: skip

    own = session_uuid(event.session_id)
    kind = "task" if event.is_programs else "session"
    outer = known(own, kind, None, session.parent_id, session.parent_certain)
    outer = outer._replace(context=session.context or {})
    prompt = agent = None
    prompt_id = event.text("prompt_id") or event.text("turn_id")
    if prompt_id and event.name in TURN_EVENTS and not _summarising(event):
        prompt = known(prompt_uuid(event.session_id, prompt_id), "prompt", None, own)
    if (agent_id := event.text("agent_id")) and not _summarising(event):
        stand_in = prompt.correlation_id if prompt else own
        parent = tool_uuid(event.session_id, agent_call) if agent_call else stand_in
        agent = known(
            agent_uuid(event.session_id, agent_id), "agent", event.text("agent_type"), parent, agent_call is not None
        )
    return _Around(outer, prompt, agent)


def _summarising(event: Event) -> bool:
    """Tell the SubagentStop of a compaction, which belongs to no subagent."""
    return event.name == "SubagentStop" and not event.text("agent_type")


def _project(event: Event, session: Session) -> str | None:
    directory = session.repository or event.header.get("CLAUDE_PROJECT_DIR") or event.text("cwd")
    return _name(directory) if directory else None


@lru_cache(maxsize=1024)
def _name(directory: str) -> str:
    return PurePath(directory).name or directory


# What each event tells.  A rule returns facts; the first are about the execution that the
# event speaks of.  An event without a rule speaks of its agent, prompt or session.


def _nothing(_event: Event, _around: _Around) -> list[Execution]:
    return []


def _session_start(event: Event, around: _Around) -> list[Execution]:
    context = {
        "cwd": event.text("cwd"),
        "version": event.agent_version,
        "entrypoint": event.header.get("CLAUDE_CODE_ENTRYPOINT"),
        "start": event.text("source"),
        "model": event.text("model"),
        "traceparent": valid_traceparent(event.header.get("TRACEPARENT")),
    }
    told = {key: value for key, value in context.items() if value}
    return [around.session.started(event.at, context={**around.session.context, **told})]


def _session_end(event: Event, around: _Around) -> list[Execution]:
    """End the session; what is open beneath it then is closed by what the database knows to be open."""
    return [around.session._replace(observed_end=Ending(event.at, "completed"))]


def _prompt(event: Event, around: _Around) -> list[Execution]:
    if not around.prompt:
        return []
    text, told = described_prompt(event.text("prompt"))
    context = {
        "permission_mode": event.text("permission_mode"),
        "traceparent": valid_traceparent(event.header.get("TRACEPARENT")),  # the client's own, while it traces
    }
    told |= {key: value for key, value in context.items() if value}
    return [around.prompt.started(event.at, context=told, prompt_text=text)]


def described_prompt(text: str | None) -> tuple[str | None, dict[str, str]]:
    """Return what a human asked, None if the agent wrote *text* to itself, and what the text tells besides."""
    if not text or not text.startswith(PREFIX):
        return text, {}
    told = {"prompted_by": "task-notification"}
    if noted := noted_end(text):
        told |= {"background_tool_use_id": noted.tool_use_id, "background_status": noted.status}
    return None, told


def _stop(event: Event, around: _Around) -> list[Execution]:
    return [around.prompt._replace(observed_end=Ending(event.at, "completed"))] if around.prompt else []


def _stop_failure(event: Event, around: _Around) -> list[Execution]:
    if not around.prompt:
        return []
    error = event.text("error") or "unknown"
    message = event.text("error_details") or event.text("last_assistant_message") or error
    return [around.prompt._replace(observed_end=Ending(event.at, "failed", error, message[:ERROR_LIMIT]))]


def _agent_start(event: Event, around: _Around) -> list[Execution]:
    return [around.agent.started(event.at)] if around.agent else []


def _agent_stop(event: Event, around: _Around) -> list[Execution]:
    return [around.agent._replace(observed_end=Ending(event.at, "completed"))] if around.agent else []


def _task(event: Event, around: _Around) -> Execution:
    """Return the execution of a program that *event* names: the outermost one, or one within it."""
    outermost, name = around.session, (event.text("execution_name") or "")[:ID_LIMIT] or None
    own = parse_uuid(event.text("execution_id"))
    if own in (None, outermost.correlation_id):
        return outermost._replace(name=name)
    parent = parse_uuid(event.text("execution_parent_id"))
    return outermost._replace(
        correlation_id=own,
        name=name,
        parent_id=parent if parent not in (None, own) else outermost.correlation_id,
        parent_certain=parent is not None,
        context={},
    )


def _task_start(event: Event, around: _Around) -> list[Execution]:
    task = _task(event, around)
    context = {
        "cwd": event.text("cwd"),
        "attributes": event.payload.get("attributes"),
        "traceparent": event.header.get("TRACEPARENT"),
    }
    told = {key: value for key, value in context.items() if value}
    return [task.started(event.at, context={**task.context, **told})]


def _task_end(event: Event, around: _Around) -> list[Execution]:
    """End the execution; not before it began, though the clock was set back meanwhile."""
    begun = moment_of(event.payload.get("began_at_ns")) or event.at - timedelta(milliseconds=event.measured_ms or 0)
    status = event_status(event.name, event.payload)
    error_type, message = (event.text(key) or "" for key in ("error_type", "error"))
    if error_type == "refused":  # a word of the agent's calls (tracing/facts.py), whose kind of error is another one
        error_type = "was_refused"
    ending = Ending(max(event.at, begun), status, error_type[:ID_LIMIT], message[:ERROR_LIMIT])
    return [_task(event, around)._replace(started_at=begun, observed_end=ending, measured_ms=event.measured_ms)]


def _endpoint_call(event: Event, around: _Around) -> list[Execution]:
    return [_task(event, around)._replace(name=None)] if parse_uuid(event.text("execution_id")) else []


def _tool(event: Event, around: _Around, call: Mapping[str, Any] | None = None) -> Execution | None:
    """Return the tool call that *event* (or one *call* of its batch) names."""
    call = event.payload if call is None else call
    tool_use_id, name = call.get("tool_use_id"), call.get("tool_name")
    if not isinstance(tool_use_id, str) or not tool_use_id:
        return None
    parent = around.speaks_of
    return parent._replace(
        correlation_id=tool_uuid(event.session_id, tool_use_id),
        kind="tool",
        name=name if isinstance(name, str) else None,
        parent_id=parent.correlation_id,
        parent_certain=True,
    )


def _tool_start(event: Event, around: _Around) -> list[Execution]:
    tool = _tool(event, around)
    return [tool.started(event.at)] if tool else []


def _tool_end(status: Callable[[Event], str]) -> Callable[[Event, _Around], list[Execution]]:
    def rule(event: Event, around: _Around) -> list[Execution]:
        tool = _tool(event, around)
        if not tool:
            return []
        outcome = status(event)
        error = _error(event) if outcome != "completed" else None
        kind = {"cancelled": "interrupt", "denied": "permission", "failed": "tool_error"}.get(outcome, "")
        begun = event.at - timedelta(milliseconds=event.measured_ms or 0)
        ending = Ending(event.at, outcome, kind, (error or "")[:ERROR_LIMIT])
        ended = tool._replace(started_at=begun, observed_end=ending, measured_ms=event.measured_ms)
        return [ended, *_started_agent(event, tool)]

    return rule


def _permission_request(event: Event, around: _Around, asked_call: str) -> list[Execution]:
    tool = _tool(event, around, {**event.payload, "tool_use_id": asked_call})
    return [tool._replace(permission_asked_at=event.at)] if tool else []


def _started_agent(event: Event, tool: Execution) -> list[Execution]:
    """Return the link from a finished Agent call to the subagent that its response names."""
    response = event.payload.get("tool_response")
    if not isinstance(response, dict):
        return []
    agent_id = response.get("agentId")
    if not isinstance(agent_id, str) or not agent_id:
        return []
    tool_input = event.payload.get("tool_input")
    name = tool_input.get("subagent_type") if isinstance(tool_input, dict) else None
    agent = tool._replace(
        correlation_id=agent_uuid(event.session_id, agent_id),
        kind="agent",
        name=name if isinstance(name, str) else None,
        parent_id=tool.correlation_id,
        # One in the background is only launched by then.
        inferred_end=Ending(event.at, "completed") if response.get("status") == "completed" else None,
    )
    return [agent]


def _batch(event: Event, around: _Around) -> list[Execution]:
    """Close every call of the batch as refused; a call that ended otherwise has an observed end, which holds."""
    calls = event.payload.get("tool_calls")
    refused = []
    for call in calls if isinstance(calls, list) else []:
        tool = _tool(event, around, call) if isinstance(call, dict) else None
        if tool:
            response = call.get("tool_response")
            message = response[:ERROR_LIMIT] if isinstance(response, str) else ""
            refused.append(tool._replace(inferred_end=Ending(event.at, "refused", "refused", message)))
    return [around.speaks_of, *refused]


def _failure(event: Event) -> str:
    return "cancelled" if event.payload.get("is_interrupt") is True else "failed"


_RULES: Mapping[str, Callable[[Event, _Around], list[Execution]]] = {
    "SessionStart": _session_start,
    "SessionEnd": _session_end,
    "UserPromptSubmit": _prompt,
    "Stop": _stop,
    "StopFailure": _stop_failure,
    "SubagentStart": _agent_start,
    "SubagentStop": _agent_stop,
    "PreToolUse": _tool_start,
    "PostToolUse": _tool_end(lambda _event: "completed"),
    "PostToolUseFailure": _tool_end(_failure),
    "PermissionDenied": _tool_end(lambda _event: "denied"),
    "PostToolBatch": _batch,
}

_PROGRAM_RULES: Mapping[str, Callable[[Event, _Around], list[Execution]]] = {
    START: _task_start,
    END: _task_end,
    CALL: _endpoint_call,
}


def _error(event: Event) -> str | None:
    return event.text("error") or event.text("reason")


_EVENT_STATUS = {"PreToolUse": "in_progress", "PermissionDenied": "denied", "StopFailure": "failed"}


def _hook_execution(event: Event, speaks_of: Execution) -> HookExecution:
    payload = event.payload
    metadata: dict[str, Any] = {key: value for key, value in payload.items() if key not in _OWN_COLUMNS}
    metadata |= {"redactions": event.redactions} if event.redactions else {}
    metadata |= {"replaced": event.replaced} if event.replaced else {}
    status = _failure(event) if event.name == "PostToolUseFailure" else _EVENT_STATUS.get(event.name, "completed")
    if event.is_programs:
        status = event_status(event.name, payload)
    return HookExecution(
        id=event.id,
        root_id=speaks_of.root_id,
        trace_id=speaks_of.correlation_id,
        event=event,
        tool_name=event.text("tool_name"),
        tool_use_id=event.text("tool_use_id"),
        file_path=path_of(payload.get("tool_input")),
        agent_id=event.text("agent_id"),
        status=status,
        error_message=_error(event) if status in ("failed", "denied", "cancelled") else None,
        input_data=_only(payload, _INPUTS),
        output_data=_only(payload, _OUTPUTS),
        metadata=metadata,
    )


def path_of(tool_input: Any) -> str | None:
    """Return the file that a tool's input is about, if it is about one."""
    values = [tool_input.get(key) for key in _PATHS] if isinstance(tool_input, Mapping) else []
    return next((value for value in values if isinstance(value, str)), None)


def _only(payload: Mapping[str, Any], keys: tuple[str, ...]) -> Any:
    """Return the value of the one key that is there, or an object of several; None of none."""
    found = {key: payload[key] for key in keys if key in payload}
    return next(iter(found.values())) if len(found) == 1 else found or None
