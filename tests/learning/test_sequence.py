from __future__ import annotations

from tests.learning.making import bash, call, edit, run, story
from tracing.learning.sequence import agents_of, folded, pattern_hash, tools_of


def test_repeats_and_repeated_cycles_are_told_once() -> None:
    """Two rounds of editing and testing are the same way of working as five."""
    assert folded("ABABAB") == ("A", "B")
    assert folded("AAABCABC") == ("A", "B", "C")
    assert folded("ABCA") == ("A", "B", "C", "A")
    assert folded("") == ()


def test_tools_are_those_of_the_main_thread_that_worked() -> None:
    """Not what a subagent used, what was refused, or lists of things to do."""
    within = call("Grep")
    object.__setattr__(within, "agent", "explorer")
    told = story(
        call("TodoWrite"), call("Read"), call("Read"), within, edit(), bash("ls", "failed"), bash("x", "denied")
    )
    assert tools_of(told) == ("Read", "Edit", "Bash")


def test_agents_stand_in_their_order() -> None:
    """Repeats are folded."""
    assert agents_of(story(agents=(run("a", 0, 1), run("a", 1, 2), run("b", 2, 3)))) == ("a", "b")


def test_a_pattern_is_known_by_its_content() -> None:
    """The same content has the same hash on every machine, and each part of it counts."""
    one = pattern_hash("fix test", ("debugger",), ("Read", "Edit"))
    assert one == pattern_hash("fix test", ("debugger",), ("Read", "Edit"))
    others = {
        pattern_hash("fix", ("debugger",), ("Read", "Edit")),
        pattern_hash("fix test", (), ("Read", "Edit")),
        pattern_hash("fix test", ("debugger", "Read"), ("Edit",)),
    }
    assert len(others | {one}) == 4
