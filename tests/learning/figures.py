"""How well the learning does on the labelled set: each figure as tests/bench prints it, of one half."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from itertools import combinations

from tests.bench.result import Figure, Limit
from tests.learning.sessions import HALVES, Labels, failures, halves
from tracing.learning.embedding import Embedder, HashedEmbedder, cosine
from tracing.learning.fingerprint import failure_of
from tracing.learning.merging import threshold
from tracing.learning.outcome import judge
from tracing.learning.semantic import SemanticEmbedder, installed
from tracing.learning.sequence import agents_of, tools_of
from tracing.learning.story import Story

TITLE = "Learning: what was learned, against what is true"
NEAREST = 5

Half = Sequence[tuple[Story, Labels]]


def embedders() -> list[Embedder]:
    """Return the default embedder, and the semantic one where it is installed."""
    return [HashedEmbedder(), *([SemanticEmbedder()] if installed() else [])]


def figures(half: str = "report") -> Iterator[Figure]:
    """Yield the figures of a half; what was learned is the tuning half, without the prompt that is asked."""
    judged = halves()[HALVES.index(half)]
    for embedder in embedders():
        yield from similar(embedder, judged, halves()[0])
        yield from merged(embedder, judged)
    yield outcomes(judged)
    yield from fingerprints(half)


def similar(embedder: Embedder, asked: Half, learned: Half) -> Iterator[Figure]:
    """Yield how well the learned prompts nearest to one that is asked are of its kind."""
    theirs = embedder.embed([story.text or "" for story, _ in learned])
    found, reciprocal = 0, 0.0
    for (story, labels), mine in zip(asked, embedder.embed([story.text or "" for story, _ in asked]), strict=True):
        near = sorted((-cosine(mine, other), at) for at, other in enumerate(theirs) if learned[at][0] is not story)
        right = [learned[at][1].kind == labels.kind for _, at in near]
        found += any(right[:NEAREST])
        reciprocal += 1 / (1 + right.index(True))
    runs = len(asked)
    aim = (Limit("value", at_least=0.8),) if isinstance(embedder, HashedEmbedder) else ()
    yield Figure(f"recall@{NEAREST} of similar prompts, {embedder.model}", found / runs, "", limits=aim, runs=runs)
    yield Figure(f"MRR of similar prompts, {embedder.model}", reciprocal / runs, "", runs=runs)


def merged(embedder: Embedder, judged: Half) -> Iterator[Figure]:
    """Yield how many of the pairs that would be merged are of one kind, and of those with a like text."""
    vectors = embedder.embed([story.text or "" for story, _ in judged])
    merging, alike = [], []
    for ((one, labels), mine), ((other, others), theirs) in combinations(zip(judged, vectors, strict=True), 2):
        if cosine(mine, theirs) < threshold(embedder.model):
            continue
        alike.append(labels.kind == others.kind)
        if (agents_of(one), tools_of(one)) == (agents_of(other), tools_of(other)):
            merging.append(alike[-1])
    name = f"precision of merging, {embedder.model}"
    yield Figure(name, _share(merging), "", runs=len(merging), detail="pairs done in the same way, and alike enough")
    yield Figure(f"the same by the text alone, {embedder.model}", _share(alike), "", runs=len(alike))


def outcomes(judged: Half) -> Figure:
    """Return how often the judge is right: success, failure and unknown."""
    right = [judge(story).verdict == labels.outcome for story, labels in judged]
    common = max(sum(labels.outcome == one for _, labels in judged) for one in ("success", "failure", None))
    return Figure(
        "accuracy of outcomes",
        _share(right),
        "",
        ratio=_share(right) / (common / len(judged)),
        reference="always the most frequent",
        limits=(Limit("value", at_least=0.9),),
        runs=len(judged),
    )


def fingerprints(half: str) -> Iterator[Figure]:
    """Yield how well pairs of failures are told to be of one cause, each cause equally often."""
    told = [(failure_of(call).fingerprint, cause) for call, cause in failures(half)]
    precision, recall = _pairwise(told)
    harmonic = 2 * precision * recall / (precision + recall)
    runs = len(told)
    yield Figure("F1 of fingerprints", harmonic, "", limits=(Limit("value", at_least=0.95),), runs=runs)
    yield Figure("precision of fingerprints", precision, "", runs=runs, detail="different causes apart")
    yield Figure("recall of fingerprints", recall, "", runs=runs, detail="same cause together")


def _pairwise(told: Sequence[tuple[Hashable, Hashable]]) -> tuple[float, float]:
    pairs = [(one[0] == other[0], one[1] == other[1]) for one, other in combinations(told, 2)]
    both = sum(together and same for together, same in pairs)
    return both / sum(together for together, _ in pairs), both / sum(same for _, same in pairs)


def _share(right: Sequence[bool]) -> float:
    return sum(right) / len(right) if right else 0.0
