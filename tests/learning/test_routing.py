"""The router on the labelled sessions: what it chooses, against always choosing the most frequent agent."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from uuid import uuid4

import psycopg
import pytest

from tests.conftest import Installation
from tests.learning.sessions import SUCCEEDS, Labels, labelled
from tracing.database.reader import Reader
from tracing.database.router import WANTED, route
from tracing.learning.embedding import HashedEmbedder, cosine
from tracing.learning.router import HALF_LIFE_DAYS, NEAR, Evidence, Ranked, rank
from tracing.learning.sequence import agents_of
from tracing.learning.story import Story

AIM = 0.15

Case = tuple[Story, Labels, list[float]]


def half(name: str) -> list[Case]:
    """Return the stories of one half, with the embeddings of their prompts."""
    told = [(story, labels) for story, labels in labelled() if labels.half == name]
    vectors = HashedEmbedder().embed([story.text or "" for story, _ in told])
    return [(story, labels, vector) for (story, labels), vector in zip(told, vectors, strict=True)]


def about(case: Case, known: Sequence[Case]) -> list[Evidence]:
    """Return what *known* cases say about the prompt of *case*: who was chosen, and how it went."""
    near = sorted(
        (
            (cosine(case[2], vector), agents_of(story)[0], labels.outcome)
            for story, labels, vector in known
            if agents_of(story) and labels.outcome
        ),
        reverse=True,
    )[:WANTED]
    return [Evidence(agent, like, outcome == "success", outcome == "failure", 0.0) for like, agent, outcome in near]


def chance(agent: str | None, labels: Labels) -> float:
    """Return how often *agent* succeeds with such a prompt, as the sessions were made."""
    if agent == labels.agent:
        return SUCCEEDS["best"]
    return SUCCEEDS["general" if agent in ("general-purpose", None) else "other"]


def test_it_chooses_better_than_the_most_frequent_agent(capsys: pytest.CaptureFixture[str]) -> None:
    """By 15 points at least: than the agent chosen most often, and than the one that is best most often.

    What happened is the half on which the constants were chosen; what is asked is the other one.
    """
    known, cases = half("tuning"), half("report")
    chosen = [found[0].agent if (found := rank(about(case, known))) else None for case in cases]
    best = [labels.agent for _, labels, _ in cases]
    habit = Counter(agents_of(story)[0] for story, _, _ in known).most_common(1)[0][0]
    luckiest = Counter(labels.agent for _, labels, _ in known).most_common(1)[0][0]
    right = sum(one == other for one, other in zip(chosen, best, strict=True)) / len(cases)
    baselines = {agent: best.count(agent) / len(cases) for agent in (habit, luckiest)}
    expected = sum(chance(agent, labels) for agent, (_, labels, _) in zip(chosen, cases, strict=True)) / len(cases)
    usual = sum(chance(habit, labels) for _, labels, _ in cases) / len(cases)
    with capsys.disabled():
        others = ", ".join(f"always {agent} {rate:.1%}" for agent, rate in baselines.items())
        print(
            f"\nrouting, report half, n={len(cases)}: best agent {right:.1%} ({others});"
            f" no answer {chosen.count(None)}; expected success {expected:.1%} (always {habit} {usual:.1%})"
        )
    assert right >= max(baselines.values()) + AIM
    assert expected > usual


def ranked(*evidence: Evidence) -> list[Ranked]:
    return list(rank(evidence) or [])


def test_what_counts() -> None:
    """More choices beat one, near ones far ones, new ones old ones; a pattern says half of what choices say."""
    once, often = Evidence("once", 0.9, 1, 0, 0), [Evidence("often", 0.9, 1, 0, 0)] * 9
    assert [one.agent for one in ranked(once, *often, Evidence("often", 0.9, 0, 1, 0))] == ["often", "once"]
    assert [one.agent for one in ranked(Evidence("far", 0.5, 1, 0, 0), Evidence("near", 0.8, 1, 0, 0))] == [
        "near",
        "far",
    ]
    new, old = Evidence("new", 0.8, 1, 0, 1), Evidence("old", 0.8, 1, 0, HALF_LIFE_DAYS)
    first, second = ranked(old, new)
    assert (first.agent, second.agent) == ("new", "old")
    assert second.recency == pytest.approx(0.5)
    (pattern,) = ranked(Evidence("x", 1.0, 4, 0, 0, "pattern"))
    (decisions,) = ranked(*[Evidence("x", 1.0, 1, 0, 0)] * 4)
    assert (pattern.weight, decisions.weight) == (2, 4)
    assert (pattern.decisions, pattern.patterns, decisions.decisions) == (0, 1, 4)


def test_too_little_is_no_evidence() -> None:
    """Nothing, what is far, what never succeeded, what is long ago: None, and not a guess."""
    assert rank([]) is None
    assert rank([Evidence("far", NEAR - 0.01, 50, 0, 0)]) is None
    assert rank([Evidence("unlucky", 0.9, 0, 5, 0)]) is None
    assert rank([Evidence("unjudged", 0.9, 0, 0, 0)]) is None
    assert rank([Evidence("old", 0.9, 1, 0, 10 * HALF_LIFE_DAYS)]) is None


def decide(home: Installation, request: str, agent: str, outcome: str) -> None:
    """Store a choice with its embedding."""
    session = str(uuid4())
    (vector,) = HashedEmbedder().embed([request])
    home.query(
        "INSERT INTO execution_traces (correlation_id, root_id, session_id, source, status)"
        " VALUES (%s, %s, %s, 't', 'completed')",
        session,
        session,
        session,
    )
    home.query(
        "INSERT INTO agent_routing_decisions (root_id, trace_id, session_id, query_text, query_embedding,"
        " embedding_model, agent_selected, routing_strategy, outcome)"
        " VALUES (%s, %s, %s, %s, %s::real[], %s, %s, 'model', %s)",
        session,
        session,
        session,
        request,
        vector,
        HashedEmbedder.model,
        agent,
        outcome,
    )


def test_the_command_shows_the_parts(home: Installation) -> None:
    """From choices and patterns of the database; of an empty one, and of another kind of request, it says so."""
    told = home.run("route", "fix the failing tests")
    assert (told.returncode, told.stdout.startswith("not enough evidence: 0 earlier")) == (0, True)
    for number in range(4):
        decide(home, f"fix the failing tests of module {number}", "debugger", "success")
        decide(home, f"fix the failing tests in {number}", "general-purpose", "failure" if number else "success")
    (vector,) = HashedEmbedder().embed(["fix failing tests"])
    home.query(
        "INSERT INTO success_patterns (pattern_hash, intent, agent_sequence, prompt_embedding, embedding_model,"
        " success_count, usage_count, last_used_at)"
        " VALUES ('h', 'fix tests', '{debugger,reviewer}', %s::real[], %s, 5, 5, now())",
        vector,
        HashedEmbedder.model,
    )
    found = home.json("route", "fix the failing tests")
    assert (found["enough_evidence"], found["model"], found["looked_at"]) == (True, HashedEmbedder.model, 9)
    first, second = found["agents"]
    assert (first["agent"], first["decisions"], first["patterns"]) == ("debugger", 4, 1)
    assert (second["agent"], second["success"]) == ("general-purpose", pytest.approx(0.25, abs=0.1))
    table = home.done("route", "fix the failing tests")
    assert "debugger" in table and "similarity" in table
    assert home.json("route", "paint a logo")["agents"] == []


def test_without_pgvector_it_is_exact_and_says_so(own_home: Installation) -> None:
    """The same answer by comparing every row."""
    for outcome in ("success", "success", "failure"):
        decide(own_home, "fix the failing tests", "debugger", outcome)
    before = own_home.json("route", "fix the failing tests")
    own_home.query("DROP EXTENSION vector CASCADE")
    after = own_home.json("route", "fix the failing tests")
    assert (before["exact"], after["exact"]) == (False, True)
    assert after["agents"][0]["score"] == pytest.approx(before["agents"][0]["score"], abs=1e-3)
    assert "no pgvector" in own_home.done("route", "fix the failing tests")
    with psycopg.connect(own_home.url) as connection:
        found = route("fix the failing tests", Reader(connection))
    assert found.ranked is not None
    assert json.dumps([one.agent for one in found.ranked]) == '["debugger"]'
