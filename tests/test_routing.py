"""Choices: which there are, what was asked and chosen, and how it went."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from tests.conftest import Installation
from tests.replay import RECORDINGS
from tests.story import PROMPT, Story
from tests.test_assemble import KEYS, VALUES, event
from tracing.assemble import Session, assemble
from tracing.identity import prompt_uuid, session_uuid, tool_uuid
from tracing.routing import Decision, decision

OUTCOMES = "SELECT agent_selected, outcome FROM agent_routing_decisions ORDER BY 1"
AGENT = {"tool_name": "Agent", "tool_use_id": "a", "prompt_id": PROMPT}


def choice(name: str, **payload: Any) -> Decision | None:
    """Return the choice that an event tells of."""
    told = event(name, **payload)
    return decision(assemble(told, Session(told.session_id, session_uuid(told.session_id))))


def test_the_model_chooses_a_subagent() -> None:
    """What was asked of it, which kind it is, and in which prompt; both events of the call tell the same choice."""
    asked = {"subagent_type": "Explore", "prompt": "look around", "description": "Look"}
    made = choice("PreToolUse", tool_input=asked, **AGENT)
    assert made
    assert (made.agent_selected, made.query_text, made.routing_strategy) == ("Explore", "look around", "model")
    assert made.trace_id == prompt_uuid(made.session_id, PROMPT)
    assert made.metadata["started"] == str(tool_uuid(made.session_id, "a"))
    again = choice("PostToolUse", tool_input=asked, tool_response={"agentId": "x"}, duration_ms=900, **AGENT)
    assert again
    assert again.id == made.id


def test_a_subagent_without_a_type_is_the_general_one() -> None:
    """The client starts it when the model names none; the tool had another name before."""
    for tool in ("Agent", "Task"):
        made = choice("PreToolUse", **{**AGENT, "tool_name": tool, "tool_input": {"prompt": "go"}})
        assert made
        assert made.agent_selected == "general-purpose"


def test_the_model_chooses_a_skill() -> None:
    """An ordinary tool call, whose input names the skill."""
    made = choice("PreToolUse", **{**AGENT, "tool_name": "Skill", "tool_input": {"skill": "wave", "args": "bob"}})
    assert made
    assert (made.agent_selected, made.query_text, made.metadata["kind"]) == ("wave", "bob", "skill")


def test_a_person_chooses_a_command() -> None:
    """Typed with a slash: an explicit choice, which the whole prompt carries out."""
    about = {"command_name": "greet", "command_args": "bob", "command_source": "projectSettings"}
    made = choice("UserPromptExpansion", prompt="/greet bob", prompt_id=PROMPT, expansion_type="slash_command", **about)
    assert made
    assert (made.agent_selected, made.query_text, made.routing_strategy) == ("greet", "/greet bob", "explicit")
    assert made.metadata["started"] == str(prompt_uuid(made.session_id, PROMPT))


@pytest.mark.parametrize("name", ["PreToolUse", "PostToolUse", "UserPromptExpansion"])
def test_no_payload_of_any_shape_makes_it_fail(name: str) -> None:
    """A value of another type than expected costs the choice, never the event."""
    chance = random.Random(name)
    keys = (*KEYS, "command_name", "expansion_type")
    for _ in range(300):
        payload = {key: chance.choice(VALUES) for key in chance.sample(keys, chance.randint(0, 8))}
        payload |= {"tool_name": chance.choice(("Agent", "Skill", "Bash"))}
        choice(name, **payload)


def test_the_recorded_choices() -> None:
    """Two subagents side by side, one of which starts a third; nobody else chose."""
    lines = (RECORDINGS / "2.1.330" / "subagents_parallel.jsonl").read_text().splitlines()
    payloads = [json.loads(line)["payload"] for line in lines]
    made = {one.id: one for each in payloads if (one := choice(each.pop("hook_event_name"), **each))}
    assert sorted(one.agent_selected for one in made.values()) == ["Explore", "general-purpose", "general-purpose"]


def test_how_a_choice_went_is_known_when_what_it_started_ends(home: Installation) -> None:
    """A subagent's end, not that of the call which started it in the background; a prompt's, of a command."""
    story = Story(home)
    story.starts()
    story.prompts(text="/greet bob")
    story.tell("UserPromptExpansion", prompt_id=PROMPT, command_name="greet", prompt="/greet bob")
    asked = {"subagent_type": "Explore", "prompt": "look"}
    story.calls("a", tool="Agent", tool_input=asked)
    story.returns("a", tool="Agent", tool_input=asked, tool_response={"agentId": "a1", "status": "async_launched"})
    story.tell("SubagentStart", prompt_id=PROMPT, agent_id="a1", agent_type="Explore")
    home.flush()
    assert home.query(OUTCOMES) == [("Explore", None), ("greet", None)]
    story.tell("SubagentStop", prompt_id=PROMPT, agent_id="a1", agent_type="Explore")
    story.tell("Stop", prompt_id=PROMPT)
    home.flush()
    assert home.query(OUTCOMES) == [("Explore", "success"), ("greet", "success")]


def test_a_choice_in_a_prompt_that_failed_is_no_success(home: Installation) -> None:
    """What was started and failed says so at once; the others are judged as their prompt was, which it left failed."""
    story = Story(home)
    story.starts()
    story.prompts(text="/greet bob")
    story.tell("UserPromptExpansion", prompt_id=PROMPT, command_name="greet", prompt="/greet bob")
    story.calls("s", tool="Skill", tool_input={"skill": "wave"})
    story.tell("PostToolUseFailure", prompt_id=PROMPT, tool_name="Skill", tool_use_id="s", error="no", duration_ms=1)
    home.flush()
    assert home.query(OUTCOMES) == [("greet", None), ("wave", "failure")]
    story.tell("Stop", prompt_id=PROMPT)
    home.flush()
    assert home.query(OUTCOMES) == [("greet", "failure"), ("wave", "failure")]
