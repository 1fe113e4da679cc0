"""Makes the screenshots of the README: the main pages over recorded sessions and a year of work, light and dark.

python -m tests.dashboard.screenshots [DIRECTORY]      default: .github/images
"""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.conftest import CHECKOUT, new_installation
from tests.dashboard.board import Board, open_board, recorded
from tests.dashboard.crawl import crawled, kind_of
from tests.workyear import fill

INTO = CHECKOUT / ".github" / "images"
CHROMIUM = "/usr/bin/chromium"
SIZE = {"width": 1280, "height": 860}
LARGEST_BYTES = 200_000

YEAR = 0.05
"""50,000 events: figures that look like work, in seconds."""

RECORDED = ("simple", "failing", "denied", "subagents_parallel", "nested")
"""The last of them is in the trace that is shown."""

SCHEMES = ("light", "dark")


def main(into: Path) -> None:
    """Make all of them."""
    into.mkdir(parents=True, exist_ok=True)
    with new_installation() as home:
        fill(home.url, YEAR)
        recorded(RECORDED, home)
        home.run("doctor")  # measures what a hook costs
        with open_board(home) as board, sync_playwright() as playwright:
            pages = {"now": "/now", **_shown(board)}
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            for scheme in SCHEMES:
                page = browser.new_page(viewport=SIZE, color_scheme=scheme)  # type: ignore[arg-type, unused-ignore]
                page.goto(board.url)
                for name, link in pages.items():
                    _shoot(page, board, link, into / f"{name}-{scheme}.png")
            browser.close()


def _shown(board: Board) -> dict[str, str]:
    """Return the other pages that are shown, as far as they are there, by the names of their pictures."""
    wanted = {"/health": "health", "/tools": "tools", "/errors": "errors", "/cost": "cost"}
    answered = {kind_of(link)[0]: link for _, link, answer in crawled(board) if answer.status == 200}
    found = {name: path for path, name in wanted.items() if path in answered}
    nested = board.home.query(
        "SELECT root_id FROM execution_traces WHERE kind = 'session' GROUP BY root_id HAVING count(*) > 1"
        " ORDER BY max(started_at) DESC LIMIT 1"
    )
    if nested and board.get(f"/traces/{nested[0][0]}").status == 200:
        found["trace"] = f"/traces/{nested[0][0]}"
    return found


def _shoot(page: Page, board: Board, link: str, file: Path) -> None:
    page.goto(board.base + link)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=file)
    size = file.stat().st_size
    print(f"{file.relative_to(CHECKOUT) if file.is_relative_to(CHECKOUT) else file}: {size / 1000:.0f} kB")
    if size > LARGEST_BYTES:
        raise SystemExit(f"{file} is larger than {LARGEST_BYTES / 1000:.0f} kB")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else INTO)
