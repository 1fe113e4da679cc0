"""Now: what runs, what happened today, and what of that is worth a look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from tracing.dashboard.asked import Asked
from tracing.dashboard.page import Page, Sources
from tracing.database.reader import Row
from tracing.localzone import midnight
from tracing.tree import Node, trees

MOST_SESSIONS = 30
MOST_IN_SESSION = 20
"""Executions that are listed beneath an open session; the rest is counted."""

ROWS = 8
"""Of the failures, and of the slowest calls."""

SUMMARY_AGE_S = 30.0
"""It is of everything that is recorded, and takes a tenth of a second over a year."""

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
STEPS = {"24h": (HOUR, 24), "7d": (DAY, 7), "30d": (DAY, 30)}
"""How long a step of the activity is, and how many there are; a day is as long as the clock makes it."""


def read(sources: Sources, asked: Asked) -> Mapping[str, Any]:
    """Return what runs, the figures of the day, and the activity."""
    reader, now = sources.reader, asked.now.astimezone()
    since = asked.choice("since", STEPS, "24h") or "24h"
    today = midnight(now.date())
    return {
        "summary": sources.memory.remembered("summary", SUMMARY_AGE_S, lambda: reader.page("summary")[0]),
        "midnight": today,
        "yesterday": midnight(now.date() - DAY),
        "today": reader.page("figures_since", since=today, now=now)[0],
        "running": [_session(node, now) for node in trees(reader.page("running_now", limit=MOST_SESSIONS))[::-1]],
        "since": since,
        "activity": _activity(sources, since, now),
        "failures": reader.page("failed_since", since=now - DAY, limit=ROWS),
        "slowest": reader.page("slowest_since", since=today, limit=ROWS),
    }


def _session(root: Node, now: datetime) -> Mapping[str, Any]:
    """Return an open session, and beneath it what runs there, each with how deep it stands."""
    lines = _lines(root, now, 0)
    return {**lines[0], "beneath": lines[1 : MOST_IN_SESSION + 1], "more": max(0, len(lines) - 1 - MOST_IN_SESSION)}


def _lines(node: Node, now: datetime, depth: int) -> list[Row]:
    so_far = (now - node.row["started_at"]).total_seconds() * 1000
    line = {**node.row, "depth": depth, "so_far_ms": max(0.0, so_far)}
    return [line, *(beneath for child in node.children for beneath in _lines(child, now, depth + 1))]


def _activity(sources: Sources, since: str, now: datetime) -> Sequence[Row]:
    """Return the steps of the activity, each with how it is called."""
    step, count = STEPS[since]
    steps = hours(now, count) if step == HOUR else days(now, count)
    rows = sources.reader.page("calls_over_time", steps=steps, first=steps[0], now=now)
    return [{**row, "label": row["at"].astimezone().strftime("%H:%M" if step == HOUR else "%a %d %b")} for row in rows]


def hours(now: datetime, count: int) -> Sequence[datetime]:
    """Return when the last *count* hours up to *now*'s began, and when that one ends."""
    last = now.replace(minute=0, second=0, microsecond=0)
    return [last - HOUR * back for back in range(count - 1, -2, -1)]


def days(now: datetime, count: int) -> Sequence[datetime]:
    """Return when the last *count* days up to *now*'s began here, and when that one ends."""
    return [midnight(now.date() - DAY * back) for back in range(count - 1, -2, -1)]


PAGE = Page("now", "/now", "/api/dashboard/summary", read, "Now")
