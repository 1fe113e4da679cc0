"""A list that is shown in pages, from its beginning to its end."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from tests.dashboard.board import Board


def pages(board: Board, path: str, key: str) -> list[dict[str, Any]]:
    """Return what all pages of a list hold."""
    found: list[dict[str, Any]] = []
    after: str | None = ""
    while after is not None:
        answer = board.json(path + (f"&after={quote(after)}" if after else ""))
        found += answer[key]
        after = answer["next"]
    return found
