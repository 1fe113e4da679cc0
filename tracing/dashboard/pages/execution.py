"""Execution: all that is known of one: what went in and out, how it went, what it used, and which events told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tracing.dashboard.asked import Asked
from tracing.dashboard.keyset import Paging, time
from tracing.dashboard.page import NotThere, Page, Sources
from tracing.database.meaning import NothingMeant, SeveralMeant, meant_by
from tracing.database.reader import Reader, Row
from tracing.wording import one_line

EVENTS = 100
"""Events and calls that are shown at once."""

SLACK = timedelta(days=1)
"""An event may be older than the first that told of its execution's start: a clock was set."""


def read(sources: Sources, asked: Asked) -> Mapping[str, Any]:
    """Return all of the execution that the address names."""
    meant = found(sources.reader, asked.path["id"])
    told = details(sources.reader, asked, meant["root_id"], meant["correlation_id"])
    commits = commits_of(sources.reader, meant["root_id"], told["execution"]["started_at"])
    return {**told, "commits": [one for one in commits if one["correlation_id"] == meant["correlation_id"]]}


def commits_of(reader: Reader, root_id: UUID, began_at: datetime) -> Sequence[Row]:
    """Return the commits that were made in a tree since *began_at*, each with the call that made it."""
    return reader.page("trace_commits", root_id=root_id, since=began_at - SLACK)


def found(reader: Reader, id_: str) -> Row:
    """Return what *id_* means, as ``meant_by`` does.

    Raises:
        NotThere: nothing has the id, or several things do.
    """
    try:
        return meant_by(reader, id_)
    except NothingMeant:
        raise NotThere(f"nothing has the id {one_line(id_, 80)!r}: it may have gone with the retention") from None
    except SeveralMeant as candidates:
        raise NotThere(f"{one_line(id_, 80)!r} begins several ids: {candidates}") from None


def details(reader: Reader, asked: Asked, root_id: UUID, correlation_id: UUID) -> Mapping[str, Any]:
    """Return what is known of one execution: its row, events, calls to the outside, kind of failure.

    Raises:
        NotThere: it is gone.
    """
    ids = {"root_id": root_id, "correlation_id": correlation_id}
    rows = reader.page("execution", **ids)
    if not rows:
        raise NotThere(f"execution {correlation_id} is gone")
    since = rows[0]["started_at"] - SLACK
    paging = Paging.of(asked, time, rows=EVENTS, parameter="events_after")
    found = reader.page("execution_events", **ids, since=since, **paging.values)
    events, events_after = paging.page(found, "started_at", "id")
    paging = Paging.of(asked, time, rows=EVENTS, parameter="calls_after")
    calls, calls_after = paging.page(reader.page("execution_calls", **ids, **paging.values), "started_at", "id")
    failure = reader.page("execution_failure", **ids)
    return {
        "execution": rows[0],
        **reader.page("execution_told", **ids, since=since)[0],
        "failure": failure[0] if failure else None,
        "requests": [call for call in calls if call["model"]],
        "calls": [call for call in calls if not call["model"]],
        "calls_after": calls_after,
        "events": events,
        "events_after": events_after,
    }


PAGE = Page("execution", "/executions/{id}", "/api/executions/{id}", read, "Execution", in_menu=False)
