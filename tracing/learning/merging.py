"""Merging: two ways of working that were asked for in different words, and are one."""

from __future__ import annotations

from collections.abc import Mapping

THRESHOLDS: Mapping[str, float] = {"hashed-ngrams-2": 0.45, "all-minilm-l6-v2": 0.65}
"""How alike two prompts must be, by the model of their vectors: chosen on the tuning half of tests/learning, where of
the pairs above it that were done in the same way more than nine of ten are of one kind."""

NEVER = 2.0
"""More alike than anything is."""


def threshold(model: str) -> float:
    """Return how alike the prompts of two ways must be that have the same agents and tools, to be one pattern.

    By vectors of an unknown model nothing is merged.
    """
    return THRESHOLDS.get(model, NEVER)
