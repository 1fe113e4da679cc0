"""Every page in a real browser: on nothing, little and much; for everybody; whatever is stored."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import CHECKOUT
from tests.dashboard.board import Board
from tests.dashboard.conftest import NewPage
from tests.dashboard.crawl import crawled
from tracing.dashboard.pages import PAGES

PATHS = [page.path for page in PAGES if "{" not in page.path]
BOARDS = ("empty", "small", "large")
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 800}
README = (CHECKOUT / "README.md").read_text(encoding="utf-8")
AXE = CHECKOUT / ".node/axe/node_modules/axe-core/axe.min.js"


@pytest.fixture(params=BOARDS)
def board(request: pytest.FixtureRequest) -> Board:
    """Give each of the dashboards."""
    found: Board = request.getfixturevalue(request.param)
    return found


@pytest.mark.parametrize("path", PATHS)
def test_each_page_opens_on_every_database(board: Board, new_page: NewPage, path: str) -> None:
    """With one heading, what can be trusted, and nothing on the console; no wider than a phone."""
    page = new_page(viewport=PHONE)
    page.goto(board.link(path))
    expect(page.locator("h1")).to_have_count(1)
    expect(page.locator(".trust a")).to_contain_text("last 24 hours: ")
    assert "token" not in page.url
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_an_empty_database_says_how_it_gets_a_trace(empty: Board, page: Page) -> None:
    """A new user learns what to do, not that there are zero of everything."""
    page.goto(empty.link("/now"))
    expect(page.locator(".empty")).to_contain_text("Start a new session of the agent")
    expect(page.locator("table.chart")).to_have_count(0)


@pytest.mark.parametrize("path", PATHS)
def test_the_trust_line_is_that_of_the_status(small: Board, path: str) -> None:
    """Every page carries the very sentence that `hooktrace status` prints."""
    said = small.home.status()["trust"].partition(", hooks ")[0]  # how long work took may be running on
    assert said.startswith("last 24 hours: 100 % of ")
    assert said in small.html(path)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PATHS)
def test_nobody_is_kept_out(small: Board, new_page: NewPage, path: str, scheme: str) -> None:
    """axe-core finds no serious violation, in both schemes of colour."""
    if not AXE.exists():
        pytest.skip("no axe-core (tests/run installs it where there is npm)")
    page = new_page(viewport=DESKTOP, color_scheme=scheme)
    page.goto(small.link(path))
    assert violations(page) == []


def violations(page: Page) -> list[str]:
    """Return what axe-core finds that is serious or worse, each with where."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = page.evaluate("axe.run().then(found => found.violations)")
    return [
        f"{one['id']}: {one['help']}: {json.dumps([node['target'] for node in one['nodes']][:3])}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("path", PATHS)
def test_colours_follow_the_system(small: Board, new_page: NewPage, path: str) -> None:
    """Dark is dark: ground and text change places."""
    grounds = []
    for scheme in ("light", "dark"):
        page = new_page(color_scheme=scheme)
        page.goto(small.link(path))
        grounds.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert grounds[0] == "rgb(255, 255, 255)"
    assert all(int(part) < 40 for part in grounds[1].removeprefix("rgb(").rstrip(")").split(","))


@pytest.mark.parametrize("path", PATHS)
def test_the_keyboard_skips_the_menu(small: Board, page: Page, path: str) -> None:
    """The first key press offers to skip it; what follows goes from left to right through the menu."""
    page.goto(small.link(path))
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator(".home")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()


@pytest.mark.parametrize("path", PATHS)
def test_each_page_works_without_javascript(small: Board, new_page: NewPage, path: str) -> None:
    """All figures are there, those of charts as tables, and each link is a link."""
    page = new_page(java_script_enabled=False)
    page.goto(small.link(path))
    expect(page.locator("h1")).to_have_count(1)
    tables = page.locator("table.chart")
    for number in range(tables.count()):
        expect(tables.nth(number)).to_be_visible()
    page.locator("header nav a").last.click()
    expect(page.locator("h1")).to_have_count(1)


def test_a_chart_shows_what_its_table_tells(small: Board, page: Page) -> None:
    """The table is drawn above itself and folds away; a bar leads where its row does."""
    page.goto(small.link("/now"))
    expect(page.locator(".picture canvas")).to_be_visible()
    expect(page.locator("#calls-over-time")).to_be_hidden()
    page.locator("summary", has_text="Figures").click()
    last = page.locator("#calls-over-time tbody tr").last.locator("a")
    expect(last).to_be_visible()
    leads_to = last.get_attribute("href")
    assert leads_to
    over = page.locator(".picture .u-over")
    box = over.bounding_box()
    assert box
    with page.expect_request(lambda request: request.url.endswith(leads_to)):
        over.click(position={"x": box["width"] - 20, "y": box["height"] / 2})


def test_the_address_that_a_file_leads_to_opens(small: Board, new_page: NewPage, tmp_path: Path) -> None:
    """The browser that we open comes from a file, and so from another site: the cookie goes along all the same."""
    from html import escape

    from tracing.dashboard.browser import LEADING

    file = tmp_path / "dashboard.html"
    file.write_text(LEADING.format(escape(small.link("/now?since=7d"))))
    page = new_page()
    page.goto(file.as_uri())
    page.wait_for_url("**/now?since=7d")
    expect(page.locator("h1")).to_have_text("Now")


def test_every_link_leads_somewhere(small: Board) -> None:
    """Each page that a page names answers, with the filters that it was given."""
    broken = [f"{stands} -> {link}: {answer.status}" for stands, link, answer in crawled(small) if answer.status >= 400]
    assert broken == []


@pytest.mark.parametrize("address", sorted(set(re.findall(r"`(/(?:api|metrics|healthz)[a-z/]*[a-z])`", README))))
def test_the_addresses_of_the_readme_answer(small: Board, address: str) -> None:
    """What it names for programs is there."""
    assert small.get(address).status == 200
