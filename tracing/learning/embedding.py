"""Embeddings: texts as vectors that lie near one another where the texts mean alike."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from operator import mul
from typing import Protocol
from zlib import crc32

from tracing.learning.phrases import phrases_in, shapes_in
from tracing.learning.topics import WEAK
from tracing.learning.vocabulary import (
    ACTIONS,
    COMMON,
    GREETINGS,
    LONGEST_WORD,
    QUESTION_WORDS,
    STOPWORDS,
    TOPICS,
    parts_of,
    stem,
    topics_of,
    words,
)

Vector = list[float]


class Embedder(Protocol):
    """Makes vectors of unit length; those of two models are never compared."""

    @property
    def model(self) -> str:
        """Name the model, with its version."""

    @property
    def dimensions(self) -> int:
        """How long its vectors are."""

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        """Return a vector for each text."""


DIMENSIONS = 384
MOST_WORDS = 400
"""Of a text; what follows is pasted output rather than a wish."""

STOPWORD_WEIGHT = 0.02
COMMON_WEIGHT = 0.3
WORD_WEIGHT = 1.0
PIECES_WEIGHT = 1.0
"""Of all pieces of a word together: they find it in spite of a typing mistake or in a compound."""
PIECE_SIZES = (3, 4, 5)
TOPIC_WEIGHT = 1.6
WEAK_SHARE = 0.6
PHRASE_WEIGHT = 2.0
SHAPE_WEIGHT = 1.5
QUESTION_WEIGHT = 2.0
ACTION_WEIGHT = 0.5
HEAD_WEIGHT = 0.8
"""Of an action among the first words that tell something: a request begins with what it asks for."""
HEAD = 4
DAMPING = 0.75
"""The power of a topic's weight: the third word about it says less than the first about another."""

_TOPICS = sorted({topic for told in TOPICS.values() for topic in told})
_ACTIONS = sorted({f"do {action}" for told in ACTIONS.values() for action in told})
_PLACES = {name: place for place, name in enumerate([*_TOPICS, *_ACTIONS])}
"""Topics and actions have a place of their own: nothing collides with them.  The rest of a vector is for words."""

Feature = tuple[int, float]
"""Where in the vector, and how much."""


class HashedEmbedder:
    """A small vocabulary, and hashed words and n-grams of characters: nothing to load, the same on every machine."""

    model = "hashed-ngrams-2"
    dimensions = DIMENSIONS

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        """Return a vector for each text; of zeros for a text without a word."""
        return [_embedded(text) for text in texts]


def cosine(one: Sequence[float], other: Sequence[float]) -> float:
    """Return how near two vectors of unit length are."""
    return float(sum(map(mul, one, other)))


def _embedded(text: str) -> Vector:
    spoken = words(text)[:MOST_WORDS]
    vector = [0.0] * DIMENSIONS
    for place, weight in _wished(text, spoken):
        vector[place] += weight
    counted: dict[str, int] = {}
    for word in spoken:
        counted[word] = counted.get(word, 0) + 1
    for word, count in counted.items():
        often = 1 + math.log(count)
        for place, weight in _features(word):
            vector[place] += often * weight
    for place in _PLACES.values():
        vector[place] **= DAMPING
    length = math.sqrt(sum(value * value for value in vector))
    return [value / length for value in vector] if length else vector


def _wished(text: str, spoken: Sequence[str]) -> Iterator[Feature]:
    """Yield what a text adds to a vector that none of its words does."""
    for topic in phrases_in(spoken):
        yield _PLACES[topic], PHRASE_WEIGHT
    for topic in shapes_in(text):
        yield _PLACES[topic], SHAPE_WEIGHT
    if next((word for word in spoken if word not in GREETINGS), "") in QUESTION_WORDS:
        yield _PLACES["question"], QUESTION_WEIGHT
    for word in [word for word in spoken if word not in STOPWORDS][:HEAD]:
        for action in ACTIONS.get(stem(word), ()):
            yield _PLACES["do " + action], HEAD_WEIGHT


@lru_cache(maxsize=16384)
def _features(word: str) -> tuple[Feature, ...]:
    """Return what *word* adds to a vector."""
    return tuple(_named(word[:LONGEST_WORD]))


def _named(word: str) -> Iterator[Feature]:
    prior = _prior(word)
    root = stem(word)
    yield _hashed("1 " + root, WORD_WEIGHT * prior)
    if prior <= STOPWORD_WEIGHT:
        return
    marked = f"<{word}>"
    pieces = [marked[at : at + size] for size in PIECE_SIZES for at in range(len(marked) - size + 1)]
    for piece in pieces:
        yield _hashed("c " + piece, PIECES_WEIGHT * prior / math.sqrt(len(pieces)))
    share = WEAK_SHARE if word in WEAK or root in WEAK else 1.0
    for topic in sorted({topic for part in (word, *parts_of(word)) for topic in topics_of(part)}):
        yield _PLACES[topic], TOPIC_WEIGHT * share
    for action in ACTIONS.get(root, ()):
        yield _PLACES["do " + action], ACTION_WEIGHT


def _prior(word: str) -> float:
    """Return how much *word* tells, before any text was counted."""
    if word in STOPWORDS or len(word) < 2:
        return STOPWORD_WEIGHT
    if word in COMMON or word.isdigit():
        return COMMON_WEIGHT
    return 1.0


def _hashed(name: str, weight: float) -> Feature:
    """Return the place of a feature, with a sign: signed hashing (Weinberger et al. 2009) keeps collisions unbiased."""
    place = len(_PLACES) + crc32(name.encode()) % (DIMENSIONS - len(_PLACES))
    return place, weight if crc32(b"sign " + name.encode()) & 1 else -weight
