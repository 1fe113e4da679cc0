from __future__ import annotations

from tracing.learning.embedding import HashedEmbedder
from tracing.learning.merging import threshold
from tracing.learning.semantic import SemanticEmbedder


def test_our_own_models_merge_what_is_alike() -> None:
    """For each a threshold was chosen."""
    assert 0 < threshold(HashedEmbedder.model) < 1
    assert 0 < threshold(SemanticEmbedder.model) < 1


def test_vectors_of_an_unknown_model_merge_nothing() -> None:
    """No threshold was chosen for it: not even the same text is alike enough."""
    assert threshold("other-2") > 1
