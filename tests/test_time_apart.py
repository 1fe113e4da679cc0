"""The time of a tool call apart: the wait for permission, the tool itself, and the rest."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Installation
from tests.story import PROMPT, Story
from tracing.identity import tool_uuid


def apart(story: Story, use: str) -> dict[str, Any] | None:
    """Return the times of a call in its context."""
    sql = "SELECT context -> 'time' FROM execution_traces WHERE correlation_id = %s"
    [(time,)] = story.home.query(sql, tool_uuid(story.session, use))
    times: dict[str, Any] | None = time
    return times


@pytest.mark.parametrize("together", [True, False])
def test_the_wait_for_permission_is_known_from_the_question_to_the_tools_begin(
    home: Installation, together: bool
) -> None:
    """The question names no call: it is of the same tool and input, also where another call was stored before."""
    story = Story(home)
    with home.without_collector():
        story.starts(0)
        story.prompts(1)
        story.calls("other", 2, tool_input={"command": "touch y"})
        story.calls("t", 2, tool_input={"command": "touch x"})
    if not together:
        home.flush()
    with home.without_collector():
        story.tell("PermissionRequest", 2.05, prompt_id=PROMPT, tool_name="Bash", tool_input={"command": "touch x"})
        story.returns("t", 11.4, tool_input={"command": "touch x"}, duration_ms=150)
        story.returns("other", 3, tool_input={"command": "touch y"}, duration_ms=900)
    home.flush()
    assert apart(story, "t") == {"permission_ms": 9200, "execution_ms": 150, "other_ms": 50}
    assert apart(story, "other") == {"permission_ms": 0, "execution_ms": 900, "other_ms": 100}
    asked = "SELECT trace_id FROM hook_executions WHERE hook_type = 'PermissionRequest'"
    assert home.query(asked) == [(tool_uuid(story.session, "t"),)], "the question speaks of the call"
    shown = home.json("show", story.session)["children"][0]["children"]
    assert {call["time"]["permission_ms"] for call in shown} == {0, 9200}
    assert "waited 9.2 s for permission" in home.done("show", story.session)


def test_of_a_call_that_was_refused_all_is_waiting(home: Installation) -> None:
    """It never ran; how long a person thought about it is known all the same."""
    story = Story(home)
    with home.without_collector():
        story.starts(0)
        story.prompts(1)
        story.calls("t", 2, tool="Write", tool_input={"file_path": "/x"})
        story.tell("PermissionRequest", 2.5, prompt_id=PROMPT, tool_name="Write", tool_input={"file_path": "/x"})
        batch = [{"tool_name": "Write", "tool_use_id": "t", "tool_response": "you haven't granted it yet"}]
        story.tell("PostToolBatch", 6.5, prompt_id=PROMPT, tool_calls=batch)
    home.flush()
    assert story.of_call("t")[0] == "denied"
    assert apart(story, "t") == {"permission_ms": 4000, "execution_ms": 0, "other_ms": 500}


def test_what_nobody_measured_is_not_told_apart(home: Installation) -> None:
    """A call that was cut off, or whose beginning was lost, has no such figures."""
    story = Story(home)
    story.starts()
    story.prompts()
    story.calls("cut")
    story.returns("unbegun")
    story.tell("SessionEnd", reason="other")
    home.flush()
    assert (apart(story, "cut"), apart(story, "unbegun")) == (None, None)
