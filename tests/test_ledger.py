"""The ledger: what is missing is told exactly, and what was recorded is checked against the agent's own record."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Installation
from tests.recordedruns import LATEST, Replayed
from tests.replay import LivePids, recordings, transcripts_of
from tests.story import NEXT_PROMPT, PROMPT, Story
from tests.transcripts import retime
from tests.waiting import eventually
from tracing.database.ledger import Gap, Ledger, Unhooked, read_ledger
from tracing.database.reader import Reader
from tracing.hookconfig import registered_events
from tracing.installation.trust import trust_line
from tracing.installation.unhooked import _transcripts

UNENDED: dict[str, set[tuple[str, str | None]]] = {
    "sigint": {("SessionEnd", "session_end")},
    "otel2": {("SubagentStart", "healed"), ("SubagentStop", "healed")},
    "tasks": set(),
}
"""Recordings that end in the middle, or leave out events: what is missing of them is missing.

They are a week old, so the sweeper may have found them silent.
"""


def ledger(home: Installation, *sessions: str) -> Ledger:
    """Return the ledger of sessions."""
    with Reader.connected(home.url) as reader:
        return read_ledger(reader, session_ids=sessions)


@pytest.mark.parametrize("recording", recordings(), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_whole_run_is_covered_and_misses_nothing(replayed: Replayed, recording: Path) -> None:
    """Every tool call that the transcripts show is recorded, and no event is missed that was not fired."""
    sessions = replayed.fired[recording].sessions
    found = ledger(replayed.home, *sessions)
    if recording.stem not in UNENDED:
        assert found.lost == ()
    else:
        gaps = {(gap.missing, gap.explained) for gap in found.gaps if gap.explained != "silent"}
        assert gaps <= UNENDED[recording.stem]
    shown = set()
    for transcript in transcripts_of(recording).rglob("*.jsonl"):
        shown |= asked_in(transcript)
    if shown:
        assert (found.recorded, found.calls) == (len(shown), len(shown))
        assert found.coverage == 1.0


def asked_in(transcript: Path) -> set[str]:
    """Count, in a way of the test's own, the tool calls that a transcript shows of its own session."""
    found = set()
    for line in transcript.read_text().splitlines():
        record = json.loads(line)
        if record["type"] == "assistant" and record.get("requestSessionId", record["sessionId"]) == record["sessionId"]:
            found |= {block["id"] for block in record["message"]["content"] if block["type"] == "tool_use"}
    return found


REMOVABLE = {
    "SessionStart": ("session", None),
    "UserPromptSubmit": ("prompt", None),
    "PreToolUse": ("tool", "Agent"),
    "PostToolUse": ("tool", "Bash"),
    "SubagentStart": ("agent", "general-purpose"),
    "SubagentStop": ("agent", "general-purpose"),
    "Stop": ("prompt", None),
    "SessionEnd": ("session", None),
}
"""Events whose absence can be known, and what each tells of.  A lost Notification leaves no gap that anything shows."""

UNHEALED = {"SessionStart": None, "SessionEnd": "process_gone"}
"""No transcript tells of these; why they are missing."""

GONE = [("cancelled",)]


@pytest.mark.parametrize("name", REMOVABLE)
def test_a_removed_file_of_the_spool_is_told_exactly(home: Installation, name: str) -> None:
    """One event of a run is taken away by hand: the ledger names that event, its execution, and nothing else."""
    with LivePids() as pids:
        with home.without_collector():
            fired = home.replay(LATEST / "subagent.jsonl", pids=pids, directory=home.root / "replays" / "one")
            over_at = retime(home.root / "replays" / "one", datetime.now(UTC))
            files = [file for file in home.spooled() if f'"hook_event_name":"{name}"' in compact(file)]
            files[0].unlink()
        assert eventually(lambda: datetime.now(UTC) > over_at)  # nobody reads what is not written yet
        home.flush()
    if name == "SessionEnd":  # it is missed once the process is gone
        assert eventually(lambda: home.query("SELECT status FROM execution_traces WHERE kind = 'session'") == GONE)
    assert eventually(lambda: explained(home, *fired.sessions) == [UNHEALED.get(name, "healed")])
    found = ledger(home, *fired.sessions)
    assert [(gap.missing, gap.kind, gap.name) for gap in found.gaps] == [(name, *REMOVABLE[name])]
    assert (found.calls, found.recorded) == (4, 4)
    trust = trust_line(found, hook_ms=None)
    lost = {"SessionEnd": "", "SessionStart": ", 1 event lost"}.get(name, ", 1 healed from the transcript")
    assert trust == f"100 % of 4 calls (checked against the transcript){lost}"
    assert home.done("show", fired.sessions[0]).splitlines()[0].startswith(trust.partition(",")[0])


def explained(home: Installation, session: str) -> list[str | None]:
    """Return what explains the gaps of a session."""
    return [gap.explained for gap in ledger(home, session).gaps]


def compact(file: Path) -> str:
    """Return the payload of a spool file without the spaces between keys and values."""
    return file.read_text(errors="replace").replace('": "', '":"')


def test_a_run_whose_hooks_never_fired_is_told(home: Installation, tmp_path: Path) -> None:
    """It left a transcript beside the agent's settings and not one event: 0 % of its calls, in status and doctor."""
    shutil.copytree(transcripts_of(LATEST / "simple.jsonl"), tmp_path / "projects")
    for file in (tmp_path / "projects").rglob("*.jsonl"):
        file.write_text(file.read_text().replace("2026-11-22T", "2099-11-22T"))  # after the installation
    env = {"CLAUDE_CONFIG_DIR": str(tmp_path)}
    status = json.loads(home.run("status", "--json", env=env).stdout)
    assert (status["ledger"]["coverage"], status["ledger"]["shown"]) == (0.0, 6)
    assert status["trust"].startswith(
        "last 24 hours: 0 % of 6 calls (checked against the transcript), 1 session whose hooks never fired"
    )
    findings = json.loads(home.run("doctor", "--json", env=env).stdout)["findings"]
    assert "session-unhooked" in {finding["id"] for finding in findings if finding["severity"] == "problem"}


@pytest.mark.parametrize("why", ["switched off", "before the installation", "recorded"])
def test_a_transcript_that_needs_no_events_is_not_missed(home: Installation, tmp_path: Path, why: str) -> None:
    """What the user refused, what there was before, and what was recorded is no gap."""
    shutil.copytree(transcripts_of(LATEST / "simple.jsonl"), tmp_path / "projects")
    (transcript,) = (tmp_path / "projects").rglob("*.jsonl")
    if why != "before the installation":
        transcript.write_text(transcript.read_text().replace("2026-11-22T", "2099-11-22T"))
    if why == "switched off":
        (home.places.off / transcript.stem).touch()
    if why == "recorded":
        Story(home, transcript.stem).starts()
        home.flush()
    status = json.loads(home.run("status", "--json", env={"CLAUDE_CONFIG_DIR": str(tmp_path)}).stdout)
    assert status["ledger"]["unhooked"] == []


def test_a_transcript_that_is_deleted_meanwhile_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The agent cleans up when it likes: between the list of its files and the look at one, too."""
    (tmp_path / "projects" / "p").mkdir(parents=True)
    gone, there = (tmp_path / "projects" / "p" / f"{name}.jsonl" for name in ("gone", "there"))
    listed = Path.glob

    def clean(directory: Path, pattern: str) -> list[Path]:
        found = list(listed(directory, pattern))
        gone.unlink()
        return found

    gone.touch()
    there.touch()
    monkeypatch.setattr(Path, "glob", clean)
    assert _transcripts(tmp_path, 0.0) == [there]


def test_what_was_interrupted_is_explained(home: Installation) -> None:
    """Nothing fires for what a session's end or the next prompt cut off: that is no loss."""
    story = Story(home)
    story.starts()
    story.prompts()
    story.calls("t")
    story.prompts(prompt_id=NEXT_PROMPT)
    story.tell("SessionEnd", reason="other")
    home.flush()
    found = ledger(home, story.session)
    assert Counter((gap.missing, gap.explained) for gap in found.gaps) == {
        ("Stop", "superseded"): 1,
        ("PostToolUse", "superseded"): 1,
        ("Stop", "session_end"): 1,
    }
    assert found.lost == ()


def test_a_management_command_is_no_session(home: Installation) -> None:
    """`claude mcp list` fires a lone SessionEnd: nothing is missing of it."""
    Story(home).tell("SessionEnd", reason="other")
    home.flush()
    assert ledger(home, Story(home).session).gaps == ()


def test_the_ledger_knows_every_event_that_tells_a_beginning_or_an_end() -> None:
    """What it expects is registered with the agent."""
    assert {*REMOVABLE, "PostToolUseFailure", "StopFailure", "PermissionDenied"} <= set(registered_events())


GAP = Gap("s", "c", "tool", "Bash", "PostToolUse", None)
LINES: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "all is well": (
        {},
        {"dropped": 0},
        "100 % of 412 calls (checked against the transcript), hooks 840 ms of 14 min 00 s, 0 dropped",
    ),
    "nearly all": (
        {"recorded": 411},
        {},
        "99.7 % of 412 calls (checked against the transcript), hooks 840 ms of 14 min 00 s",
    ),
    "events lost": (
        {"gaps": (GAP, GAP)},
        {"hook_ms": None},
        "100 % of 412 calls (checked against the transcript), 2 events lost",
    ),
    "an explained gap": (
        {"gaps": (Gap("s", "c", "tool", "Bash", "PostToolUse", "interrupt"),)},
        {"hook_ms": None},
        "100 % of 412 calls (checked against the transcript)",
    ),
    "no calls": ({"calls": 0, "recorded": 0}, {"hook_ms": None}, "no tool calls (checked against the transcript)"),
    "no transcript": ({"unchecked": 1}, {"hook_ms": None}, "no transcript to check against"),
    "nothing": ({"sessions": 0, "calls": 0, "recorded": 0}, {"hook_ms": None}, "no sessions"),
    "unhooked": (
        {"sessions": 0, "calls": 0, "recorded": 0, "unhooked": (Unhooked("u", 3), Unhooked("v", 1))},
        {"hook_ms": None},
        "0 % of 4 calls (checked against the transcripts), 2 sessions whose hooks never fired",
    ),
    "one without a transcript": (
        {"sessions": 3, "unchecked": 1},
        {"hook_ms": None},
        "100 % of 412 calls (checked against the transcripts, 1 without one)",
    ),
}


@pytest.mark.parametrize("case", LINES)
def test_the_trust_line(case: str) -> None:
    """One sentence, which does not call all what is not all."""
    told, options, expected = LINES[case]
    whole = {"sessions": 1, "calls": 412, "recorded": 412, "unchecked": 0, "events": 400, "worked_ms": 840_000.0}
    assert trust_line(Ledger(**{**whole, **told}), **{"hook_ms": 2.1, **options}) == expected


def test_status_and_doctor_head_with_what_is_known(home: Installation) -> None:
    """The trust line is the first line of status; what was lost is a problem for doctor, with a cure."""
    story = Story(home)
    story.starts()
    story.prompts()
    story.calls("t")
    story.tell("Stop", prompt_id=PROMPT)
    home.flush()
    first = home.done("status").splitlines()[0]
    assert first.startswith("last 24 hours: no transcript to check against")
    assert "1 event lost" in first
    assert "0 dropped" in first
    findings = {one["id"]: one for one in json.loads(home.run("doctor", "--json").stdout)["findings"]}
    assert "1 PostToolUse of Bash" in findings["events-lost"]["message"]
    assert findings["events-lost"]["cure"]
