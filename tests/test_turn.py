"""Ends of calls and turns, as transcripts tell them: lines like those of both clients."""

from __future__ import annotations

from typing import Any

import pytest

from tests.transcripts import PROMPT, SESSION, after, answered, asked, latest, recorded, user, whole
from tracing.tally import Tally
from tracing.turn import REJECTED, ToolResult, Turn

NEXT = "dda888e5-0e48-4ec4-8123-1f7ad8fea322"
PLEASE_STOP = "The user doesn't want to proceed with this tool use."


def result(use: str, at: float, content: Any = "ok", error: bool = False, prompt: str = PROMPT, **more: Any) -> Any:
    """Return the record of a tool's result."""
    block = {"type": "tool_result", "tool_use_id": use, "content": content, "is_error": error}
    return {**user(prompt), "timestamp": after(at), "message": {"content": [block]}, **more}


def said(text: str, at: float, prompt: str = PROMPT, **more: Any) -> Any:
    """Return the record of what a user, or the client for the user, said."""
    return {**user(prompt), "timestamp": after(at), "message": {"content": [{"type": "text", "text": text}]}, **more}


def interruption(at: float, prompt: str = PROMPT, **more: Any) -> Any:
    """Return the line that ends an interrupted turn."""
    return said("[Request interrupted by user for tool use]", at, prompt, **more)


def tally(*records: Any) -> Tally:
    """Take in records, behind a call that the model asked for."""
    made = Tally(SESSION)
    for record in (user(), answered(1, 1, asked("t")), *records):
        made.take(record)
    return made


def outcome(*records: Any) -> tuple[str, str | None]:
    """Return how the call ended."""
    told = tally(*records).results["t"]
    return told.status, told.error_type


def turn(*records: Any) -> Turn | None:
    """Return what is told of the turn."""
    return turn_of(PROMPT, tally(*records))


def turn_of(prompt_id: str, told: Tally) -> Turn | None:
    """Return what is told of a turn; of several ends the last."""
    found = [each for each in told.turns if each.prompt_id == prompt_id]
    return found[-1] if found else None


ACCEPTED: dict[str, Any] = {"permissionDecision": {"decision": "accept"}}
ENDS = {
    "it succeeded": ([result("t", 2)], ("completed", None)),
    "it failed": ([result("t", 2, "Exit code 1", True, **ACCEPTED)], ("failed", "tool_error")),
    "it failed, or was denied, says an older client": ([result("t", 2, "Exit code 1", True)], ("failed", "unsure")),
    "it was not run": ([result("t", 2, "<tool_use_error>No such tool</tool_use_error>", True)], ("failed", "not_run")),
    "a rule denied it": ([result("t", 2, "denied", True, toolDenialKind="permission-rule")], ("denied", "permission")),
    "a person said no": (
        [
            result("t", 2, PLEASE_STOP, True, toolUseResult=REJECTED, toolDenialKind="x", toolDenialBeforeRun=True),
            interruption(2.004),
        ],
        ("denied", "permission"),
    ),
    "a person said no to an older client, or a signal came": (
        [result("t", 2, PLEASE_STOP, True, toolUseResult=REJECTED), interruption(2.004)],
        ("denied", "rejected"),
    ),
    "it was interrupted": (
        [
            result("t", 2, PLEASE_STOP, True, toolUseResult=REJECTED, toolDenialKind="user-rejected"),
            interruption(2.004, interruptedMessageId="msg_1"),
        ],
        ("cancelled", "interrupt"),
    ),
    "it was interrupted in an older client": (
        [result("t", 2, PLEASE_STOP, True, toolUseResult=REJECTED), interruption(2.004, interruptedMessageId="msg_1")],
        ("cancelled", "interrupt"),
    ),
}


@pytest.mark.parametrize("how", ENDS)
def test_how_a_call_ended(how: str) -> None:
    """The client's words for each end, of the newest version and of 2.1.197."""
    records, expected = ENDS[how]
    assert outcome(*records) == expected


def test_an_interruption_ends_the_turn_that_asked_not_the_one_it_is_counted_to() -> None:
    """With a prompt in the queue, the client writes the interruption under the id of the prompt that comes next."""
    told = tally(
        result("t", 2, PLEASE_STOP, True, prompt=NEXT, toolUseResult=REJECTED, toolDenialKind="user-rejected"),
        interruption(2.004, NEXT, interruptedMessageId="msg_1"),
    )
    ended = turn_of(PROMPT, told)
    assert ended
    assert (ended.status, ended.error_type) == ("cancelled", "interrupt")
    assert turn_of(NEXT, told) is None


def test_what_was_broken_off_is_told_where_it_was_asked_for_in_an_earlier_part() -> None:
    """A part of a transcript that begins behind the request names the call and the message, for the database to ask."""
    told = Tally(SESSION)
    told.take(result("t", 2, PLEASE_STOP, True, prompt=NEXT, toolUseResult=REJECTED, toolDenialKind="user-rejected"))
    told.take(interruption(2.004, NEXT, interruptedMessageId="msg_1"))
    told.take({"type": "system", "subtype": "stop_hook_summary", "timestamp": after(9), "sessionId": SESSION})
    stopped, broken_off = told.turns
    assert (broken_off.broke_off_calls, broken_off.broke_off_message) == (("t",), "msg_1")
    assert (stopped.prompt_id, stopped.status, stopped.error_type) == (NEXT, "completed", None), "it is another turn's"


def test_the_hooks_of_a_stop_end_a_turn() -> None:
    """Their summary is written when they have run: the turn was answered, whether or not our hook was heard."""
    stopped = turn({"type": "system", "subtype": "stop_hook_summary", "timestamp": after(5), "sessionId": SESSION})
    assert stopped
    assert (stopped.status, stopped.error_type) == ("completed", None)
    aside = {"type": "system", "subtype": "stop_hook_summary", "timestamp": after(5), "isSidechain": True}
    assert turn(aside) is None, "a subagent's"


def test_a_prompt_from_the_queue_begins_with_its_line() -> None:
    """No hook tells its text under its own id."""
    told = turn_of(NEXT, tally(said("then the other one", 6, NEXT, promptSource="queued")))
    assert told
    assert (told.prompt_text, told.began_at is not None, told.ended_at) == ("then the other one", True, None)


def test_no_secret_is_taken_from_an_error() -> None:
    """What a tool said when it failed is redacted before it is cut."""
    secret = "sk-ant-api03-" + "A1b2C3d4" * 12
    told = tally(result("t", 2, "x" * 4090 + f" ANTHROPIC_API_KEY={secret}", True, **ACCEPTED)).results["t"]
    assert told.error_message
    assert "A1b2" not in told.error_message


def test_the_recorded_ends() -> None:
    """Each call of every recorded transcript has one end, as its events told it."""
    found: dict[str, ToolResult] = {}
    for transcript in recorded():
        for reading in whole(transcript):
            uses = {use.id for use in reading.tool_uses}
            assert {told.tool_use_id for told in reading.results} <= uses
            found |= {told.tool_use_id: told for told in reading.results}
    assert len(found) > 30
    (reading,) = whole(latest("denied")[0])
    assert [told.status for told in reading.results] == ["denied", "denied", "completed"]
    (reading,) = whole(latest("failing")[0])
    assert [told.error_type for told in reading.results] == [
        *("tool_error", "tool_error", "not_run", "not_run", "not_run", "tool_error", "not_run")
    ]


@pytest.mark.parametrize("content", [None, 5, [], [{}], [{"type": "text"}], {"content": {}}, "x" * 100_000])
def test_a_record_of_another_shape_costs_a_detail(content: Any) -> None:
    """Clients change what they write: nothing in a record makes the reading fail."""
    told = tally(result("t", 2, content, True), {**said("x", 3), "message": content}, {"type": "system"})
    assert told.results["t"].status == "failed"
