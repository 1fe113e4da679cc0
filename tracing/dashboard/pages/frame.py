"""The frame of every page: how far its figures can be trusted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from tracing.dashboard.asked import Asked
from tracing.dashboard.page import Sources
from tracing.database.ledger import read_ledger
from tracing.installation.trust import trust_line

WINDOW = timedelta(hours=24)


def frame(sources: Sources, asked: Asked) -> Mapping[str, Any]:
    """Return the trust line of the last 24 hours."""
    installation = sources.installation
    ledger = read_ledger(sources.reader, since=asked.now - WINDOW)
    dropped = installation.spool.dropped()
    return {"trust": trust_line(ledger, hook_ms=installation.hook_ms, dropped=dropped)}
