"""Now: its figures are those of the database, and it follows an agent at work."""

from __future__ import annotations

import contextlib
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import Installation
from tests.dashboard.board import Board, open_board
from tests.live.client import Client
from tests.live.script import bash
from tracing.localzone import midnight


def _midnight() -> datetime:
    return midnight(date.today())


@pytest.fixture(params=["small", "large"])
def board(request: pytest.FixtureRequest) -> Board:
    """Give a dashboard with something to show."""
    found: Board = request.getfixturevalue(request.param)
    return found


def _told(board: Board, query: str = "") -> Any:
    return board.json(f"/api/dashboard/summary{query}")


def test_the_figures_of_the_day_are_the_databases(board: Board) -> None:
    """Counts, failures, cost, and the time of agents, counted here in another way."""
    today = _told(board)["today"]
    rows = board.home.query(
        "SELECT kind, success, correlation_id, session_id, root_id, started_at, completed_at FROM execution_traces"
        " WHERE started_at >= %s",
        _midnight(),
    )
    calls = [row for row in rows if row[0] == "tool"]
    assert today["sessions"] == sum(row[0] == "session" for row in rows)
    assert today["prompts"] == sum(row[0] == "prompt" for row in rows)
    assert (today["calls"], today["failures"]) == (len(calls), sum(row[1] is False for row in calls))
    assert today["ended_calls"] == sum(row[1] is not None for row in calls)
    nested = {
        row[0] for row in board.home.query("SELECT session_id FROM hooktrace.sessions WHERE parent_id IS NOT NULL")
    }
    prompts = [row for row in rows if row[0] == "prompt" and row[3] not in nested]
    worked_ms = sum((row[6] - row[5]).total_seconds() * 1000 for row in prompts if row[6])
    if not prompts:  # nobody has worked yet on a day that is young
        assert today["worked_ms"] is None
    elif all(row[6] for row in prompts):
        assert today["worked_ms"] == pytest.approx(worked_ms)
    else:  # what still runs took longer by now
        assert today["worked_ms"] > worked_ms
    [(requests, cost_usd)] = board.home.query(
        "SELECT count(*), sum(cost_usd)::float FROM endpoint_calls WHERE model > '' AND started_at >= %s", _midnight()
    )
    assert (today["requests"], today["cost_usd"]) == (requests, cost_usd and pytest.approx(cost_usd))


@pytest.mark.parametrize(("since", "days"), [("24h", 0), ("7d", 7), ("30d", 30)])
def test_each_call_is_in_one_step_of_the_activity(board: Board, since: str, days: int) -> None:
    """The steps lie side by side up to now; no call is counted twice or left out."""
    steps = _told(board, f"?since={since}")["activity"]
    begin, end = datetime.fromisoformat(steps[0]["at"]), datetime.fromisoformat(steps[-1]["until"])
    assert all(one["until"] == after["at"] for one, after in pairwise(steps))
    # A day is as long as the clock makes it.
    ago = midnight(end.astimezone().date() - timedelta(days=days)) if days else end - timedelta(hours=24)
    assert begin == ago
    found = board.home.query(
        "SELECT count(*), count(*) FILTER (WHERE status NOT IN ('completed', 'in_progress')) FROM execution_traces"
        " WHERE kind = 'tool' AND started_at >= %s AND started_at < %s",
        begin,
        end,
    )
    assert (sum(step["calls"] for step in steps), sum(step["failed"] for step in steps)) == found[0]


def test_the_lists_are_the_databases(board: Board) -> None:
    """What failed last, and what took longest today."""
    told = _told(board)
    failed = board.home.query(
        "SELECT correlation_id::text FROM execution_traces WHERE success IS FALSE AND kind NOT IN ('session', 'task')"
        " AND started_at > now() - interval '24 hours' ORDER BY started_at DESC LIMIT 8"
    )
    assert [row["correlation_id"] for row in told["failures"]] == [row[0] for row in failed]
    slowest = board.home.query(
        "SELECT duration_ms FROM execution_traces WHERE kind = 'tool' AND started_at >= %s AND duration_ms > -1"
        " ORDER BY duration_ms DESC LIMIT 8",
        _midnight(),
    )
    assert [row["duration_ms"] for row in told["slowest"]] == [row[0] for row in slowest]


def test_what_runs_is_what_did_not_end(large: Board) -> None:
    """Open sessions, the newest first, each with its open prompt and call beneath it."""
    running = _told(large)["running"]
    open_ones = large.home.query(
        "SELECT correlation_id::text FROM execution_traces WHERE kind = 'session' AND status = 'in_progress'"
        " ORDER BY started_at DESC LIMIT 30"
    )
    assert [session["correlation_id"] for session in running] == [row[0] for row in open_ones]
    beneath = [line["kind"] for line in running[0]["beneath"]]
    assert beneath[:2] == ["prompt", "tool"]
    assert [line["depth"] for line in running[0]["beneath"]][:2] == [1, 2]


def test_the_summary_is_the_view(board: Board) -> None:
    """The row of dashboard_summary, under its own names."""
    ((answered,),) = board.home.query("SELECT total_traces FROM dashboard_summary")
    assert _told(board)["summary"]["total_traces"] == answered


@pytest.mark.client
def test_now_follows_the_real_client(home: Installation, claude: Path, page: Page, tmp_path: Path) -> None:
    """Of itself: a session and its running command appear within seconds, and go when they are over."""
    with (
        open_board(home) as board,
        contextlib.closing(Client(claude, tmp_path / "client", home, oldest=False)) as client,
    ):
        page.goto(board.link("/now"))
        expect(page.locator(".empty")).to_be_visible()
        client.answers(bash(client.gate()), "Done.")
        process = client.start("Please start")
        running = page.locator("#live", has_text="Please start")
        expect(running).to_contain_text("Bash", timeout=30_000)
        expect(running).to_contain_text("echo waiting")
        page.evaluate("window.same = true")
        process.kill()
        process.wait()
        expect(page.locator("#live")).to_contain_text("Nothing runs.", timeout=30_000)
        assert page.evaluate("window.same")  # nobody loaded the page anew
