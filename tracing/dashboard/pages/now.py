"""Now: what runs, and what there is in all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracing.dashboard.asked import Asked
from tracing.dashboard.page import Page, Sources


def read(sources: Sources, _asked: Asked) -> Mapping[str, Any]:
    """Return the summary."""
    return {"summary": sources.reader.page("summary")[0]}


PAGE = Page("now", "/now", "/api/dashboard/summary", read, "Now")
