"""Whose time it was: each moment of work counted once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tracing.timesplit import Span, parts_of_call, split_time

NOW = 1000.0


def execution(kind: str, began: float, ended: float | None, **told: Any) -> Mapping[str, Any]:
    """Return an execution as the query has it."""
    unknown = {"correlation_id": object(), "parent_id": None, "permission_ms": None, "execution_ms": None}
    return {**unknown, "kind": kind, "began": began, "ended": ended, **told}


def test_a_call_waits_before_it_runs() -> None:
    """The tool ran last, the user was waited for before; what is left came first."""
    call = execution("tool", 0, 12, permission_ms=9000, execution_ms=2000)
    assert parts_of_call(call, NOW) == [Span("other", 0, 1), Span("permission", 1, 10), Span("tools", 10, 12)]


def test_a_refused_call_never_ran() -> None:
    """All of its time is waiting, and what came before."""
    call = execution("tool", 0, 4, permission_ms=3000, execution_ms=0)
    assert parts_of_call(call, NOW) == [Span("other", 0, 1), Span("permission", 1, 4)]


def test_what_nobody_measured_is_the_tools() -> None:
    """Also of a call that still runs, up to now."""
    assert parts_of_call(execution("tool", 0, 3), NOW) == [Span("tools", 0, 3)]
    assert parts_of_call(execution("tool", 990, None), NOW) == [Span("tools", 990, NOW)]


def test_parallel_work_is_counted_once() -> None:
    """Two calls at once for four seconds are four seconds; a tool counts before waiting, waiting before the model."""
    prompt = execution("prompt", 0, 20)
    calls = [
        execution("tool", 2, 6),
        execution("tool", 2, 6),
        execution("tool", 5, 9, permission_ms=3000, execution_ms=1000),
    ]
    split = split_time([prompt, *calls], [(1, 3), (18, 19)], NOW)
    # model 1-2 and 18-19, tools 2-6 and 8-9, waiting 6-8
    assert (split.model_ms, split.tools_ms, split.permission_ms) == (2000, 5000, 2000)
    assert (split.other_ms, split.worked_ms) == (11_000, 20_000)


def test_a_call_that_holds_an_agent_is_no_tool_at_work() -> None:
    """What ran within speaks for it."""
    outer = execution("tool", 0, 10)
    agent = execution("agent", 1, 9, parent_id=outer["correlation_id"])
    inner = execution("tool", 4, 6, parent_id=agent["correlation_id"])
    assert split_time([execution("prompt", 0, 10), outer, agent, inner], [], NOW).tools_ms == 2000


def test_between_prompts_nobody_works() -> None:
    """A request that is under way while no prompt runs is no work."""
    split = split_time([execution("prompt", 0, 1), execution("prompt", 5, 6)], [(0.5, 5.5)], NOW)
    assert [split.worked_ms, split.model_ms] == pytest.approx([2000, 1000])
