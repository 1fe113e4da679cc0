"""Assembling: what an event tells, whatever an agent puts into it."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from tests.conftest import Installation
from tests.replay import registered
from tracing.assemble import Session, assemble
from tracing.event import Event, read_event
from tracing.facts import fold
from tracing.identity import agent_uuid, session_uuid, tool_uuid
from tracing.spool import Entry, Spooled

SESSION = "463965a0-a02c-490d-8927-3f7f722984ae"
PROMPT = "cca888e5-0e48-4ec4-8123-1f7ad8fea322"
AT_NS = 1_795_371_004_481_810_000


def event(name: str, **payload: Any) -> Event:
    """Return an event as it comes out of the spool."""
    told = {"hook_event_name": name, "session_id": SESSION, **payload}
    return read_event(Spooled(Entry(AT_NS, "1.00-1", 1), {}, json.dumps(told).encode()))


KEYS = (
    *("prompt_id", "turn_id", "agent_id", "agent_type", "tool_name", "tool_use_id", "tool_input", "tool_response"),
    *("tool_calls", "duration_ms", "is_interrupt", "error", "error_details", "prompt", "source", "reason", "trigger"),
    *("cwd", "transcript_path", "model", "last_assistant_message"),
)
VALUES: tuple[Any, ...] = (
    *(None, True, 0, -1, 1e300, 10**40, "", "x", "x" * 5000, [], {}, [[1]], [{}], [{"tool_use_id": 5}]),
    *({"agentId": 7}, {"agentId": "a", "command": 1, "file_path": []}, [{"tool_use_id": "t", "tool_response": {}}]),
)


@pytest.mark.parametrize("name", sorted(registered() | {"SomethingNew"}))
def test_no_payload_of_any_shape_makes_assembling_fail(name: str) -> None:
    """Agents change their payloads: a value of another type than expected costs a detail, never the event."""
    chance = random.Random(name)
    for _ in range(300):
        payload = {key: chance.choice(VALUES) for key in chance.sample(KEYS, chance.randint(0, 8))}
        told = event(name, **payload)
        records = assemble(told, Session(SESSION, session_uuid(SESSION)), chance.choice((None, "toolu_1")))
        spoken_of = {facts.correlation_id for facts in records.executions}
        assert records.hook.trace_id in spoken_of
        assert records.hook.id == told.id


def test_strange_payloads_are_stored(home: Installation) -> None:
    """What assembling understands of a strange event, the database takes."""
    chance = random.Random(1)
    for name in sorted(registered()):
        for _ in range(3):
            payload = {key: chance.choice(VALUES) for key in chance.sample(KEYS, 6)}
            home.fire({"hook_event_name": name, "session_id": SESSION, **payload})
    home.flush()
    status = home.json("status")
    reasons = [file.read_text() for file in home.places.bad.glob("*.reason")]
    assert (status["events"]["stored"], reasons) == (3 * len(registered()), [])


def test_every_event_tells_that_the_executions_around_it_exist() -> None:
    """A tool call of a subagent connects to its session even if every other event was lost."""
    told = event(
        "PostToolUse", prompt_id=PROMPT, agent_id="a1", agent_type="Explore", tool_use_id="t1", tool_name="Bash"
    )
    executions = {
        facts.correlation_id: facts for facts in assemble(told, Session(SESSION, session_uuid(SESSION))).executions
    }
    chain = [tool_uuid(SESSION, "t1")]
    while (parent := executions[chain[-1]].parent_id) is not None:
        chain.append(parent)
    assert [executions[each].kind for each in chain] == ["tool", "agent", "prompt", "session"]
    assert not executions[agent_uuid(SESSION, "a1")].parent_certain


def test_a_subagent_hangs_under_the_call_that_its_meta_file_names() -> None:
    """Known from the file beside the transcript, the parent is certain; the response of the call says the same."""
    told = event(
        "PreToolUse", prompt_id=PROMPT, agent_id="a1", agent_type="Explore", tool_use_id="t2", tool_name="Bash"
    )
    ended = event("PostToolUse", prompt_id=PROMPT, tool_use_id="t1", tool_name="Agent", tool_response={"agentId": "a1"})
    for each, call in ((told, "t1"), (ended, None)):
        executions = assemble(each, Session(SESSION, session_uuid(SESSION)), call).executions
        (agent,) = fold(facts for facts in executions if facts.kind == "agent")
        assert (agent.parent_id, agent.parent_certain) == (tool_uuid(SESSION, "t1"), True)


def test_the_stop_of_a_compaction_is_no_subagent() -> None:
    """A SubagentStop without a type speaks of the session, and the prompt that a compaction names is none."""
    told = event("SubagentStop", prompt_id=PROMPT, agent_id="aff26110a6b2a6747", agent_type="")
    records = assemble(told, Session(SESSION, session_uuid(SESSION)))
    assert {facts.kind for facts in records.executions} == {"session"}


@pytest.mark.parametrize("name", ["SessionEnd", "PreCompact", "PostCompact", "PreModelSwitch", "SessionStart"])
def test_a_prompt_that_nobody_submitted_is_none(name: str) -> None:
    """/exit, /clear, /compact and /model take a prompt id of their own, which only such events name."""
    records = assemble(event(name, prompt_id=PROMPT), Session(SESSION, session_uuid(SESSION)))
    assert {facts.kind for facts in records.executions} == {"session"}


def test_a_prompt_that_the_agent_wrote_to_itself_has_no_text() -> None:
    """What a background task's end starts is a turn, but nobody asked it."""
    told = event("UserPromptSubmit", prompt_id=PROMPT, prompt="<task-notification>\n<task-id>b</task-id>")
    (prompt,) = [
        facts
        for facts in assemble(told, Session(SESSION, session_uuid(SESSION))).executions
        if facts.kind == "prompt" and facts.start_observed
    ]
    assert (prompt.prompt_text, prompt.context) == (None, {"prompted_by": "task-notification"})
