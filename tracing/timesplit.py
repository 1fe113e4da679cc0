"""Whose time it was: how much of the time that was worked went to the model, to tools, into waiting for permission.

Things run at once, in parallel calls and subagents, so each moment is counted once, for the first of these that holds:
somebody is waited for, a tool runs, the model answers; else it is other (hooks, the agent itself).  A call in which
an agent or a nested session ran is not a tool at work: what ran within speaks for it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

PARTS = ("permission", "tools", "model", "work")
"""In the order in which they are counted; of "work" what is left is other."""


class Span(NamedTuple):
    """A part of the time of something."""

    part: str
    begin: datetime
    end: datetime


@dataclass(frozen=True)
class TimeSplit:
    """The time that was worked, in milliseconds, apart; the parts sum up to it."""

    worked_ms: float
    model_ms: float
    tools_ms: float
    permission_ms: float
    other_ms: float


def parts_of_call(row: Mapping[str, Any], now: datetime) -> list[Span]:
    """Return the time of a tool call apart, in its order: other, permission, tools; until *now* if it still runs.

    The tool ran last, and before it the user was waited for.  Where nobody measured, all of it is the tool's.
    """
    begin, end = row["started_at"], row["completed_at"] or now
    apart = row["time"]
    if not apart or row["completed_at"] is None:
        return [Span("tools", begin, max(begin, end))]
    ran = max(begin, end - timedelta(milliseconds=apart.get("execution_ms") or 0))
    waited = max(begin, ran - timedelta(milliseconds=apart.get("permission_ms") or 0))
    spans = [Span("other", begin, waited), Span("permission", waited, ran), Span("tools", ran, end)]
    return [span for span in spans if span.end > span.begin]


def split_time(rows: Collection[Mapping[str, Any]], requests: Iterable[Mapping[str, Any]], now: datetime) -> TimeSplit:
    """Return how the time of the prompts among *rows* was spent, by all that ran and the *requests* to the model.

    Where there is no prompt, what stands for itself (a task, an agent) is the work.
    """
    above = {row["parent_id"] for row in rows}
    spans = [
        span
        for row in rows
        if row["kind"] == "tool" and row["correlation_id"] not in above
        for span in parts_of_call(row, now)
    ]
    spans += [Span("model", row["started_at"], row["completed_at"]) for row in requests if row["completed_at"]]
    kinds = ("prompt",) if any(row["kind"] == "prompt" for row in rows) else ("task", "agent", "tool")
    work = [Span("work", row["started_at"], row["completed_at"] or now) for row in rows if row["kind"] in kinds]
    taken = _sweep([*work, *(span for span in spans if span.part in PARTS)])
    return TimeSplit(
        sum(taken.values()) * 1000,
        *(taken[part] * 1000 for part in ("model", "tools", "permission", "work")),
    )


def _sweep(spans: Iterable[Span]) -> dict[str, float]:
    """Return how many seconds each part was the first to hold, while there was work."""
    changes = []
    for part, begin, end in spans:
        if end > begin:
            at = PARTS.index(part)
            changes += [(begin.timestamp(), at, 1), (end.timestamp(), at, -1)]
    changes.sort()
    open_, taken, since = [0] * len(PARTS), dict.fromkeys(PARTS, 0.0), 0.0
    for moment, at, step in changes:
        if open_[-1]:
            first = next(index for index, count in enumerate(open_) if count)
            taken[PARTS[first]] += moment - since
        since = moment
        open_[at] += step
    return taken
