"""Health: whether what the other pages show can be trusted; it answers also when there is no database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from tracing.dashboard.asked import Asked
from tracing.dashboard.ledger import ledger
from tracing.dashboard.page import Page, Sources
from tracing.database.ledger import Gap, Ledger
from tracing.database.reader import Unreachable
from tracing.installation import Installation
from tracing.installation.complaints import last_complaints
from tracing.installation.status import status_of

MOST_GAPS = 50
"""That are listed; all of them are counted."""

MOST_PROBLEMS = 20

STATUS_AGE_S = 5.0
"""To count a million events takes a tenth of a second."""


def read(sources: Sources, _asked: Asked) -> Mapping[str, Any]:
    """Return the status, the server, and what went wrong last."""
    installation = sources.installation
    try:
        known = ledger(sources)
        status = sources.memory.remembered(
            "status", STATUS_AGE_S, lambda: status_of(installation, sources.reader, known)
        )
        server = sources.reader.page("server")[0]
    except Unreachable as error:
        known, server, status = None, None, status_of(installation, error, None)
    return {
        "status": {name: value for name, value in status.items() if name not in ("ledger", "capture")},
        "server": server,
        "ledger": _shown(known) if known else None,
        "own_cost": _own_cost(installation, known),
        "bad": [asdict(letter) for letter in installation.dead_letters.latest(MOST_PROBLEMS)],
        "complaints": [asdict(one) for one in last_complaints(installation.places.log, MOST_PROBLEMS)],
        "spool_limit_bytes": installation.settings.number("spool.max_mb") * 1_000_000,
    }


def _shown(known: Ledger) -> Mapping[str, Any]:
    """Return the ledger with its gaps counted by what explains them, and those that nothing does, listed."""
    reasons = Counter((gap.missing, gap.explained) for gap in known.gaps)
    return {
        **{name: value for name, value in known.as_json().items() if name != "gaps"},
        "reasons": [
            {"missing": missing, "explained": explained, "events": count}
            for (missing, explained), count in reasons.most_common()
        ],
        "gaps": [asdict(gap) for gap in _worst_first(known.gaps)[:MOST_GAPS]],
    }


def _worst_first(gaps: Sequence[Gap]) -> Sequence[Gap]:
    return sorted(gaps, key=lambda gap: gap.explained is not None)


def _own_cost(installation: Installation, known: Ledger | None) -> Mapping[str, float | None]:
    """Return what a hook takes, what all of the day took, and which share of the agents' time that is."""
    hook_ms = installation.hook_ms
    spent = known.events * hook_ms if known and hook_ms is not None else None
    share = spent / known.worked_ms if known and spent is not None and known.worked_ms else None
    return {"hook_ms": hook_ms, "hooks_ms": spent, "share": share}


PAGE = Page("health", "/health", "/api/health", read, "Health")
