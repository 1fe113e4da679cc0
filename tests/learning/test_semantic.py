from __future__ import annotations

import re

import pytest

from tracing.learning.embedders import NAMES, NotInstalled, embedder_named
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


def test_each_name_of_the_setting_is_an_embedder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each with a model and 384 dimensions; one whose extra is missing is refused before anything is asked of it."""
    monkeypatch.setattr("tracing.learning.semantic.installed", lambda: True)
    assert [embedder_named(name).dimensions for name in NAMES] == [384, 384]
    assert len({embedder_named(name).model for name in NAMES}) == 2
    monkeypatch.setattr("tracing.learning.semantic.installed", lambda: False)
    assert embedder_named("hashed").dimensions == 384
    with pytest.raises(NotInstalled, match=r"learning\.embedder is semantic"):
        embedder_named("semantic")
