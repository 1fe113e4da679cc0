"""Embeddings: texts as vectors that lie near one another where the texts mean alike."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from operator import mul
from typing import Protocol
from zlib import crc32

from tracing.learning.vocabulary import (
    ACTIONS,
    COMMON,
    GREETINGS,
    PHRASES,
    QUESTION_WORDS,
    STOPWORDS,
    WEAK,
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
PAIR_WEIGHT = 0.35
PIECES_WEIGHT = 1.0
"""Of all pieces of a word together: they find it in spite of a typing mistake or in a compound."""
TOPIC_WEIGHT = 1.6
ACTION_WEIGHT = 0.5
WEAK_SHARE = 0.6
PHRASE_WEIGHT = 2.0
PART_WEIGHT = 0.6
"""Of each word in an identifier."""
QUESTION_WEIGHT = 2.0
PIECE_SIZES = (3, 4, 5)

_HTTP = re.compile(r"\b(?:GET|POST|PUT|PATCH|DELETE) /")

Feature = tuple[int, float]
"""Where in the vector, and how much."""


class HashedEmbedder:
    """Hashed n-grams of words and characters, and a small vocabulary: nothing to load, the same on every machine."""

    model = "hashed-ngrams-1"
    dimensions = DIMENSIONS

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        """Return a vector for each text; of zeros for a text without a word."""
        return [_embedded(text) for text in texts]


def cosine(one: Sequence[float], other: Sequence[float]) -> float:
    """Return how near two vectors of unit length are."""
    return float(sum(map(mul, one, other)))


def _embedded(text: str) -> Vector:
    counted: dict[str, int] = {}
    spoken = words(text)[:MOST_WORDS]
    told = next((word for word in spoken if word not in GREETINGS), "")
    for word in spoken:
        counted[word] = counted.get(word, 0) + 1
    vector = [0.0] * DIMENSIONS
    for word, count in counted.items():
        often = 1 + math.log(count)
        for place, weight in _features(word):
            vector[place] += often * weight
    stems = [stem(word) for word in spoken if word not in STOPWORDS]
    for pair in dict.fromkeys(pairwise(stems)):
        place, sign = _slot("2 " + " ".join(pair))
        vector[place] += sign * PAIR_WEIGHT
    topics = [PHRASES[pair] for pair in map(" ".join, pairwise(spoken)) if pair in PHRASES]
    topics += ["api"] * bool(_HTTP.search(text[:2000]))
    for topic in dict.fromkeys(topics):
        place, sign = _slot("t " + topic)
        vector[place] += sign * PHRASE_WEIGHT
    if told in QUESTION_WORDS:
        place, sign = _slot("t question")
        vector[place] += sign * QUESTION_WEIGHT
    length = math.sqrt(sum(value * value for value in vector))
    return [value / length for value in vector] if length else vector


@lru_cache(maxsize=16384)
def _features(word: str) -> tuple[Feature, ...]:
    """Return what *word* adds to a vector."""
    return tuple(_named(word))


def _named(word: str) -> Iterator[Feature]:
    prior = _prior(word)
    root = stem(word)
    yield _feature("1 " + root, WORD_WEIGHT * prior)
    if prior <= STOPWORD_WEIGHT:
        return
    marked = f"<{word}>"
    pieces = [marked[at : at + size] for size in PIECE_SIZES for at in range(len(marked) - size + 1)]
    for piece in pieces:
        yield _feature("c " + piece, PIECES_WEIGHT * prior / math.sqrt(len(pieces)))
    parts = parts_of(word)
    several = len(parts) > 1
    topics = {topic for part in (word, *parts) for topic in topics_of(part)}
    for topic in sorted(topics):
        yield _feature("t " + topic, TOPIC_WEIGHT * (WEAK_SHARE if word in WEAK or root in WEAK else 1.0))
    for part in parts if several else ():
        yield _feature("1 " + stem(part), PART_WEIGHT * _prior(part))
    for action in ACTIONS.get(root, ()):
        yield _feature("a " + action, ACTION_WEIGHT)


def _prior(word: str) -> float:
    """Return how much *word* tells, before any text was counted."""
    if word in STOPWORDS or len(word) < 2:
        return STOPWORD_WEIGHT
    if word in COMMON or word.isdigit():
        return COMMON_WEIGHT
    return 1.0


def _feature(name: str, weight: float) -> Feature:
    place, sign = _slot(name)
    return place, sign * weight


def _slot(name: str) -> tuple[int, float]:
    """Return the place and the sign of a feature: signed hashing (Weinberger et al. 2009) keeps collisions unbiased."""
    hashed = crc32(name.encode())
    return hashed % DIMENSIONS, 1.0 if crc32(b"sign " + name.encode()) & 1 else -1.0
