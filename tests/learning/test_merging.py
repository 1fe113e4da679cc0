from __future__ import annotations

from tracing.learning.merging import THRESHOLDS, mergeable


def test_patterns_merge_where_they_were_done_alike_and_asked_for_alike() -> None:
    """Each of the three is needed."""
    model, enough = "hashed-ngrams-2", THRESHOLDS["hashed-ngrams-2"]
    assert mergeable(enough, model, same_agents=True, same_tools=True)
    assert not mergeable(enough - 0.01, model, same_agents=True, same_tools=True)
    assert not mergeable(1.0, model, same_agents=False, same_tools=True)
    assert not mergeable(1.0, model, same_agents=True, same_tools=False)


def test_vectors_of_an_unknown_model_merge_nothing() -> None:
    """No threshold was chosen for it."""
    assert not mergeable(1.0, "other-2", same_agents=True, same_tools=True)
