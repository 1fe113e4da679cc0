"""Errors: what fails, how often, and what cured it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracing.dashboard.asked import Asked
from tracing.dashboard.filters import choice, text
from tracing.dashboard.keyset import Paging, whole
from tracing.dashboard.page import Page, Sources
from tracing.dashboard.period import bounds, every_day, filters, narrowed, query_of, zone
from tracing.database.connection import Row
from tracing.learning.cures import ranked

CURED = ("cured", "not yet")
KINDS = 20
TYPES = 20
LATEST = 10


def read(sources: Sources, asked: Asked) -> Mapping[str, Any]:
    """Return the failures of each day, a page of their kinds with cures, the types of error, and what failed last."""
    asked_for = {**narrowed(asked), "tool": asked.text("tool")}
    reader, cured = sources.reader, asked.choice("cured", CURED)
    paging = Paging.of(asked, whole, rows=KINDS)
    found = reader.page("error_kinds", **asked_for, **paging.values, cured=None if cured is None else cured == CURED[0])
    kinds, next_ = paging.page(found, "occurrences", "id")
    by_day = every_day(reader.page("failures_by_day", **asked_for, zone=zone(asked)))
    return {
        "filters": {
            **filters(sources, asked, "project", "user"),
            **text(asked, "tool", "Tool"),
            **choice(asked, "cured", "Cure", CURED),
        },
        "total": _summed(by_day),
        "by_day": [{**row, "query": query_of(asked, row["day"])} for row in by_day],
        "kinds": [with_cures(kind) for kind in kinds],
        "next": next_,
        "types": reader.report("errors", limit=TYPES, **bounds(asked))[1],
        "latest": reader.page("latest_failures", limit=LATEST, **asked_for),
    }


def with_cures(kind: Row) -> Row:
    """Return a kind of failure with what cured it, the commonest first, as rows."""
    cures = ranked(kind["cures"], kind["cured"])
    return {**kind, "cures": [{"steps": list(cure.steps), "times": cure.times} for cure in cures]}


def _summed(by_day: list[Row]) -> Mapping[str, Any]:
    names = ("calls", "unsuccessful", "failed", "denied", "cancelled", "rated")
    total = {name: sum(day[name] for day in by_day) for name in names}
    return {**total, "failure_rate": total["failed"] / total["rated"] if total["rated"] else None}


PAGE = Page("errors", "/errors", "/api/errors", read, "Errors")
