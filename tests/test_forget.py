"""`hooktrace forget`: of a session, or of a project, nothing is left in anything of ours, and nothing comes back."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Installation
from tests.story import NEXT_PROMPT, PROMPT, SESSION, Story
from tests.transcripts import answered, asked, sent, text, user
from tracing.event import read_event
from tracing.identity import prompt_uuid
from tracing.item import Item
from tracing.packs import Packs
from tracing.spool import Spool

OTHER = "22222222-2222-4222-8222-222222222222"
NESTED = "33333333-3333-4333-8333-333333333333"
LATER = "44444444-4444-4444-8444-444444444444"

PLACES = (
    *("prompt", "command", "input", "output", "error", "path", "agent", "skill", "project", "branch", "query"),
    *("transcribed", "endpoint", "answer", "notification", "nested", "intent", "template", "waiting", "rejected"),
)
MARKS = {place: f"xq{place}{number:02}qx" for number, place in enumerate(PLACES)}
"""Twenty words that stand nowhere else, by where they are planted."""

TABLES = """
SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname IN ('public', 'hooktrace') AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1
"""
LEARNED = """
INSERT INTO success_patterns (pattern_hash, intent, keywords, prompt_text, prompt_embedding, embedding_model,
                              metadata, example_trace_ids)
VALUES ({label}, {mark}, ARRAY[{mark}], {mark}, '{{1,0}}', 'm', jsonb_build_object('m', {mark}), {ids});
INSERT INTO agent_chaining_patterns (chain, metadata, example_trace_ids)
VALUES (ARRAY[{label}, {label}], jsonb_build_object('m', {mark}), {ids});
INSERT INTO error_patterns (fingerprint, error_type, message_template, resolution_pattern, affected_agents,
                            affected_projects, sample_trace_ids)
VALUES ({label}, 'tool_error', {mark}, to_jsonb({mark}), ARRAY[{mark}], ARRAY[{mark}], {ids});
INSERT INTO pattern_usage_log (pattern_id, trace_id, metadata)
SELECT id, example_trace_ids[cardinality(example_trace_ids)], jsonb_build_object('m', {mark})
FROM success_patterns WHERE pattern_hash = {label} AND example_trace_ids <> '{{}}'
"""


class Planted:
    """An installation that holds a session with the marks, one started from its shell, and another one."""

    def __init__(self, home: Installation, directory: Path) -> None:
        self.home = home
        self.project = directory / MARKS["project"]
        self.transcript = directory / "projects" / "x" / f"{SESSION}.jsonl"
        subprocess.run(["git", "init", "-q", "-b", MARKS["branch"], str(self.project)], check=True)
        self.story = Story(home, CLAUDE_PROJECT_DIR=str(self.project))
        self.other = Story(home, OTHER)

    @property
    def told(self) -> dict[str, Any]:
        """What every event of the session tells."""
        return {"transcript_path": str(self.transcript), "cwd": str(self.project)}

    def plant(self) -> None:
        """Put every mark where it belongs."""
        self._transcribe(user(), sent(1, 1), answered(1, 2, asked("late")))
        self._live()
        self._live_nested()
        self._live_otherwise()
        self.home.flush()
        self._learn()
        with self.home.without_collector():
            self.story.tell("Notification", message=MARKS["waiting"], **self.told)
            name = self.home.spooled()[0].name
        bad = self.home.places.bad / name
        self.home.stop_collector()
        (self.home.spool / name).rename(bad)
        bad.with_name(f"{name}.reason").write_text("for a test\n")
        bad.write_bytes(bad.read_bytes().replace(MARKS["waiting"].encode(), MARKS["rejected"].encode())[:-30])
        with self.home.without_collector():
            self.story.tell("Notification", message=MARKS["waiting"], **self.told)

    def _live(self) -> None:
        story, told = self.story, self.told
        story.starts(**told)
        story.prompts(text=MARKS["prompt"], **told)
        story.calls("b", tool_input={"command": MARKS["command"]})
        story.returns("b", tool_input={"command": MARKS["command"]}, tool_response={"stdout": MARKS["output"]})
        story.calls("w", tool="Write", tool_input={"file_path": f"/{MARKS['path']}", "content": MARKS["input"]})
        story.tell("PostToolUseFailure", prompt_id=PROMPT, tool_name="Write", tool_use_id="w", error=MARKS["error"])
        story.calls("a", tool="Agent", tool_input={"subagent_type": MARKS["agent"], "prompt": MARKS["query"]})
        story.calls("s", tool="Skill", tool_input={"skill": MARKS["skill"]})
        fetched = {"url": f"https://{MARKS['endpoint']}.example/page", "prompt": "read"}
        story.calls("f", tool="WebFetch", tool_input=fetched)
        story.returns("f", tool="WebFetch", tool_input=fetched, tool_response={"code": 200})
        story.tell("Notification", message=MARKS["notification"])
        story.tell("Stop", prompt_id=PROMPT, last_assistant_message=MARKS["answer"])

    def _live_nested(self) -> None:
        """Start a session from the shell of the first one; its file cannot be written, as the log tells."""
        in_the_way = self.home.places.sessions / NESTED
        in_the_way.mkdir()
        env = {"HOOKTRACE_ROOT_ID": SESSION, "HOOKTRACE_SESSION_ID": SESSION, "HOOKTRACE_CORRELATION_ID": PROMPT}
        nested = Story(self.home, NESTED, **env)
        nested.starts()
        nested.prompts(prompt_id=LATER, text=MARKS["nested"])
        self.home.flush()
        in_the_way.rmdir()

    def _live_otherwise(self) -> None:
        self.other.starts(cwd="/elsewhere")
        self.other.prompts(text="something else", prompt_id=NEXT_PROMPT)
        self.other.calls("o", prompt_id=NEXT_PROMPT, tool_input={"command": "ls"})
        self.other.returns("o", prompt_id=NEXT_PROMPT, tool_input={"command": "ls"}, tool_response={"stdout": "x"})

    def _learn(self) -> None:
        """Learn something from the session, something from both, something from the other, and of one nobody knows."""
        ours, others = prompt_uuid(SESSION, PROMPT), prompt_uuid(OTHER, NEXT_PROMPT)
        learned = {
            "ours": (MARKS["intent"], f"'{{{ours}}}'"),
            "both": (MARKS["template"], f"'{{{others},{ours}}}'"),
            "unknown": (MARKS["template"], "'{}'"),
            "others": ("unsuspected", f"'{{{others}}}'"),
        }
        for label, (mark, ids) in learned.items():
            self.home.query(LEARNED.format(label=f"'{label}'::text", mark=f"'{mark}'::text", ids=f"{ids}::uuid[]"))

    def _transcribe(self, *records: Any) -> None:
        """Let the transcript grow."""
        self.transcript.parent.mkdir(parents=True, exist_ok=True)
        with self.transcript.open("ab") as file:
            file.write(text(*records))

    def refuse(self) -> None:
        """Write down that a call failed that no hook told of."""
        result = {"type": "tool_result", "tool_use_id": "late", "is_error": True, "content": MARKS["transcribed"]}
        self._transcribe(user(message={"role": "user", "content": [result]}, uuid="r", toolUseResult="Error"))


def found(home: Installation) -> set[str]:
    """Return which marks stand in any row of any table, in the planner's statistics, in any file or its name."""
    texts = [json.dumps(home.query("SELECT to_jsonb(s) FROM pg_stats AS s"))]
    for (table,) in home.query(TABLES):
        texts += [row for (row,) in home.query(f"SELECT to_jsonb(t)::text FROM {table} AS t")]
    for file in home.path.rglob("*"):
        if home.places.database not in file.parents:
            texts.append(str(file.relative_to(home.path)))
        if home.places.database not in file.parents and file.is_file():
            texts.append(file.read_bytes().decode(errors="replace"))
    whole = "\n".join(texts)
    return {place for place, mark in MARKS.items() if mark in whole}


def of_other(home: Installation) -> dict[str, list[Any]]:
    """Return all rows of the other session, and what was learned from it alone."""
    rows = {}
    for (table,) in home.query(TABLES):
        named = f"SELECT to_jsonb(t) FROM {table} AS t WHERE to_jsonb(t)::text LIKE %s ORDER BY 1"
        if table not in ("pattern_usage_log", "hooktrace.tombstones"):
            rows[table] = [row for row in home.query(named, f"%{OTHER}%") if "example" not in str(row)]
    rows["learned"] = home.query("SELECT to_jsonb(t) FROM success_patterns AS t WHERE pattern_hash = 'others'")
    return rows


@pytest.fixture
def planted(home: Installation, tmp_path: Path) -> Planted:
    """Give such an installation."""
    made = Planted(home, tmp_path)
    made.refuse()
    made.plant()
    return made


def test_nothing_of_a_forgotten_session_is_left(planted: Planted) -> None:
    """Twenty marks in prompt, input, output, error, path, names, transcript, what was learned and files: all go."""
    home = planted.home
    assert found(home) == set(PLACES), "there is something to find"
    assert NESTED in home.places.log.read_text()
    before = of_other(home)
    said = home.done("forget", SESSION[:8], "--yes")
    assert found(home) == set()
    assert NESTED not in home.places.log.read_text()
    assert "and 1 session started from its shell" in said and str(planted.transcript) in said
    assert home.run("forget", SESSION, "--yes").returncode == 1, "nobody knows it any more"

    assert of_other(home) == before
    assert all(before[table] for table in ("execution_traces", "hook_executions", "hooktrace.sessions", "learned"))
    shared = "SELECT example_trace_ids, intent, prompt_embedding FROM success_patterns WHERE pattern_hash = 'both'"
    assert home.query(shared) == [([prompt_uuid(OTHER, NEXT_PROMPT)], "", None)]


@pytest.mark.usefixtures("unlimited")
def test_nothing_of_a_forgotten_session_comes_back(planted: Planted) -> None:
    """Its agent goes on, its transcript grows and is imported, what it did before comes late: none of it is stored."""
    home = planted.home
    with home.without_collector():
        planted.story.prompts(text=MARKS["prompt"], **planted.told)
        (*_, late) = home.spooled()
        kept = late.read_bytes()
        home.done("forget", SESSION, "--yes")
    (home.spool / "late").write_bytes(kept)
    before = home.row_counts()
    planted.story.calls("again", tool_input={"command": MARKS["command"]}, **planted.told)
    planted.refuse()
    home.flush()
    brought = home.done("import", str(planted.transcript), "--since", "2026-01-01", "--yes")
    assert "0 sessions imported" in brought and "1 stay forgotten" in brought
    assert found(home) == set()
    assert home.row_counts() == before
    assert home.spooled() == []
    assert home.status()["spool"]["bad"] == 0
    assert not (home.places.sessions / SESSION).exists()
    dropped = [line for line in home.places.log.read_text().splitlines() if "forgotten" in line]
    assert dropped and not any(SESSION in line for line in dropped)


def test_a_dry_run_changes_nothing_and_tells_the_same(planted: Planted) -> None:
    """What would go is counted by letting it go and taking that back; without a terminal nobody says yes."""
    home = planted.home
    before = found(home), home.row_counts(), home.count("hooktrace.tombstones")
    foreseen = home.done("forget", SESSION, "--dry-run")
    refused = home.run("forget", SESSION)
    assert (refused.returncode, "hint: without a terminal, say --yes" in refused.stderr) == (1, True)
    assert (found(home), home.row_counts(), home.count("hooktrace.tombstones")) == before
    done = home.done("forget", SESSION, "--yes")
    table = [
        line for line in foreseen.splitlines() if line.startswith(("execution_traces", "hook_executions", "error"))
    ]
    assert len(table) == 3 and all(line in done for line in table)
    assert foreseen.endswith("nothing was changed\n")


def test_what_is_out_of_reach_is_named(home: Installation) -> None:
    """The dumps that lie about by their names, and the session whose own call started a forgotten one."""
    outer = Story(home)
    outer.starts()
    outer.prompts()
    nested = Story(home, NESTED, HOOKTRACE_SESSION_ID=SESSION, HOOKTRACE_CORRELATION_ID=PROMPT)
    nested.starts()
    home.flush()
    dump = home.done("db", "backup").split()[1]
    said = home.done("forget", NESTED, "--yes")
    assert dump in said
    assert f"session {SESSION}, from whose shell one was started" in said
    assert home.query("SELECT session_id FROM hooktrace.sessions") == [(SESSION,)]


@pytest.mark.parametrize("by", ["name", "directory"])
def test_a_project_is_forgotten_with_what_began_before(home: Installation, tmp_path: Path, by: str) -> None:
    """Its sessions go, and one from before that is delivered late; what begins there later is recorded."""
    place = tmp_path / "secret"
    env = {"CLAUDE_PROJECT_DIR": str(place)}
    other = Story(home, OTHER)
    other.starts(cwd="/secrets")
    Story(home, **env).starts(cwd=str(place))
    home.flush()
    with home.without_collector():
        Story(home, NESTED, **env).starts(cwd=str(place / "below"))
        said = home.done("forget", "secret" if by == "name" else f"{tmp_path}/secret/", "--yes")
        assert "2 sessions" in said, "one was still in the spool"
        Story(home, LATER, **env).prompts(at=0, cwd=str(place))
        Story(home, LATER, **env).calls("late", cwd=str(place))
        Story(home, PROMPT, **env).starts(cwd=str(place))
    home.flush()
    assert sorted(home.query("SELECT session_id FROM hooktrace.sessions")) == [(OTHER,), (PROMPT,)]
    assert home.query("SELECT count(*) FROM hook_executions WHERE session_id = %s", LATER) == [(0,)]
    assert "secret" not in str(home.query("SELECT to_jsonb(t) FROM hooktrace.tombstones AS t"))


def test_what_nobody_can_read_goes_by_what_is_known_of_it(home: Installation, tmp_path: Path) -> None:
    """A file in bad/ is of the session that it names somewhere, or of the project in its header."""
    place = tmp_path / "secret"
    Story(home, CLAUDE_PROJECT_DIR=str(place)).tell("Notification", cwd=str(place))
    named, unnamed, others = (b'{"session_id": "%s", "x": ' % SESSION.encode(), b"[]", b"none of it")
    home.fire(named)
    home.fire(unnamed, env={"CLAUDE_PROJECT_DIR": str(place)})
    home.fire(others)
    home.flush()
    assert home.status()["spool"]["bad"] == 3
    home.done("forget", str(place), "--yes")
    left = [file for file in home.places.bad.iterdir() if file.suffix != ".reason"]
    assert [others in file.read_bytes() for file in left] == [True]
    assert len(list(home.places.bad.iterdir())) == 2


def test_a_pack_loses_the_events_of_the_forgotten(home: Installation) -> None:
    """What was packed while the database was away goes with its session; the others' events are stored."""
    with home.without_collector():
        for session, message in ((SESSION, "secret"), (OTHER, "kept")):
            Story(home, session).tell("Notification", message=message)
        spool = Spool(home.places)
        items = [Item(entry, read_event(spool.read(entry))) for entry in spool.scan()]
        pack = Packs(home.places.packed).write(items)
        spool.remove(item.entry for item in items)
        with (home.places.packed / pack.name).open("ab") as file:
            file.write(b'{"session_id": "%s", "message": "secret\n' % SESSION.encode())
        assert "and 1 events that were not stored" in home.done("forget", SESSION, "--yes")
        assert not any(b"secret" in file.read_bytes() for file in home.places.state.glob("[bps]*/*"))
    home.flush()
    assert home.query("SELECT session_id FROM hook_executions") == [(OTHER,)]


def test_what_was_learned_in_a_project_goes_without_its_sessions(home: Installation) -> None:
    """They have expired, and a kind of failure still names it: the project is known, and forgotten."""
    learn = "INSERT INTO error_patterns (fingerprint, error_type, message_template, affected_projects) VALUES"
    home.query(f"{learn} ('here', 'tool_error', 'secret.py is gone', '{{secret,other}}')")
    assert "project secret: 0 sessions, and what was learned there" in home.done("forget", "secret", "--yes")
    texts = "SELECT message_template, affected_projects, occurrence_count FROM error_patterns"
    assert home.query(texts) == [("", [], 1)]
    assert home.query("SELECT kind FROM hooktrace.tombstones") == [("project",)]
    assert "nothing is recorded of 'secret'" in home.run("forget", "secret", "--yes").stderr


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("nowhere", "nothing is recorded of 'nowhere'"),
        ("/no/such/place", "nothing is recorded of '/no/such/place'"),
        ("", "nothing is recorded of ''"),
        ("4639", "begins several sessions"),
        ("463965a0", "begins the id of a session and is the name of a project"),
    ],
)
def test_what_is_meant_must_be_certain(home: Installation, what: str, said: str) -> None:
    """Nothing is forgotten for a typo, for the beginning of two ids, or for a word that means two things."""
    for session in (SESSION, SESSION.replace("463965a0", "46390000")):
        Story(home, session, CLAUDE_PROJECT_DIR="/work/463965a0").starts(cwd="/work/463965a0")
    home.flush()
    refused = home.run("forget", what, "--yes")
    assert refused.returncode == 1
    assert said in refused.stderr and "\nhint: " in refused.stderr
    assert home.count("hooktrace.sessions") == 2
