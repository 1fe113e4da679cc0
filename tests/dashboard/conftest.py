"""Dashboards over databases as they are: empty, small, large; and a browser that forgives nothing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any, Protocol
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Page, expect, sync_playwright

from tests.conftest import new_installation
from tests.dashboard.board import Board, open_board, recorded
from tests.dashboard.worked import Worked
from tests.waiting import PATIENCE_S
from tests.workyear import fill
from tracing.database.embedded import EmbeddedServer

expect.set_options(timeout=PATIENCE_S * 1000)

RECORDINGS = ("simple", "failing", "denied", "nested", "subagents_parallel", "mcp")
"""Of each kind of what there is to see one."""

LARGE = 0.02
"""20,000 events: some seconds to make."""

YEAR = 1.0
"""A million events: a minute or two."""


@pytest.fixture(scope="session")
def empty(fresh_cluster: EmbeddedServer) -> Iterator[Board]:
    """Give a dashboard over an installation that recorded nothing yet."""
    with new_installation(cluster=fresh_cluster) as home, open_board(home) as board:
        yield board


@pytest.fixture(scope="session")
def small(fresh_cluster: EmbeddedServer) -> Iterator[Board]:
    """Give a dashboard over some recorded sessions, which were learned from; nobody may change them."""
    with new_installation(cluster=fresh_cluster) as home:
        recorded(RECORDINGS, home)
        with open_board(home) as board:
            yield board


@pytest.fixture(scope="session")
def worked(fresh_cluster: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Worked, Board]]:
    """Give a dashboard over work whose figures are known by heart, and that work; nobody may change it."""
    with new_installation(cluster=fresh_cluster) as home:
        work = Worked(home, tmp_path_factory.mktemp("worked"))
        with open_board(home) as board:
            yield work, board


@pytest.fixture(scope="session")
def large(fresh_cluster: EmbeddedServer) -> Iterator[Board]:
    """Give a dashboard over a year of work of several people, in small; nobody may change it."""
    yield from _filled(fresh_cluster, LARGE)


@pytest.fixture(scope="session")
def year(fresh_cluster: EmbeddedServer) -> Iterator[Board]:
    """Give a dashboard over a year of work of several people; for tests that are marked long."""
    yield from _filled(fresh_cluster, YEAR)


def _filled(cluster: EmbeddedServer, factor: float) -> Iterator[Board]:
    with new_installation(cluster=cluster) as home:
        home.stop_collector()  # which would learn from it while it is looked at
        fill(home.url, factor)
        with open_board(home) as board:
            yield board


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Give Debian's Chromium."""
    executable = shutil.which("chromium")
    if executable is None:
        pytest.skip("no chromium (tests/run installs it where it may)")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        yield chromium
        chromium.close()


class NewPage(Protocol):
    """Opens a page in a browser that was never here before."""

    def __call__(self, *, expected: str = "", **options: Any) -> Page:
        """Open one; *options* are Playwright's of a context (color_scheme, viewport, java_script_enabled, ...).

        What the console says with *expected* in it is no failure.
        """


@pytest.fixture
def new_page(browser: Browser) -> Iterator[NewPage]:
    """Give a way to open pages; an error, a word on the console or a request to elsewhere fails the test."""
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    def opened(*, expected: str = "", **options: Any) -> Page:
        def hear(message: ConsoleMessage) -> None:
            if message.type in ("error", "warning") and not (expected and expected in message.text):
                wrong.append(f"console: {message.text}")

        def opened_dialog(dialog: Dialog) -> None:
            wrong.append(f"dialog: {dialog.message}")
            dialog.dismiss()

        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", hear)
        page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
        page.on("dialog", opened_dialog)
        page.on("request", lambda request: wrong.extend(_foreign(request.url)))
        return page

    yield opened
    for context in contexts:
        context.close()
    assert wrong == []


@pytest.fixture
def page(new_page: NewPage) -> Page:
    """Give a page of a desktop's size, in light colours."""
    return new_page(viewport={"width": 1280, "height": 800}, color_scheme="light")


def _foreign(url: str) -> list[str]:
    """Return *url*, if it leads off this machine."""
    parts = urlsplit(url)
    return [] if parts.scheme in ("data", "blob", "file") or parts.hostname in ("127.0.0.1", "localhost") else [url]
