"""The ledger: what the agent's own record says it did, laid beside what the hooks told.

For the command line, and for whoever shows it elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from tracing.database.reader import Reader


@dataclass(frozen=True)
class Gap:
    """An event that should have come and did not."""

    session_id: str
    correlation_id: str
    """The execution that it would have told of."""
    kind: str
    name: str | None
    missing: str
    """The event's name."""
    explained: str | None
    """Why none could come, such as process_gone or interrupt; ``healed``: it was lost, and the transcript told
    instead; None: it was lost."""


@dataclass(frozen=True)
class Unhooked:
    """A session that left a transcript and not one event: its hooks never fired."""

    session_id: str
    calls: int
    """Tool calls that its transcript shows."""


@dataclass(frozen=True)
class Ledger:
    """What is known of how complete the record of some sessions is."""

    sessions: int
    """Sessions of which there are events."""
    calls: int
    """Tool calls that their transcripts show."""
    recorded: int
    """Of these, the ones there is an execution of, whoever told of it."""
    unchecked: int
    """Sessions without a transcript to check against."""
    events: int
    worked_ms: float
    """How long the prompts took, in milliseconds."""
    gaps: tuple[Gap, ...] = ()
    unhooked: tuple[Unhooked, ...] = field(default_factory=tuple)

    @property
    def lost(self) -> tuple[Gap, ...]:
        """The events that nothing explains the absence of, and whose place nothing took."""
        return tuple(gap for gap in self.gaps if gap.explained is None)

    @property
    def healed(self) -> tuple[Gap, ...]:
        """The events that were lost, and whose place the transcript took: what they held besides is not known."""
        return tuple(gap for gap in self.gaps if gap.explained == "healed")

    @property
    def healed_executions(self) -> int:
        """How many executions are known only, or in part, because their transcript told of them."""
        return len({gap.correlation_id for gap in self.healed})

    @property
    def shown(self) -> int:
        """Tool calls that all transcripts show, those of unhooked sessions too."""
        return self.calls + sum(session.calls for session in self.unhooked)

    @property
    def coverage(self) -> float | None:
        """The share of the tool calls that is recorded, 0 to 1; None where no transcript shows any."""
        return self.recorded / self.shown if self.shown else None

    def as_json(self) -> dict[str, Any]:
        """Return it as `status --json` prints it."""
        counted = {"lost": len(self.lost), "healed": self.healed_executions}
        return {**asdict(self), "shown": self.shown, "coverage": self.coverage, **counted}


def read_ledger(
    reader: Reader,
    *,
    since: datetime | None = None,
    session_ids: Sequence[str] = (),
    unhooked: Sequence[Unhooked] = (),
) -> Ledger:
    """Return the ledger of the sessions that were open after *since*, or of *session_ids*.

    Raises:
        psycopg.Error: as every method of the reader.
    """
    if since:
        covered, gaps = reader.rows("coverage_since", since=since), reader.rows("gaps_since", since=since)
    else:
        about = {"session_ids": list(session_ids)}
        covered, gaps = reader.rows("coverage_of_sessions", **about), reader.rows("gaps_of_sessions", **about)
    names = [row["session_id"] for row in covered]
    time = reader.row("time_of_sessions", session_ids=names, now=datetime.now(UTC))
    return Ledger(
        sessions=len(covered),
        calls=sum(row["calls"] for row in covered),
        recorded=sum(row["recorded"] for row in covered),
        unchecked=sum(not row["transcript"] for row in covered),
        events=time["events"],
        worked_ms=time["worked_ms"],
        gaps=tuple(Gap(**{**row, "correlation_id": str(row["correlation_id"])}) for row in gaps),
        unhooked=tuple(unhooked),
    )
