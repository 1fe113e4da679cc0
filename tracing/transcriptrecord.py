"""A record of a transcript: one line, as JSON, of which nothing is sure to be there or of its type."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tracing.event import ID_LIMIT

Record = Mapping[str, Any]
"""As ``payload.parse`` gives it: nothing in it that jsonb refuses."""

MOST = 10**12
"""A greater count is no measurement."""


def blocks(message: Any) -> list[Record]:
    """Return the blocks that a *message* consists of; none of one that is a plain text."""
    content = message.get("content") if isinstance(message, Mapping) else None
    return [block for block in content if isinstance(block, dict)] if isinstance(content, list) else []


def shown(content: Any) -> str:
    """Return the text of a message, or of the content of a block."""
    if isinstance(content, Mapping):
        content = content.get("content")
    if isinstance(content, list):
        texts = (block.get("text") for block in content if isinstance(block, dict) and block.get("type") == "text")
        return "\n".join(text for text in texts if isinstance(text, str))
    return content if isinstance(content, str) else ""


def text_of(record: Record, key: str) -> str | None:
    """Return the id or name under *key*, if it is one."""
    value = record.get(key)
    return value if isinstance(value, str) and 0 < len(value) <= ID_LIMIT else None


def number_of(value: Any) -> float | None:
    """Return a number that a double holds exactly, or as near as the client could write it."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 2**53:
        return None
    return float(value)


def count_of(value: Any) -> int:
    """Return a count; 0 of what cannot be one."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST else 0


def time_of(value: Any) -> datetime | None:
    """Return a time as the client writes it, with its zone."""
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return at if at and at.tzinfo else None
