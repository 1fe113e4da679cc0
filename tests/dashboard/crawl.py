"""Follows the links of the dashboard, a few of each kind."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from html import unescape
from urllib.parse import parse_qsl, urlsplit

from tests.dashboard.board import Answer, Board
from tracing.dashboard.pages import PAGES

OF_EACH_KIND = 3
"""Links that are followed among those that differ in values alone."""

_LINK = re.compile(r'\b(?:href|action)="(/[^"#]*)')
_PATHS = [re.compile(re.sub(r"\{.+?\}", "[^/]+", page.path)) for page in PAGES]


def crawled(board: Board) -> Iterator[tuple[str, str, Answer]]:
    """Yield where each link stands, where it leads, and what is answered there."""
    pending = [("the menu", page.path) for page in PAGES if "{" not in page.path]
    followed: Counter[tuple[str, frozenset[str]]] = Counter()
    seen: set[str] = set()
    while pending:
        stands, link = pending.pop(0)
        kind = kind_of(link)
        if link in seen or link.startswith("/static/") or followed[kind] >= OF_EACH_KIND:
            continue
        seen.add(link)
        followed[kind] += 1
        answer = board.get(link)
        yield stands, link, answer
        if answer.headers.get("content-type", "").startswith("text/html"):
            pending += [(link, unescape(found)) for found in _LINK.findall(answer.text)]


def kind_of(link: str) -> tuple[str, frozenset[str]]:
    """Return which page a link leads to, and which parameters it gives it."""
    parts = urlsplit(link)
    page = next((pattern.pattern for pattern in _PATHS if pattern.fullmatch(parts.path)), parts.path)
    return page, frozenset(name for name, _ in parse_qsl(parts.query))
