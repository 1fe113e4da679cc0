"""Sessions: what was done, the newest first."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tracing.dashboard import filters
from tracing.dashboard.asked import Asked
from tracing.dashboard.keyset import Paging, time
from tracing.dashboard.page import Page, Sources
from tracing.wording import OUTCOMES

FAILING = "with failures"
"""Not how a session ended, but whether anything in it failed or was refused."""


def read(sources: Sources, asked: Asked) -> Mapping[str, Any]:
    """Return a page of sessions, and from where on the next one begins."""
    chosen = {
        **filters.common(sources, asked, "since", "project", "user", "source"),
        **filters.choice(asked, "status", "Status", (*OUTCOMES, FAILING)),
        **filters.text(asked, "text", "Prompt or agent"),
    }
    paging = Paging.of(asked, time)
    status = chosen["status"]["value"]
    rows = sources.reader.page(
        "sessions",
        since=asked.since("7d") or datetime.min.replace(tzinfo=UTC),
        until=asked.until() or datetime.max.replace(tzinfo=UTC),
        **paging.values,
        project=asked.text("project"),
        user=asked.text("user"),
        source=asked.text("source"),
        status=None if status == FAILING else status,
        failing=status == FAILING,
        like=_containing(asked.text("text")),
    )
    shown, next_ = paging.page(rows, "started_at", "correlation_id")
    return {"filters": chosen, "sessions": shown, "next": next_}


def _containing(text: str | None) -> str | None:
    r"""Return the pattern of LIKE that *text* stands in, as it is: none of its %, _ and \ means anything."""
    return None if text is None else "%" + re.sub(r"([%_\\])", r"\\\1", text) + "%"


PAGE = Page("sessions", "/sessions", "/api/traces", read, "Sessions")
