"""Routes a request: asks the database for earlier choices and ways like it, which tracing/learning/router.py ranks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from tracing.database.connection import Row
from tracing.database.reader import Reader
from tracing.learning.embedding import Embedder, HashedEmbedder
from tracing.learning.router import NEAR, Evidence, Ranked, rank

WANTED = 50
"""Earlier choices, and patterns, that are looked at: the nearest."""


@dataclass(frozen=True)
class Route:
    """The answer to a request."""

    ranked: Sequence[Ranked] | None
    """Agents, the surest first; None: not enough evidence."""
    looked_at: int
    """Earlier choices and patterns that were near enough to be looked at."""
    model: str
    """What made the embeddings; those of another model were not looked at."""
    exact: bool
    """Whether every row was compared: without pgvector there is no index."""


def route(request: str, reader: Reader, embedder: Embedder | None = None, now: datetime | None = None) -> Route:
    """Return which agents did well with requests like *request*.

    Raises:
        psycopg.Error: the database is away.
    """
    embedder, now = embedder or HashedEmbedder(), now or datetime.now(UTC)
    (embedding,) = embedder.embed([request])
    asked = {"embedding": embedding, "model": embedder.model, "wanted": WANTED, "at_least": NEAR}
    choices, ways = reader.rows("earlier_choices", **asked), reader.rows("earlier_ways", **asked)
    evidence = [*_of_choices(choices, now), *_of_ways(ways, now)]
    exact = not reader.row("vectors_indexed")["indexed"]
    return Route(rank(evidence), len(evidence), embedder.model, exact)


def _of_choices(rows: Sequence[Row], now: datetime) -> Iterator[Evidence]:
    for row in rows:
        success = float(row["outcome"] == "success")
        yield Evidence(row["agent_selected"], row["similarity"], success, 1 - success, _days(row["created_at"], now))


def _of_ways(rows: Sequence[Row], now: datetime) -> Iterator[Evidence]:
    """Read each pattern as a word for its first agent: the one that was chosen for the prompt."""
    for row in rows:
        counts = (row["success_count"], row["failure_count"])
        yield Evidence(
            row["agent_sequence"][0], row["similarity"], *counts, _days(row["last_used_at"], now), origin="pattern"
        )


def _days(at: datetime | None, now: datetime) -> float:
    return (now - at).total_seconds() / 86_400 if at else 0.0
