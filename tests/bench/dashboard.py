"""What each page of the dashboard takes over a year of work: the server's time, its size, the first paint in a browser.

The server's time is that of a request, cookie and connection made, less that of one which touches no data
(/healthz), in turn.  What the pages remember for some seconds is old at the first run, which stands beside.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from playwright.sync_api import sync_playwright

from tests.bench.how import How
from tests.bench.result import Figure, Limit, of_runs, paired
from tests.conftest import Installation
from tests.dashboard.board import Board, open_board
from tests.dashboard.crawl import crawled, kind_of
from tests.workyear import fill

TITLE = "The dashboard over a year of work"

SERVER_MS, PAINT_MS, PAGE_KB = 300.0, 1000.0, 500.0
"""The limits."""

PAINT = """\
new Promise((resolve) => new PerformanceObserver((list) => {
  const first = list.getEntriesByName("first-contentful-paint")[0];
  if (first) resolve(first.startTime);
}).observe({type: "paint", buffered: true}))
"""
"""When the page was painted first, in milliseconds from its request; told once it is."""


def measure(home: Installation, how: How) -> Iterator[Figure]:
    """Ask for each page, and let a browser draw it."""
    fill(home.url, how.many(1.0, 0.1, 0.002))
    with open_board(home) as board:
        links = list(_one_of_each_kind(board))
        for link in links:
            yield from _served(board, link, how.many(15, 7, 2))
        # Playwright allows one event loop a thread, and who runs this may have one already.
        with ThreadPoolExecutor(1) as elsewhere:
            yield from elsewhere.submit(lambda: list(_painted(board, links, how.many(7, 3, 1)))).result()


def _one_of_each_kind(board: Board) -> Iterator[str]:
    """Yield a link to each kind of page that is a page."""
    kinds = set()
    for _, link, answer in crawled(board):
        path = kind_of(link)[0]
        if answer.status == 200 and path not in kinds and "text/html" in answer.headers["content-type"]:
            kinds.add(path)
            yield link


def _served(board: Board, link: str, runs: int) -> Iterator[Figure]:
    times, nothings, sizes = [], [], []
    for _ in range(runs + 1):
        nothing, _ = _timed(board, "/healthz")
        took, size = _timed(board, link)
        nothings.append(nothing)
        times.append(max(0.0, took - nothing))
        sizes.append(size / 1000)
    yield of_runs(
        f"{link}: server",
        times[1:],
        "ms",
        ratio=paired(times[1:], nothings[1:]),
        reference="/healthz",
        limits=(Limit("value", at_most=SERVER_MS),),
        detail=f"the first run {times[0]:.0f} ms",
    )
    yield of_runs(f"{link}: size", sizes, "kB", limits=(Limit("value", at_most=PAGE_KB),))


def _timed(board: Board, link: str) -> tuple[float, int]:
    """Return how many milliseconds an answer took, and its size in bytes."""
    begin = time.perf_counter()
    answer = board.get(link)
    return (time.perf_counter() - begin) * 1000, len(answer.text.encode())


def _painted(board: Board, links: list[str], runs: int) -> Iterator[Figure]:
    executable = shutil.which("chromium")
    if executable is None:
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(board.url)
        for link in links:
            paints = []
            for _ in range(runs):
                page.goto(board.base + link)
                paints.append(float(page.evaluate(PAINT)))
            yield of_runs(f"{link}: first paint", paints, "ms", limits=(Limit("value", at_most=PAINT_MS),))
        browser.close()
