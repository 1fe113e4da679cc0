"""Chains: which agents followed one another, how often, and how that went."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracing.dashboard.asked import Asked
from tracing.dashboard.filters import text
from tracing.dashboard.keyset import Paging, whole
from tracing.dashboard.page import Page, Sources


def read(sources: Sources, asked: Asked) -> Mapping[str, Any]:
    """Return a page of the chains, or of those in which one agent takes part."""
    paging = Paging.of(asked, whole)
    found = sources.reader.page("chains", agent=asked.text("agent"), **paging.values)
    rows, next_ = paging.page(found, "occurrences", "id")
    return {"filters": text(asked, "agent", "With agent"), "chains": rows, "next": next_}


PAGE = Page("chains", "/chains", "/api/agents/chaining", read, "Chains of agents", in_menu=False)
