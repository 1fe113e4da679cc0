"""Rows as the parameters of the named queries that store them."""

from __future__ import annotations

from datetime import datetime

from psycopg.types.json import Jsonb

from tracing.account import Account
from tracing.assemble import HookExecution
from tracing.database.connection import Row
from tracing.execution import Ending, Execution
from tracing.outsidecall import EndpointCall
from tracing.routing import Decision


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
