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

TRUST_AGE_S = 5.0
"""The ledger of a day is dear, and on every page."""


def frame(sources: Sources, asked: Asked) -> Mapping[str, Any]:
    """Return the trust line of the last 24 hours, and whether anything is recorded."""
    trust = sources.memory.remembered("trust", TRUST_AGE_S, lambda: _trust(sources, asked))
    return {"trust": trust, "recorded": sources.reader.page("anything_recorded")[0]["recorded"]}


def _trust(sources: Sources, asked: Asked) -> str:
    installation = sources.installation
    ledger = read_ledger(sources.reader, since=asked.now - WINDOW)
    return trust_line(ledger, hook_ms=installation.hook_ms, dropped=installation.spool.dropped())
