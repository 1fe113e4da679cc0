"""`hooktrace import`: what ran before there were hooks, from the agent's transcripts."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Installation
from tests.recordedruns import LATEST, Replayed, relive
from tests.replay import recordings, transcripts_of
from tests.story import SESSION, Story
from tests.transcripts import BEGIN, OTHER, after, answered, asked, retime, text, user

pytestmark = pytest.mark.usefixtures("unlimited")

TOLD = [recording for recording in recordings() if transcripts_of(recording).is_dir()]
UNENDED = ("sigint", "otel2")
"""Recordings that break off: of the sessions an import tells that they are over."""

EVERYTHING = ("execution_traces", "hook_executions", "endpoint_calls", "agent_routing_decisions", "hooktrace.sessions")


def rows(home: Installation) -> list[Any]:
    """Return all that is recorded, but for when it was written."""
    left_out = "'{created_at,updated_at}'::text[]"
    return [home.query(f"SELECT to_jsonb(t) - {left_out} FROM {table} AS t ORDER BY 1::text") for table in EVERYTHING]


def bring(home: Installation, path: Path, *options: str) -> str:
    """Import, and return what was said."""
    return home.done("import", str(path), "--since", "2026-01-01", "--yes", *options)


@pytest.mark.parametrize("recording", TOLD, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_an_import_gives_the_trees_of_the_recording(home: Installation, replayed: Replayed, recording: Path) -> None:
    """Into an empty database, the nesting guessed and marked; requests to the model too, and no event."""
    bring(home, transcripts_of(recording))
    fired = replayed.fired[recording].sessions
    sessions = [session for session in fired if list(transcripts_of(recording).rglob(f"{session}.jsonl"))]
    ended = recording.stem not in UNENDED
    for session in sessions:
        assert home.outline(session, endings=ended) == replayed.home.outline(session, endings=ended)
    assert requests(home, sessions) == requests(replayed.home, sessions)
    assert home.count("hook_executions") == 0
    assert home.done("show", sessions[0]).startswith("known from the agent's transcript alone")


def requests(home: Installation, sessions: list[str]) -> list[Any]:
    """Return the requests to the model of some sessions, with who made them and what they cost."""
    of = "FROM endpoint_calls WHERE model IS NOT NULL AND session_id = ANY (%s) ORDER BY 1"
    return home.query(f"SELECT id, trace_id, model, input_tokens, output_tokens, cost_usd {of}", sessions)


@pytest.mark.parametrize("name", ["simple", "subagents_parallel", "nested", "turns", "denied", "failing"])
def test_importing_what_was_recorded_changes_nothing(home: Installation, name: str) -> None:
    """Not one value of one row, though it is read from the beginning; nested sessions and forks included."""
    recording = LATEST / f"{name}.jsonl"
    relive(home, recording)
    home.stop_collector()
    before = rows(home)
    said = bring(home, transcripts_of(recording))
    assert said.splitlines()[-1].startswith("0 sessions imported")
    assert rows(home) == before
    read = "SELECT path, position_bytes FROM hooktrace.transcripts WHERE position_bytes > 0"
    again = [path for path, _ in home.query(read) if Path(path).is_relative_to(transcripts_of(recording))]
    assert len(again) >= len(list(transcripts_of(recording).glob("*/*.jsonl"))), "it was read from its beginning"


def test_a_session_resumed_under_another_root_keeps_its_root(home: Installation, tmp_path: Path) -> None:
    """To which tree it belongs was decided at its first event."""
    root = "5f0c5f0c-0000-4000-8000-00000000000a"
    story = Story(home, HOOKTRACE_ROOT_ID=root)
    story.starts()
    story.tell("SessionEnd", reason="other")
    story.env = {"HOOKTRACE_ROOT_ID": "6f0c5f0c-0000-4000-8000-00000000000b"}
    story.tell("SessionStart", source="resume")
    story.tell("SessionEnd", reason="other")
    home.flush()
    before = rows(home)
    file = written(tmp_path, SESSION, message("go", 1), answered(1, 2))
    bring(home, file)
    assert [root_id for (root_id,) in home.query("SELECT DISTINCT root_id::text FROM execution_traces")] == [root]
    assert rows(home)[1] == before[1]


def written(directory: Path, session: str, *records: Any) -> Path:
    """Write the transcript of a session."""
    file = directory / "projects" / "-p" / f"{session}.jsonl"
    file.parent.mkdir(parents=True, exist_ok=True)
    told = [{**record, "sessionId": session, "cwd": "/p", "version": "2.1.332"} for record in records]
    file.write_bytes(text(*told))
    return file


def message(words: str, at: float, prompt_id: str = "cca888e5-0e48-4ec4-8123-1f7ad8fea322") -> dict[str, Any]:
    """Return the line of a prompt."""
    return user(prompt_id, timestamp=after(at), message={"role": "user", "content": words})


def result(use: str, at: float) -> dict[str, Any]:
    """Return the line of a call's result."""
    block = {"type": "tool_result", "tool_use_id": use, "content": "ok"}
    return user(timestamp=after(at), message={"role": "user", "content": [block]})


def shell(use: str, command: str) -> dict[str, Any]:
    """Return a block in which the model asks for a command."""
    return {**asked(use), "input": {"command": command}}


CALLING = {"stop_reason": "tool_use"}

OUTER = (
    message("go", 0),
    answered(1, 1, shell("t", "claude -p x"), message=CALLING),
    result("t", 9),
    answered(2, 10),
)
"""A session that starts an agent from its shell."""
INNER = (message("x", 3, "dda888e5-0e48-4ec4-8123-1f7ad8fea322"), answered(3, 4))
"""One that may be that agent."""


def test_a_nesting_that_is_guessed_is_marked(home: Installation, tmp_path: Path) -> None:
    """The only call that can have started an agent at that time is its parent, uncertainly."""
    written(tmp_path, SESSION, *OUTER)
    written(tmp_path, OTHER, *INNER)
    bring(home, tmp_path / "projects")
    assert home.outline(SESSION) == ("session\n  prompt\n    tool Bash\n      session\n        prompt\n")
    [(certain,)] = home.query(
        "SELECT parent_certain FROM execution_traces WHERE session_id = %s AND kind = 'session'", OTHER
    )
    assert certain is False


def test_no_parent_is_guessed_in_another_place(home: Installation, tmp_path: Path) -> None:
    """A call of another project's started nothing here, whenever it ran."""
    inner = written(tmp_path, OTHER, *INNER)
    inner.write_bytes(inner.read_bytes().replace(b'"/p"', b'"/q"'))
    written(tmp_path, SESSION, *OUTER)
    bring(home, tmp_path / "projects")
    assert home.outline(OTHER) == "session\n  prompt\n"
    assert home.outline(SESSION) == "session\n  prompt\n    tool Bash\n"


def test_broken_off_it_goes_on(home: Installation, tmp_path: Path) -> None:
    """What was read is not read again; a file that grew is read on."""
    file = written(tmp_path, SESSION, message("go", 0), answered(1, 1))
    assert "1 session imported, 0 known" in bring(home, file)
    assert "0 sessions imported, 1 known" in bring(home, file)
    positions = "SELECT position_bytes FROM hooktrace.transcripts"
    assert home.query(positions) == [(file.stat().st_size,)]
    written(tmp_path, SESSION, message("go", 0), answered(1, 1), message("more", 5, OTHER), answered(2, 6))
    bring(home, file)
    assert home.outline(SESSION) == "session\n  prompt\n  prompt\n"
    assert home.query(positions) == [(file.stat().st_size,)]


def test_a_dry_run_says_and_does_nothing(home: Installation, tmp_path: Path) -> None:
    """Sessions, size, time and disk; without a yes nothing either."""
    written(tmp_path, SESSION, message("go", 0), answered(1, 1))
    said = home.done("import", str(tmp_path / "projects"), "--since", "2026-01-01", "--dry-run")
    assert said.startswith(f"1 session since {BEGIN.astimezone():%Y-%m-%d}: 0.00 GB of transcripts, about ")
    assert "MB of disk" in said
    assert home.count("execution_traces") == 0
    assert "no session" in home.done("import", str(tmp_path), "--since", "2026-11-25", "--yes")
    assert "no session" in bring(home, tmp_path, "--project", "elsewhere")
    assert "1 session imported" in bring(home, tmp_path / "projects", "--project", "p")


def test_nothing_beyond_the_retention_is_imported(home: Installation, tmp_path: Path) -> None:
    """It would be removed the same night."""
    written(tmp_path, SESSION, message("go", 0), answered(1, 1))
    home.done("config", "set", "retention.traces_days", "1")
    assert "no session" in bring(home, tmp_path / "projects")


@pytest.mark.parametrize("how", ["switched off", "paused"])
def test_what_was_refused_is_not_imported(home: Installation, tmp_path: Path, how: str) -> None:
    """Neither a session that was started with HOOKTRACE_ENABLED=0 nor what ran during a pause."""
    written(tmp_path, SESSION, message("go", 0), answered(1, 1))
    long_ago = 1_700_000_000
    if how == "switched off":
        (home.places.off / SESSION).touch()
        os.utime(home.places.off / SESSION, (long_ago, long_ago))
    else:
        home.done("pause")
        os.utime(home.places.paused, (long_ago, long_ago))
        home.done("resume")
    assert "no session" in bring(home, tmp_path / "projects")
    assert home.count("execution_traces") == 0


def test_an_unmarked_fork_is_told_apart(home: Installation, tmp_path: Path) -> None:
    """An older client copies a session's history into the fork's transcript: it is the first session's, once."""
    old = {"version": "2.1.197"}
    first = [message("go", 0), answered(1, 1, shell("t", "ls"), message=CALLING), result("t", 2), answered(2, 3)]
    file = written(tmp_path, SESSION, *first)
    file.write_bytes(text(*({**json.loads(line), **old} for line in file.read_bytes().splitlines())))
    own = [message("and then", 10), answered(3, 11)]
    fork = written(
        tmp_path, OTHER, *({**record, "promptId": "dda888e5-0e48-4ec4-8123-1f7ad8fea322"} for record in [*first, *own])
    )
    fork.write_bytes(text(*({**json.loads(line), **old} for line in fork.read_bytes().splitlines())))
    bring(home, tmp_path / "projects")
    assert home.outline(SESSION) == "session\n  prompt\n    tool Bash\n"
    assert home.outline(OTHER) == "session\n  prompt\n"
    [(texts,)] = home.query("SELECT prompt_text FROM execution_traces WHERE kind = 'prompt' AND root_id = %s", OTHER)
    assert texts == "and then"


def test_a_transcript_that_cannot_be_read_stops_nothing(home: Installation, tmp_path: Path) -> None:
    """Garbage, an empty file, a link: the others are imported."""
    written(tmp_path, SESSION, message("go", 0), answered(1, 1))
    directory = tmp_path / "projects" / "-p"
    (directory / f"{OTHER}.jsonl").write_bytes(b"\0garbage\n[1]\n")
    (directory / "empty.jsonl").touch()
    (directory / "link.jsonl").symlink_to(directory / f"{SESSION}.jsonl")
    assert "1 session imported" in bring(home, tmp_path / "projects")


def test_by_default_it_takes_the_agents_own(home: Installation, tmp_path: Path) -> None:
    """Of the configuration directory that is in force, the last 30 days."""
    written(tmp_path, SESSION, message("go", 0), answered(1, 1))
    retime(tmp_path / "projects", datetime.now(UTC) - timedelta(days=1))
    said = home.run("import", "--yes", env={"CLAUDE_CONFIG_DIR": str(tmp_path)})
    assert (said.returncode, "1 session imported" in said.stdout) == (0, True), said


def test_a_session_that_is_recorded_just_now_is_left_to_the_collector(home: Installation, tmp_path: Path) -> None:
    """What its transcript tells may be on its way as an event."""
    Story(home).starts()
    home.flush()
    bring(home, written(tmp_path, SESSION, message("go", 0), answered(1, 1)))
    assert home.outline(SESSION) == "session\n"


def test_without_a_terminal_it_wants_a_yes(home: Installation, tmp_path: Path) -> None:
    """Nobody can be asked: a sentence and the cure."""
    written(tmp_path, SESSION, message("go", 0), answered(1, 1))
    said = home.run("import", str(tmp_path / "projects"), "--since", "2026-01-01")
    assert (said.returncode, "--yes" in said.stderr) == (1, True)
    assert home.count("execution_traces") == 0
