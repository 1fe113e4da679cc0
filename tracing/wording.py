"""How values are put into words: durations, amounts, outcomes, texts that came from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

OUTCOMES = {
    "completed": ("✓", "green"),
    "failed": ("✗", "red"),
    "denied": ("⊘", "yellow"),
    "cancelled": ("◌", "yellow"),
    "timeout": ("◷", "yellow"),
    "in_progress": ("●", "cyan"),
}
"""Sign and colour of each status."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]+")


def duration(milliseconds: float | None) -> str:
    """Return *milliseconds* as a person says it: 85 ms, 1.3 s, 4 min 05 s, 2 h 10 min."""
    if milliseconds is None:
        return ""
    seconds = milliseconds / 1000
    if seconds < 1:
        return f"{milliseconds:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02} s"
    return f"{minutes // 60} h {minutes % 60:02} min"


def without_mark(message: str) -> str:
    """Return an error's text without the mark that the client puts around it for the model."""
    return message.replace("<tool_use_error>", "").replace("</tool_use_error>", "")


def dollars(amount: Decimal) -> str:
    """Return an amount as a person reads it: $12.30, $0.0056."""
    return f"${amount:.2f}" if amount >= 1 else f"${amount:.3f}" if amount >= Decimal("0.1") else f"${amount:.4f}"


def one_line(text: str, width: int) -> str:
    """Return *text* in one line of at most *width* characters, without anything a terminal would obey."""
    line = _CONTROL.sub(" ", text[: 4 * width + 100]).strip()
    return line if len(line) <= width else line[: width - 1] + "…"


def harmless(text: str) -> str:
    """Return *text* with its lines, without anything else that a terminal would obey."""
    return "\n".join(_CONTROL.sub(" ", line) for line in text.split("\n"))


def listed(names: Iterable[str], limit: int = 5) -> str:
    """Return the first *limit* of *names*, and how many more there are."""
    every = list(names)
    more = f" and {len(every) - limit} more" if len(every) > limit else ""
    return ", ".join(every[:limit]) + more
