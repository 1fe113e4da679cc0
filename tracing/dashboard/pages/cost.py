"""Cost: where tokens and money went, by day, project, model, agent, session, and commit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from decimal import Decimal
from typing import Any

from tracing.dashboard.asked import Asked
from tracing.dashboard.filters import text
from tracing.dashboard.keyset import Paging
from tracing.dashboard.page import Page, Sources
from tracing.dashboard.pages.commits import behind_commit, latest_commits
from tracing.dashboard.period import every_day, filters, narrowed, query_of, zone
from tracing.database.connection import Row
from tracing.usage import Usage

BY = ("day", "project", "model", "agent")
SESSIONS = 20
MOST = 100
"""Projects, models or agents in one list; the days are never cut."""


def read(sources: Sources, asked: Asked) -> Mapping[str, Any]:
    """Return what was spent in a period; or, asked for a commit, what is behind that.

    Raises:
        NotThere: no repository that sessions worked in has the commit.
    """
    if sha := asked.text("commit"):
        return behind_commit(sources, sha)
    reader, asked_for = sources.reader, {**narrowed(asked), "model": asked.text("model")}
    paging = Paging.of(asked, Decimal, str, rows=SESSIONS)
    found = reader.page("cost", **asked_for, zone=zone(asked))
    by_day = every_day(_by("day", found))
    dearest = reader.page("cost_by_session", **asked_for, **paging.values)
    sessions, next_ = paging.page(dearest, "cost_usd", "session_id", unknown=-1)
    return {
        "filters": {**filters(sources, asked, "project", "user"), **text(asked, "model", "Model")},
        "total": summed(by_day),
        "by_day": [{**row, "query": query_of(asked, row["day"])} for row in by_day],
        "by_project": _by("project", found),
        "by_model": _by("model", found),
        "by_agent": _by("agent", found),
        "sessions": sessions,
        "next": next_,
        "accounts": reader.page("accounts", **narrowed(asked))[0],
        "commits": latest_commits(sources, asked),
    }


def _by(name: str, found: Sequence[Row]) -> list[Row]:
    """Return the rows of *found* that are by *name*, without what they are not by."""
    rows = [row for row in found if row["by"] == name]
    others = {"by", *BY} - {name}
    return [{key: row[key] for key in row if key not in others} for row in (rows if name == "day" else rows[:MOST])]


def summed(rows: Sequence[Row]) -> Mapping[str, Any]:
    """Return what some rows have used together; what no row tells is None."""
    total = Usage()
    for row in rows:
        total += Usage.of_row(row)
    return {kind.name: getattr(total, kind.name) for kind in fields(Usage)}


PAGE = Page("cost", "/cost", "/api/cost", read, "Cost")
