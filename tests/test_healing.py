"""What no hook told is filled in from the transcript; what was switched off stays away."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.conftest import Installation
from tests.recordedruns import LATEST, Replayed, relive
from tests.story import NEXT_PROMPT, PROMPT, SESSION, Story
from tests.test_ledger import ledger
from tests.transcripts import answered, asked, sent, text, user

HEALABLE = (
    "simple",
    "parallel",
    "failing",
    "denied",
    "subagent",
    "subagents_parallel",
    "turns",
    "bg",
    "compact",
    "mcp",
)
"""Recordings of sessions that ended in good order."""


def middle_third(files: Sequence[Path]) -> Sequence[Path]:
    """Return what is lost while hooks are broken for a while."""
    return files[len(files) // 3 : -(len(files) // 3)]


@pytest.mark.parametrize("name", HEALABLE)
def test_a_run_without_the_middle_third_of_its_events_is_whole(
    home: Installation, replayed: Replayed, name: str
) -> None:
    """Its trees equal those of the undisturbed run in every execution, status and parent, and the ledger counts."""
    sessions = relive(home, LATEST / f"{name}.jsonl", middle_third).sessions
    assert sessions == replayed.sessions(name)
    for session in sessions:
        assert home.outline(session, endings=True) == replayed.home.outline(session, endings=True)
    found = ledger(home, *sessions)
    assert found.coverage in (None, 1.0)
    assert found.lost == ()
    assert found.healed_executions > 0


class Beside:
    """A story with a transcript that tells more than its events."""

    def __init__(self, home: Installation, tmp_path: Path) -> None:
        self.home = home
        self.file = tmp_path / "projects" / "x" / f"{SESSION}.jsonl"
        self.file.parent.mkdir(parents=True)
        self.story = Story(home)
        self.story.starts(transcript_path=str(self.file))

    def add(self, *records: object) -> None:
        """Append to the transcript."""
        with self.file.open("ab") as file:
            file.write(text(*records))

    def outline(self) -> str:
        """Return what is recorded."""
        self.home.flush()
        return self.home.outline(SESSION, endings=True)


def prompt(words: str, at: float, prompt_id: str = PROMPT) -> dict[str, object]:
    """Return the line of a prompt."""
    return user(prompt_id, timestamp=stamp(at), message={"role": "user", "content": words})


def result(use: str, at: float) -> dict[str, object]:
    """Return the line of a tool's result."""
    block = {"type": "tool_result", "tool_use_id": use, "content": "ok"}
    return user(timestamp=stamp(at), message={"role": "user", "content": [block]})


def answer(number: int, at: float, *blocks: object, stop: str = "end_turn") -> dict[str, object]:
    """Return the line of an answer."""
    line = answered(number, 0, *blocks, message={"stop_reason": stop})
    return {**line, "timestamp": stamp(at)}


def stamp(at: float) -> str:
    """Return a time in seconds from now, as the client writes it."""
    return datetime.fromtimestamp(time.time() + at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def test_what_the_agent_deals_with_by_itself_is_no_turn(home: Installation, tmp_path: Path) -> None:
    """A line like a prompt that nothing follows (/exit) makes none."""
    beside = Beside(home, tmp_path)
    beside.add(prompt("/exit", -9))
    assert beside.outline() == "session: in_progress\n"


def test_a_call_that_waits_for_another_is_not_begun(home: Installation, tmp_path: Path) -> None:
    """Calls that are asked for at once run one after the other: of the second an event may come yet."""
    beside = Beside(home, tmp_path)
    beside.add(prompt("go", -9), answer(1, -8, asked("t1"), asked("t2"), stop="tool_use"), result("t1", -7))
    assert beside.outline() == "session: in_progress\n  prompt: in_progress\n    tool Bash\n"


def test_what_follows_a_request_that_waits_for_its_answer_is_told(home: Installation, tmp_path: Path) -> None:
    """The client may write a request behind its answer, and then it waits for ever: what comes later is read."""
    beside = Beside(home, tmp_path)
    beside.add(prompt("go", -9), answer(1, -8, asked("t1"), stop="tool_use"), {**sent(1, 0), "timestamp": stamp(-8.5)})
    assert beside.outline() == "session: in_progress\n  prompt: in_progress\n"
    beside.add(result("t1", -7))
    assert beside.outline() == "session: in_progress\n  prompt: in_progress\n    tool Bash\n"


def test_an_event_that_comes_late_finds_its_execution(home: Installation, tmp_path: Path) -> None:
    """Nothing is there twice, and it counts as healed no more."""
    beside = Beside(home, tmp_path)
    beside.add(prompt("go", -9), answer(1, -8, asked("t1"), stop="tool_use"), result("t1", -7), answer(2, -6))
    assert beside.outline() == "session: in_progress\n  prompt\n    tool Bash\n"
    assert ledger(home, SESSION).healed_executions == 2
    beside.story.prompts()
    beside.story.calls("t1")
    beside.story.returns("t1")
    beside.story.tell("Stop", prompt_id=PROMPT)
    assert beside.outline() == "session: in_progress\n  prompt\n    tool Bash\n"
    assert ledger(home, SESSION).gaps == ()
    [(marked,)] = home.query("SELECT count(*) FROM execution_traces WHERE context ? 'told_by'")
    assert marked == 0


def test_a_turn_goes_on_after_its_first_answer(home: Installation, tmp_path: Path) -> None:
    """A Stop hook may send the model back to work: the last answer is the end, and nothing is cut off before."""
    beside = Beside(home, tmp_path)
    beside.story.prompts()
    beside.add(prompt("go", -0.2), answer(1, -0.1))
    beside.story.calls("t1")
    assert beside.outline() == "session: in_progress\n  prompt: in_progress\n    tool Bash: in_progress\n"


def test_what_a_pause_covers_stays_away(home: Installation, tmp_path: Path) -> None:
    """`hooktrace pause` amid a session: neither hook nor transcript tells of it; of before and after they do."""
    beside = Beside(home, tmp_path)
    beside.story.prompts()
    home.done("pause")
    before = home.spooled()
    assert (home.json("status")["enabled"], "resume" in home.done("status")) == (False, True)
    beside.story.tell("PreToolUse", prompt_id=PROMPT, tool_name="Bash", tool_use_id="t1", tool_input={})
    assert home.spooled() == before
    time.sleep(0.01)  # the pause's own end, which no clock can be given to
    beside.add(
        answer(1, 0, asked("t1"), stop="tool_use"), result("t1", 0.001), prompt("secret plan", 0.002, NEXT_PROMPT)
    )
    beside.add(answer(2, 0.003))
    time.sleep(0.02)
    home.done("resume")
    beside.add(user(timestamp=stamp(0)), answer(3, 0.001, asked("t2"), stop="tool_use"), result("t2", 0.002))
    beside.story.tell("Stop", prompt_id=PROMPT)
    assert beside.outline() == "session: in_progress\n  prompt\n    tool Bash\n"
    [(texts,)] = home.query("SELECT count(*) FROM hooktrace.transcribed WHERE prompt_text LIKE '%plan%'")
    assert texts == 0
    assert "no pause" in home.done("resume")


def test_a_session_that_was_switched_off_for_a_run_stays_off_for_it(home: Installation, tmp_path: Path) -> None:
    """Run, run again with HOOKTRACE_ENABLED=0, and again: the run between is not healed, twice either."""
    beside = Beside(home, tmp_path)
    off = {"HOOKTRACE_ENABLED": "0", "CLAUDE_CODE_SESSION_ID": SESSION}
    for number in (1, 3):
        home.fire({"hook_event_name": "SessionStart", "session_id": SESSION}, env=off, hook="session-start")
        time.sleep(0.01)
        beside.add(prompt("hidden", 0, f"{number}dda888e-0e48-4ec4-8123-1f7ad8fea322"), answer(number, 0.001))
        time.sleep(0.05)
        beside.story.tell("SessionStart", source="resume")
    beside.add(prompt("go", 0.001), answer(5, 0.002))
    assert beside.outline() == "session: in_progress\n  prompt\n"
    assert sorted(file.name for file in home.places.off.iterdir()) == [SESSION, SESSION + "+"]
