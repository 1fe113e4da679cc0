"""Cost: where the money went, and what a commit cost."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.dashboard.board import Board
from tests.dashboard.paged import pages
from tests.dashboard.worked import EVIL, SESSIONS, Worked
from tests.story import SESSION

REQUESTS = (
    "SELECT started_at, coalesce(project, ''), model, session_id, cost_usd, output_tokens, trace_id::text"
    " FROM endpoint_calls WHERE model IS NOT NULL"
)


def summed(rows: Any, key: Any) -> dict[str, Decimal]:
    """Return the cost by what *key* makes of a row."""
    found: Counter[str] = Counter()
    for row in rows:
        found[key(row)] += row[4] or 0
    return {name: Decimal(amount) for name, amount in found.items()}


def worked_at(rows: Any) -> Any:
    """Return *rows* without the days on which nothing was requested, which only a chart needs."""
    return [row for row in rows if row["requests"]]


@pytest.mark.parametrize("query", ["since=all", "since=30d&project=search&model=claude-opus-4-5"])
def test_cost_is_the_sum_of_the_requests_however_it_is_divided(large: Board, query: str) -> None:
    """By day, project, model and agent; requests without a price are counted, and cost nothing."""
    narrow = (
        " AND started_at >= now() - interval '30 days' AND project = 'search' AND model = 'claude-opus-4-5'"
        if "model" in query
        else ""
    )
    rows = large.home.query(REQUESTS + narrow)
    agents = dict(large.home.query("SELECT correlation_id::text, name FROM execution_traces WHERE kind = 'agent'"))
    answer = large.json(f"/api/cost?{query}")
    assert rows
    for name, key in (
        ("day", lambda row: row[0].astimezone().date().isoformat()),
        ("project", lambda row: row[1]),
        ("model", lambda row: row[2]),
        ("agent", lambda row: agents.get(row[6], "main")),
    ):
        shown = {one[name] or "": one["cost_usd"] or 0 for one in worked_at(answer[f"by_{name}"])}
        assert shown == pytest.approx({one: float(amount) for one, amount in summed(rows, key).items()}), name
    total = answer["total"]
    assert (total["requests"], total["unpriced"]) == (len(rows), sum(row[4] is None for row in rows))
    assert total["output_tokens"] == sum(row[5] for row in rows)
    assert total["cost_usd"] == pytest.approx(float(sum(row[4] or 0 for row in rows)))


def test_the_figures_are_those_of_the_reports(large: Board) -> None:
    """`hooktrace report cost_by_...` means the same by each word."""
    answer = large.json("/api/cost?since=all")
    for name in ("day", "project", "model"):
        report = large.home.json("report", f"cost_by_{name}", "--limit", "1000")
        mine = {row[name]: row for row in worked_at(answer[f"by_{name}"])}
        assert mine.keys() == {row[name] for row in report}
        for row in report:
            for figure in ("requests", "input_tokens", "cache_read_tokens", "cache_write_tokens", "unpriced"):
                assert mine[row[name]][figure] == row[figure], (name, figure)


def test_the_pages_of_sessions_show_each_once_and_the_dearest_first(large: Board) -> None:
    """Also those of which no request has a price."""
    rows = large.home.query(REQUESTS)
    sessions = pages(large, "/api/cost?since=all&limit=100", "sessions")
    costs = summed(rows, lambda row: row[3])
    assert sorted(one["session_id"] for one in sessions) == sorted(costs)
    assert {one["session_id"]: one["cost_usd"] or 0 for one in sessions} == pytest.approx(
        {id_: float(amount) for id_, amount in costs.items()}
    )
    amounts = [-1 if one["cost_usd"] is None else one["cost_usd"] for one in sessions]
    assert amounts == sorted(amounts, reverse=True)


def test_the_agents_own_account_stands_beside_the_list_price(worked: tuple[Worked, Board]) -> None:
    """Where both are known; an account without an amount is none."""
    _, board = worked
    answer = board.json("/api/cost")
    assert answer["accounts"] == {"sessions": 1, "account_usd": 1.5, "list_usd": 1.25, "unpriced": 1}
    by_session = {one["session_id"]: one for one in answer["sessions"]}
    assert (by_session[SESSIONS["cured"]]["list_usd"], by_session[SESSIONS["cured"]]["account_usd"]) == (1.25, 1.5)
    assert by_session[SESSION]["account_usd"] is None
    page = board.html("/cost")
    assert "83.3 %" in page and "1 of 7 requests have no known price" in page


def test_the_cost_of_a_commit_is_two_clicks_away(worked: tuple[Worked, Board], page: Page) -> None:
    """Cost, and the commit; the figures are those of `hooktrace commit`."""
    work, board = worked
    page.goto(board.link("/"))
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Cost").click()
    page.get_by_role("link", name=work.by_agent[:10]).click()
    assert "Open the till" in page.locator("main").inner_text()
    assert "$1.75" in page.locator(".figures").inner_text()
    for sha in (work.by_agent, work.by_person):
        asked = work.home.run("commit", sha, "--json", cwd=work.repository.top)
        told = json.loads(asked.stdout)
        shown = board.json(f"/api/cost?commit={sha[:12]}")
        assert (shown["total"], shown["found_by"]) == (told["total"], told["found_by"])
        assert [(one["prompt_id"], one["files"]) for one in shown["prompts"]] == [
            (one["prompt_id"], one["files"]) for one in told["prompts"]
        ]


def test_any_commit_can_be_asked_for(worked: tuple[Worked, Board], page: Page) -> None:
    """In a field of the page; what is none is refused, and one that no repository has is not there."""
    work, board = worked
    page.goto(board.link("/cost"))
    page.get_by_label("Commit", exact=True).fill(work.by_person[:9])
    page.get_by_role("button", name="What did it cost?").click()
    assert "by files and time" in page.locator("main").inner_text()
    assert board.get("/cost?commit=HEAD").status == 400
    assert board.get("/cost?commit=--all").status == 400
    assert board.get("/cost?commit=0123abcd0123").status == 404


def test_a_model_of_any_name_can_be_asked_for(worked: tuple[Worked, Board], page: Page) -> None:
    """Its row leads to its own figures."""
    _, board = worked
    page.goto(board.link("/cost"))
    page.get_by_role("region", name="By model").get_by_role("link", name="<script>").click()
    assert page.get_by_role("searchbox", name="Model").input_value() == EVIL
    assert page.locator(".figures").get_by_text("—").count() >= 1
