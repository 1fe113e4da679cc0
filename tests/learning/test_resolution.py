from __future__ import annotations

from tests.learning.making import bash, begun, call, edit, story
from tracing.learning.resolution import occurrences, only_looks


def test_a_cure_is_what_was_changed_between_a_failure_and_its_success() -> None:
    """Programs and files, without arguments; what only looked is left out."""
    (one,) = occurrences(
        story(
            bash("pytest -q", "failed"),
            call("Read", file_path="/p/a.py"),
            edit("/p/a.py"),
            edit("/p/a.py", new="c"),
            bash("pip install --upgrade requests==2"),
            bash("git status", "failed"),
            bash("pytest -q tests"),
        )
    )[:1]
    assert (one.resolved, one.steps) == (True, ("Edit a.py", "Bash pip install"))


def test_where_nothing_was_changed_looking_was_the_cure() -> None:
    """As where a file had to be read before it was edited."""
    told = occurrences(story(edit("/p/a.py", "failed"), call("Read", file_path="/p/a.py"), edit("/p/a.py")))
    assert [(one.resolved, one.steps) for one in told] == [(True, ("Read a.py",))]


def test_the_same_again_is_a_cure_without_steps() -> None:
    """A retry."""
    assert [one.steps for one in occurrences(story(bash("npm ci", "failed"), bash("npm ci")))] == [()]


def test_another_success_resolves_nothing() -> None:
    """Another program, another file, or a refused retry."""
    told = story(
        bash("npm test", "failed"),
        edit("/p/a.py", "failed"),
        bash("npm ci"),
        edit("/p/b.py"),
        bash("npm test", "denied"),
    )
    assert [one.resolved for one in occurrences(told)] == [False, False]


def test_a_file_found_elsewhere_resolves_its_search() -> None:
    """Reading looks for a name."""
    told = story(call("Read", "failed", file_path="/p/a.py"), call("Read", file_path="/p/src/a.py"))
    assert [one.resolved for one in occurrences(told)] == [True]


def test_a_command_that_writes_does_more_than_look() -> None:
    """By redirection or in place."""
    assert only_looks(bash("cat a | grep b 2>/dev/null"))
    assert not only_looks(bash("cat a > b"))
    assert not only_looks(bash("sed -i s/a/b/ c"))
    assert not only_looks(bash("ls && make"))


def test_a_command_that_nobody_knows_is_cured_by_none() -> None:
    """Without content, of an import, or once aged any other command would seem to be the same."""
    (one,) = occurrences(story(call("Bash", "failed", "Exit code 1"), call("Bash"), call("Bash")))
    assert not one.resolved


def test_a_command_in_the_background_cures_nothing() -> None:
    """It has only begun; that the same came to its end later is a cure."""
    again = story(bash("pytest -q", "failed"), edit(), begun("pytest -q"))
    assert [one.resolved for one in occurrences(again)] == [False]
    later = story(*again.calls, bash("pytest -q"))
    assert [one.resolved for one in occurrences(later)] == [True]
