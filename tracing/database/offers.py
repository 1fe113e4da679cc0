"""Offers of advice: found for a prompt, and noted before they are said; tracing/database/settlement.py goes on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Any
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from tracing.database.caretaker import Caretaker
from tracing.database.connection import Row
from tracing.database.queries import query
from tracing.identity import session_uuid
from tracing.learning.advice import Trap, Way, advice
from tracing.learning.cures import STEPS_BETWEEN
from tracing.learning.embedding import Embedder
from tracing.learning.offer import NEAR, TRAP_TIMES, Score, is_withheld, score_of

SEARCHED = 50
"""Patterns that are found: the nearest of everybody's."""

WANTED = 20
"""Of these, the user's own that are looked at: of all projects, of which this one's are taken."""

Cursor = psycopg.Cursor[Row]


@dataclass(frozen=True)
class Asked:
    """A prompt for which advice is asked."""

    session_id: str
    correlation_id: UUID
    text: str
    directory: str
    """In which the agent works."""


@dataclass(frozen=True)
class Offer:
    """Advice that was noted."""

    id: UUID
    said: str | None
    """None: withheld by chance."""


class Offers:
    """Finds advice through one connection, for one thread; *user* tells whose traces count."""

    def __init__(
        self,
        caretaker: Caretaker,
        embedder: Embedder,
        user: Callable[[], str],
        repository: Callable[[str], str | None],
        withheld_percent: int,
    ) -> None:
        self._caretaker = caretaker
        self._embedder = embedder
        self._user = user
        self._repository = repository
        self._withheld_percent = withheld_percent

    def warm_up(self) -> None:
        """Connect, and load what the first prompt would have to wait for.

        Raises:
            NotDone: the database is away.
        """
        self._embedder.embed(["warm up"])
        self._user()
        with self._caretaker.transaction(read_only=True) as cursor:
            cursor.execute(query("vectors_indexed"))

    def make(self, asked: Asked, budget_ms: int) -> Offer | None:
        """Return what is to be said to *asked*, noted; None: nothing.  No statement takes longer than *budget_ms*.

        Raises:
            NotDone: the database is away, or too slow.
        """
        (embedding,) = self._embedder.embed([asked.text])
        user = self._user()
        with self._caretaker.transaction(statement_timeout_ms=max(1, budget_ms)) as cursor:
            root_id, here = self._place(cursor, asked, user)
            nearest = {
                "embedding": embedding,
                "model": self._embedder.model,
                "searched": SEARCHED,
                "wanted": WANTED,
                "at_least": NEAR,
            }
            chosen = _best(cursor.execute(query("ways_here"), {**here, **nearest}).fetchall())
            if chosen is None:
                return None
            row, score = chosen
            trap = _trap(cursor, row["tool_sequence"], here)
            said = advice(_way(row), trap_of(trap) if trap else None)
            if not said:
                return None
            withheld = is_withheld(asked.correlation_id, self._withheld_percent)
            parts = {"offered": not withheld, "score": asdict(score), "error": str(trap["id"]) if trap else None}
            noted = {
                "pattern_id": row["id"],
                "root_id": root_id,
                "trace_id": asked.correlation_id,
                "user_id": user,
                "match_score": score.total,
                "expected_duration_ms": row["duration_ms"],
                "metadata": Jsonb(parts),
                "at": datetime.now(UTC),
            }
            kept = cursor.execute(query("record_offer"), noted).fetchone()
        return Offer(kept["id"], None if withheld else said) if kept else None

    def retract(self, offer: Offer) -> None:
        """Take the note of *offer* back: it was not said.

        Raises:
            NotDone: the database is away.
        """
        with self._caretaker.transaction() as cursor:
            cursor.execute(query("retract_offer"), {"id": offer.id})

    def _place(self, cursor: Cursor, asked: Asked, user: str) -> tuple[UUID, dict[str, Any]]:
        """Return the tree of the session, as far as it is known yet, and what tells its project from others."""
        known = cursor.execute(query("place_of_session"), {"session_id": asked.session_id}).fetchone()
        repository = known["repository"] if known else self._repository(asked.directory)
        project = PurePath(repository or asked.directory).name or asked.directory
        root_id = known["root_id"] if known else session_uuid(asked.session_id)
        return root_id, {"user_id": user, "project": project, "repository": repository}


def trap_of(row: Row) -> Trap:
    """Return the kind of failure in *row*, with its commonest cure."""
    cures = row["resolution_pattern"] or {}
    commonest = max(cures, key=lambda cure: (float(cures[cure]), cure), default="")
    return Trap(
        tool=row["tool_name"] or "",
        category=row["error_category"] or "",
        times=row["occurrence_count"],
        cured=row["resolution_count"],
        cure=commonest.split(STEPS_BETWEEN),
    )


def _way(row: Row) -> Way:
    return Way(row["agent_sequence"], row["tool_sequence"], row["successes"], row["failures"])


def _best(rows: Sequence[Row]) -> tuple[Row, Score] | None:
    scored = [(row, score) for row in rows if (score := score_of(row["similarity"], row["successes"], row["failures"]))]
    return max(scored, key=lambda one: (one[1].total, str(one[0]["id"])), default=None)


def _trap(cursor: Cursor, tools: Sequence[str], here: dict[str, Any]) -> Row | None:
    values = {**here, "tools": list(tools), "times": TRAP_TIMES}
    return cursor.execute(query("trap_here"), values).fetchone()
