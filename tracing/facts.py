"""Executions, as facts that can be merged in any order.

An event tells a few facts about the executions it speaks of: that one exists, started,
ended.  ``merge`` folds two sets of facts about one execution into one; it is commutative,
associative and idempotent, so events may arrive late, twice or in another order.
sql/queries/record_executions.sql is the same rule for what is already stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID


class Ending(NamedTuple):
    """How and when an execution ended; of two endings the greater one holds (the later, first of all)."""

    at: datetime
    status: str
    """A status, or ``refused``: `denied` where the call's start was seen, else `failed`."""
    error_type: str = ""
    error_message: str = ""


class Execution(NamedTuple):
    """Facts about one session, prompt, agent, tool call or task.

    A tuple: every event makes several, and a frozen dataclass takes four times as long to make.
    """

    root_id: UUID
    correlation_id: UUID
    session_id: str
    source: str
    kind: str
    name: str | None
    parent_id: UUID | None
    started_at: datetime
    """The first start, or the first sign of life where no start was seen."""
    parent_certain: bool = True
    """False where the parent is a stand-in until the real one is known."""
    start_observed: bool = False
    last_started_at: datetime | None = None
    observed_end: Ending | None = None
    inferred_end: Ending | None = None
    """An ending concluded from something else; what was observed beats it."""
    measured_ms: float | None = None
    """Duration as the agent measured it: a tool's without hooks and permission wait."""
    permission_asked_at: datetime | None = None
    """When the user was last asked for permission."""
    prompt_text: str | None = None
    """Of the first start that has one: the agent may have begun the turn by itself."""
    project: str | None = None
    context: Mapping[str, Any] = MappingProxyType({})

    @property
    def key(self) -> tuple[UUID, UUID]:
        """The primary key; rows are written in its order, so that two writers cannot deadlock."""
        return (self.root_id, self.correlation_id)

    def started(self, at: datetime, **description: Any) -> Execution:
        """Return these facts and a start at *at*; a description travels with the first start."""
        return self._replace(started_at=at, start_observed=True, last_started_at=at, **description)


def merge(one: Execution, other: Execution) -> Execution:
    """Fold the facts of *one* and *other*, which have the same key."""
    first, second = sorted((one, other), key=lambda facts: (not facts.start_observed, facts.started_at))
    projects = [facts.project for facts in (one, other) if facts.project]
    parent = min((one, other), key=_likeliest_parent)
    return first._replace(
        name=first.name or second.name,
        project=first.project if first.start_observed else min(projects, default=None),
        parent_id=parent.parent_id,
        parent_certain=parent.parent_certain,
        last_started_at=_latest(one.last_started_at, other.last_started_at),
        observed_end=_latest(one.observed_end, other.observed_end),
        inferred_end=_latest(one.inferred_end, other.inferred_end),
        measured_ms=_latest(one.measured_ms, other.measured_ms),
        permission_asked_at=_latest(one.permission_asked_at, other.permission_asked_at),
        prompt_text=first.prompt_text or second.prompt_text,
    )


def fold(executions: Iterable[Execution]) -> list[Execution]:
    """Return one set of facts per execution, in the order of their keys."""
    folded: dict[tuple[UUID, UUID], Execution] = {}
    for execution in executions:
        known = folded.get(execution.key)
        if known is None:
            folded[execution.key] = execution
        elif not _is_told(known, execution):
            folded[execution.key] = merge(known, execution)
    return [folded[key] for key in sorted(folded)]


def _is_told(known: Execution, other: Execution) -> bool:
    """Tell whether merging *other* would only give *known* again; of most events' surroundings it does."""
    return (
        (not known.start_observed, known.started_at) <= (not other.start_observed, other.started_at)
        and other.parent_id == known.parent_id
        and other.parent_certain == known.parent_certain
        and other.project == known.project
        and (other.name is None or known.name is not None)
        and not (other.last_started_at or other.observed_end or other.inferred_end or other.prompt_text)
        and other.measured_ms is None
        and other.permission_asked_at is None
    )


def _likeliest_parent(facts: Execution) -> tuple[bool, bool, int]:
    """Return a key whose least value has a parent, is certain, and settles a tie the same way everywhere."""
    return (facts.parent_id is None, not facts.parent_certain, facts.parent_id.int if facts.parent_id else 0)


def _latest(one: Any, other: Any) -> Any:
    return max((value for value in (one, other) if value is not None), default=None)
