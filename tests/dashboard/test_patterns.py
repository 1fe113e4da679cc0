"""Patterns: how sure each is, when it was used, and what advice changed."""

from __future__ import annotations

import math
from datetime import timedelta

from playwright.sync_api import Page

from tests.dashboard.board import Board
from tests.dashboard.paged import pages
from tests.dashboard.worked import OFFERS, Worked

PATTERNS = (
    "SELECT id::text, confidence_score, intent, keywords, success_count, failure_count, usage_count"
    " FROM success_patterns"
)


def test_the_pages_of_patterns_show_each_once_and_the_surest_first(large: Board) -> None:
    """Those that were never put to the test come last."""
    shown = pages(large, "/api/patterns?limit=60", "patterns")
    rows = {row[0]: row for row in large.home.query(PATTERNS)}
    assert sorted(one["pattern_id"] for one in shown) == sorted(rows)
    sure = [-1 if one["confidence"] is None else one["confidence"] for one in shown]
    assert sure == sorted(sure, reverse=True)
    for one in shown:
        _, confidence, _, _, good, bad, uses = rows[one["pattern_id"]]
        assert (one["succeeded"], one["failed"], one["uses"]) == (good, bad, uses)
        assert (one["interval"] is None) == (good + bad == 0)
        if one["interval"]:
            assert math.isclose(one["interval"][0], confidence, abs_tol=1e-4)


def test_the_filters_of_patterns_leave_exactly_the_others_out(large: Board) -> None:
    """By a part of the intent, by a word, by how sure, and by the project in which it was used."""
    rows = large.home.query(PATTERNS)
    used = large.home.query(
        "SELECT DISTINCT use.pattern_id::text FROM pattern_usage_log AS use, execution_traces AS prompt"
        " WHERE use.used AND prompt.correlation_id = use.trace_id AND prompt.project = 'billing'"
    )
    for query, wanted in (
        ("intent=FIX", {row[0] for row in rows if "fix" in row[2]}),
        ("keyword=parser", {row[0] for row in rows if "parser" in row[3]}),
        ("only=sure+ones", {row[0] for row in rows if (row[1] or 0) >= 0.7}),
        ("project=billing", {id_ for (id_,) in used}),
    ):
        shown = large.json(f"/api/patterns?limit=500&{query}")["patterns"]
        assert {one["pattern_id"] for one in shown} == wanted, query
        assert 0 < len(wanted) < len(rows)


def test_the_figures_of_all_patterns_are_those_of_their_rows(large: Board) -> None:
    """What the summary counts as of high quality is sure here."""
    figures = large.json("/api/patterns")["figures"]
    summary = large.home.query("SELECT total_patterns, rated_patterns, high_quality_patterns FROM dashboard_summary")
    assert [(figures["patterns"], figures["rated"], figures["sure"])] == summary


def test_the_uses_of_a_pattern_are_told_week_by_week_and_one_by_one(large: Board) -> None:
    """Together they are the log."""
    ((pattern,),) = large.home.query(
        "SELECT pattern_id::text FROM pattern_usage_log GROUP BY 1 ORDER BY count(*) DESC LIMIT 1"
    )
    rows = large.home.query(
        "SELECT id::text, used_at, used, outcome FROM pattern_usage_log WHERE pattern_id = %s", pattern
    )
    uses = pages(large, f"/api/patterns/{pattern}/usage?limit=10", "uses")
    assert sorted(one["id"] for one in uses) == sorted(row[0] for row in rows)
    assert len(rows) > 10
    weeks: dict[str, int] = {}
    for _, at, used, _ in rows:
        day = at.astimezone().date()
        monday = (day - timedelta(days=day.weekday())).isoformat()
        weeks[monday] = weeks.get(monday, 0) + used
    shown = large.json(f"/api/patterns/{pattern}")
    assert {week["week"]: week["used"] for week in shown["by_week"]} == weeks


def test_what_advice_changed_is_what_the_command_says(worked: tuple[Worked, Board], page: Page) -> None:
    """Both ask the same offers, and tell the same difference with the same interval."""
    work, board = worked
    advice = board.json("/api/patterns")["advice"]
    assert advice["effect"] == work.home.json("advise", "--effect")
    assert (advice["offered"], advice["withheld"]) == (OFFERS, OFFERS)
    assert (advice["followed"], advice["followed_of"]) == (sum(n % 3 > 0 for n in range(OFFERS)), OFFERS)
    followed = sum(n % 3 > 0 for n in range(OFFERS))
    told = [(one["followed"], one["offered"]) for one in board.json("/api/patterns")["patterns"]]
    assert sorted(told) == [(0, 0)] * (len(told) - 1) + [(followed, OFFERS)]
    page.goto(board.link("/patterns"))
    table = page.get_by_role("region", name="What advice changed")
    assert table.locator("tbody tr").count() == 3
    assert f"of {OFFERS}" in table.inner_text()


def test_a_pattern_that_is_not_known_is_not_there(small: Board) -> None:
    """Neither it nor its uses."""
    for path in ("/patterns/x", "/patterns/00000000-0000-4000-8000-000000000000/usage"):
        assert small.get(path).status == 404
