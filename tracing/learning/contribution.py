"""What a prompt contributes to what is learned, as JSON: a use of a pattern, kinds of failure, chains of agents.

It stands in the prompt's outcome and is taken back exactly before the prompt is learned again.
"""

from __future__ import annotations

import json
from typing import Any

from tracing.learning.chains import chains_of
from tracing.learning.cures import STEPS_BETWEEN
from tracing.learning.outcome import Outcome
from tracing.learning.resolution import occurrences
from tracing.learning.story import Story


def use_of(story: Story, outcome: Outcome) -> dict[str, Any]:
    """Return what a use adds to its pattern's counters."""
    duration = None if story.duration_ms is None else round(story.duration_ms)
    sums: dict[str, Any] = {"tokens": story.input_tokens + story.output_tokens}
    if outcome.verdict == "success" and duration is not None:
        sums |= {"success_ms": duration, "timed": 1}
    if story.cost_usd is not None:
        sums |= {"cost_usd": float(story.cost_usd), "priced": 1}
    return {"outcome": outcome.verdict, "duration_ms": duration, "sums": sums}


def errors_in(story: Story) -> dict[str, Any]:
    """Return the kinds of failure in *story*, with what cured them."""
    kinds: dict[str, dict[str, Any]] = {}
    for one in occurrences(story):
        failure, at = one.failure, one.call.started_at.isoformat()
        kind = kinds.setdefault(
            failure.fingerprint,
            {
                "tool": failure.tool,
                "error_type": failure.error_type or "unknown",
                "category": failure.category,
                "severity": failure.severity,
                "template": failure.template,
                "count": 0,
                "resolved": 0,
                "cures": {},
                "agents": {},
                "projects": {},
                "samples": [],
                "first_at": at,
            },
        )
        kind["last_at"] = at
        kind["count"] += 1
        kind["resolved"] += one.resolved
        kind["samples"].append(str(one.call.correlation_id))
        if one.resolved and one.steps:
            _count(kind["cures"], STEPS_BETWEEN.join(one.steps))
        if one.call.agent:
            _count(kind["agents"], one.call.agent)
        if story.project:
            _count(kind["projects"], story.project)
    return kinds


def chains_in(story: Story, outcome: Outcome) -> dict[str, Any]:
    """Return the chains of agents in *story*."""
    found: dict[str, dict[str, Any]] = {}
    at = (story.ended_at or story.started_at).isoformat()
    for chain in chains_of(story):
        kind = found.setdefault(
            json.dumps(chain.agents), {"count": 0, "successes": 0, "failures": 0, "sums": {}, "at": at}
        )
        kind["count"] += 1
        kind["successes"] += outcome.verdict == "success"
        kind["failures"] += outcome.verdict == "failure"
        if chain.duration_ms is not None:
            _count(kind["sums"], "timed")
            _count(kind["sums"], "duration_ms", round(chain.duration_ms))
        if chain.overhead_ms is not None:
            _count(kind["sums"], "timed_overhead")
            _count(kind["sums"], "overhead_ms", round(chain.overhead_ms))
    return found


def _count(counted: dict[str, Any], name: str, amount: int = 1) -> None:
    counted[name] = counted.get(name, 0) + amount
