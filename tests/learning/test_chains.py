from __future__ import annotations

from tests.learning.making import run, story
from tracing.learning.chains import chains_of


def test_agents_one_after_the_other_are_a_chain_with_its_overhead() -> None:
    """The time in which none of them ran."""
    (chain,) = chains_of(story(agents=(run("plan", 0, 10), run("test", 15, 20))))
    assert (chain.agents, chain.nested, chain.duration_ms, chain.overhead_ms) == (
        ("plan", "test"),
        False,
        20_000,
        5_000,
    )


def test_agents_at_the_same_time_cost_their_time_once() -> None:
    """Overlapping runs are not counted twice."""
    (chain,) = chains_of(story(agents=(run("a", 0, 10), run("b", 2, 4), run("c", 12, 14))))
    assert (chain.duration_ms, chain.overhead_ms) == (14_000, 2_000)


def test_an_agent_within_another_is_a_nesting() -> None:
    """Its overhead is what the outer one did alone."""
    outer = run("plan", 0, 10)
    (chain,) = chains_of(story(agents=(outer, run("explore", 2, 5, outer))))
    assert (chain.agents, chain.nested, chain.duration_ms, chain.overhead_ms) == (
        ("plan", ">explore"),
        True,
        10_000,
        7_000,
    )


def test_one_agent_is_no_chain_and_an_open_end_no_duration() -> None:
    """Unknown is None."""
    assert chains_of(story(agents=(run("a", 0, 1),))) == []
    (chain,) = chains_of(story(agents=(run("a", 0, 1), run("b", 2, None))))
    assert (chain.duration_ms, chain.overhead_ms) == (None, None)


def test_a_parent_of_another_prompt_is_no_nesting() -> None:
    """An agent whose parent is not told counts as started by the main thread."""
    stranger = run("far", 0, 1)
    (chain,) = chains_of(story(agents=(run("a", 0, 1, stranger), run("b", 2, 3))))
    assert chain.agents == ("a", "b")
