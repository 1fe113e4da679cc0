"""Whose time it was: how much of the time that was worked went to the model, to tools, into waiting for permission.

Things run at once, in parallel calls and subagents, so each moment is counted once, for the first of these that holds:
somebody is waited for, a tool runs, the model answers; else it is other (hooks, the agent itself).  A call in which
an agent or a nested session ran is not a tool at work: what ran within speaks for it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

PARTS = ("permission", "tools", "model", "work")
"""In the order in which they are counted; of "work" what is left is other."""


class Span(NamedTuple):
    """A part of the time of something, in Unix seconds."""

    part: str
    begin: float
    end: float


@dataclass(frozen=True)
class TimeSplit:
    """The time that was worked, in milliseconds, apart; the parts sum up to it."""

    worked_ms: float
    model_ms: float
    tools_ms: float
    permission_ms: float
    other_ms: float


def parts_of_call(call: Mapping[str, Any], now: float) -> list[Span]:
    """Return the time of a tool call apart, in its order: other, permission, tools; until *now* if it still runs.

    The tool ran last, and before it the user was waited for.  Where nobody measured, all of it is the tool's.
    *call* has ``began``, ``ended`` (Unix seconds), ``permission_ms`` and ``execution_ms``.
    """
    begin, end = call["began"], call["ended"] or now
    if call["execution_ms"] is None or call["ended"] is None:
        return [Span("tools", begin, end)]
    ran = max(begin, end - call["execution_ms"] / 1000)
    waited = max(begin, ran - (call["permission_ms"] or 0) / 1000)
    spans = (Span("other", begin, waited), Span("permission", waited, ran), Span("tools", ran, end))
    return [span for span in spans if span.end > span.begin]


def split_time(
    executions: Collection[Mapping[str, Any]], requests: Iterable[tuple[float, float]], now: float
) -> TimeSplit:
    """Return how the time of the prompts among *executions* was spent; *requests* are the spans of those to the model.

    Where there is no prompt, what stands for itself (a task, an agent, a call) is the work.
    """
    above = {one["parent_id"] for one in executions}
    calls = (one for one in executions if one["kind"] == "tool" and one["correlation_id"] not in above)
    spans = [span for call in calls for span in parts_of_call(call, now) if span.part != "other"]
    spans += [Span("model", begin, end) for begin, end in requests]
    kinds = ("prompt",) if any(one["kind"] == "prompt" for one in executions) else ("task", "agent", "tool")
    spans += [Span("work", one["began"], one["ended"] or now) for one in executions if one["kind"] in kinds]
    taken = _sweep(spans)
    parts = (taken[part] * 1000 for part in ("model", "tools", "permission", "work"))
    return TimeSplit(sum(taken.values()) * 1000, *parts)


def _sweep(spans: Iterable[Span]) -> dict[str, float]:
    """Return how many seconds each part was the first to hold, while there was work."""
    changes = []
    for part, begin, end in spans:
        if end > begin:
            at = PARTS.index(part)
            changes += [(begin, at, 1), (end, at, -1)]
    changes.sort()
    open_, taken, since = [0] * len(PARTS), [0.0] * len(PARTS), 0.0
    for moment, at, step in changes:
        if open_[-1] and moment > since:
            taken[0 if open_[0] else 1 if open_[1] else 2 if open_[2] else 3] += moment - since
        since = moment
        open_[at] += step
    return dict(zip(PARTS, taken, strict=True))
