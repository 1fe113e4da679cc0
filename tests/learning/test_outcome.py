from __future__ import annotations

from datetime import timedelta

import pytest

from tests.learning.making import at, bash, begun, call, edit, story
from tracing.learning.outcome import WEIGHTS, judge
from tracing.learning.story import Story

RED, GREEN = bash("pytest -q", "failed"), bash("pytest -q")


@pytest.mark.parametrize(
    ("told", "verdict"),
    [
        pytest.param(story(edit(), GREEN), "success", id="edited, tests pass"),
        pytest.param(story(edit(), RED, edit(new="c"), GREEN), "success", id="the last run of the tests counts"),
        pytest.param(story(edit(), GREEN, edit(new="c"), RED), "failure", id="also where an earlier one passed"),
        pytest.param(story(edit(), GREEN, bash("npm run build", "failed")), "failure", id="each test and build counts"),
        pytest.param(story(edit()), "success", id="edited"),
        pytest.param(story(edit(), bash("pytest | tail -5")), "success", id="a pipe hides the status"),
        pytest.param(story(edit(), RED, edit(new="c"), begun("pytest -q")), "failure", id="a run in the background"),
        pytest.param(story(edit(), bash("psql -f a.sql", "failed")), "failure", id="a failure is left"),
        pytest.param(story(bash("git push", "failed"), bash("git pull"), bash("git push")), "success", id="resolved"),
        pytest.param(story(bash("jq .", "failed"), edit(), bash("python x.py")), "success", id="another way was found"),
        pytest.param(story(call("Read", "failed", file_path="/p/b.py"), edit()), "success", id="looked in vain"),
        pytest.param(story(edit(status="denied")), "failure", id="refused"),
        pytest.param(story(bash("rm -rf x", "denied"), edit(), GREEN), "success", id="refused on the way"),
        pytest.param(story(edit(), status="cancelled"), "failure", id="interrupted"),
        pytest.param(story(edit(), GREEN, status="cancelled"), None, id="interrupted behind green tests"),
        pytest.param(story(edit(), status="failed"), "failure", id="an API error ended it"),
        pytest.param(story(edit(), bash("git checkout .")), "failure", id="edits undone"),
        pytest.param(story(edit(), edit(old="b", new="a")), "failure", id="edits undone by hand"),
        pytest.param(story(edit(), bash("git checkout ."), edit(new="c"), GREEN), "success", id="undone, done again"),
        pytest.param(story(edit(), GREEN, next_text="no, that's wrong"), "failure", id="corrected"),
        pytest.param(story(edit(), RED, rating=1), "success", id="a rating decides"),
        pytest.param(story(edit(), GREEN, rating=-1), "failure", id="both ways"),
    ],
)
def test_an_outcome_follows_from_what_was_done(told: Story, verdict: str | None) -> None:
    """Each of these stories is told as a person would tell it."""
    assert judge(told).verdict == verdict


@pytest.mark.parametrize(
    "told",
    [
        story(),
        story(call("Read", file_path="/p/a.py")),
        story(bash("ls"), bash("cat a")),
        pytest.param(story(begun("pytest -q")), id="tests begun in the background"),
        pytest.param(story(begun("npm run dev")), id="a server begun in the background"),
        pytest.param(story(call("Bash")), id="a command that nobody knows"),
    ],
)
def test_what_only_looked_is_unknown(told: Story) -> None:
    """An answer to a question is neither a success nor a failure: None is a value, not a guess."""
    outcome = judge(told)
    assert (outcome.score, outcome.verdict) == (None, None)
    assert outcome.parts == {"finished": 1}


def test_words_of_results_are_not_read() -> None:
    """Looking for errors, in a file about errors, is no failure; nor is a message on a call that succeeded."""
    looking = bash("grep -rn 'ERROR failed traceback' errors.log")
    assert judge(story(looking, edit("/p/errors.py"), bash("pytest", message="1 error, failed"))).verdict == "success"


def test_the_score_is_made_of_its_parts() -> None:
    """What is stored beside a score explains it: each part has a weight, and is within -1 and 1."""
    outcome = judge(story(edit(), bash("rm x", "denied"), RED, status="cancelled", next_text="undo that"))
    assert outcome.parts.keys() == {"interrupted", "refused", "checks", "correction"}
    assert outcome.parts.keys() <= WEIGHTS.keys()
    assert all(-1 <= part <= 1 for part in outcome.parts.values())
    assert outcome.score is not None
    assert outcome.score < 0.01


def test_a_prompt_of_the_next_day_corrects_nothing() -> None:
    """What comes hours later speaks of something else."""
    told = story(edit(), next_text="that's wrong", next_at=at(60) + timedelta(hours=20))
    assert judge(told).verdict == "success"
