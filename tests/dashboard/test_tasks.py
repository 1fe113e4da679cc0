"""What people come for, and in how many clicks they have it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import new_installation
from tests.dashboard.board import Board, open_board
from tests.dashboard.conftest import NewPage
from tests.workyear import fill
from tracing.database.embedded import EmbeddedServer
from tracing.localzone import midnight


@pytest.fixture(scope="module")
def until_yesterday(fresh_cluster: EmbeddedServer) -> Iterator[Board]:
    """Give a dashboard over work that ended with yesterday."""
    with new_installation(cluster=fresh_cluster) as home:
        fill(home.url, 0.01, until=midnight(date.today()) - timedelta(minutes=5))
        with open_board(home) as board:
            yield board


def test_the_slowest_call_of_yesterday_is_two_clicks_away(until_yesterday: Board, page: Page) -> None:
    """From the start page to the list of that day, and to the call in its trace."""
    ((slowest,),) = until_yesterday.home.query(
        "SELECT correlation_id::text FROM execution_traces WHERE kind = 'tool' AND duration_ms IS NOT NULL"
        " AND started_at >= %s AND started_at < %s ORDER BY duration_ms DESC LIMIT 1",
        *(midnight(date.today() - timedelta(days=1)), midnight(date.today())),
    )
    page.goto(until_yesterday.url)
    page.get_by_role("link", name="Slowest yesterday").click()
    page.locator(f"a[href*='{slowest}']").first.click()
    expect(page).to_have_url(re.compile(rf"/traces/{slowest}|/executions/{slowest}"))
    expect(page.locator("h1")).to_have_count(1)


def test_the_cure_of_a_failure_is_one_click_away(small: Board, page: Page) -> None:
    """From a failure on the start page to its kind: how often it was cured there, and by what."""
    page.goto(small.url)
    page.locator("a[id^=cure-]").first.click()
    expect(page).to_have_url(re.compile("/errors/"))
    expect(page.locator("h1")).to_have_count(1)


def test_the_cost_of_a_commit_is_one_click_away(small: Board, new_page: NewPage) -> None:
    """From the start page, by its SHA; of one that nobody knows the page says so."""
    page = new_page(expected="the server responded with a status of 404")
    page.goto(small.url)
    page.get_by_label("Cost of a commit").fill("0123abc")
    for _ in range(2):  # what is live is drawn anew in between
        page.wait_for_event("response", lambda response: "/now" in response.url)
    page.get_by_role("button", name="Show").click()
    expect(page).to_have_url(re.compile(r"/cost\?commit=0123abc"))
    expect(page.locator("#content")).to_contain_text("0123abc")
