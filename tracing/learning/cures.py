"""What cured a kind of failure, as it is counted: steps, and how often they stood before the next success."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

STEPS_BETWEEN = " → "
"""Between the steps of a cure, in the names of error_patterns.resolution_pattern."""


@dataclass(frozen=True)
class Cure:
    """One way out of a failure."""

    steps: Sequence[str]
    """Tools with what they were about, in order; none where the same again was enough."""
    times: int


def ranked(counted: Any, cured: int) -> list[Cure]:
    """Return the cures of a kind of failure that was cured *cured* times, the one that helped most often first.

    *counted* is a column ``resolution_pattern``.  What it does not count was cured by trying again.
    """
    known = counted if isinstance(counted, Mapping) else {}
    found = {text: int(times) for text, times in known.items() if isinstance(times, (int, float))}
    again = cured - sum(found.values())
    cures = [Cure(text.split(STEPS_BETWEEN), times) for text, times in found.items()]
    cures += [Cure((), again)] if again > 0 else []
    return sorted(cures, key=lambda cure: (-cure.times, list(cure.steps)))
