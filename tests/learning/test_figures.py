from __future__ import annotations

from collections import Counter

import pytest

from tests.bench.result import Figure, show
from tests.learning.figures import TITLE, figures
from tests.learning.sessions import AGENTS, halves, labelled


@pytest.fixture(scope="module")
def report() -> list[Figure]:
    found = list(figures("report"))
    show(TITLE, found)
    return found


def test_what_is_learned_is_right_as_often_as_it_should_be(report: list[Figure]) -> None:
    """On the half on which nothing was chosen: outcomes 0.90, fingerprints 0.95, similar prompts 0.80."""
    assert [figure.name for figure in report if not figure.holds] == []
    assert sum(bool(figure.limits) for figure in report) == 3


def test_the_labelled_set_is_as_large_and_as_mixed_as_it_says() -> None:
    """At least 200 prompts in 20 kinds, no prompt twice, every kind and every outcome in both halves."""
    texts = [story.text for story, _ in labelled()]
    assert len(texts) == len(set(texts)) >= 200
    for half in halves():
        assert {labels.kind for _, labels in half} == AGENTS.keys()
        assert {labels.outcome for _, labels in half} == {"success", "failure", None}
        assert len(AGENTS) == 20


def test_the_halves_share_no_wording_of_what_is_judged() -> None:
    """Next prompts and causes of failures are of one half only."""
    tuning, report = halves()
    for shared in (
        {cause for _, labels in tuning for cause in labels.causes}
        & {cause for _, labels in report for cause in labels.causes},
        {story.next_text for story, _ in tuning} & {story.next_text for story, _ in report} - {None},
    ):
        assert shared == set()


def test_no_agent_is_so_frequent_that_choosing_it_would_do() -> None:
    """The most frequent agent is the best one for a third of the prompts at most."""
    chosen = Counter(run.name for story, _ in labelled() for run in story.agents).most_common(1)[0][0]
    assert 0 < sum(labels.agent == chosen for _, labels in labelled()) / len(labelled()) < 0.34


def test_stories_are_the_same_at_each_making() -> None:
    """A figure that changes has a cause in the code."""
    first = labelled()
    labelled.cache_clear()
    assert labelled() == first
