"""The period that the figures of a page are about, as queries take it; and the days that are a click away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from tracing.dashboard.asked import Asked
from tracing.dashboard.filters import Filters, common, text
from tracing.dashboard.page import Sources
from tracing.database.connection import Row
from tracing.localzone import local_zone

DEFAULT = "7d"
DAY = timedelta(days=1)


def bounds(asked: Asked) -> Mapping[str, Any]:
    """Return ``since`` and ``until`` as a query takes them.

    Raises:
        NotUnderstood: what is asked for is no time.
    """
    return {"since": asked.since(DEFAULT) or "-infinity", "until": asked.until() or "infinity"}


def narrowed(asked: Asked) -> Mapping[str, Any]:
    """Return the bounds, with the project and the user that are asked for.

    Raises:
        NotUnderstood: what is asked for cannot be meant.
    """
    return {**bounds(asked), "project": asked.text("project"), "user": asked.text("user")}


def filters(sources: Sources, asked: Asked, *names: str) -> Filters:
    """Return the filters since when, until when (where that is asked for) and *names*.

    Raises:
        NotUnderstood: what is asked for cannot be meant.
    """
    shared = common(sources, asked, "since", *names, otherwise=DEFAULT)
    until = text(asked, "until", "Until") if asked.text("until") else {}
    return {"since": shared["since"], **until, **shared}


def zone(asked: Asked) -> str:
    """Return the zone by which the days begin, as a query takes it."""
    return local_zone(asked.now)


def query_of(asked: Asked, day: date) -> str:
    """Return the query of this request, for one *day* alone."""
    return asked.query(since=f"{day}", until=f"{day + DAY}", after=None)


def every_day(rows: Sequence[Row]) -> list[Row]:
    """Return *rows*, which are by ``day`` in order and count otherwise, with a row of zeros for each day between them.

    A chart with a bar a row would else draw a week without work as no time at all.
    """
    return _every(rows, "day", DAY)


def every_week(rows: Sequence[Row]) -> list[Row]:
    """Return *rows*, which are by ``week``, likewise."""
    return _every(rows, "week", DAY * 7)


def _every(rows: Sequence[Row], name: str, step: timedelta) -> list[Row]:
    every: list[Row] = []
    for row in rows:
        while every and every[-1][name] + step < row[name]:
            every.append({**dict.fromkeys(row, 0), name: every[-1][name] + step})
        every.append(row)
    return every


def days(asked: Asked) -> list[Mapping[str, str]]:
    """Return today and yesterday, each with the query that asks for that day alone."""
    today = asked.now.astimezone().date()
    named = (("Today", today), ("Yesterday", today - DAY))
    return [{"name": name, "query": query_of(asked, day)} for name, day in named]
