"""Agents: their runs, how they were chosen, and which follow one another."""

from __future__ import annotations

import pytest

from tests.dashboard.board import Board
from tests.dashboard.paged import pages

SAME = {
    "runs": "total_executions",
    "succeeded": "successful_executions",
    "failed": "failed_executions",
    "cancelled": "cancelled_executions",
    "running": "running_executions",
    "rated": "rated_executions",
    "p50_ms": "median_duration_ms",
    "p95_ms": "p95_duration_ms",
    "timed": "timed_executions",
    "times_selected": "times_selected",
    "avg_confidence": "avg_routing_confidence",
}
"""What the page calls the columns of agent_performance."""


def test_of_all_times_the_figures_are_those_of_the_view(large: Board) -> None:
    """agent_performance and the page mean the same by each word."""
    shown = {row["agent"]: row for row in large.json("/api/agents/effectiveness?since=all")["agents"]}
    columns = ", ".join(SAME.values())
    view = large.home.query(f"SELECT agent_name, success_rate_pct, {columns} FROM agent_performance")  # names from here
    assert shown.keys() == {row[0] for row in view}
    for name, success_pct, *values in view:
        assert [shown[name][word] for word in SAME] == pytest.approx(values), name
        rate = shown[name]["failure_rate"]
        assert rate == (None if success_pct is None else pytest.approx(1 - success_pct / 100))


def test_the_figures_of_a_period_are_those_of_its_rows(large: Board) -> None:
    """Runs that began in it, and choices made in it, of the project that is asked for."""
    shown = large.json("/api/agents/effectiveness?since=30d&project=search")
    within = "started_at >= now() - interval '30 days' AND project = 'search'"
    runs = large.home.query(
        f"SELECT coalesce(name, 'main') FROM execution_traces WHERE kind IN ('agent', 'prompt') AND {within}"
    )
    for row in shown["agents"]:
        assert row["runs"] == [name for (name,) in runs].count(row["agent"])
    chosen = large.home.query(
        "SELECT routing_strategy, outcome FROM agent_routing_decisions"
        " WHERE created_at >= now() - interval '30 days' AND project = 'search'"
    )
    assert sum(row["choices"] for row in shown["strategies"]) == len(chosen) > 0
    for row in shown["strategies"]:
        outcomes = [outcome for strategy, outcome in chosen if strategy == row["strategy"]]
        assert (row["succeeded"], row["judged"]) == (outcomes.count("success"), len(outcomes) - outcomes.count(None))


def test_the_pages_of_an_agents_runs_show_each_run_once(large: Board) -> None:
    """The newest first."""
    runs = pages(large, "/api/agents/runs/Explore?since=all&limit=6", "runs")
    rows = large.home.query(
        "SELECT correlation_id::text FROM execution_traces WHERE kind = 'agent' AND name = 'Explore'"
        " ORDER BY started_at DESC, correlation_id DESC"
    )
    assert [run["execution_id"] for run in runs] == [id_ for (id_,) in rows]
    assert len(rows) > 6


def test_the_pages_of_chains_show_each_chain_once(large: Board) -> None:
    """The commonest first; asked for an agent, those in which it takes part."""
    chains = pages(large, "/api/agents/chaining?limit=7", "chains")
    rows = large.home.query("SELECT chain, occurrence_count, success_rate FROM agent_chaining_patterns")
    assert sorted((one["chain"], one["occurrences"]) for one in chains) == sorted(row[:2] for row in rows)
    assert [one["occurrences"] for one in chains] == sorted((row[1] for row in rows), reverse=True)
    with_plan = large.json("/api/agents/chaining?agent=Plan&limit=500")["chains"]
    assert len(with_plan) == sum("Plan" in row[0] for row in rows)


def test_an_agent_that_never_ran_is_not_there(large: Board) -> None:
    """The main thread always is."""
    assert large.get("/agents/nobody").status == 404
    assert large.get("/agents/main").status == 200
