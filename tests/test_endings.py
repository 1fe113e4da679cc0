"""Ends that no event tells: what is open beneath something that is over is over too, and what lives is left alone."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.conftest import Installation
from tests.story import NEXT_PROMPT, PROMPT, SESSION, Story
from tests.waiting import eventually
from tracing.collector.sweeper import UNSEEN_S
from tracing.process import birth_of

OTHER = "22222222-2222-4222-8222-222222222222"


@contextmanager
def living_process() -> Iterator[subprocess.Popen[bytes]]:
    """Give a process that lives until it is killed, or the block ends."""
    with subprocess.Popen(["sleep", "600"], start_new_session=True) as process:
        try:
            yield process
        finally:
            process.kill()


# --------------------------------------------------------------------------
# Beneath what is over


def test_what_a_session_had_open_ends_with_it(home: Installation) -> None:
    """A signal lets the agent tell its SessionEnd and nothing else: the prompt, its calls and agents end then."""
    story = Story(home)
    story.starts()
    story.prompts()
    story.calls("agent", tool="Agent")
    story.tell("SubagentStart", prompt_id=PROMPT, agent_id="a1", agent_type="Explore")
    story.calls("inside", agent_id="a1", agent_type="Explore")
    story.tell("SessionEnd", reason="other", prompt_id=PROMPT)
    home.flush()
    assert story.of_session() == ("completed", None)
    cut_off = ("cancelled", "session_end")
    assert [story.of_prompt(), story.of_call("agent"), story.of_call("inside")] == [cut_off] * 3
    assert story.of_agent("a1") == cut_off


def test_an_end_that_comes_late_after_all_corrects_what_was_concluded(home: Installation) -> None:
    """The hooks of a call run beside those of the session's end: their order in the spool decides nothing."""
    story = Story(home)
    story.starts()
    story.prompts()
    story.calls("t")
    story.tell("SessionEnd", reason="other")
    home.flush()
    assert story.of_call("t") == ("cancelled", "session_end")
    story.returns("t")
    story.tell("Stop", prompt_id=PROMPT)
    home.flush()
    assert (story.of_call("t"), story.of_prompt()) == (("completed", None), ("completed", None))


def test_an_event_that_comes_after_the_end_of_its_session_leaves_nothing_open(home: Installation) -> None:
    """Stored after the SessionEnd, a call's beginning is closed at once."""
    story = Story(home)
    with home.without_collector():
        story.starts(0)
        story.prompts(1)
        story.tell("SessionEnd", 3, reason="other")
    home.flush()
    with home.without_collector():
        story.calls("t", 2)
    home.flush()
    assert story.of_call("t") == ("cancelled", "session_end")


def test_a_prompt_ends_when_the_next_begins(home: Installation) -> None:
    """Esc before the first word of an answer fires no hook and leaves no line: only the next prompt tells."""
    story = Story(home)
    story.starts()
    story.prompts()
    story.calls("t")
    home.flush()
    assert story.of_prompt() == ("in_progress", None)
    story.prompts(prompt_id=NEXT_PROMPT)
    home.flush()
    assert (story.of_prompt(), story.of_call("t")) == (("cancelled", "superseded"), ("cancelled", "superseded"))
    assert story.of_prompt(NEXT_PROMPT) == ("in_progress", None)
    assert story.of_session() == ("in_progress", None)


def test_a_prompt_that_is_typed_while_another_runs_ends_nothing(home: Installation) -> None:
    """The client counts it to the turn that runs; the first text is the prompt's, and its first end its end."""
    story = Story(home)
    story.starts()
    story.prompts(text="first")
    story.calls("t")
    story.prompts(text="second")
    story.returns("t")
    story.tell("Stop", prompt_id=PROMPT)
    home.flush()
    assert story.of_prompt() == ("completed", None)
    assert home.query("SELECT prompt_text FROM execution_traces WHERE kind = 'prompt'") == [("first",)]


def test_the_end_of_a_background_task_is_no_prompt_of_a_person(home: Installation) -> None:
    """Under the running prompt's id or one of its own, it has no text, and names the call that it is the end of."""
    note = "<task-notification>\n<tool-use-id>bg</tool-use-id>\n<status>completed</status></task-notification>"
    story = Story(home)
    story.starts()
    story.prompts(text=note)
    story.prompts(text="by a person")
    story.prompts(prompt_id=NEXT_PROMPT, text=note)
    home.flush()
    told = home.query("SELECT prompt_text, context FROM execution_traces WHERE kind = 'prompt' ORDER BY started_at")
    background = {"prompted_by": "task-notification", "background_tool_use_id": "bg", "background_status": "completed"}
    assert told == [("by a person", background), (None, background)]


def test_a_call_that_nothing_ended_ends_with_its_turn(home: Installation) -> None:
    """Its event was lost: when the turn was answered it runs no more, and nobody claims to know how it went."""
    story = Story(home)
    story.starts()
    story.prompts()
    story.calls("t")
    story.tell("Stop", prompt_id=PROMPT)
    home.flush()
    assert story.of_call("t") == ("cancelled", "no_end")


def test_a_subagent_in_the_background_outlives_the_turn_that_started_it(home: Installation) -> None:
    """Its call is over at once, its prompt soon: it runs until it is told to have stopped."""
    story = Story(home)
    story.starts()
    story.prompts()
    story.calls("agent", tool="Agent")
    story.returns("agent", tool="Agent", tool_response={"agentId": "a1", "status": "async_launched"})
    story.tell("SubagentStart", prompt_id=PROMPT, agent_id="a1", agent_type="Explore")
    story.tell("Stop", prompt_id=PROMPT)
    story.prompts(prompt_id=NEXT_PROMPT)
    story.calls("inside", prompt_id=NEXT_PROMPT, agent_id="a1", agent_type="Explore")
    home.flush()
    assert (story.of_agent("a1"), story.of_call("inside")) == (("in_progress", None), ("in_progress", None))
    story.tell("SubagentStop", prompt_id=NEXT_PROMPT, agent_id="a1", agent_type="Explore")
    home.flush()
    assert story.of_agent("a1") == ("completed", None)


# --------------------------------------------------------------------------
# Processes


def test_a_session_ends_with_its_process_and_no_other_does(home: Installation) -> None:
    """SIGKILL tells nothing: the collector sees that the process is gone. A session whose process lives stays open."""
    with living_process() as killed, living_process() as living:
        story = Story(home, CLAUDE_PID=str(killed.pid))
        other = Story(home, OTHER, CLAUDE_PID=str(living.pid))
        for each in (story, other):
            each.starts()
            each.prompts()
            each.calls("t")
        home.flush()
        assert story.of_session() == other.of_session() == ("in_progress", None)
        killed.kill()
        killed.wait()
        ended = time.time()
        assert eventually(lambda: story.of_session()[0] != "in_progress")
        gone = ("cancelled", "process_gone")
        assert [story.of_session(), story.of_prompt(), story.of_call("t")] == [gone] * 3
        [(at, message)] = home.query(
            "SELECT extract(epoch FROM completed_at)::float8, error_message FROM execution_traces"
            " WHERE kind = 'session' AND session_id = %s",
            SESSION,
        )
        assert ended <= at
        assert str(killed.pid) in message
        open_now = [other.of_session(), other.of_prompt(), other.of_call("t")]
        assert open_now == [("in_progress", None)] * 3


def test_a_session_that_was_killed_while_no_collector_ran_ends_when_the_next_one_comes(home: Installation) -> None:
    """What the last collector knew of the process stands in the database."""
    with living_process() as killed:
        story = Story(home, CLAUDE_PID=str(killed.pid))
        story.starts()
        story.prompts()
        home.flush()
        home.stop_collector()
        killed.kill()
    home.done("collector", "start")
    assert eventually(lambda: story.of_session() == ("cancelled", "process_gone"))
    [(late,)] = home.query(
        "SELECT completed_at > max(event.started_at) FROM execution_traces session"
        " JOIN hook_executions event USING (session_id) WHERE kind = 'session' GROUP BY completed_at"
    )
    assert late is False, "nobody saw when it ended: its last event is the last that is known of it"


@pytest.mark.parametrize("reuse", ["pid", "boot"])
def test_a_process_is_not_taken_for_another_that_has_its_pid(home: Installation, reuse: str) -> None:
    """A pid is used again, after a reboot too: the session of the process that had it before is over."""
    with living_process() as process:
        story = Story(home, CLAUDE_PID=str(process.pid))
        story.starts()
        home.flush()
        home.stop_collector()
        boot, _, ticks = birth_of(process.pid).rpartition("/")
        earlier = f"{boot}/{int(ticks) - 1}" if reuse == "pid" else f"another-boot/{ticks}"
        home.query("UPDATE hooktrace.processes SET birth = %s", earlier)
        home.done("collector", "start")
        assert eventually(lambda: story.of_session() == ("cancelled", "process_gone"))
        [(message,)] = home.query("SELECT error_message FROM execution_traces WHERE kind = 'session'")
        assert ("restarted" in message) == (reuse == "boot")


def test_a_process_that_began_after_the_event_did_not_fire_it(home: Installation) -> None:
    """An event that waited while its process ended and the pid was used again: the session is over, not alive."""
    with living_process() as process:
        story = Story(home, CLAUDE_PID=str(process.pid))
        story.begin = time.time() - UNSEEN_S - 60
        with home.without_collector():
            story.starts(0)
        home.flush()
        assert home.query("SELECT birth FROM hooktrace.processes") == [("",)]
        assert eventually(lambda: story.of_session() == ("cancelled", "process_gone"))


def test_a_process_out_of_sight_is_given_time(home: Installation) -> None:
    """It may live in a container: as long as its session spoke a moment ago, it is not called gone."""
    story = Story(home, CLAUDE_PID="4194301")
    story.starts()
    home.flush()
    home.flush()
    assert home.query("SELECT birth FROM hooktrace.processes") == [("",)]
    assert story.of_session() == ("in_progress", None)


def test_a_session_of_no_known_process_ends_after_a_day_of_silence(home: Installation) -> None:
    """Other agents do not tell their process: a day without an event is the end, one with an event is not."""
    silent, speaking = (Story(home, session, CLAUDE_PID="") for session in (SESSION, OTHER))
    with home.without_collector():
        for each, days in ((silent, 2), (speaking, 0)):
            each.begin = time.time() - 2 * 86_400
            for name in ("SessionStart", "UserPromptSubmit"):
                each.tell(name, (2 - days) * 86_400 - 60, env={"CLAUDE_PID": ""}, prompt_id=PROMPT, source="startup")
        home.query("DELETE FROM hooktrace.processes")
    home.flush()
    home.query("DELETE FROM hooktrace.processes")
    home.stop_collector()
    home.done("collector", "start")
    assert eventually(lambda: silent.of_session() == ("timeout", "silent"))
    assert silent.of_prompt() == ("timeout", "silent")
    assert speaking.of_session() == ("in_progress", None)


def test_a_session_that_was_called_over_and_speaks_again_is_open(home: Installation) -> None:
    """What was concluded from a process that could not be seen does not stand against the session's own word."""
    with living_process() as process:
        story = Story(home, CLAUDE_PID=str(process.pid))
        story.starts()
        home.flush()
    assert eventually(lambda: story.of_session() == ("cancelled", "process_gone"))
    story.tell("UserPromptSubmit", prompt_id=PROMPT, prompt="still here", env={"CLAUDE_PID": str(os.getpid())})
    home.flush()
    assert story.of_session() == ("in_progress", None)
    story.tell("SessionEnd", reason="other", env={"CLAUDE_PID": str(os.getpid())})
    home.flush()
    assert story.of_session() == ("completed", None)
