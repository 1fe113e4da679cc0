"""How long to wait before trying again: longer each time, never too long, never in step with others."""

from __future__ import annotations

import random

FIRST_S = 0.2
CAP_S = 15.0
"""A database that is back should not wait longer for us than a person waits for a page."""


class Backoff:
    """Doubles from FIRST_S to a cap, each delay cut by up to half at random (source: "equal jitter")."""

    def __init__(self, cap_s: float = CAP_S) -> None:
        self._cap_s = cap_s
        self._next = FIRST_S

    def delay(self) -> float:
        """Return the seconds to wait now."""
        current, self._next = self._next, min(self._next * 2, self._cap_s)
        return current * random.uniform(0.5, 1.0)  # noqa: S311  # spreads load, guards nothing

    def reset(self) -> None:
        """Start over, after a success."""
        self._next = FIRST_S
