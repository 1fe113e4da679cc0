"""The sign of an outcome, in its colour."""

from __future__ import annotations

from rich.text import Text

from tracing.wording import OUTCOMES


def outcome(status: str) -> Text:
    """Return the sign of *status* in its colour."""
    sign, colour = OUTCOMES[status]
    return Text(sign, style=colour)
