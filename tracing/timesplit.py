"""Whose time it was: how much of the time that was worked went to the model, to tools, into waiting for permission.

Things run at once, in parallel calls and subagents, so each moment is counted once, for the first of these that holds:
a tool works, somebody is waited for, the model answers; else it is other (hooks, the agent itself).  A call in which
an agent or a nested session ran is not a tool at work: what ran within speaks for it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

PARTS = ("tools", "permission", "model")
"""In the order in which they are counted; what is left is other."""


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
    begin = call["began"]
    end = max(begin, call["ended"] or now)  # a clock was set back
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
    spans: dict[str, list[tuple[float, float]]] = {
        "other": [],
        "permission": [],
        "tools": [],
        "model": [(begin, end) for begin, end in requests],
    }
    for call in calls:
        for part, begin, end in parts_of_call(call, now):
            spans[part].append((begin, end))
    kinds = ("prompt",) if any(one["kind"] == "prompt" for one in executions) else ("task", "agent", "tool")
    work = merged((one["began"], max(one["began"], one["ended"] or now)) for one in executions if one["kind"] in kinds)
    worked, covered, counted, had = _length(work), list[tuple[float, float]](), 0.0, {}
    for part in PARTS:
        covered = merged([*covered, *spans[part]])
        within = _length(covered) + worked - _length(merged([*covered, *work]))
        had[part], counted = max(within - counted, 0.0), within
    other = max(worked - counted, 0.0)
    return TimeSplit(*(1000 * each for each in (worked, had["model"], had["tools"], had["permission"], other)))


def merged(spans: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return the same moments as stretches that neither touch nor overlap, in their order."""
    stretches: list[tuple[float, float]] = []
    for begin, end in sorted(spans):
        if stretches and begin <= stretches[-1][1]:
            if end > stretches[-1][1]:
                stretches[-1] = (stretches[-1][0], end)
        else:
            stretches.append((begin, end))
    return stretches


def _length(stretches: Iterable[tuple[float, float]]) -> float:
    return sum(end - begin for begin, end in stretches)
