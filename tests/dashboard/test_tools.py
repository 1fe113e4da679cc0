"""Tools: their figures, their calls, and the way to the slowest of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Page

from tests.dashboard.board import Board
from tests.dashboard.worked import EVIL_TOOL, Worked
from tracing.dashboard.pages.tools import SLOWEST
from tracing.localzone import midnight

CALLS = (
    "SELECT name, status, duration_ms, started_at, correlation_id::text, project"
    " FROM execution_traces WHERE kind = 'tool'"
)


def percentile(values: Sequence[float], share: float) -> float | None:
    """Return a percentile as percentile_cont does: between its two neighbours, in proportion."""
    if not values:
        return None
    ranked, place = sorted(values), share * (len(values) - 1)
    low = int(place)
    high = min(low + 1, len(ranked) - 1)
    return ranked[low] + (ranked[high] - ranked[low]) * (place - low)


def counted(rows: Sequence[Any]) -> dict[str, Any]:
    """Return the figures of some calls, added up one by one."""
    ran = [row[2] for row in rows if row[2] is not None]
    failed = sum(row[1] in ("failed", "timeout") for row in rows)
    rated = failed + sum(row[1] == "completed" for row in rows)
    return {
        "calls": len(rows),
        "failed": failed,
        "rated": rated,
        "failure_rate": failed / rated if rated else None,
        "denied": sum(row[1] == "denied" for row in rows),
        "p50_ms": percentile(ran, 0.5),
        "p95_ms": percentile(ran, 0.95),
        "p99_ms": percentile(ran, 0.99),
        "total_ms": sum(ran) if ran else None,
    }


def of_page(answer: Any) -> dict[str, dict[str, Any]]:
    """Return the tools that a page shows, those of MCP servers too."""
    return {row["tool"]: row for row in [*answer["tools"], *(t for s in answer["servers"] for t in s["tools"])]}


@pytest.mark.parametrize("query", ["since=all", "since=30d&project=billing"])
def test_the_figures_of_tools_are_those_of_their_calls(large: Board, query: str) -> None:
    """Counts, rates and percentiles of each tool are what its rows amount to, one by one."""
    answer = large.json(f"/api/tools?{query}")
    narrow = " AND started_at >= now() - interval '30 days' AND project = 'billing'" if "project" in query else ""
    rows = large.home.query(CALLS + narrow)
    shown = of_page(answer)
    assert shown.keys() == {row[0] for row in rows} and rows
    for name, figures in shown.items():
        for figure, value in counted([row for row in rows if row[0] == name]).items():
            assert figures[figure] == (pytest.approx(value) if value is not None else None), (name, figure)
    assert answer["total"]["calls"] == len(rows)
    slowest = max((row for row in rows if row[2] is not None), key=lambda row: (row[2], row[4]))
    assert answer["slowest"][0]["execution_id"] == slowest[4]


def test_the_tools_of_a_server_stand_together(large: Board) -> None:
    """What comes from an MCP server is apart from the agent's own, with what can be added up."""
    answer = large.json("/api/tools?since=all")
    assert [server["server"] for server in answer["servers"]] == ["github", "postgres"]
    assert not [tool for tool in answer["tools"] if tool["tool"].startswith("mcp__")]
    for server in answer["servers"]:
        assert server["calls"] == sum(tool["calls"] for tool in server["tools"]) > 0


def test_what_waited_for_a_permission_stands_apart(worked: tuple[Worked, Board]) -> None:
    """A call that ran 200 ms and waited 3 s for its user is a fast one that waited."""
    _, board = worked
    (bash,) = board.json("/api/tools?project=cured")["tools"]
    assert (bash["waits"], bash["wait_p50_ms"], bash["waited_ms"]) == (1, 3050, 3050)
    assert (bash["calls"], bash["total_ms"]) == (3, 1000 + 200 + 900)


@pytest.mark.parametrize("order", ["latest", "slowest"])
def test_the_pages_of_a_tools_calls_show_each_call_once(large: Board, order: str) -> None:
    """In their order, from the first to the last, whatever the length of a page."""
    rows = [row for row in large.home.query(CALLS) if row[0] == "Bash" and (order == "latest" or row[2] is not None)]
    rows.sort(key=lambda row: (row[3] if order == "latest" else row[2], row[4]), reverse=True)
    path = f"/api/tools/Bash?since=all&limit=200&order={order}"
    seen: list[str] = []
    after: str | None = ""
    while after is not None:
        answer = large.json(path + (f"&after={quote(after)}" if after else ""))
        seen += [call["execution_id"] for call in answer["calls"]]
        after = answer["next"]
    assert seen == [row[4] for row in rows]
    assert len(seen) > 200


def test_a_tools_calls_can_be_narrowed_to_an_outcome(large: Board) -> None:
    """Failed ones are exactly those, and an outcome that there is not is refused."""
    answer = large.json("/api/tools/Bash?since=all&status=failed&limit=500")
    rows = large.home.query(CALLS + " AND name = 'Bash' AND status = 'failed'")
    assert {call["execution_id"] for call in answer["calls"]} == {row[4] for row in rows}
    assert large.get("/api/tools/Bash?status=bad").status == 400


@pytest.mark.parametrize("after", ["x", "~", "5~5", "2026-11-01T00:00:00~x", f"{'9' * 30}~{'0' * 32}"])
def test_a_place_that_no_page_gave_is_refused(large: Board, after: str) -> None:
    """It is a mistake of whoever asks, not one of the database's."""
    for order in ("latest", "slowest"):
        assert large.get(f"/api/tools/Bash?order={order}&after={quote(after)}").status == 400


def test_yesterdays_slowest_call_is_three_clicks_away(worked: tuple[Worked, Board], page: Page) -> None:
    """Tools, Yesterday, and the first row."""
    _, board = worked
    page.goto(board.link("/"))
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Tools").click()
    page.get_by_role("link", name="Yesterday").click()
    # Which day that is depends on whether a midnight came since the work was done.
    begin, end = (midnight(date.today() - timedelta(days=back)) for back in (1, 0))
    ran = [row for row in board.home.query(CALLS) if row[2] is not None and begin <= row[3] < end]
    slowest = max(ran, key=lambda row: (row[2], row[4]))
    calls = page.get_by_role("region", name="Slowest calls")
    first = calls.get_by_role("link").first
    told = f"{slowest[2] / 1000:.1f} s", f"/traces/{slowest[4]}#e-{slowest[4]}"
    assert (first.inner_text(), first.get_attribute("href")) == told
    assert calls.locator("tbody tr").count() == min(len(ran), SLOWEST)


def test_a_tool_of_any_name_has_its_page(worked: tuple[Worked, Board], page: Page) -> None:
    """Also where the name is made of what an address is made of."""
    _, board = worked
    page.goto(board.link("/tools"))
    page.get_by_role("region", name="All tools").get_by_role("link", name="mcp__evil__").click()
    assert page.locator("h1").inner_text() == EVIL_TOOL
    assert page.get_by_role("region", name="Calls").locator("tbody tr").count() == 1


def test_a_tool_that_nobody_called_is_not_there(large: Board) -> None:
    """Which is not the same as one that was not called lately."""
    assert large.get("/tools/Nonesuch").status == 404
    assert large.get("/tools/Bash?since=2020-01-01&until=2020-01-02").status == 200
