"""Sessions: each is there once, with the figures of its rows; what is asked for is what comes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import Installation
from tests.dashboard.board import Board, open_board
from tests.dashboard.conftest import NewPage

SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)>"

SessionRow = Mapping[str, Any]

ROWS = """
SELECT json_agg(row_to_json(execution)) FROM (
    SELECT root_id, session_id, correlation_id, parent_id, kind, status, project, user_id, source, prompt_text, name,
           extract(epoch FROM started_at) AS began
    FROM execution_traces) AS execution
"""


def sessions_of(board: Board) -> list[dict[str, Any]]:
    """Return the sessions, the newest first, each with its executions: put together here, from plain rows."""
    ((rows,),) = board.home.query(ROWS)
    sessions = {row["session_id"]: {**row, "inside": []} for row in rows if row["kind"] == "session"}
    for row in rows:
        if row["kind"] != "session":
            sessions[row["session_id"]]["inside"].append(row)
    return sorted(sessions.values(), key=lambda one: (one["began"], one["correlation_id"]), reverse=True)


def asked(board: Board, **parameters: object) -> list[str]:
    """Return the ids of the sessions that the API gives for *parameters*."""
    answer = board.json(f"/api/traces?{urlencode({'since': 'all', 'limit': 500, **parameters})}")
    return [one["correlation_id"] for one in answer["sessions"]]


@pytest.fixture(scope="module")
def own(module_home: Installation) -> Iterator[Board]:
    """Give a dashboard over an installation whose database the tests of this module write to."""
    module_home.keep_everything()
    with open_board(module_home) as board:
        yield board


def add_sessions(board: Board, beginning: str, count: int, at: str, text: str = "go") -> None:
    """Store *count* sessions that began at one time, each with a prompt."""
    board.home.query(
        "INSERT INTO execution_traces (correlation_id, root_id, parent_id, session_id, source, kind, prompt_text,"
        " started_at, start_observed)"
        " SELECT CASE kind WHEN 'session' THEN id ELSE gen_random_uuid() END, id,"
        " CASE kind WHEN 'prompt' THEN id END, id::text, 'test', kind, CASE kind WHEN 'prompt' THEN %s END,"
        " %s::timestamptz, true"
        " FROM generate_series(1, %s) AS n, (VALUES ('session'), ('prompt')) AS kinds (kind),"
        " LATERAL (SELECT md5(%s || n)::uuid AS id) AS named",
        *(text, at, count, beginning),
    )


# Figures


def test_each_session_has_the_figures_of_its_rows(small: Board) -> None:
    """Prompts, agents, calls, failures, cost: as counted one by one, over all recordings."""
    told = {one["correlation_id"]: one for one in small.json("/api/traces?limit=500")["sessions"]}
    costs = dict(small.home.query("SELECT session_id, sum(cost_usd) FROM endpoint_calls GROUP BY 1"))
    expected = sessions_of(small)
    assert [one["correlation_id"] for one in expected] == list(told)
    for one in expected:
        kinds = [row["kind"] for row in one["inside"]]
        failed = [row for row in one["inside"] if row["status"] not in ("completed", "in_progress")]
        figures = told[one["correlation_id"]]
        assert [figures[name] for name in ("prompts", "agents", "tools")] == [
            kinds.count(kind) for kind in ("prompt", "agent", "tool")
        ]
        assert figures["failed"] == len(failed)
        assert figures["cost_usd"] == pytest.approx(float(costs[one["session_id"]]))
    assert any(one["failed"] for one in told.values())


def test_a_nested_session_is_marked_at_both_ends(small: Board) -> None:
    """The inner one links to what started it; the outer one counts it."""
    told = small.json("/api/traces?limit=500")["sessions"]
    (inner,) = [one for one in told if one["parent_id"]]
    (outer,) = [one for one in told if one["nested"]]
    assert (outer["nested"], outer["root_id"]) == (1, inner["root_id"])
    assert f'href="/traces/{inner["parent_id"]}#e-{inner["parent_id"]}"' in small.html("/sessions")


# Filters

FILTERS: Mapping[str, tuple[Mapping[str, str], Callable[[SessionRow], bool]]] = {
    "project": ({"project": "billing"}, lambda one: one["project"] == "billing"),
    "user": ({"user": "ada"}, lambda one: one["user_id"] == "ada"),
    "source": ({"source": "claude-code"}, lambda one: one["source"] == "claude-code"),
    "no source": ({"source": "other"}, lambda one: one["source"] == "other"),
    "status": ({"status": "in_progress"}, lambda one: one["status"] == "in_progress"),
    "failures": (
        {"status": "with failures"},
        lambda one: any(row["status"] not in ("completed", "in_progress") for row in [one, *one["inside"]]),
    ),
    "text": (
        {"text": "Fix the PARSER"},
        lambda one: any("fix the parser" in (row["prompt_text"] or "").lower() for row in one["inside"]),
    ),
    "agent": ({"text": "security-aud"}, lambda one: any(row["name"] == "security-auditor" for row in one["inside"])),
}


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_gives_what_it_says(large: Board, name: str) -> None:
    """Exactly the sessions for which it holds, the newest first."""
    parameters, holds = FILTERS[name]
    every = sessions_of(large)
    expected = [one["correlation_id"] for one in every if holds(one)]
    assert asked(large, **parameters) == expected
    assert name in ("source", "no source") or 0 < len(expected) < len(every)


def test_filters_combine(large: Board) -> None:
    """Two at once give what both hold for; so does a time with a beginning and an end."""
    every = sessions_of(large)
    both = [one for one in every if one["project"] == "billing" and FILTERS["failures"][1](one)]
    assert asked(large, project="billing", status="with failures") == [one["correlation_id"] for one in both] != []
    middle = every[len(every) // 3 : len(every) // 2]
    times = large.home.query(
        "SELECT min(started_at)::text, max(started_at)::text FROM execution_traces WHERE correlation_id = ANY (%s)",
        [one["correlation_id"] for one in middle],
    )
    ((since, until),) = times
    assert asked(large, since=since, until=until) == [one["correlation_id"] for one in middle[1:]]


def test_a_text_means_itself(own: Board) -> None:
    r"""None of %, _ and \ stands for anything else."""
    add_sessions(own, "literal", 1, "2026-01-01", r"raise it by 100 % in C:\temp_dir")
    add_sessions(own, "other", 1, "2026-01-02", "raise it by 100 per cent in C:temp-dir")
    for text in ("100 %", r"C:\temp", "temp_dir"):
        assert len(asked(own, text=text)) == 1, text
    assert len(asked(own, text="raise it")) == 2


@pytest.mark.parametrize("query", ["status=odd", "since=soon", "after=1", "limit=501", "limit=0", "after=2026-01-01~x"])
def test_what_cannot_be_meant_is_an_error(own: Board, query: str) -> None:
    """No filter is passed over."""
    assert own.get(f"/api/traces?{query}").status == 400
    assert own.get(f"/sessions?{query}").status == 400


# Pages


def test_paging_visits_every_session_once_while_more_come(own: Board) -> None:
    """Many began at the same moment, and with each page newer ones are stored."""
    add_sessions(own, "same", 20, "2026-02-01")
    there = asked(own, until="2026-03-01")
    seen: list[str] = []
    place = ""
    for number in range(100):
        query = urlencode({"since": "all", "until": "2026-03-01", "limit": 7, **({"after": place} if place else {})})
        answer = own.json(f"/api/traces?{query}")
        seen += [one["correlation_id"] for one in answer["sessions"]]
        add_sessions(own, f"new {number}", 1, "2026-02-20")
        place = answer["next"]
        if not place:
            break
    assert seen == there


def test_a_reader_goes_from_page_to_page(own: Board, new_page: NewPage) -> None:
    """Without JavaScript, and the filters go along."""
    add_sessions(own, "many", 60, "2026-04-01", "page after page")
    page = new_page(java_script_enabled=False)
    page.goto(own.link("/sessions"))
    page.get_by_label("Since").select_option("all")
    page.get_by_label("Prompt or agent").fill("after page")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("tbody tr")).to_have_count(50)
    page.get_by_role("link", name="More sessions").click()
    expect(page.locator("tbody tr")).to_have_count(10)
    page.get_by_role("link", name="From the beginning").click()
    expect(page.get_by_label("Prompt or agent")).to_have_value("after page")
    expect(page.locator("tbody tr")).to_have_count(50)


def test_a_session_of_which_only_the_end_is_known_is_none(own: Board) -> None:
    """The client's management commands fire a lone SessionEnd: neither the list nor any count has it."""
    figures = own.json("/api/dashboard/summary")
    listed = len(asked(own))
    own.home.query(
        "INSERT INTO execution_traces (correlation_id, root_id, session_id, source, kind, started_at, start_observed)"
        " SELECT id, id, id::text, 'test', 'session', now(), false FROM gen_random_uuid() AS id"
    )
    assert len(asked(own)) == listed
    ((counted,),) = own.home.query("SELECT total_sessions FROM dashboard_summary")
    assert (own.json("/api/dashboard/summary")["today"]["sessions"], counted) == (
        figures["today"]["sessions"],
        figures["summary"]["total_sessions"],
    )


# What is stored is hostile; what is not there is said


def test_a_prompt_is_shown_as_it_is(own: Board, page: Page) -> None:
    """Markup in it is text, and runs nothing."""
    add_sessions(own, "hostile", 1, "2026-05-01", SCRIPT)
    page.goto(own.link("/sessions?since=all&text=alert"))
    expect(page.locator("tbody tr")).to_contain_text(SCRIPT)
    assert page.locator("tbody script, tbody img").count() == 0


def test_an_empty_database_says_how_to_get_the_first_session(empty: Board) -> None:
    """And the API gives an empty list."""
    assert "Start a <strong>new</strong> session" in empty.html("/sessions")
    assert json.loads(empty.get("/api/traces").text)["sessions"] == []
