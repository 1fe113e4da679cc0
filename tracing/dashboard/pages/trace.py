"""Trace: a tree of executions as a waterfall, with one of them open beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from tracing.dashboard.asked import Asked, NotUnderstood
from tracing.dashboard.page import NotThere, Page, Sources
from tracing.dashboard.pages.execution import commits_of, details, found
from tracing.dashboard.waterfall import Line, Waterfall, draw_waterfall
from tracing.database.meaning import NothingMeant, SeveralMeant, meant_by
from tracing.database.reader import Reader, Row
from tracing.identity import parse_uuid
from tracing.timesplit import TimeSplit, split_time
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
        ids = list(several.candidates[:MOST_CANDIDATES])
        return {"candidates": sources.reader.page("trace_candidates", ids=ids), "asked_id": id_}
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
    root_id, now = meant["root_id"], asked.now.timestamp()
    rows = reader.page("trace_executions", root_id=root_id)
    if not rows:
        raise NotThere(f"trace {root_id} is gone")
    used = {row["trace_id"]: row for row in reader.page("trace_requests", root_id=root_id)}
    roots = trees({**row, **used[row["correlation_id"]]} if row["correlation_id"] in used else row for row in rows)
    requests = {maker: row["spans"] for maker, row in used.items()}
    selected = _id(asked, "open") or (None if meant["meant"] == "root" else meant["correlation_id"])
    waterfall = draw_waterfall(
        roots, requests, now, prompt=_id(asked, "prompt"), selected=selected, after=_id(asked, "after")
    )
    split = split_time(rows, [span for spans in requests.values() for span in spans], now)
    began_at = datetime.fromtimestamp(rows[0]["began"], UTC)
    commits = commits_of(reader, root_id, began_at)
    return {
        "candidates": None,
        "root_id": root_id,
        "roots": [root.row for root in roots],
        "waterfall": waterfall,
        "subjects": _subjects(reader, root_id, waterfall),
        "commits": commits,
        "commits_by_call": _by_call(commits),
        "worked_ms": split.worked_ms,
        "split": _shares(split, timed=any(row["untimed"] < row["requests"] for row in used.values()) or not used),
        "totals": {"began_at": began_at, **_totals(roots, rows)},
        "failures": [row for row in rows if row["status"] not in ("completed", "in_progress")][:MOST_FAILURES],
        "live": any(row["status"] == "in_progress" for row in rows),
        "selected": selected,
        "opened": {**details(reader, asked, root_id, selected), **_beneath(roots, selected, commits)}
        if selected
        else None,
    }


class Share(NamedTuple):
    """What a part of the work had of its time."""

    part: str
    name: str
    ms: float


def _shares(split: TimeSplit, *, timed: bool) -> Sequence[Share]:
    """Return the parts of the time at work; where no request is *timed*, what the model had is not known."""
    model = [Share("model", "model", split.model_ms)] if timed else []
    return [
        *model,
        Share("tools", "tools", split.tools_ms),
        Share("permission", "waiting for permission", split.permission_ms),
        Share("other", "other" if timed else "model and other", split.other_ms),
    ]


def _id(asked: Asked, name: str) -> UUID | None:
    text = asked.text(name)
    if text is None:
        return None
    if (id_ := parse_uuid(text)) is None:
        raise NotUnderstood(f"{name} takes the id of an execution, not {text!r}")
    return id_


def _by_call(commits: Sequence[Row]) -> Mapping[UUID, Sequence[Row]]:
    made: dict[UUID, list[Row]] = {}
    for commit in commits:
        made.setdefault(commit["correlation_id"], []).append(commit)
    return made


def _beneath(roots: Sequence[Node], id_: UUID, commits: Sequence[Row]) -> Mapping[str, Any]:
    """Return the commits that the execution *id_* and what is beneath it made."""
    node = find(roots, id_)
    ids = {one.row["correlation_id"] for one in node.walk()} if node else ()
    return {"commits": [commit for commit in commits if commit["correlation_id"] in ids]}


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
    }


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
