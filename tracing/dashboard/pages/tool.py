"""One tool: its figures, and its calls, the newest or the slowest first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracing.dashboard.asked import Asked
from tracing.dashboard.filters import choice
from tracing.dashboard.keyset import Paging, time, whole
from tracing.dashboard.page import NotThere, Page, Sources
from tracing.dashboard.period import days, every_day, filters, narrowed, query_of, zone
from tracing.wording import OUTCOMES, one_line

ORDERS = ("latest", "slowest")


def read(sources: Sources, asked: Asked) -> Mapping[str, Any]:
    """Return the figures of a tool, its failures by day, and a page of its calls.

    Raises:
        NotThere: no call of such a tool is known, at any time.
    """
    name, asked_for = asked.path["name"], narrowed(asked)
    status, order = asked.choice("status", OUTCOMES), asked.choice("order", ORDERS, "latest")
    if order == "slowest":
        paging = Paging.of(asked, whole)
        wanted = {**asked_for, **paging.values, "tool": name, "status": status}
        rows, next_ = paging.page(sources.reader.page("calls_by_duration", **wanted), "duration_ms", "execution_id")
    else:
        paging = Paging.of(asked, time)
        wanted = {**asked_for, **paging.values, "tool": name, "status": status}
        rows, next_ = paging.page(sources.reader.page("calls_by_time", **wanted), "started_at", "execution_id")
    if not rows and not sources.reader.page("tool_is_known", tool=name)[0]["known"]:
        raise NotThere(f"no call of a tool {one_line(name, 80)!r} is recorded")
    by_day = every_day(sources.reader.page("failures_by_day", **asked_for, tool=name, zone=zone(asked)))
    return {
        "filters": {
            **filters(sources, asked, "project", "user"),
            **choice(asked, "status", "Outcome", tuple(OUTCOMES)),
            **choice(asked, "order", "Order", ORDERS),
        },
        "days": days(asked),
        "tool": name,
        "figures": next(iter(sources.reader.page("tools", **asked_for, tool=name)), None),
        "by_day": [{**row, "query": query_of(asked, row["day"])} for row in by_day],
        "calls": rows,
        "next": next_,
    }


PAGE = Page("tool", "/tools/{name:path}", "/api/tools/{name:path}", read, "Tool", in_menu=False)
