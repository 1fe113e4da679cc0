"""Trace: a tree of executions as a waterfall, with one of them open beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from tracing.dashboard.asked import Asked, NotUnderstood
from tracing.dashboard.page import NotThere, Page, Sources
from tracing.dashboard.pages.execution import SLACK, details, found
from tracing.dashboard.waterfall import Line, Requests, Waterfall, draw_waterfall
from tracing.database.meaning import NothingMeant, SeveralMeant, meant_by
from tracing.database.reader import Reader, Row
from tracing.identity import parse_uuid
from tracing.timesplit import split_time
from tracing.tree import Node, find, trees
from tracing.usage import Usage
from tracing.wording import one_line

MOST_CANDIDATES = 100
MOST_FAILURES = 50
"""In the list of those; all of them are counted."""


def read(sources: Sources, asked: Asked) -> Mapping[str, Any]:
    """Return the tree of what the address names as lines, and the execution that is open."""
    id_ = asked.path["id"]
    try:
        meant = meant_by(sources.reader, id_)
    except NothingMeant:
        raise NotThere(f"nothing has the id {one_line(id_, 80)!r}: it may have gone with the retention") from None
    except SeveralMeant as several:
        return {"candidates": several.candidates[:MOST_CANDIDATES], "asked_id": id_}
    return _trace(sources.reader, asked, meant)


def read_tree(sources: Sources, asked: Asked) -> Any:
    """Return the whole tree, or what is beneath the execution that the address names, as ``show --json`` does."""
    meant = found(sources.reader, asked.path["id"])
    roots = trees(sources.reader.rows("tree", root_id=meant["root_id"]))
    node = find(roots, meant["correlation_id"])
    chosen = roots if meant["meant"] == "root" or node is None else [node]
    told = [one.to_json() for one in chosen]
    return told[0] if len(told) == 1 else told


def _trace(reader: Reader, asked: Asked, meant: Row) -> Mapping[str, Any]:
    root_id, now = meant["root_id"], asked.now
    rows = reader.page("trace_executions", root_id=root_id)
    requests = reader.page("trace_requests", root_id=root_id)
    if not rows:
        raise NotThere(f"trace {root_id} is gone")
    made = _by_maker(requests)
    roots = trees({**row, **_used(made.get(row["correlation_id"], ()))} for row in rows)
    selected = _id(asked, "open") or (None if meant["meant"] == "root" else meant["correlation_id"])
    waterfall = draw_waterfall(
        roots, made, now, prompt=_id(asked, "prompt"), selected=selected, after=_id(asked, "after")
    )
    return {
        "candidates": None,
        "root_id": root_id,
        "roots": [root.row for root in roots],
        "waterfall": waterfall,
        "subjects": _subjects(reader, root_id, waterfall),
        "commits": reader.page("trace_commits", root_id=root_id, since=rows[0]["started_at"] - SLACK),
        "split": split_time(rows, requests, now),
        "totals": _totals(roots, rows),
        "failures": [row for row in rows if row["status"] not in ("completed", "in_progress")][:MOST_FAILURES],
        "live": any(row["status"] == "in_progress" for row in rows),
        "selected": selected,
        "opened": details(reader, asked, root_id, selected) if selected else None,
    }


def _id(asked: Asked, name: str) -> UUID | None:
    text = asked.text(name)
    if text is None:
        return None
    if (id_ := parse_uuid(text)) is None:
        raise NotUnderstood(f"{name} takes the id of an execution, not {text!r}")
    return id_


def _by_maker(requests: Sequence[Row]) -> Requests:
    made: dict[UUID, list[Row]] = {}
    for request in requests:
        made.setdefault(request["trace_id"], []).append(request)
    return made


def _used(requests: Sequence[Row]) -> Mapping[str, Any]:
    """Return the columns that a tree sums up to a usage."""
    if not requests:
        return {}
    unpriced = sum(1 for request in requests if request["cost_usd"] is None and request["output_tokens"])
    total = sum((Usage.of_row(request) for request in requests), Usage())
    return {**vars(total), "requests": len(requests), "unpriced": unpriced}


def _totals(roots: Sequence[Node], rows: Sequence[Row]) -> Mapping[str, Any]:
    kinds = [row["kind"] for row in rows]
    usage = sum((root.usage for root in roots), Usage())
    return {
        "sessions": kinds.count("session"),
        "prompts": kinds.count("prompt"),
        "agents": kinds.count("agent"),
        "tools": kinds.count("tool"),
        "failed": sum(row["status"] not in ("completed", "in_progress") for row in rows),
        "requests": usage.requests,
        "tokens": usage.tokens if usage.requests else None,
        "cost_usd": usage.cost_usd,
        "unpriced": usage.unpriced,
        "began_at": _earliest(rows),
    }


def _earliest(rows: Sequence[Row]) -> datetime:
    began: datetime = min(row["started_at"] for row in rows)
    return began


def _subjects(reader: Reader, root_id: UUID, waterfall: Waterfall) -> Mapping[UUID, str]:
    """Return what the calls on the page were about."""
    calls = [line.row["correlation_id"] for line in _lines(waterfall.lines) if line.row["kind"] == "tool"]
    rows = reader.page("trace_subjects", root_id=root_id, correlation_ids=calls) if calls else []
    return {row["correlation_id"]: row["subject"] for row in rows}


def _lines(lines: Sequence[Line]) -> list[Line]:
    found, pending = [], list(lines)
    while pending:
        found.append(pending.pop())
        pending.extend(found[-1].children)
    return found


PAGE = Page("trace", "/traces/{id}", "/api/traces/{id}", read, "Trace", in_menu=False, read_json=read_tree)
