"""The ledger of the day as the pages show it: read once for all of them, for it is dear."""

from __future__ import annotations

from tracing.dashboard.page import Sources
from tracing.database.ledger import Ledger
from tracing.installation.status import ledger_of_day

AGE_S = 15.0
"""It sums up a day; what happened within so long changes it little."""


def ledger(sources: Sources) -> Ledger | None:
    """Return the ledger of the last 24 hours; None where no agent's record can be read.

    Raises:
        Unreachable: the database does not answer.
    """
    reader = sources.reader  # before the turn at the memory: who waits for a reader there would keep all others waiting
    return sources.memory.remembered("ledger", AGE_S, lambda: ledger_of_day(sources.installation, reader))
