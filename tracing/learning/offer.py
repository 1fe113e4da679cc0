"""An offer of advice: whether it is made or withheld, and whether it was followed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tracing.learning.interval import Interval, Sample, mean_difference, rate_difference, wilson

Rows = Sequence[Mapping[str, Any]]

ENOUGH = 20
"""Judged prompts that either arm needs before a difference is told."""

NEAR = 0.5
"""Cosine below which a way is not offered: what worked for another request is no advice."""

SUCCESSES = 1
"""As often it must have worked here."""

RATE = 0.6
"""Of the prompts here whose outcome is known, so many must have succeeded."""

TRAP_TIMES = 1
"""As often a failure must have come to be worth a word; it must have been cured, too."""


@dataclass(frozen=True)
class Score:
    """How well a way fits a prompt, with the parts of it."""

    similarity: float
    """Cosine of the prompt and the way's example."""
    successes: int
    failures: int
    """In this project."""
    lower_bound: float
    """Lower end of the interval of the success rate here (Wilson)."""

    @property
    def total(self) -> float:
        """What ways are ranked by: 0 to 1."""
        return max(0.0, min(1.0, self.similarity * self.lower_bound))


def score_of(similarity: float, successes: int, failures: int) -> Score | None:
    """Return the score of a way; None where it is not to be offered."""
    known = wilson(successes, failures)
    if known is None or similarity < NEAR or successes < SUCCESSES or successes / (successes + failures) < RATE:
        return None
    return Score(similarity, successes, failures, known.low)


def is_withheld(prompt: UUID, percent: int) -> bool:
    """Decide whether the advice for *prompt* is withheld: by chance, and the same whenever it is asked."""
    draw = int.from_bytes(hashlib.sha256(b"advice:" + prompt.bytes).digest()[:4], "big")
    return draw * 100 < percent * 2**32


def is_followed(
    offered_agents: Sequence[str], offered_tools: Sequence[str], agents: Iterable[str], tools: Iterable[str]
) -> bool:
    """Tell whether a prompt went the way it was offered: all its agents and tools in their order, others between."""
    return _in_order(offered_agents, agents) and _in_order(offered_tools, tools)


def _in_order(wanted: Sequence[str], done: Iterable[str]) -> bool:
    rest = iter(done)
    return all(any(one == other for other in rest) for one in wanted)


@dataclass(frozen=True)
class Difference:
    """What offering changed: a figure of either arm, and the difference with its interval."""

    what: str
    offered: float | None
    withheld: float | None
    offered_n: int
    withheld_n: int
    difference: float | None = None
    """Offered less withheld; None: not enough cases yet."""
    interval: Interval | None = None


def effect(rows: Rows) -> list[Difference]:
    """Return what advice changed in outcome, time and cost; *rows* are the judged offers of both arms."""
    arms = [[row for row in rows if row["offered"]], [row for row in rows if not row["offered"]]]
    return [_of_outcomes(*arms), _of_means("duration_ms", *arms), _of_means("cost_usd", *arms)]


def _of_outcomes(offered: Rows, withheld: Rows) -> Difference:
    with_, without = ([row["outcome"] for row in arm if row["outcome"]] for arm in (offered, withheld))
    counts = [(arm.count("success"), arm.count("failure")) for arm in (with_, without)]
    rates = [successes / (successes + failures) if successes + failures else None for successes, failures in counts]
    interval = rate_difference(*counts[0], *counts[1])
    return _difference("success_rate", rates, (len(with_), len(without)), interval)


def _of_means(what: str, offered: Rows, withheld: Rows) -> Difference:
    samples = [Sample.of([float(row[what]) for row in arm if row[what] is not None]) for arm in (offered, withheld)]
    means = [sample.mean if sample else None for sample in samples]
    return _difference(what, means, [sample.n if sample else 0 for sample in samples], mean_difference(*samples))


def _difference(what: str, figures: Sequence[float | None], n: Sequence[int], interval: Interval | None) -> Difference:
    (one, other), (many, others) = figures, n
    if one is None or other is None or interval is None or min(n) < ENOUGH:
        return Difference(what, one, other, many, others)
    return Difference(what, one, other, many, others, one - other, interval)
