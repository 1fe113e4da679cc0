"""Waiting for what another process does."""

from __future__ import annotations

import time
from collections.abc import Callable

from tests.waiting import PATIENCE_S

PAUSE_S = 0.3


def wait_until(condition: Callable[[], object], complaint: Callable[[], str], pause: float = PAUSE_S) -> None:
    """Return once *condition* is true.

    Raises:
        AssertionError: it did not become true; *complaint* says what is there instead.
    """
    end = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(complaint())
        time.sleep(pause)
