"""Merging: two ways of working that were asked for in different words, and are one."""

from __future__ import annotations

from collections.abc import Mapping

THRESHOLDS: Mapping[str, float] = {"hashed-ngrams-2": 0.45, "all-minilm-l6-v2": 0.65}
"""How alike two prompts must be, by the model of their vectors: chosen on the tuning half of tests/learning, where of
the pairs above it that were done in the same way more than nine of ten are of one kind."""


def mergeable(similarity: float, model: str, *, same_agents: bool, same_tools: bool) -> bool:
    """Tell whether two patterns are one: done in the same way, and asked for alike.  An unknown model merges none."""
    return same_agents and same_tools and similarity >= THRESHOLDS.get(model, float("inf"))
