"""Rows as the parameters of the named queries that store them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from psycopg.types.json import Json, Jsonb

from tracing.account import Account
from tracing.assemble import HookExecution
from tracing.database.connection import Row
from tracing.facts import Ending, Execution
from tracing.outsidecall import EndpointCall
from tracing.routing import Decision


def recordset(rows: Iterable[Row]) -> Json:
    """Return *rows* as the one parameter of a query that stores them all: SQL's json_to_recordset reads it."""
    return Json(list(rows), dumps=partial(json.dumps, default=_plain))


def _plain(value: Any) -> Any:
    """Return an id or a time as PostgreSQL reads it, and a mapping as an object."""
    return dict(value) if isinstance(value, Mapping) else str(value)


def execution_row(execution: Execution) -> Row:
    """Return a row for the query record_executions."""
    return {
        **execution._asdict(),
        **_ending("observed", execution.observed_end),
        **_ending("inferred", execution.inferred_end),
    }


def _ending(prefix: str, ending: Ending | None) -> Row:
    at, status, error_type, error_message = ending or (None, None, None, None)
    return {
        f"{prefix}_at": at,
        f"{prefix}_status": status,
        f"{prefix}_error_type": error_type,
        f"{prefix}_error_message": error_message,
    }


def hook_row(hook: HookExecution) -> Row:
    """Return a row for the query record_hooks."""
    event = hook.event
    return {
        **{name: value for name, value in vars(hook).items() if name != "event"},
        "session_id": event.session_id,
        "hook_type": event.name,
        "hook_name": event.header.get("hook", "record"),
        "started_at": event.at,
        "duration_ms": None if event.measured_ms is None else round(event.measured_ms),
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
