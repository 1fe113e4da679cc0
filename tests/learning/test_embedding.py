from __future__ import annotations

import hashlib
import json
import subprocess
import sys

import pytest

from tracing.learning.embedding import HashedEmbedder, Vector, cosine
from tracing.learning.vocabulary import LONGEST_TEXT

CODE = """
from tracing.learning.embedding import HashedEmbedder
print([round(value, 6) for value in HashedEmbedder().embed(["Fix the flaky Tests, bitte! ü"])[0]])
"""


def near(one: str, other: str) -> float:
    first, second = HashedEmbedder().embed([one, other])
    return cosine(first, second)


def test_a_vector_has_unit_length_and_the_dimensions_of_its_model() -> None:
    """Also of a long text."""
    vectors: list[Vector] = HashedEmbedder().embed(["fix the login", "a b c " * 10_000])
    assert [len(vector) for vector in vectors] == [384, 384]
    assert [cosine(vector, vector) for vector in vectors] == pytest.approx([1, 1])


def test_vectors_are_the_same_in_every_process() -> None:
    """They are stored, and compared with later ones: no seed of Python's hashes goes into them."""
    told = {
        subprocess.run(
            [sys.executable, "-c", CODE], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(told) == 1


def test_only_the_beginning_of_a_text_is_read() -> None:
    """The vector of a prompt of a megabyte is that of what stands in its pattern, and costs no more."""
    wish = "fix the failing login test " * 200
    one, other = HashedEmbedder().embed([wish[:LONGEST_TEXT], wish[:LONGEST_TEXT] + "docker " * 150_000])
    assert one == other


def test_new_vectors_have_a_new_model() -> None:
    """Stored vectors are compared with new ones of the same name: whoever changes one figure changes the name, too."""
    (vector,) = HashedEmbedder().embed(
        ["Der Login-Test schlägt fehl: rename OrderView -> CartView, GET /orders is slow"]
    )
    told = hashlib.sha256(json.dumps([round(value, 6) for value in vector]).encode()).hexdigest()[:16]
    assert (HashedEmbedder.model, told) == ("hashed-ngrams-2", "2e3e52a70c6f6e85")


def test_what_means_alike_lies_nearer_than_what_does_not() -> None:
    """In other words, with a typing mistake, and in German."""
    for alike in ("the login spec is red, repair it", "fix teh faling login test", "der Login-Test ist kaputt"):
        assert (
            near("fix the failing login test", alike)
            > near("fix the failing login test", "add dark mode to the sidebar") + 0.1
        )


def test_words_that_say_nothing_weigh_next_to_nothing() -> None:
    """Politeness makes no similarity."""
    assert near("could you please rename the class", "rename class") > 0.9
    assert near("could you please rename the class", "could you please start the docker daemon") < 0.2


def test_a_text_without_a_word_is_near_to_nothing() -> None:
    """Not even to itself, and it breaks nothing."""
    assert near("", "?!") == 0
