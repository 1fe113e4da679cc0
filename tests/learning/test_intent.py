from __future__ import annotations

import pytest

from tracing.learning.intent import intent_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("fix the broken docker build", "Please repair the Docker container, it crashes"),
        ("rename the class Foo", "Klasse Foo umbenennen"),
    ],
)
def test_the_same_wish_in_other_words_is_one_intent(one: str, other: str) -> None:
    """An action, and what it is about, in two languages."""
    assert intent_of(one).name == intent_of(other).name


def test_different_wishes_are_different_intents() -> None:
    """By what is to be done, and by what it is about."""
    wishes = ("fix the docker image", "remove the docker image", "fix the login", "explain the login")
    assert len({intent_of(wish).name for wish in wishes}) == 4


def test_keywords_are_the_words_that_tell() -> None:
    """Without those of every request, each once, in their order."""
    assert intent_of("Please fix the login of the tenant, the tenant can't log in").keywords[:2] == ("tenant", "fix")


def test_a_prompt_without_a_known_word_has_an_intent_all_the_same() -> None:
    """It is a way of working of its own."""
    assert intent_of("qwertz").name == "do"
    assert intent_of("").keywords == ()
