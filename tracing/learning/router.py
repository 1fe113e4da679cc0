"""The router: which agent did well with requests like this one, and how sure that is.

Each earlier choice speaks for or against its agent, the more the nearer its request is and the less the older it is.
An agent's score is the lower end of the interval of its success rate among what speaks (Wilson), so that one lucky
choice does not outrank ten good ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from tracing.learning.interval import wilson

NEAR = 0.25
"""Cosine below which a request has nothing to do with another: it does not speak at all."""

SHARPNESS = 3.0
"""How much more a near request says than a far one: the cosine counts with this power."""

HALF_LIFE_DAYS = 60.0
"""After so long a choice says half as much: agents and models change."""

PATTERN_SHARE = 0.5
"""What a use counted by a pattern says beside a choice: its prompt is often among the choices, too."""

MOST_USES = 10
"""More uses of one pattern say no more: the request is like one prompt of it, not like ten."""

ENOUGH_WEIGHT = 0.1
"""What speaks has to weigh so much in all for an agent to be ranked; one choice with a cosine of 0.46 does."""

Origin = Literal["decision", "pattern"]


@dataclass(frozen=True)
class Evidence:
    """An earlier choice, or the uses that a pattern counted."""

    agent: str
    similarity: float
    """Cosine of its request and this one."""
    successes: float
    failures: float
    age_days: float
    origin: Origin = "decision"


@dataclass(frozen=True)
class Ranked:
    """An agent with the parts of its score."""

    agent: str
    score: float
    """The lower end of the interval: 0 to 1."""
    success: float
    """Its success rate, weighted by similarity and recency."""
    weight: float
    """What speaks for and against it in all, in choices that were for the same request, today."""
    similarity: float
    """Of the nearest request."""
    recency: float
    """What the choices lost by their age: 1 is today's, 0.5 those of a half-life ago."""
    decisions: int
    """Earlier choices that speak."""
    patterns: int
    """Patterns that speak."""


def rank(evidence: Iterable[Evidence]) -> Sequence[Ranked] | None:
    """Return the agents that *evidence* speaks of, the surest first; None: not enough evidence."""
    by_agent: dict[str, list[Evidence]] = {}
    for piece in evidence:
        if piece.similarity >= NEAR and piece.successes + piece.failures > 0:
            by_agent.setdefault(piece.agent, []).append(piece)
    ranked = [_ranked(agent, pieces) for agent, pieces in by_agent.items()]
    enough = [one for one in ranked if one.weight >= ENOUGH_WEIGHT and one.success > 0]
    return sorted(enough, key=lambda one: (-one.score, -one.similarity, one.agent)) or None


def _ranked(agent: str, pieces: Sequence[Evidence]) -> Ranked:
    near = [piece.similarity**SHARPNESS * _uses(piece) for piece in pieces]
    fresh = [0.5 ** (max(piece.age_days, 0.0) / HALF_LIFE_DAYS) for piece in pieces]
    weights = [nearness * freshness for nearness, freshness in zip(near, fresh, strict=True)]
    won = sum(weight * _rate(piece) for weight, piece in zip(weights, pieces, strict=True))
    weight = sum(weights)
    bound = wilson(won, max(0.0, weight - won))
    return Ranked(
        agent=agent,
        score=bound.low if bound else 0.0,
        success=won / weight,
        weight=weight,
        similarity=max(piece.similarity for piece in pieces),
        recency=weight / sum(near),
        decisions=sum(piece.origin == "decision" for piece in pieces),
        patterns=sum(piece.origin == "pattern" for piece in pieces),
    )


def _uses(piece: Evidence) -> float:
    """Return how many choices *piece* stands for."""
    uses = piece.successes + piece.failures
    return min(uses, MOST_USES) * PATTERN_SHARE if piece.origin == "pattern" else uses


def _rate(piece: Evidence) -> float:
    return piece.successes / (piece.successes + piece.failures)
