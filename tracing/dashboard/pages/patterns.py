"""Patterns: the ways of working that succeeded, how sure that is, and what advice made of them changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from tracing.dashboard.asked import Asked
from tracing.dashboard.filters import choice, common, text
from tracing.dashboard.keyset import Paging
from tracing.dashboard.page import Page, Sources
from tracing.dashboard.period import every_week, zone
from tracing.database.connection import Row
from tracing.learning.interval import wilson
from tracing.learning.offer import ENOUGH, effect

SURE = 0.7
"""Lower end of the success rate's interval from which a pattern is sure, as in dashboard_summary."""

SURE_ONLY = "sure ones"
PATTERNS = 25
CHAINS = 5


def read(sources: Sources, asked: Asked) -> Mapping[str, Any]:
    """Return a page of the patterns, their uses by week, what advice changed, and the commonest chains."""
    reader, paging = sources.reader, Paging.of(asked, float, rows=PATTERNS)
    sure = asked.choice("only", (SURE_ONLY,))
    asked_for = {name: asked.text(name) for name in ("intent", "keyword", "project")}
    found = reader.page("patterns", **asked_for, **paging.values, at_least=SURE if sure else None)
    rows, next_ = paging.page(found, "confidence", "pattern_id", unknown=-1)
    return {
        "filters": {
            **common(sources, asked, "project"),
            **text(asked, "intent", "Intent"),
            **text(asked, "keyword", "Keyword"),
            **choice(asked, "only", "Only", (SURE_ONLY,)),
        },
        "figures": reader.page("pattern_figures", sure=SURE)[0],
        "patterns": [with_interval(row) for row in rows],
        "next": next_,
        "by_week": every_week(reader.page("uses_by_week", pattern=None, zone=zone(asked))),
        "advice": advice(reader.rows("settled_offers")),
        "chains": reader.page("chains", agent=None, after=None, after_id=None, limit=CHAINS),
    }


def with_interval(pattern: Row) -> Row:
    """Return a pattern with the 95 % interval of its success rate, whose lower end is its confidence."""
    interval = wilson(pattern["succeeded"], pattern["failed"])
    return {**pattern, "interval": interval and list(interval)}


def advice(settled: Sequence[Row]) -> Mapping[str, Any]:
    """Return what offering advice changed, as `hooktrace advise --effect` tells it, and how often it was followed."""
    offered = [row for row in settled if row["offered"]]
    known = [row["followed"] for row in offered if row["followed"] is not None]
    return {
        "offered": len(offered),
        "withheld": len(settled) - len(offered),
        "followed": sum(known),
        "followed_of": len(known),
        "effect": [asdict(one) for one in effect(settled)],
        "enough": ENOUGH,
    }


PAGE = Page("patterns", "/patterns", "/api/patterns", read, "Patterns")
