"""Where the time of a session went: into its tools, the wait for permission, the model, and the rest.

Of one moment one thing is told.  While any tool works, it is the tool's; else, while any call waits for a
permission, it is the wait's.  What is left of the time of the prompts is the model's and the agent's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tracing.tree import Node

Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class TimeSplit:
    """Milliseconds; all but the first together are the first."""

    worked_ms: float
    """How long the prompts took; of two at a time one is counted."""
    tools_ms: float
    waited_ms: float
    model_ms: float | None
    """By the agent's own account, at most what tools and waits have left; None where it wrote none."""
    other_ms: float
    """The rest: the agent's own work, its hooks, and the model where ``model_ms`` is not known."""


def time_split(session: Node, api_ms: float | None, now: datetime) -> TimeSplit:
    """Return where the time of *session* went, without the sessions started from it: to it they are tools.

    *api_ms* is what the agent said that its requests to the model took.
    """
    own = [node for node in session.walk() if node.row["session_id"] == session.row["session_id"]]
    worked = _joined(_span(node, now) for node in own if node.row["kind"] == "prompt")
    calls = [node for node in own if node.row["kind"] == "tool" and not _is_of_an_agent(node)]
    tools = _common(_joined(_working(node, now) for node in calls), worked)
    waits = _common(_joined(_waiting(node, now) for node in calls), worked)
    both = _common(tools, waits)
    worked_ms, tools_ms, waited_ms = _ms(worked), _ms(tools), _ms(waits) - _ms(both)
    left = worked_ms - tools_ms - waited_ms
    model = None if api_ms is None else min(float(api_ms), left)
    return TimeSplit(worked_ms, tools_ms, waited_ms, model, left - (model or 0.0))


def _is_of_an_agent(call: Node) -> bool:
    """Tell whether a call only stands for a subagent, whose own calls tell more."""
    return any(child.row["kind"] == "agent" for child in call.children)


def _span(node: Node, now: datetime) -> Span:
    return node.row["started_at"], node.row["completed_at"] or now


def _working(call: Node, now: datetime) -> Span:
    """Return when the tool itself worked: at the end of its call."""
    start, stop = _span(call, now)
    took = (call.row["time"] or {}).get("execution_ms")
    return (start if took is None else max(start, stop - timedelta(milliseconds=took)), stop)


def _waiting(call: Node, now: datetime) -> Span:
    """Return when the call waited for a permission: before the tool worked."""
    start, _ = _span(call, now)
    until, _ = _working(call, now)
    return max(start, until - timedelta(milliseconds=(call.row["time"] or {}).get("permission_ms") or 0)), until


def _joined(spans: Iterable[Span]) -> list[Span]:
    """Return the times in which any of *spans* was, in their order, none touching the next."""
    joined: list[Span] = []
    for start, stop in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], stop))
        elif start < stop:
            joined.append((start, stop))
    return joined


def _common(some: Sequence[Span], others: Sequence[Span]) -> list[Span]:
    """Return the times that are in both; each is as _joined gives it."""
    found, one, other = [], 0, 0
    while one < len(some) and other < len(others):
        start, stop = max(some[one][0], others[other][0]), min(some[one][1], others[other][1])
        if start < stop:
            found.append((start, stop))
        if some[one][1] < others[other][1]:
            one += 1
        else:
            other += 1
    return found


def _ms(spans: Iterable[Span]) -> float:
    return sum((stop - start) / timedelta(milliseconds=1) for start, stop in spans)
