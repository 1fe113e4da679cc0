"""The frame of every page: how far its figures can be trusted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracing.dashboard.page import Sources
from tracing.database.reader import Unreachable
from tracing.installation.status import ledger_of_day, trust_of_day

TRUST_AGE_S = 10.0
"""The ledger of a day is dear, and on every page."""


def frame(sources: Sources) -> Mapping[str, Any]:
    """Return the trust line that `hooktrace status` prints, and whether anything is recorded.

    Without a database there is no such line, but why.
    """
    try:
        recorded = sources.reader.page("anything_recorded")[0]["recorded"]
        trust = sources.memory.remembered("trust", TRUST_AGE_S, lambda: _trust(sources))
    except Unreachable as error:
        return {"trust": None, "trouble": str(error).partition("\n")[0], "recorded": False}
    return {"trust": trust, "trouble": None, "recorded": recorded}


def _trust(sources: Sources) -> str | None:
    ledger = ledger_of_day(sources.installation, sources.reader)
    return trust_of_day(sources.installation, ledger) if ledger else None
