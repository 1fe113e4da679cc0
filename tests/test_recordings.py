"""What real runs of the client become: each recording goes through the real hooks into a real database."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from pathlib import Path

import pytest

from tests.conftest import Installation
from tests.recordedruns import LATEST, Replayed
from tests.replay import (
    BashCall,
    LivePids,
    ReplayError,
    read,
    recordings,
    registered,
    retarget,
)

each_recording = pytest.mark.parametrize("recording", recordings(), ids=lambda path: f"{path.parent.name}/{path.stem}")


# --------------------------------------------------------------------------
# Events


@each_recording
def test_an_agent_does_not_notice_the_hooks(replayed: Replayed, recording: Path) -> None:
    """No hook of a whole run prints anything or exits with another status than 0."""
    assert replayed.fired[recording].firings
    assert replayed.fired[recording].noise == []


@each_recording
def test_every_event_is_stored_once(replayed: Replayed, recording: Path) -> None:
    """Each event that hooks.json registers is one row of hook_executions: none missing, none there twice."""
    names = registered()
    recorded = Counter(
        (event.session_id, event.name, event.tool_use_id) for event in read(recording) if event.name in names
    )
    sessions = list({session_id for session_id, _, _ in recorded})
    rows = replayed.home.query(
        "SELECT session_id, hook_type, tool_use_id FROM hook_executions WHERE session_id = ANY(%s)", sessions
    )
    assert Counter(rows) == recorded


def test_nothing_is_left_behind(replayed: Replayed) -> None:
    """After a flush the spool is empty, and no event was set aside or dropped."""
    spool = replayed.home.json("status")["spool"]
    assert (spool["waiting"], spool["bad"], spool["dropped"]) == (0, 0, 0)


# --------------------------------------------------------------------------
# Trees


def test_a_subagents_calls_lie_under_it(replayed: Replayed) -> None:
    """A subagent hangs under the Agent call that started it, and its calls hang under the subagent."""
    assert replayed.outline("subagent") == (
        "session\n  prompt\n    tool Agent\n      agent\n        tool Bash\n        tool Read\n    tool Bash\n"
    )


def test_parallel_subagents_keep_apart(replayed: Replayed) -> None:
    """Two subagents of one message stand side by side, and one that a subagent started stands beneath it."""
    assert replayed.outline("subagents_parallel") == (
        "session\n"
        "  prompt\n"
        "    tool Agent\n"
        "      agent\n"
        "        tool Agent\n"
        "          agent\n"
        "            tool Bash\n"
        "        tool Bash\n"
        "    tool Agent\n"
        "      agent\n"
        "        tool Bash\n"
        "        tool Bash\n"
    )


def test_a_nested_session_belongs_to_the_outer_call(replayed: Replayed) -> None:
    """A client started from a Bash call has the outer session's root, and that very call is its parent."""
    outer, inner = replayed.sessions("nested")
    assert replayed.outline("nested") == (
        "session\n"
        "  prompt\n"
        "    tool Bash\n"
        "      session\n"
        "        prompt\n"
        "          tool Bash\n"
    )  # fmt: skip
    [(root, kind, session_id)] = replayed.home.query(
        "SELECT child.root_id::text, parent.kind, parent.session_id FROM execution_traces child"
        " JOIN execution_traces parent"
        " ON parent.root_id = child.root_id AND parent.correlation_id = child.parent_id"
        " WHERE child.session_id = %s AND child.kind = 'session'",
        inner,
    )
    assert (root, kind, session_id) == (outer, "tool", outer)


def test_show_draws_the_same_tree(replayed: Replayed) -> None:
    """``hooktrace show SESSION --json`` nests the executions as their parent ids do."""

    def names(node: dict[str, object]) -> list[object]:
        label = f"tool {node['name']}" if node["kind"] == "tool" else node["kind"]
        children = node["children"]
        assert isinstance(children, list)
        return [label, *(names(child) for child in children)]

    tree = replayed.home.json("show", replayed.sessions("subagent")[0])
    assert names(tree) == [
        "session",
        ["prompt", ["tool Agent", ["agent", ["tool Bash"], ["tool Read"]]], ["tool Bash"]],
    ]


# --------------------------------------------------------------------------
# Statuses


def test_refused_calls_are_denied(replayed: Replayed) -> None:
    """A call that a rule or the permission mode refused has no Post event, and is closed as denied."""
    assert replayed.tools("denied") == [("Bash", "completed"), ("Bash", "denied"), ("Write", "denied")]
    assert replayed.tools("auto") == [("Bash", "denied")]


def test_failing_calls_are_failed(replayed: Replayed) -> None:
    """A tool that fails is failed, and so is a call that the client itself refused to start."""
    names = ["Bash", "Bash", "Bash", "Edit", "NoSuchTool", "Read", "WebFetch"]
    assert replayed.tools("failing") == [(name, "failed") for name in names]


def test_a_resumed_session_is_one_session(replayed: Replayed) -> None:
    """Begun once and resumed twice, a session is one completed row with three prompts; a fork is another."""
    rows = replayed.home.query(
        "SELECT session_id, kind, status, count(*) FROM execution_traces"
        " WHERE session_id = ANY(%s) AND kind IN ('session', 'prompt') GROUP BY 1, 2, 3",
        replayed.sessions("turns"),
    )
    resumed, fork = replayed.sessions("turns")
    assert sorted(rows) == sorted(
        [
            (resumed, "session", "completed", 1),
            (resumed, "prompt", "completed", 3),
            (fork, "session", "completed", 1),
            (fork, "prompt", "completed", 1),
        ]
    )


def test_a_resumed_session_is_open_until_it_ends_again(home: Installation) -> None:
    """A completed session is in progress again from its resumption on, and completed at its second end."""
    recording, directory = LATEST / "turns.jsonl", home.root / "replays" / "turns"
    ends = [event.number for event in read(recording) if event.name == "SessionEnd"]
    statuses = []
    first = 0
    with LivePids() as pids:
        for last in (ends[0], ends[1] - 1, ends[1]):
            part = range(first, last + 1)
            home.replay(
                recording,
                events=lambda event, part=part: event.number in part,
                pids=pids,
                directory=directory,
            )
            home.flush()
            statuses += home.query("SELECT status, completed_at IS NULL FROM execution_traces WHERE kind = 'session'")
            first = last + 1
    assert statuses == [("completed", False), ("in_progress", True), ("completed", False)]


# --------------------------------------------------------------------------
# Again


@pytest.mark.parametrize("name", ["subagents_parallel", "nested", "turns"])
def test_the_same_files_again_add_no_row(home: Installation, tmp_path: Path, name: str) -> None:
    """A collector that meets files it has stored already (a kill came before the unlink) adds nothing."""
    with home.without_collector(), LivePids() as pids:
        fired = home.replay(LATEST / f"{name}.jsonl", pids=pids)
        files = home.spooled()
        assert len(files) == fired.events.total()
        for file in files:
            shutil.copy2(file, tmp_path)  # with its mtime, which is the event's time
    home.flush()
    stored = home.row_counts()
    assert home.count("hook_executions") == fired.events.total()
    home.stop_collector()
    for file in files:
        assert not file.exists()
        shutil.copy2(tmp_path / file.name, file)
    home.flush()
    assert home.row_counts() == stored


@pytest.mark.parametrize("name", ["subagents_parallel", "nested", "turns"])
def test_the_same_events_again_add_no_execution(home: Installation, name: str) -> None:
    """Ids follow from what the events carry: fired a second time, they name the same executions."""
    executions = "SELECT root_id, correlation_id, parent_id, kind FROM execution_traces ORDER BY 1, 2"
    with LivePids() as pids:
        home.replay(LATEST / f"{name}.jsonl", pids=pids)
        home.flush()
        once = home.query(executions)
        home.replay(LATEST / f"{name}.jsonl", pids=pids)
        home.flush()
    assert once
    assert home.query(executions) == once


def test_new_ids_are_a_new_run(home: Installation, tmp_path: Path) -> None:
    """The same run under other ids doubles the executions: ids tell what is the same, not content."""
    recording = LATEST / "subagent.jsonl"
    home.replay(recording)
    home.flush()
    once = home.count("execution_traces")
    home.replay(retarget(recording, "second", tmp_path))
    home.flush()
    assert home.count("execution_traces") == 2 * once


# --------------------------------------------------------------------------
# The replayer's own promises


@pytest.mark.parametrize("text", ["export A='", "exit 1", "echo noise", "cat /no/such/file"])
def test_a_spoiled_env_file_is_reported(tmp_path: Path, text: str) -> None:
    """An env file that makes Bash calls fail, swallows them or prints into them stops the replay."""
    with pytest.raises(ReplayError, match="the env file's text"):
        BashCall(text, "claude -p x", {"PATH": os.environ["PATH"]}, tmp_path)


def test_a_bash_call_carries_its_command_and_does_not_run_it(tmp_path: Path) -> None:
    """A nested session finds the env file's exports, and a living process with the call's command line."""
    mark = tmp_path / "mark"
    call = BashCall(
        "export HOOKTRACE_CALL=$$", f"touch {mark}; claude -p 'it''s'", {"PATH": os.environ["PATH"]}, tmp_path
    )
    try:
        line = Path("/proc", call.exported["HOOKTRACE_CALL"], "cmdline")
        if line.exists():  # there is no /proc on macOS
            assert f"eval 'touch {mark}; claude -p '\"'\"'it" in line.read_text()
    finally:
        call.close()
    assert not mark.exists()


def test_new_ids_are_consistent(tmp_path: Path) -> None:
    """A recording under new ids has the same shape, shares no id with the old one, and the seed decides."""
    old = read(LATEST / "nested.jsonl")
    new, same = (read(retarget(LATEST / "nested.jsonl", "x", tmp_path / part)) for part in "ab")
    assert [event.payload for event in new] == [event.payload for event in same]
    for name in ("session_id", "prompt_id", "tool_use_id"):
        pairs = {(one.payload.get(name), other.payload.get(name)) for one, other in zip(old, new, strict=True)}
        pairs.discard((None, None))
        assert len(pairs) == len({one for one, _ in pairs}) == len({other for _, other in pairs})
        assert not {one for one, _ in pairs} & {other for _, other in pairs}
