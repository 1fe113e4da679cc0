"""Chains: which agents work one after the other, or one within the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tracing.learning.sequence import folded
from tracing.learning.story import AgentRun, Story

NESTED = ">"


@dataclass(frozen=True)
class Chain:
    """A sequence of agents in one prompt."""

    agents: tuple[str, ...]
    """``>`` before the name of one that the one before it started."""
    duration_ms: float | None
    overhead_ms: float | None
    """Of the whole, the time in which none of them ran; of a nesting, in which the outermost ran alone."""

    @property
    def nested(self) -> bool:
        """Tell whether they worked one within the other."""
        return any(name.startswith(NESTED) for name in self.agents)


def chains_of(story: Story) -> Sequence[Chain]:
    """Return the chains of *story*: the agents that its main thread started, in their order, and each nesting.

    A chain has two agents at least.
    """
    known = {run.correlation_id for run in story.agents}
    outer = [run for run in story.agents if run.parent is None or run.parent not in known]
    found = []
    names = folded([run.name for run in outer])
    if len(outer) > 1 and len(names) > 1:
        found.append(Chain(names, *_time(outer, outer)))
    for path in dict.fromkeys(_paths(story.agents, outer)):
        agents = (path[0].name, *(NESTED + run.name for run in path[1:]))
        found.append(Chain(agents, *_time(path[:1], path[1:])))
    return found


def _paths(runs: Sequence[AgentRun], outer: Iterable[AgentRun]) -> Iterator[tuple[AgentRun, ...]]:
    """Yield each way from an outermost agent to one that started no other."""
    children: dict[UUID, list[AgentRun]] = {}
    for run in runs:
        if run.parent is not None:
            children.setdefault(run.parent, []).append(run)
    waiting: list[tuple[AgentRun, ...]] = [(run,) for run in reversed(list(outer))]
    while waiting:
        path = waiting.pop()
        inner = [run for run in children.get(path[-1].correlation_id, ()) if run not in path]
        waiting.extend((*path, run) for run in reversed(inner))
        if not inner and len(path) > 1:
            yield path


def _time(whole: Sequence[AgentRun], at_work: Sequence[AgentRun]) -> tuple[float | None, float | None]:
    """Return how long *whole* took, and how much of it *at_work* was not; None where an end is not known."""
    spans = [(run.started_at, run.ended_at) for run in whole]
    ends = [end for _, end in spans if end is not None]
    if len(ends) < len(spans):
        return None, None
    begin, end = min(start for start, _ in spans), max(ends)
    duration = _ms(begin, end)
    if any(run.ended_at is None for run in at_work):
        return duration, None
    busy, reached = 0.0, begin
    for start, stop in sorted((run.started_at, run.ended_at or end) for run in at_work):
        busy += max(0.0, _ms(max(start, reached), min(stop, end)))
        reached = max(reached, stop)
    return duration, max(0.0, duration - busy)


def _ms(begin: datetime, end: datetime) -> float:
    return (end - begin).total_seconds() * 1000
