from __future__ import annotations

import re

import pytest

from tracing.learning.embedding import cosine
from tracing.learning.semantic import EXTRA, SemanticEmbedder, installed

INSTALLED = installed()


@pytest.mark.skipif(not INSTALLED, reason="hooktrace[semantic] is not installed")
def test_vectors_are_those_of_the_published_model() -> None:
    """The documentation of sentence-transformers tells how alike these sentences are: 0.695, 0.943, 0.257."""
    person, *others = SemanticEmbedder().embed(
        ["That is a happy person", "That is a happy dog", "That is a very happy person", "Today is a sunny day"]
    )
    assert [cosine(person, other) for other in others] == pytest.approx([0.695, 0.943, 0.257], abs=2e-3)


@pytest.mark.skipif(INSTALLED, reason="hooktrace[semantic] is installed")
def test_without_the_extra_it_says_what_to_install() -> None:
    """Naming the embedder loads nothing; using it tells how to get it."""
    embedder = SemanticEmbedder()
    assert embedder.dimensions == 384
    with pytest.raises(ModuleNotFoundError, match=re.escape(EXTRA)):
        embedder.embed(["x"])
