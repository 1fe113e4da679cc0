"""How much is measured: all of it, a quick look, or so little that it only proves that the bench runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class How:
    """What the command line asks of a bench."""

    size: str = "full"
    """``full``, ``quick`` or ``tiny``."""
    long: bool = False
    """Also what takes an hour."""
    profile: bool = False
    install_peers: bool = False

    def many(self, full: T, quick: T, tiny: T) -> T:
        """Return the one of the three that is asked for."""
        return {"full": full, "quick": quick, "tiny": tiny}[self.size]
