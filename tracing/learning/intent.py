"""What a prompt wanted, normalised: the same wish in other words is one intent."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from tracing.learning.vocabulary import ACTIONS, COMMON, STOPWORDS, stem, topics_of, words

MOST_KEYWORDS = 10
MOST_WORDS = 400
"""What follows in a longer prompt is pasted output rather than a wish."""
MOST_TOPICS = 2


@dataclass(frozen=True)
class Intent:
    """A wish."""

    name: str
    """Normalised; a few words."""
    keywords: tuple[str, ...]

    @property
    def action(self) -> str:
        """What is to be done: the first word of the name."""
        return self.name.partition(" ")[0]


def intent_of(text: str) -> Intent:
    """Return what *text* wants: an action, and what it is about where the vocabulary knows it.

    The first action named counts most, since a request begins with what it asks for.
    """
    said = [word for word in words(text)[:MOST_WORDS] if word not in STOPWORDS]
    actions: Counter[str] = Counter()
    topics: Counter[str] = Counter()
    for position, word in enumerate(said):
        for action in ACTIONS.get(stem(word), ()):
            actions[action] += 1 + (4 if position < 3 else 0)
        for topic in topics_of(word):
            topics[topic] += 1
    action = _first(actions) or "do"
    about = sorted(topic for topic, _ in _ranked(topics)[:MOST_TOPICS])
    return Intent(" ".join([action, *about]), _keywords(text))


def _keywords(text: str) -> tuple[str, ...]:
    counted = Counter(
        word for word in words(text)[:MOST_WORDS] if len(word) > 2 and word not in STOPWORDS and word not in COMMON
    )
    return tuple(word for word, _ in _ranked(counted)[:MOST_KEYWORDS])


def _ranked(counted: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counted.items(), key=lambda one: -one[1])  # stable: what came first stays first


def _first(counted: Counter[str]) -> str | None:
    ranked = _ranked(counted)
    return ranked[0][0] if ranked else None
