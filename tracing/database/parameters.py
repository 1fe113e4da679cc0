"""Rows as the parameters of the named queries that store them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from tracing.account import Account
from tracing.assemble import HookExecution
from tracing.database.connection import Row
from tracing.execution import Ending, Execution
from tracing.outsidecall import EndpointCall
from tracing.routing import Decision
from tracing.subagent import Subagent
from tracing.tally import ToolUse
from tracing.turn import ToolResult, Turn


def execution_row(execution: Execution, now: datetime) -> Row:
    """Return the parameters of the query record_execution."""
    return {
        **vars(execution),
        **_ending("observed", execution.observed_end),
        **_ending("inferred", execution.inferred_end),
        "context": Jsonb(dict(execution.context)),
        "now": now,
    }


def _ending(prefix: str, ending: Ending | None) -> Row:
    at, status, error_type, error_message = ending or (None, None, None, None)
    return {
        f"{prefix}_at": at,
        f"{prefix}_status": status,
        f"{prefix}_error_type": error_type,
        f"{prefix}_error_message": error_message,
    }


def hook_row(hook: HookExecution, now: datetime) -> Row:
    """Return the parameters of the query record_hook."""
    event = hook.event
    return {
        **vars(hook),
        "session_id": event.session_id,
        "hook_type": event.name,
        "hook_name": event.header.get("hook", "record"),
        "started_at": event.at,
        "duration_ms": None if event.measured_ms is None else round(event.measured_ms),
        "input_data": None if hook.input_data is None else Jsonb(hook.input_data),
        "output_data": None if hook.output_data is None else Jsonb(hook.output_data),
        "metadata": Jsonb(hook.metadata),
        "now": now,
    }


def decision_row(decision: Decision) -> Row:
    """Return the parameters of the query record_decision."""
    return {**vars(decision), "metadata": Jsonb(dict(decision.metadata))}


def call_row(call: EndpointCall) -> Row:
    """Return the parameters of the query record_call."""
    return {**vars(call), "metadata": Jsonb(dict(call.metadata))}


def account_row(account: Account) -> Row:
    """Return the parameters of the query record_account."""
    models = {
        model: {**vars(spending.tokens), "cost_usd": float(spending.cost_usd)}
        for model, spending in account.models.items()
    }
    return {**vars(account), "models": Jsonb(models)}


def asked_row(use: ToolUse) -> Row:
    """Return a tool call that was asked for as parameters of the query record_transcribed, but for its root."""
    told = {"kind": "tool", "name": use.name, "parent_id": use.parent_id, "asked_at": use.at}
    return {**_TOLD, **told, "context": Jsonb(dict(use.context)), **_execution(use)}


def result_row(result: ToolResult) -> Row:
    """Return a tool call that ended, likewise."""
    told = {name: value for name, value in vars(result).items() if name in _TOLD}
    return {**_TOLD, **told, "kind": "tool", "ended_at": result.at, **_execution(result)}


def turn_row(turn: Turn) -> Row:
    """Return what is told of a turn, likewise."""
    told = {name: value for name, value in vars(turn).items() if name in _TOLD}
    beginning = {"kind": "prompt", "asked_at": turn.began_at, "context": Jsonb(dict(turn.context))}
    return {**_TOLD, **told, **beginning, **_execution(turn)}


def agent_row(agent: Subagent) -> Row:
    """Return what is told of a subagent, likewise."""
    told = {"kind": "agent", "name": agent.name, "parent_id": agent.parent_id, "asked_at": agent.began_at}
    return {**_TOLD, **told, "answered_at": agent.answered_at, **_execution(agent)}


def _execution(told: ToolUse | ToolResult | Turn | Subagent) -> Row:
    return {"session_id": told.session_id, "correlation_id": told.correlation_id}


_TOLD: dict[str, Any] = {
    **dict.fromkeys(("name", "parent_id", "asked_at", "answered_at")),
    **dict.fromkeys(("ended_at", "status", "error_type", "error_message", "prompt_text")),
    "unannounced": False,
    "context": Jsonb({}),
}
