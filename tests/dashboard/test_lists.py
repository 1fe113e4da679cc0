"""What lists of figures have in common: hostile texts stay texts, an empty database has none, a phone shows them."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.dashboard.board import Board
from tests.dashboard.conftest import NewPage
from tests.dashboard.worked import EVIL, EVIL_TOOL, SESSIONS, Worked
from tracing.identity import tool_uuid

LISTS = ("/tools", "/agents", "/chains", "/errors", "/patterns", "/cost")
EVIL_FAILURE = tool_uuid(SESSIONS["evil"], "evil-2")
HOSTILE = {
    "/tools": EVIL_TOOL,
    f"/tools/{quote(EVIL_TOOL, safe='')}": EVIL_TOOL,
    "/agents": EVIL[:60],
    f"/agents/{quote(EVIL, safe='')}": EVIL,
    "/errors": EVIL,
    f"/errors/{EVIL_FAILURE}": EVIL,
    "/patterns": "Ways of working",
    "/cost": EVIL[:40],
}
"""Addresses, each with a text that is to be read there as it is."""


@pytest.mark.parametrize("path", HOSTILE)
def test_what_was_recorded_is_shown_and_never_obeyed(
    worked: tuple[Worked, Board], new_page: NewPage, path: str
) -> None:
    """Script, markup and template in any name or text stand on the page as they were written; nothing overflows."""
    _, board = worked
    page = new_page(viewport={"width": 390, "height": 800}, color_scheme="dark")
    page.goto(board.link("/"))
    page.goto(board.base + path)
    assert HOSTILE[path] in page.locator("main").inner_text()
    assert page.locator("main :is(img, script, iframe)").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("path", LISTS)
def test_an_empty_database_says_how_to_get_the_first_trace(empty: Board, path: str) -> None:
    """Each list says so, and its JSON holds no invented figure."""
    assert "Nothing is recorded yet" in empty.html(path)


def test_an_empty_database_has_no_figures(empty: Board) -> None:
    """No call is 0; a rate of none, and what nobody measured or paid, is not known."""
    assert empty.json("/api/tools")["total"]["failure_rate"] is None
    assert empty.json("/api/cost")["total"]["cost_usd"] is None
    assert empty.json("/api/agents/effectiveness")["agents"] == []
    assert empty.json("/api/patterns")["figures"]["patterns"] == 0
    assert empty.json("/api/errors")["total"]["failure_rate"] is None
