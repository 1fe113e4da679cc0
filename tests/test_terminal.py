"""What a terminal, a pipe and NO_COLOR get of the verbs that show what was recorded."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.conftest import Installation, _hooktrace
from tests.story import PROMPT, SESSION, Story
from tests.terminals import COLOUR, ESCAPE, STYLE, in_terminal
from tests.waiting import eventually
from tracing.cli import COMMANDS

HOSTILE = "\x1b]0;owned\x07\x1b[2J\x9b2J [red]red[/red] \u202e\r\n=1+1 evil"
OBEYED = {"\x07", "\x9b", "\r", "\u202e"}

FAILED = uuid4()
OTHER = "9c9c9c9c-0000-4000-8000-000000000001"

VERBS: dict[str, tuple[str, ...]] = {
    "tail": ("tail", "--no-follow"),
    "show": ("show", SESSION),
    "top": ("top",),
    "sessions": ("sessions",),
    "errors": ("errors",),
    "patterns": ("patterns",),
}

CALL = """
INSERT INTO execution_traces (correlation_id, root_id, session_id, source, kind, name, started_at, duration_ms, status,
                              project, error_message)
VALUES (%s, %s, 'made', 'test', 'tool', %s, %s, %s, %s, %s, %s)
"""
REQUEST = """
INSERT INTO endpoint_calls (root_id, trace_id, session_id, project, service, endpoint, model, started_at, input_tokens,
                            output_tokens, cost_usd)
SELECT root_id, correlation_id, session_id, %s, 'anthropic', '/v1/messages', %s, %s, 100, 20, %s
FROM execution_traces WHERE correlation_id = %s
"""
KIND_OF_FAILURE = """
INSERT INTO error_patterns (fingerprint, error_type, message_template, tool_name, occurrence_count, sample_trace_ids)
VALUES ('f', 'tool_error', %s, 'Forge', 3, ARRAY[%s::uuid])
"""
WAY = "INSERT INTO success_patterns (pattern_hash, intent, prompt_text) VALUES ('p', 'fix', %s)"


@pytest.fixture(scope="module")
def lived(module_home: Installation) -> Installation:
    """Give an installation with a hostile session just told, another one, and calls and requests of this day."""
    with module_home.without_collector():
        story = Story(module_home)
        story.starts(0)
        story.prompts(1, text=HOSTILE)
        story.calls("one", 2, agent_id="a1", agent_type="Explore", tool_input={"command": f"echo {HOSTILE}"})
        story.returns("one", 4, agent_id="a1", agent_type="Explore", tool_input={"command": f"echo {HOSTILE}"})
        story.calls("two", 5)
        story.tell("PostToolUseFailure", 6, prompt_id=PROMPT, tool_name="Bash", tool_use_id="two", error=HOSTILE)
        story.tell("Stop", 7, prompt_id=PROMPT)
        Story(module_home, session=OTHER).starts(8)
    module_home.flush()
    now, root = datetime.now(UTC), uuid4()
    times = [10, 20, 30, 40, 1000]
    calls = [("Forge", ms, "completed", None) for ms in times[:4]] + [("Forge", 1000, "failed", HOSTILE)]
    for name, ms, status, message in [*calls, ("Forge", None, "denied", None), ("Anvil", 5, "completed", None)]:
        id_ = FAILED if status == "failed" else uuid4()
        module_home.query(CALL, id_, root, name, now - timedelta(hours=1), ms, status, HOSTILE, message)
    module_home.query(CALL, uuid4(), root, "Bellows", now - timedelta(days=3), 9000, "failed", "smithy", "old")
    for model, hours, cost in (("m-1", 1, 2), ("m-1", 2, 3), ("m-2", 1, 0.5), ("m-2", 1, None), ("m-1", 99, 50)):
        module_home.query(REQUEST, HOSTILE, model, now - timedelta(hours=hours), cost, FAILED)
    module_home.query(KIND_OF_FAILURE, HOSTILE, FAILED)
    module_home.query(WAY, HOSTILE)
    return module_home


# Three places to print to


@pytest.mark.parametrize("verb", VERBS)
def test_a_terminal_gets_colours_and_lines_that_fit(lived: Installation, verb: str) -> None:
    """No line is wider than the terminal, and nothing that was recorded is obeyed by it."""
    code, written = in_terminal(lived, *VERBS[verb], columns=100)
    assert code == 0, written
    plain = STYLE.sub("", written)
    assert not (OBEYED | {ESCAPE}) & set(plain)
    assert plain != written
    assert max(map(len, plain.splitlines())) <= 100
    assert verb in ("errors", "patterns", "top") or COLOUR.search(written)


@pytest.mark.parametrize("verb", VERBS)
def test_no_color_is_honoured(lived: Installation, verb: str) -> None:
    """With NO_COLOR even a terminal gets no escape sequence; the signs of the outcomes stay."""
    code, written = in_terminal(lived, *VERBS[verb], env={"NO_COLOR": "1"})
    assert code == 0, written
    assert not (OBEYED | {ESCAPE}) & set(written)
    assert verb in ("errors", "patterns", "top") or set("✓✗●") & set(written)


@pytest.mark.parametrize("verb", VERBS)
def test_a_pipe_gets_plain_lines_with_whole_ids(lived: Installation, verb: str) -> None:
    """No escape sequence, and no id is cut; a tree shows the beginning of the session's."""
    printed = lived.done(*VERBS[verb])
    assert not (OBEYED | {ESCAPE}) & set(printed)
    whole = {"sessions": SESSION, "top": str(FAILED), "errors": str(FAILED)}.get(verb, "")
    assert whole in printed
    assert verb != "tail" or "[red]red[/red]" in printed


@pytest.mark.parametrize("verb", VERBS)
def test_each_speaks_json(lived: Installation, verb: str) -> None:
    """`tail` an object a line, `show` and `top` an object, the lists an array; ASCII, so that no terminal obeys it."""
    printed = lived.done(*VERBS[verb], "--json")
    assert printed.isascii() and ESCAPE not in printed
    told = [json.loads(line) for line in printed.splitlines()] if verb == "tail" else json.loads(printed)
    assert isinstance(told, dict if verb in ("show", "top") else list) and told


# tail


def events(home: Installation, *more: str) -> list[dict[str, Any]]:
    """Return what `tail --json` says."""
    return [json.loads(line) for line in home.done("tail", "--no-follow", "--json", *more).splitlines()]


def test_tail_tells_whose_agent_what_about_and_how_long(lived: Installation) -> None:
    """A call of a subagent names it; a failure says why; the ids are whole."""
    call = next(event for event in events(lived) if event["hook_type"] == "PostToolUse")
    assert (call["agent"], call["agent_id"], call["duration_ms"], call["session_id"]) == ("Explore", "a1", 5, SESSION)
    assert call["subject"].startswith("echo ")
    ((id_,),) = lived.query(
        "SELECT correlation_id FROM execution_traces WHERE session_id = %s AND kind = 'tool' AND status = 'completed'",
        SESSION,
    )
    assert call["execution_id"] == str(id_)
    line = next(line for line in lived.done("tail", "--no-follow").splitlines() if "✗" in line)
    assert "PostToolUseFailure" in line and "Bash" in line and "evil" in line
    assert "Explore: echo" in lived.done("tail", "--no-follow")


def test_tail_of_one_session_tells_no_other(lived: Installation) -> None:
    """The beginning of its id is enough; one that begins no session is said so."""
    assert {event["session_id"] for event in events(lived)} == {SESSION, OTHER}
    assert {event["session_id"] for event in events(lived, "--session", OTHER[:6].upper())} == {OTHER}
    process = lived.run("tail", "--no-follow", "--session", "ffff")
    assert (process.returncode, process.stdout) == (1, "")
    assert "no session has an id that begins with 'ffff'\nhint: " in process.stderr


def test_tail_follows_and_says_each_event_once(lived: Installation) -> None:
    """What is new appears while it runs; what is older than the lines asked for does not come later."""
    command = [*_hooktrace(), "tail", "-n", "1", "--json"]
    with subprocess.Popen(command, env=lived.env, stdout=subprocess.PIPE, text=True, bufsize=1) as process:
        assert process.stdout
        try:
            told = [json.loads(process.stdout.readline())]
            for source in ("resume", "clear"):
                lived.fire({"hook_event_name": "SessionStart", "session_id": OTHER, "source": source})
                lived.flush()
                told.append(json.loads(process.stdout.readline()))
        finally:
            process.terminate()
    assert [event["hook_type"] for event in told] == ["SessionStart"] * 3
    assert len({event["id"] for event in told}) == 3


# top


def test_top_tells_what_an_independent_query_tells(lived: Installation) -> None:
    """Medians, rates and sums are those of the rows of the last 24 hours; each row has an id to go on with."""
    top = lived.json("top")
    assert datetime.now(UTC) - datetime.fromisoformat(top["since"]) < timedelta(hours=24, minutes=5)
    forge = next(row for row in top["slow"] if row["tool"] == "Forge")
    assert [row["p95_ms"] for row in top["slow"]] == sorted((row["p95_ms"] for row in top["slow"]), reverse=True)
    timed = "SELECT duration_ms FROM execution_traces WHERE name = 'Forge' AND status <> 'denied'"
    times = sorted(ms for (ms,) in lived.query(timed))
    p95 = statistics.quantiles(times, n=100, method="inclusive")[94]
    assert (forge["tool"], forge["calls"], forge["p50_ms"]) == ("Forge", len(times), statistics.median(times))
    assert forge["p95_ms"] == pytest.approx(p95)
    assert (forge["slowest_id"], forge["total_ms"]) == (str(FAILED), sum(times))
    failing = {row["tool"]: row for row in top["failing"]}
    assert failing.keys() == {"Forge", "Bash"}
    row = failing["Forge"]
    assert (row["failed"], row["calls"], row["denied"], row["failure_rate_pct"]) == (1, 5, 1, 20.0)
    assert row["last_failure_id"] == str(FAILED)
    assert [(row["model"], row["requests"], row["cost_usd"], row["unpriced"]) for row in top["costly"]] == [
        ("m-1", 2, 5.0, 0),
        ("m-2", 2, 0.5, 1),
    ]
    assert lived.json("show", forge["slowest_id"])["name"] == "Forge"


def test_top_is_told_since_when_and_how_much(lived: Installation) -> None:
    """A longer time has more in it; a time that is none is answered with those that are."""
    assert {row["tool"] for row in lived.json("top", "--since", "1w")["failing"]} == {"Bellows", "Forge", "Bash"}
    assert lived.json("top", "--since", "all", "-n", "1")["slow"][0]["tool"] == "Bellows"
    assert lived.json("top", "--since", "all")["since"] is None
    process = lived.run("top", "--since", "yesterday")
    assert (process.returncode, "not 'yesterday'" in process.stderr) == (2, True)
    assert lived.run("top", "--since", "2099-01-01").stdout.count("nothing") == 3


# Completion and progress


def completed(home: Installation, *words: str) -> list[str]:
    """Return what bash would be offered for the last one of *words*."""
    asked = {"_HOOKTRACE_COMPLETE": "bash_complete", "COMP_WORDS": " ".join(("hooktrace", *words))}
    process = home.run(env={**asked, "COMP_CWORD": str(len(words))})
    assert (process.returncode, process.stderr) == (0, "")
    return [line.removeprefix("plain,") for line in process.stdout.splitlines()]


def test_commands_options_and_ids_complete(lived: Installation) -> None:
    """A verb, an option of one, and the id of a recent session."""
    assert completed(lived, "se") == ["sessions"]
    assert set(completed(lived, "")) >= set(COMMANDS)
    assert completed(lived, "tail", "--s") == ["--session"]
    assert completed(lived, "show", OTHER[:4]) == [OTHER]
    assert completed(lived, "tail", "--session", SESSION[:3]) == [SESSION]


def test_completing_starts_nothing_and_says_nothing(tmp_path: Path, lived: Installation) -> None:
    """Where there is no database, or none that runs, no id is offered."""
    elsewhere = {**lived.env, "HOOKTRACE_HOME": str(tmp_path / "none")}
    asked = {"_HOOKTRACE_COMPLETE": "bash_complete", "COMP_WORDS": "hooktrace show ", "COMP_CWORD": "2"}
    process = subprocess.run(_hooktrace(), env={**elsewhere, **asked}, capture_output=True, text=True)
    assert (process.stdout.strip(), process.stderr) == ("", "")
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_one_that_the_shell_takes(lived: Installation, shell: str) -> None:
    """Bash loads it and completes with it; of the others it is at least the right form."""
    script = lived.done("completion", shell)
    assert "_HOOKTRACE_COMPLETE" in script
    if shell == "bash":
        words = (
            'COMP_WORDS=(hooktrace ses) COMP_CWORD=1; _hooktrace_completion hooktrace ses hooktrace; echo "$COMPREPLY"'
        )
        path = f"{Path(sys.executable).parent}{os.pathsep}{lived.env['PATH']}"
        process = subprocess.run(
            ["bash", "-c", f"{script}\n{words}"], env={**lived.env, "PATH": path}, capture_output=True, text=True
        )
        assert process.stdout == "sessions\n"


def test_flush_shows_how_far_it_is_on_a_terminal_alone(lived: Installation) -> None:
    """In a pipe it says nothing; a bar that was drawn is gone at the end."""
    lived.fire({"hook_event_name": "SessionStart", "session_id": OTHER, "source": "resume"})
    code, written = in_terminal(lived, "flush")
    assert (code, "learning" in written or "reading transcripts" in written) == (0, True)
    assert lived.done("flush") == ""
    assert eventually(lambda: lived.spooled() == [])
