"""The frame of every page: how far its figures can be trusted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracing.dashboard.ledger import ledger
from tracing.dashboard.page import Sources
from tracing.database.reader import Unreachable
from tracing.installation.status import trust_of_day


def frame(sources: Sources) -> Mapping[str, Any]:
    """Return the trust line that `hooktrace status` prints, and whether anything is recorded.

    Without a database there is no such line, but why.
    """
    try:
        recorded = sources.reader.page("anything_recorded")[0]["recorded"]
        known = ledger(sources)
    except Unreachable as error:
        return {"trust": None, "trouble": str(error).partition("\n")[0], "recorded": False}
    trust = trust_of_day(sources.installation, known) if known else None
    return {"trust": trust, "trouble": None, "recorded": recorded}
