"""What a check says: one sentence about one link of the chain, and the cure when the link is broken."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

Severity = Literal["ok", "note", "problem"]


@dataclass(frozen=True)
class Finding:
    """One sentence of a diagnosis."""

    id: str
    """Stable, in kebab-case: what scripts look for."""
    severity: Severity
    """``ok``; ``note``: works, but worth knowing; ``problem``: events are not recorded, late, or twice."""
    message: str
    """One sentence, with the value that is wrong in it."""
    cure: str | None = None
    """What to do about it; None when there is nothing to do."""

    def as_json(self) -> dict[str, str | None]:
        """Return it as `doctor --json` prints it."""
        return asdict(self)


class NotApplicable(Exception):
    """A link cannot be judged because one before it is broken, or is not part of this installation."""


def note(name: str, message: str, cure: str | None = None) -> Finding:
    """Return a finding that harms nothing."""
    return Finding(name, "note", message, cure)


def problem(name: str, message: str, cure: str) -> Finding:
    """Return a finding that has to be cured."""
    return Finding(name, "problem", message, cure)
