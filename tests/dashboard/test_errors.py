"""Errors: what fails, and the way from a failure to its cure."""

from __future__ import annotations

from datetime import date

import pytest
from playwright.sync_api import Page

from tests.dashboard.board import Board
from tests.dashboard.paged import pages
from tests.dashboard.worked import PROMPTS, SESSIONS, Worked
from tracing.identity import prompt_uuid, tool_uuid


def test_the_failures_of_each_day_are_its_rows(large: Board) -> None:
    """Days begin where this machine is; each shows what failed, was refused and was broken off."""
    answer = large.json("/api/errors?since=all&project=infra")
    rows = large.home.query("SELECT started_at, status FROM execution_traces WHERE kind = 'tool' AND project = 'infra'")
    told = [(at.astimezone().date().isoformat(), status) for at, status in rows]
    assert {day["day"] for day in answer["by_day"] if day["calls"]} == {day for day, _ in told}
    first, last = (date.fromisoformat(answer["by_day"][end]["day"]) for end in (0, -1))
    assert len(answer["by_day"]) == (last - first).days + 1  # a day without work is one, too
    for day in answer["by_day"]:
        statuses = [status for at, status in told if at == day["day"]]
        assert day["calls"] == len(statuses)
        assert day["failed"] == statuses.count("failed") + statuses.count("timeout")
        assert (day["denied"], day["cancelled"]) == (statuses.count("denied"), statuses.count("cancelled"))
    assert answer["total"]["calls"] == len(rows)


def test_the_pages_of_kinds_show_each_kind_once(large: Board) -> None:
    """The commonest first, with how often it was cured; the filters leave exactly the others out."""
    kinds = pages(large, "/api/errors?since=all&limit=9", "kinds")
    rows = large.home.query(
        "SELECT id::text, occurrence_count, resolution_count, tool_name, affected_projects FROM error_patterns"
    )
    assert sorted((kind["id"], kind["occurrences"], kind["cured"]) for kind in kinds) == sorted(row[:3] for row in rows)
    assert [kind["occurrences"] for kind in kinds] == sorted((row[1] for row in rows), reverse=True)
    narrowed = large.json("/api/errors?since=all&limit=500&tool=Bash&project=infra&cured=not+yet")["kinds"]
    wanted = {row[0] for row in rows if row[3] == "Bash" and "infra" in row[4] and row[2] == 0}
    assert {kind["id"] for kind in narrowed} == wanted


def test_the_types_of_error_are_those_of_the_report(large: Board) -> None:
    """The page asks what `hooktrace report errors` asks."""
    report = large.home.json("report", "errors", "--since", "30d", "--limit", "20")
    shown = large.json("/api/errors?since=30d")["types"]
    assert [(row["error_type"], row["tool"], row["occurrences"]) for row in shown] == [
        (row["error_type"], row["tool"], row["occurrences"]) for row in report
    ]


def test_a_kind_of_failure_tells_what_cured_it_and_where(worked: tuple[Worked, Board]) -> None:
    """Twice the module was installed and the tests then passed; once nothing helped."""
    work, board = worked
    (kind,) = [one for one in board.json("/api/errors?tool=Bash")["kinds"] if "ModuleNotFound" in one["message"]]
    assert (kind["occurrences"], kind["cured"]) == (3, 2)
    assert kind["cures"] == [{"steps": ["Bash pip install"], "times": 2}]
    told = board.json(f"/api/errors/{kind['id']}")
    cured = {str(prompt_uuid(SESSIONS[name], PROMPTS[name])) for name in ("cured", "again")}
    assert {row["execution_id"] for row in told["cured"]} == cured
    assert [row["execution_id"] for row in told["open"]] == [str(prompt_uuid(SESSIONS["open"], PROMPTS["open"]))]
    assert sum(day["occurrences"] for day in told["by_day"]) == 3
    assert len(told["samples"]) == 3
    failed = {tool_uuid(SESSIONS[name], f"{name}-1") for name in ("cured", "again", "open")}
    assert {row["execution_id"] for row in told["samples"]} == set(map(str, failed))
    fingerprint = work.home.query("SELECT fingerprint FROM error_patterns WHERE id = %s", kind["id"])[0][0]
    for id_ in (fingerprint, *failed):
        assert board.json(f"/api/errors/{id_}")["kind"]["id"] == kind["id"]


def test_from_a_failure_to_its_cure_are_two_clicks(worked: tuple[Worked, Board], page: Page) -> None:
    """The failed call, what cured its kind, and the trace in which that was done."""
    _, board = worked
    page.goto(board.link("/errors"))
    failure = page.get_by_role("region", name="Latest failures").get_by_role("row", name="ModuleNotFoundError").first
    failure.get_by_role("link", name="its kind").click()
    assert "pip install" in page.locator("#cures + p + ol").inner_text()
    link = page.get_by_role("region", name="Prompts in which it was cured").get_by_role("link").first
    failed = [tool_uuid(SESSIONS[name], f"{name}-1") for name in ("cured", "again")]
    assert link.get_attribute("href") in [f"/traces/{id_}#e-{id_}" for id_ in failed]


def test_a_failure_from_which_nothing_was_learned_is_told_all_the_same(small: Board) -> None:
    """A call that was refused is of no kind; its page says why, and leads to its trace."""
    ((denied,),) = small.home.query(
        "SELECT correlation_id::text FROM execution_traces WHERE kind = 'tool' AND status = 'denied' LIMIT 1"
    )
    assert small.json(f"/api/errors/{denied}")["kind"] is None
    page = small.html(f"/errors/{denied}")
    assert "No kind of failure is known of it" in page and f"/traces/{denied}" in page


@pytest.mark.parametrize("id_", ["nonsense", "00000000-0000-4000-8000-000000000000"])
def test_what_is_no_kind_of_failure_is_not_there(small: Board, id_: str) -> None:
    """Nor is it a failed call."""
    answer = small.get(f"/errors/{id_}")
    assert answer.status == 404
    assert "neither a kind of failure nor a failed call" in answer.text
