"""Waiting for what a collector does by itself."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE_S = 30.0
"""Far above the ten seconds that an end may take to be noticed, for a machine with other things to do."""


def eventually(holds: Callable[[], bool], patience_s: float = PATIENCE_S, look_every_s: float = 0.1) -> bool:
    """Wait until *holds*, and tell whether it ever did."""
    until = time.monotonic() + patience_s
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(look_every_s)
    return True
