"""What transcripts tell of executions, as the one parameter of the query record_transcribed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from psycopg.types.json import Json

from tracing.database.connection import Row
from tracing.database.parameters import recordset
from tracing.subagent import Subagent
from tracing.tally import ToolUse
from tracing.turn import ToolResult, Turn


def asked_row(use: ToolUse) -> Row:
    """Return a tool call that was asked for, but for its root."""
    told = {"kind": "tool", "name": use.name, "parent_id": use.parent_id, "asked_at": use.at}
    return {**_NOTHING, **told, "context": use.context, **_execution(use)}


def result_row(result: ToolResult) -> Row:
    """Return a tool call that ended, likewise."""
    told = {name: value for name, value in vars(result).items() if name in _NOTHING}
    return {**_NOTHING, **told, "kind": "tool", "ended_at": result.at, **_execution(result)}


def turn_row(turn: Turn) -> Row:
    """Return what is told of a turn, likewise."""
    told = {name: value for name, value in vars(turn).items() if name in _NOTHING}
    return {**_NOTHING, **told, "kind": "prompt", "asked_at": turn.began_at, **_execution(turn)}


def agent_row(agent: Subagent) -> Row:
    """Return what is told of a subagent, likewise."""
    told = {"kind": "agent", "name": agent.name, "parent_id": agent.parent_id, "asked_at": agent.began_at}
    return {**_NOTHING, **told, "answered_at": agent.answered_at, **_execution(agent)}


def parameter(rows: Iterable[Row], root_id: UUID) -> Json:
    """Return *rows* of one tree, each execution once: what is told of one by several is folded."""
    folded: dict[UUID, Row] = {}
    for row in rows:
        known = folded.get(row["correlation_id"])
        folded[row["correlation_id"]] = _folded(known, row) if known else {**row, "root_id": root_id}
    return recordset(folded.values())


_ENDING = ("ended_at", "status", "error_type", "error_message")


def _folded(known: Row, later: Mapping[str, Any]) -> Row:
    """Fold two rows as the query does with one that is stored: what is told later holds, of two ends the later."""
    values = {name: later[name] if later[name] is not None else known[name] for name in known if name in later}
    ends = later if later["ended_at"] and later["ended_at"] >= (known["ended_at"] or later["ended_at"]) else known
    return {
        **known,
        **values,
        **{name: ends[name] for name in _ENDING},
        "answered_at": max(filter(None, (known["answered_at"], later["answered_at"])), default=None),
        "unannounced": known["unannounced"] or later["unannounced"],
        "redactions": max(known["redactions"], later["redactions"]),
        "context": {**known["context"], **later["context"]},
    }


def _execution(told: ToolUse | ToolResult | Turn | Subagent) -> Row:
    return {"session_id": told.session_id, "correlation_id": told.correlation_id}


_NOTHING: dict[str, Any] = {
    **dict.fromkeys(("name", "parent_id", "asked_at", "answered_at", "prompt_text", *_ENDING)),
    "unannounced": False,
    "redactions": 0,
    "context": {},
}
