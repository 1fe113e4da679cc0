"""Where no content is kept, none is: nowhere, of no event and no transcript; all the rest is as it is otherwise."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests import replay as replayer
from tests.conftest import Installation, new_installation
from tests.replay import RECORDINGS, transcripts_of
from tests.story import NEXT_PROMPT, PROMPT, SESSION, Story
from tests.transcripts import answered, asked, text, user
from tests.waiting import eventually
from tracing.capture import NO_CONTENT, without_content
from tracing.capturerule import CaptureRule
from tracing.database.embedded import EmbeddedServer
from tracing.event import read_event
from tracing.settings import SettingError, Settings
from tracing.spool import Entry, Spooled

RUNS = ("simple", "failing", "subagent", "denied", "bg", "turns", "auto", "mcp", "api_error", "compact", "parallel")
"""Recorded runs that together fire every event that was recorded."""

MARK = "PLANTED"
"""What stands in every place that can hold content, with a number behind it."""

IDS_AND_NAMES = frozenset(
    {
        *("session_id", "hook_event_name", "prompt_id", "tool_use_id", "agent_id", "turn_id", "message_id", "agentId"),
        *("cwd", "transcript_path", "agent_transcript_path", "tool_name", "agent_type", "subagent_type", "mcp_server"),
        *("mcp_server_name", "mode", "action", "model", "effort", "permission_mode", "source", "trigger", "status"),
        *("notification_type", "backgroundTaskId", "timestamp", "reason in SessionEnd", "error in StopFailure"),
    }
)
"""Where no mark can stand, since that would make the event another one; everything else is content."""


class Planter:
    """Puts a mark behind each text that can be content, and among keys; each text has a number of its own."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def payload(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """Return an event's payload with marks."""
        name = payload["hook_event_name"]
        stay = IDS_AND_NAMES | {where.split()[0] for where in IDS_AND_NAMES if where.endswith(f" in {name}")}
        return self._object(payload, stay)

    def record(self, value: Any, key: str = "") -> Any:
        """Return a record of a transcript, or a part of one, with marks in what people, tools and the model said."""
        if isinstance(value, dict):
            return {name: self.record(one, name) for name, one in value.items()}
        if isinstance(value, list):
            return [self.record(one, key) for one in value]
        said = key in ("text", "content", "prompt", "stdout", "stderr", "command", "description", "summary")
        return self.mark(value) if said and isinstance(value, str) else value

    def mark(self, told: str) -> str:
        """Return *told* with its mark behind it."""
        return f"{told} {MARK}-{self._numbers.setdefault(told, len(self._numbers))}."

    def _object(self, value: Mapping[str, Any], stay: frozenset[str]) -> dict[str, Any]:
        return {key: one if key in stay else self._value(one, stay) for key, one in value.items()}

    def _value(self, value: Any, stay: frozenset[str]) -> Any:
        if isinstance(value, dict):
            return {**self._object(value, stay), self.mark("a key"): 1}
        if isinstance(value, list):
            return [self._value(one, stay) for one in value]
        return self.mark(value) if isinstance(value, str) else value


def plant(recording: Path, into: Path, planter: Planter) -> Path:
    """Copy *recording*, with its transcripts, with marks; return the copy."""
    into.mkdir()
    copy = into / recording.name
    lines = [json.loads(line) for line in recording.read_text().splitlines()]
    copy.write_text("".join(json.dumps({**line, "payload": planter.payload(line["payload"])}) + "\n" for line in lines))
    for file in transcripts_of(recording).rglob("*.json*"):
        target = transcripts_of(copy) / file.relative_to(transcripts_of(recording))
        target.parent.mkdir(parents=True, exist_ok=True)
        records = file.read_text().splitlines()
        marked = (json.dumps(planter.record(json.loads(line))) for line in records)
        target.write_text("".join(f"{line}\n" for line in marked) if file.suffix == ".jsonl" else file.read_text())
    return copy


def fire(home: Installation, recording: Path, **env: str) -> None:
    """Fire *recording* through the real hooks, each event at the time at which it was recorded."""
    told: list[replayer.Event] = []

    def date(event: replayer.Event | None) -> None:
        new = set(home.spooled()) - dated
        for file in new:
            os.utime(file, (told[-1].at, told[-1].at))
        dated.update(new)
        told.extend([event] if event else [])

    dated = set(home.spooled())
    home.replay(recording, before=date, env=env)
    date(None)


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Give recordings full of marks."""
    directory, planter = tmp_path_factory.mktemp("marked"), Planter()
    return [plant(RECORDINGS / "2.1.330" / f"{run}.jsonl", directory / run, planter) for run in RUNS]


def marks(recordings: list[Path]) -> set[str]:
    """Return the marks that stand in the events for which there are hooks."""
    events = (event for recording in recordings for event in replayer.read(recording))
    told = "".join(json.dumps(event.payload) for event in events if event.name in replayer.registered())
    return set(re.findall(rf"{MARK}-\d+\.", told))


@pytest.fixture(scope="module")
def homes(fresh_cluster: EmbeddedServer, marked: list[Path]) -> Iterator[dict[str, Installation]]:
    """Give two installations in which the same was recorded: in one all of it, in one without content."""
    with new_installation(cluster=fresh_cluster) as full, new_installation(cluster=fresh_cluster) as no_content:
        made = {"full": full, "no-content": no_content}
        for level, home in made.items():
            home.keep_everything()
            with home.without_collector():
                for recording in marked:
                    fire(home, recording, HOOKTRACE_CAPTURE=level)
            home.flush()
        yield made


def stored(home: Installation) -> str:
    """Return every row of every table of both schemas, as text."""
    tables = home.query(
        "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname IN ('public', 'hooktrace') AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
    )
    assert len(tables) > 15
    return "\n".join(row for (table,) in tables for (row,) in home.query(f"SELECT to_jsonb(t)::text FROM {table} AS t"))


def test_no_content_is_found_anywhere(homes: dict[str, Installation], marked: list[Path]) -> None:
    """Of marks in every place of every event and of the transcripts, not one is in a table, a log or any other file.

    What is looked for can be found: all marks of events are where everything is kept.
    """
    planted, everything = marks(marked), stored(homes["full"])
    assert len(planted) > 90
    assert [mark for mark in planted if mark not in everything] == []
    assert MARK not in stored(homes["no-content"])
    state = homes["no-content"].path  # the database's own files too
    found = [file for file in state.rglob("*") if file.is_file() and MARK.encode() in file.read_bytes()]
    assert (homes["no-content"].spooled(), found) == ([], [])


def test_every_recorded_event_is_among_them(homes: dict[str, Installation]) -> None:
    """The runs fire every event that any recording of the newest client holds."""
    lines = (line for file in (RECORDINGS / "2.1.330").glob("*.jsonl") for line in file.read_text().splitlines())
    names = {json.loads(line)["payload"]["hook_event_name"] for line in lines}
    kinds = homes["no-content"].query("SELECT DISTINCT hook_type FROM hook_executions")
    assert names & replayer.registered() == {name for (name,) in kinds}


SKELETON = {
    "execution_traces": "root_id, correlation_id, parent_id, parent_certain, kind, name, started_at, start_observed,"
    " completed_at, duration_ms, status, success, error_type, project, permission_asked_at,"
    " context - '{branch,capture,file_path}'::text[]",
    "hook_executions": "trace_id, hook_type, tool_name, tool_use_id, agent_id, started_at, duration_ms, status,"
    " input_data IS NULL, output_data IS NULL",
    "agent_routing_decisions": "id, trace_id, agent_selected, routing_strategy, outcome, metadata",
    "endpoint_calls": "id, trace_id, service, started_at, completed_at, status_code, success, error_type, model,"
    " input_tokens, output_tokens, cost_usd, metadata",
    "hooktrace.transcribed": "session_id, correlation_id, kind, name, asked_at, ended_at, status, error_type",
    "hooktrace.accounts": "session_id, started_at, cost_usd, models",
}
"""What is no content."""


@pytest.mark.parametrize("table", SKELETON)
def test_all_the_rest_is_as_it_is_otherwise(homes: dict[str, Installation], table: str) -> None:
    """Trees, names, times, outcomes, choices, tokens and costs are those of the same events with their content."""

    def skeleton(home: Installation) -> list[Any]:
        paths = str(home.root), "ROOT"
        rows = home.query(f"SELECT {SKELETON[table]} FROM {table}")
        return sorted(repr(row).replace(*paths) for row in rows)

    full, no_content = homes.values()
    assert skeleton(full)
    eventually(lambda: skeleton(no_content) == skeleton(full))  # what no event told is made up for after ten seconds
    assert skeleton(no_content) == skeleton(full)


def kept(name: str, **payload: Any) -> Mapping[str, Any]:
    """Return the payload of an event without its content."""
    told = {"hook_event_name": name, "session_id": SESSION, **payload}
    event = read_event(Spooled(Entry(1, "1.00-1", 1), {}, json.dumps(told).encode()))
    return without_content(event).payload


def test_a_size_stands_for_each_content() -> None:
    """Of a text its length, before long ones are cut; of an object all that stands in it, keys and numbers too."""
    long = kept("UserPromptSubmit", prompt="go on", custom="é" * 100_000, other={"key": [12, "ab"]}, none=None)
    assert [long[key] for key in ("prompt", "custom", "other", "none")] == [
        {"characters": 5},
        {"characters": 100_000},
        {"characters": 7},
        None,
    ]


def test_what_a_tool_was_given_may_hold_anything() -> None:
    """Only of the agent's own tools a few names stay; another tool's keys, names and numbers are its content."""
    given = {"subagent_type": "general-purpose", "status": "secret", "prompt": "x"}
    assert kept("PreToolUse", tool_name="Agent", tool_input=given)["tool_input"] == {
        "subagent_type": "general-purpose",
        "characters": len("statussecretpromptx"),
    }
    for tool in ("mcp__bank__pay", "Bash", "Skill of mine", ["Agent"]):
        assert set(kept("PreToolUse", tool_name=tool, tool_input={**given, "pin": 1234})["tool_input"]) == {
            "characters"
        }
    sentence = kept("PreToolUse", tool_name="Skill", tool_input={"skill": "not a name but a sentence"})
    assert set(sentence["tool_input"]) == {"characters"}


def test_a_notification_keeps_what_it_is_about() -> None:
    """The end of something in the background is known by ids in a prompt; the words around them go."""
    told = "<task-notification> secret <tool-use-id>toolu_1</tool-use-id> secret <status>completed</status> secret"
    assert kept("UserPromptSubmit", prompt=told)["prompt"] == (
        "<task-notification><tool-use-id>toolu_1</tool-use-id><status>completed</status>"
    )
    mine = "<task-notification> <tool-use-id>my own secret</tool-use-id> <status>completed</status>"
    assert kept("UserPromptSubmit", prompt=mine)["prompt"] == "<task-notification>"


# -- who decides


@pytest.mark.parametrize(
    ("level", "projects", "asked", "omitted"),
    [
        ("full", (), "", False),
        ("full", (), "full", False),
        ("full", (), " NO-CONTENT ", True),
        ("full", (), "nocontent", True),
        ("full", (), "0", True),
        ("no-content", (), "", True),
        ("no-content", (), "full", True),
        ("full", ("client",), "full", True),
        ("full", ("shop", "clien", "client-2"), "", False),
        ("full", ("~/work",), "", True),
        ("full", ("~/work/client/",), "full", True),
        ("full", ("~/wor", "/work", "~/work/client/deep/er"), "", False),
        ("full", ("{root}/link",), "", True),
    ],
)
def test_the_strictest_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, level: str, projects: tuple[str, ...], asked: str, omitted: bool
) -> None:
    """Of environment, project and default; in the environment an unknown word counts as the strictest level."""
    (tmp_path / "work" / "client").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "work")
    monkeypatch.setenv("HOME", str(tmp_path))
    rule = CaptureRule(level, tuple(one.format(root=tmp_path) for one in projects))
    header = {"HOOKTRACE_CAPTURE": asked, "CLAUDE_PROJECT_DIR": str(tmp_path / "work" / "client")}
    payload = b'{"hook_event_name": "Stop", "session_id": "s"}'
    event = read_event(Spooled(Entry(1, "1.00-1", 1), header, payload))
    assert rule.omits(event) is omitted


def test_a_working_tree_counts_as_its_repository(tmp_path: Path) -> None:
    """A project is meant wherever it is checked out: its working trees, and directories below its root."""
    rule, event = CaptureRule(projects=("client",)), read_event(Spooled(Entry(1, "1", 1), {}, STOP))
    assert rule.omits(event, "/home/me/client")
    assert not rule.omits(event, "/home/me/client/other")


STOP = b'{"hook_event_name": "Stop", "session_id": "s", "cwd": "/somewhere/else"}'


def test_settings_refuse_what_would_keep_too_much(tmp_path: Path) -> None:
    """A level that is none, and a directory that is nowhere, are errors, not something to be passed over."""
    settings = Settings.load(tmp_path / "config.toml")
    with pytest.raises(SettingError, match=r"capture\.level takes full or no-content, not 'none'"):
        settings.set("capture.level", "none")
    for wrong in ("work/client", "~other/client", "./b"):
        with pytest.raises(SettingError, match="names, and directories that begin with"):
            settings.set("capture.no_content", ("a", wrong))
    settings.set("capture.no_content", ("client", "~/work/x"))
    assert Settings.load(tmp_path / "config.toml").texts("capture.no_content") == ("client", "~/work/x")


# -- what is remembered


def prompts(home: Installation) -> list[str | None]:
    """Return the texts of the prompts that are stored, in their order."""
    return [
        row
        for (row,) in home.query("SELECT prompt_text FROM execution_traces WHERE kind = 'prompt' ORDER BY started_at")
    ]


def test_a_session_that_was_restricted_once_stays_so(home: Installation) -> None:
    """Resumed by somebody who does not ask for it any more, in a collector that knows nothing of it, it stays so."""
    story = Story(home)
    with home.without_collector():
        story.starts(1)
        story.prompts(2, text="said before")
        story.tell("Stop", 3, prompt_id=PROMPT, last_assistant_message="answered before")
    home.flush()
    with home.without_collector():
        story.tell("SessionStart", 4, source="resume", env={"HOOKTRACE_CAPTURE": "no-content"})
    home.flush()
    with home.without_collector():
        story.prompts(5, NEXT_PROMPT, text="said after")
    home.flush()
    assert prompts(home) == ["said before", None]
    assert home.json("show", SESSION)["capture"] == NO_CONTENT
    assert "no-content" in home.done("show", SESSION)


def test_a_batch_that_restricts_a_session_holds_nothing_of_it(home: Installation) -> None:
    """The strictest of the events that come first together decides about all of them."""
    story = Story(home)
    with home.without_collector():
        story.starts(1)
        story.prompts(2, text="said")
        story.tell("Stop", 3, prompt_id=PROMPT, env={"HOOKTRACE_CAPTURE": "none"})
    home.flush()
    assert prompts(home) == [None]


def test_a_project_is_restricted_by_the_settings(own_home: Installation, tmp_path: Path) -> None:
    """From the next event on, without a restart by hand; the branch is not told, the repository is."""
    client = tmp_path / "client"
    client.mkdir()
    identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
    for command in (["init", "-b", "acquisition"], ["commit", "--allow-empty", "-m", "first"]):
        subprocess.run(["git", *identity, *command], cwd=client, check=True, capture_output=True)
    Story(own_home, SESSION, CLAUDE_PROJECT_DIR=str(tmp_path)).starts()
    own_home.flush()
    own_home.done("config", "set", "capture.no_content", "elsewhere", f"{tmp_path}/client")
    assert own_home.done("config", "get", "capture.no_content") == f"elsewhere\n{tmp_path}/client\n"
    story = Story(own_home, NEXT_PROMPT, CLAUDE_PROJECT_DIR=str(client))
    story.starts()
    story.prompts(text="said")
    own_home.flush()
    assert prompts(own_home) == [None]
    sql = "SELECT context FROM execution_traces WHERE kind = 'session' AND session_id = %s"
    ((context,),) = own_home.query(sql, NEXT_PROMPT)
    assert (context["repository"], "branch" in context, len(context["commit"])) == (str(client), False, 40)
    assert own_home.json("show", SESSION)["capture"] is None


def test_of_a_transcript_only_what_happened_is_kept(home: Installation, tmp_path: Path) -> None:
    """A prompt that no hook tells, and why a call failed, are stored without their words."""
    transcript = tmp_path / f"{SESSION}.jsonl"
    failed = {"type": "tool_result", "tool_use_id": "toolu_1", "is_error": True, "content": "the reason"}
    records = (
        user(promptSource="queued", message={"content": "what was typed"}),
        answered(1, 1, asked("toolu_1")),
        user(message={"content": [failed]}, timestamp="2026-11-22T18:10:02.000Z"),
    )
    transcript.write_bytes(text(*records))
    Story(home, HOOKTRACE_CAPTURE="no-content").starts(transcript_path=str(transcript))
    home.flush()
    told = "SELECT kind, name, status, error_message, prompt_text FROM hooktrace.transcribed ORDER BY kind"
    assert home.query(told) == [("prompt", None, None, None, None), ("tool", "Bash", "failed", None, None)]


def test_status_says_what_is_kept_here(home: Installation) -> None:
    """And why that is not all: a level that is misspelt is named."""
    assert home.json("status")["capture"] == {"level": "full", "because": None}
    told = json.loads(home.run("status", "--json", env={"HOOKTRACE_CAPTURE": "none"}).stdout)["capture"]
    assert told["level"] == "no-content"
    assert told["because"] == "HOOKTRACE_CAPTURE=none, which is no level and counts as no-content"
    assert told["because"] in home.run("status", env={"HOOKTRACE_CAPTURE": "none", "COLUMNS": "200"}).stdout
