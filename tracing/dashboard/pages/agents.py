"""Agents: what each did, how it went, and how well it was chosen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracing.dashboard.asked import Asked
from tracing.dashboard.page import Page, Sources
from tracing.dashboard.period import filters, narrowed

CHAINS = 5


def read(sources: Sources, asked: Asked) -> Mapping[str, Any]:
    """Return the agents, the choices by how they were made, and the commonest chains."""
    asked_for, reader = narrowed(asked), sources.reader
    return {
        "filters": filters(sources, asked, "project", "user"),
        "agents": reader.page("agents", **asked_for, agent=None),
        "strategies": reader.page("choices_by_strategy", **asked_for),
        "chains": reader.page("chains", agent=None, after=None, after_id=None, limit=CHAINS),
    }


PAGE = Page("agents", "/agents", "/api/agents/effectiveness", read, "Agents")
