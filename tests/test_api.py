"""The API for other programs: what they record arrives, costs them nothing, and never fails into them."""

from __future__ import annotations

import doctest
import importlib
import json
import logging
import os
import re
import resource
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

import tracing
from tests.conftest import CHECKOUT, Installation
from tests.programs import run_program
from tests.waiting import eventually
from tracing.api import slot
from tracing.api.ids import known_id, new_id
from tracing.api.origin import _call_by_ps
from tracing.identity import parse_uuid
from tracing.places import PlaceError, Places
from tracing.spool import Spool

COLUMNS = "name, kind, status, error_type, error_message"


def tasks(home: Installation) -> dict[str, dict[str, Any]]:
    """Return the tasks that are stored, by their name."""
    home.flush()
    rows = home.query("SELECT name, to_jsonb(execution_traces) FROM execution_traces WHERE kind = 'task'")
    return dict(rows)


def test_an_execution_arrives_with_its_times_its_parent_and_its_calls(home: Installation) -> None:
    """Of a program every execution is stored once, beneath the one around it, with its outcome and its calls."""
    printed = run_program(
        home,
        """
        import tracing
        with tracing.execution("outer", batch=7, secret="password=hunter2hunter2") as outer:
            with tracing.execution("inner") as inner:
                with inner.endpoint_call("anthropic", "https://api.example.com/v1/chat?key=k", method="POST") as call:
                    call.model, call.status_code, call.retry_count = "claude-x", 200, 2
                    call.input_tokens, call.output_tokens, call.cost_usd = 12, 34, 0.25
        print(outer.root_id, outer.correlation_id, inner.correlation_id, call.call_id)
        """,
    )
    root, outer_id, inner_id, call_id = printed.split()
    stored = tasks(home)
    outer, inner = stored["outer"], stored["inner"]
    assert root == outer_id == outer["root_id"] == inner["root_id"] == outer["session_id"] == inner["session_id"]
    assert (outer["correlation_id"], outer["parent_id"]) == (outer_id, None)
    assert (inner["correlation_id"], inner["parent_id"]) == (inner_id, outer_id)
    assert outer["context"]["attributes"]["batch"] == 7
    assert "hunter2" not in json.dumps(outer)
    assert (outer["source"], outer["project"], outer["status"]) == ("python", home.root.name, "completed")
    assert outer["started_at"] <= inner["started_at"] <= inner["completed_at"] <= outer["completed_at"]
    (told,) = home.query("SELECT to_jsonb(endpoint_calls) FROM endpoint_calls")
    call = told[0]
    assert {name: call[name] for name in ("id", "root_id", "trace_id")} == {
        "id": call_id,
        "root_id": root,
        "trace_id": inner_id,
    }
    assert (call["service"], call["endpoint"], call["method"]) == ("anthropic", "api.example.com/v1/chat", "POST")
    assert (call["model"], call["status_code"], call["retry_count"], call["success"]) == ("claude-x", 200, 2, True)
    assert (call["input_tokens"], call["output_tokens"], float(call["cost_usd"])) == (12, 34, 0.25)


OUTCOMES = """
import asyncio, sys, tracing

def attempt(name, error):
    try:
        with tracing.execution(name):
            raise error
    except BaseException as raised:
        assert raised is error

attempt("failed", ValueError("token=ghp_0123456789abcdefghijklmnopqrstuvwxyzAB is wrong"))
attempt("interrupted", KeyboardInterrupt())
attempt("left", SystemExit(0))
attempt("left badly", SystemExit(3))

async def cancelled():
    async with tracing.execution("cancelled"):
        await asyncio.sleep(60)

async def main():
    task = asyncio.ensure_future(cancelled())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

asyncio.run(main())
with tracing.execution("told") as told:
    told.fail("too_slow", "it took a week")
"""


def test_how_a_block_ends_is_its_outcome(home: Installation) -> None:
    """An exception goes on to the caller and makes it failed, with its secrets out; what breaks it off, cancelled."""
    run_program(home, OUTCOMES)
    found = {name: (task["status"], task["error_type"], task["error_message"]) for name, task in tasks(home).items()}
    status, error_type, message = found.pop("failed")
    assert (status, error_type) == ("failed", "ValueError")
    assert "ghp_" not in message and "is wrong" in message
    assert found == {
        "interrupted": ("cancelled", "KeyboardInterrupt", None),
        "left": ("completed", None, None),
        "left badly": ("failed", "SystemExit", "3"),
        "cancelled": ("cancelled", "asyncio.exceptions.CancelledError", None),
        "told": ("failed", "too_slow", "it took a week"),
    }


BRANCHES = """
import asyncio, contextvars, os, subprocess, sys, threading, tracing

@tracing.execution("decorated")
def decorated(one, *, two):
    return one + two

@tracing.execution("coroutine")
async def coroutine():
    await asyncio.sleep(0)
    with tracing.execution("in coroutine"):
        return tracing.current().name

async def gathered():
    async def one(number):
        async with tracing.execution(f"gathered {number}"):
            await asyncio.sleep(0)
            with tracing.execution(f"in gathered {number}"):
                await asyncio.sleep(0)
    await asyncio.gather(*(one(number) for number in range(3)), coroutine())

with tracing.execution("top") as top:
    assert decorated(1, two=2) == 3
    asyncio.run(gathered())
    with tracing.execution("thread's"):
        pass
    context = contextvars.copy_context()
    def in_thread():
        with tracing.execution("copied"):
            pass
    thread = threading.Thread(target=context.run, args=(in_thread,))
    thread.start(); thread.join()
    def alone():
        with tracing.execution("alone"):
            pass
    thread = threading.Thread(target=alone)
    thread.start(); thread.join()
    if (pid := os.fork()) == 0:
        with tracing.execution("forked"):
            pass
        sys.exit(0)  # the block of "top" ends here, too: it is not the child's
    os.waitpid(pid, 0)
    inner = 'import tracing\\nwith tracing.execution("subprocess"): pass'
    subprocess.run([sys.executable, "-c", inner], env=tracing.environment(), check=True)
assert tracing.current() is None
"""


def test_children_find_their_parent_across_tasks_threads_forks_and_processes(home: Installation) -> None:
    """Whoever has the context, or the environment, of an execution is its child; who has neither, nobody's."""
    run_program(home, BRANCHES)
    stored = tasks(home)
    names = {task["correlation_id"]: name for name, task in stored.items()}
    parents = {name: names.get(task["parent_id"]) for name, task in stored.items()}
    assert parents == {
        "top": None,
        "decorated": "top",
        "coroutine": "top",
        "in coroutine": "coroutine",
        **{f"gathered {number}": "top" for number in range(3)},
        **{f"in gathered {number}": f"gathered {number}" for number in range(3)},
        "thread's": "top",
        "copied": "top",
        "alone": None,
        "forked": "top",
        "subprocess": "top",
    }
    assert {task["status"] for task in stored.values()} == {"completed"}
    assert {task["root_id"] for name, task in stored.items() if name != "alone"} == {stored["top"]["root_id"]}


def test_replayed_and_in_any_order_it_is_stored_once(home: Installation) -> None:
    """The files of a program read twice, and its end before its start, make the same rows."""
    with home.without_collector():
        run_program(home, OUTCOMES + BRANCHES)
        files = [(file.name, file.read_bytes(), file.stat().st_mtime_ns) for file in home.spooled()]
    first = tasks(home)
    calls = home.row_counts()
    home.stop_collector()
    home.query("TRUNCATE execution_traces, hook_executions, hooktrace.sessions CASCADE")
    ends = [file for file in files if b"TaskEnd" in file[1]]
    for again in (ends, files, files):
        with home.without_collector():
            for name, data, mtime in again:
                (home.spool / name).write_bytes(data)
                os.utime(home.spool / name, ns=(mtime, mtime))
        home.flush()
    changing = ("id", "created_at", "updated_at")
    second = tasks(home)
    assert home.row_counts() == calls
    for name in first:
        one, other = (
            {key: value for key, value in row[name].items() if key not in changing} for row in (first, second)
        )
        assert one == other


def test_a_thousand_at_once_lose_nothing(home: Installation) -> None:
    """1,000 executions of 100 threads and 10 processes, all at once, are all stored, each ended."""
    run_program(
        home,
        """
        import os, threading, tracing
        tracing.execution  # loaded once, before there are many threads
        children = []
        for process in range(10):
            if (pid := os.fork()) == 0:
                def work(number):
                    for turn in range(10):
                        with tracing.execution(f"{process} {number} {turn}"):
                            pass
                threads = [threading.Thread(target=work, args=(number,)) for number in range(10)]
                [thread.start() for thread in threads]
                [thread.join() for thread in threads]
                os._exit(0)
            children.append(pid)
        assert [os.waitpid(pid, 0)[1] for pid in children] == [0] * 10
        """,
    )
    stored = tasks(home)
    assert len(stored) == 1000
    assert {task["status"] for task in stored.values()} == {"completed"}
    assert not home.places.dropped.exists()


def test_within_an_agents_bash_call_it_is_the_childs_call(home: Installation) -> None:
    """A program that an agent's Bash call runs is a child of exactly that call, and the agent within it its child."""
    session, prompt = str(uuid4()), str(uuid4())
    about = {"session_id": session, "prompt_id": prompt, "cwd": str(home.root)}
    home.fire({**about, "hook_event_name": "SessionStart", "source": "startup"}, hook="session-start")
    home.fire({**about, "hook_event_name": "UserPromptSubmit", "prompt": "go"})
    calls = {"toolu_1": "sleep 1", "toolu_2": "python work.py --really"}
    for tool_use_id, command in calls.items():
        asked = {"tool_name": "Bash", "tool_use_id": tool_use_id, "tool_input": {"command": command}}
        home.fire({**about, "hook_event_name": "PreToolUse", **asked})
    nested = str(uuid4())
    shell = "; ".join(
        [
            f"export HOOKTRACE_ROOT_ID={session} HOOKTRACE_SESSION_ID={session} HOOKTRACE_CORRELATION_ID={prompt}",
            "export HOOKTRACE_CALL=$$",
            "eval \"$WORK\" # eval 'python work.py --really'",
            ":",
        ]
    )
    hook = Path(__file__).resolve().parent.parent / "hooks/session-start"
    work = textwrap.dedent(
        f"""
        import json, os, subprocess, tracing
        with tracing.execution("work"):
            told = {{"session_id": "{nested}", "hook_event_name": "SessionStart", "cwd": os.getcwd()}}
            names = tracing.environment() | {{"CLAUDE_CODE_SESSION_ID": "{nested}"}}
            subprocess.run(["{hook}"], input=json.dumps(told).encode(), env=names, check=True)
        """
    )
    runner = f'"{sys.executable}" -c "$PROGRAM"'
    subprocess.run(["bash", "-c", shell], env={**home.env, "WORK": runner, "PROGRAM": work}, check=True, cwd=home.root)
    stored = tasks(home)
    ((call,),) = home.query("SELECT trace_id::text FROM hook_executions WHERE tool_use_id = 'toolu_2'")
    assert (stored["work"]["parent_id"], stored["work"]["parent_certain"]) == (call, True)
    ((parent, root),) = home.query(
        "SELECT parent_id::text, root_id::text FROM execution_traces WHERE session_id = %s", nested
    )
    assert (parent, root) == (stored["work"]["correlation_id"], session)


def test_ids_of_a_session_that_is_over_claim_nothing_for_it_nor_for_its_children(home: Installation) -> None:
    """In a shell that was left open a program begins its own tree, and what it starts is in that tree."""
    gone = str(uuid4())
    inherited = {
        "HOOKTRACE_ROOT_ID": gone,
        "HOOKTRACE_SESSION_ID": gone,
        "HOOKTRACE_CORRELATION_ID": str(uuid4()),
    }
    run_program(
        home,
        """
        import subprocess, sys, tracing
        inner = 'import tracing\\nwith tracing.execution("child"): pass'
        with tracing.execution("left open"):
            subprocess.run([sys.executable, "-c", inner], env=tracing.environment(), check=True)
        """,
        env=inherited,
    )
    stored = tasks(home)
    outer, child = stored["left open"], stored["child"]
    assert (outer["root_id"], outer["parent_id"]) == (outer["correlation_id"], None)
    assert (child["root_id"], child["parent_id"]) == (outer["root_id"], outer["correlation_id"])


def test_a_program_that_is_killed_is_closed(home: Installation) -> None:
    """What was open of a program whose process is gone is over: it was cancelled, and the message tells why."""
    program = """
import sys, tracing
with tracing.execution("outer"), tracing.execution("inner"):
    print("running", flush=True)
    sys.stdin.read()
"""
    with subprocess.Popen(
        [sys.executable, "-c", program], env=home.env, cwd=home.root, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout and process.stdout.readline() == b"running\n"
        assert {task["status"] for task in tasks(home).values()} == {"in_progress"}
        assert "task  inner" in " ".join(home.done("report", "running").split()).replace("task inner", "task  inner")
        process.send_signal(signal.SIGKILL)
    told = "SELECT status, error_type FROM execution_traces WHERE kind = 'task'"
    assert eventually(lambda: set(home.query(told)) == {("cancelled", "process_gone")})


def test_the_commands_show_it(home: Installation) -> None:
    """`sessions` lists a task that began a tree, `show` draws it, and `forget` takes it with what is beneath it."""
    session = run_program(
        home,
        """
        import tracing
        with tracing.execution("nightly import") as outer, tracing.execution("part"):
            pass
        print(outer.session_id)
        """,
    )
    home.flush()
    (row,) = home.json("sessions")
    assert (row["session_id"], row["kind"], row["first_prompt"]) == (session, "task", "nightly import")
    shown = home.done("show", session[:10])
    assert "task nightly import" in shown and "└─ ✔ task part" in shown.replace("✓", "✔")
    tree = home.json("show", session)
    assert (tree["kind"], [child["name"] for child in tree["children"]]) == ("task", ["part"])
    home.done("forget", session, "--yes")
    assert home.count("execution_traces") == home.count("hook_executions") == 0


# -- what it does where it cannot record


@pytest.fixture
def away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    """Give the places of an installation that nobody made, as this process's own."""
    monkeypatch.setenv("HOOKTRACE_HOME", str(tmp_path / "h"))
    for name in ("HOOKTRACE_STRICT", "HOOKTRACE_ROOT_ID", "HOOKTRACE_SESSION_ID", "HOOKTRACE_CORRELATION_ID"):
        monkeypatch.delenv(name, raising=False)
    return Places.from_environment()


def record_one() -> tracing.Execution:
    """Record one execution."""
    with tracing.execution("one") as running:
        return running


def test_without_an_installation_it_spools_for_later(away: Places) -> None:
    """Nothing need be installed: two private files wait, which the collector reads as it reads a hook's."""
    record_one()
    spool = Spool(away)
    entries = spool.scan()
    assert [json.loads(spool.read(entry).payload)["hook_event_name"] for entry in entries] == ["TaskStart", "TaskEnd"]
    assert {(away.spool / entry.name).stat().st_mode & 0o777 for entry in entries} == {0o600}
    assert {place.stat().st_mode & 0o777 for place in (away.state, away.spool)} == {0o700}


@pytest.mark.parametrize("switch", ["HOOKTRACE_ENABLED", "paused"])
def test_switched_off_it_leaves_nothing_and_hands_on_nothing(
    away: Places, switch: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a file nor an id comes of an execution that the user refused."""
    if switch == "paused":
        away.state.mkdir()
        away.paused.touch()
    else:
        monkeypatch.setenv(switch, "No")
    with tracing.execution("one") as running:
        assert not running.recorded and tracing.current() is None
        assert tracing.environment() == running.environment() == dict(os.environ)
    assert not away.spool.exists()


def test_a_full_spool_is_counted(away: Places) -> None:
    """Past the bound events are dropped, and each is counted."""
    away.state.mkdir()
    away.full_flag.touch()
    record_one()
    assert Spool(away).dropped() == 2


def test_an_unwritable_spool_is_the_programs_no_business(away: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a file stands in the spool's place the program goes on, and the loss is counted; strictly, it is raised."""
    away.state.mkdir()
    away.spool.write_text("no directory")
    assert record_one().recorded
    assert Spool(away).dropped() == 2
    monkeypatch.setenv("HOOKTRACE_STRICT", "1")
    with pytest.raises(NotADirectoryError):
        record_one()


def test_a_full_disk_leaves_the_record_of_a_drop(away: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    """What could not be written whole is emptied, as the hook does: the collector counts it."""

    def fail(_descriptor: int, _data: bytes) -> int:
        raise OSError(28, "no space")

    monkeypatch.setattr("os.write", fail)
    record_one()
    monkeypatch.undo()
    assert [entry.size for entry in Spool(away).scan()] == [0, 0]


class _Unspeakable:
    def __str__(self) -> str:
        raise RuntimeError("no text")


def test_odd_attributes_cost_their_values_and_never_the_execution(away: Places) -> None:
    """What has no JSON, no text or no end is left out, by name."""
    circle: list[object] = []
    circle.append(circle)
    odd: dict[str, object] = {"huge": "x" * 200_000, "circle": circle, "mute": _Unspeakable(), "fine": {1, 2}}
    for name, value in odd.items():
        with tracing.execution("odd", **{name: value}):  # type: ignore[arg-type]  # none of them is `kind`
            pass
    spool = Spool(away)
    told = [json.loads(spool.read(entry).payload).get("attributes") for entry in spool.scan()]
    kept = [next(iter(one.values())) for one in told if one]
    assert kept == ["[hooktrace: not kept: too much, or no JSON]"] * 3 + ["{1, 2}"]
    assert not away.dropped.exists()


class _Odd:
    """As an array is: equal to nothing in a way that could be asked."""

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        raise ValueError("the truth value of an array is ambiguous")

    def __bool__(self) -> bool:
        raise ValueError("the truth value of an array is ambiguous")

    def __str__(self) -> str:
        return "odd"


def test_a_call_may_be_told_anything(away: Places) -> None:
    """Values that cannot be compared leave the block as it was, and are kept as their text."""
    with (
        tracing.execution("asking") as asking,
        asking.endpoint_call("shop", "/orders", method=_Odd()) as call,  # type: ignore[arg-type]
    ):
        call.cost_usd = _Odd()  # type: ignore[assignment]
        call.model = ""
    spool = Spool(away)
    told = json.loads(spool.read(spool.scan()[1]).payload)
    assert (told["hook_event_name"], told["cost_usd"], told["call_method"]) == ("EndpointCall", "odd", "odd")
    assert "model" not in told and "status_code" not in told
    assert not away.dropped.exists()


def test_a_forked_childs_end_is_not_the_end_of_a_call(away: Places) -> None:
    """A child that fails within a block of its parent's says nothing of the call that goes on there."""
    with tracing.execution("asking") as asking:
        try:
            with asking.endpoint_call("shop", "/orders"):
                if (child := os.fork()) == 0:
                    sys.exit(1)
                os.waitpid(child, 0)
        except SystemExit:
            os._exit(1)  # the child
    spool = Spool(away)
    told = [json.loads(spool.read(entry).payload) for entry in spool.scan()]
    assert [one["call_failed"] for one in told if one["hook_event_name"] == "EndpointCall"] == [False]


def test_where_no_process_can_be_started_the_callers_command_line_is_not_known() -> None:
    """Without /proc `ps` is asked; nothing that becomes of that reaches the program."""
    assert _call_by_ps(str(os.getpid()))
    files = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, files[1]))
    try:
        assert not _call_by_ps(str(os.getpid()))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, files)


def test_a_command_line_may_be_in_any_encoding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What `ps` says is bytes."""
    ps = tmp_path / "ps"
    ps.write_bytes(b"#!/bin/sh\nprintf 'sh -c \\377'\n")
    ps.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert os.fsencode(_call_by_ps("1")) == b"sh -c \xff"


@pytest.mark.parametrize(
    "names",
    [
        {"HOOKTRACE_HOME": "/a"},
        {"HOOKTRACE_HOME": "a"},
        {"HOME": "/u"},
        {"HOME": "/u", "XDG_STATE_HOME": "/x"},
        {"HOME": "/u", "XDG_STATE_HOME": "x"},
        {},
    ],
)
def test_the_state_directory_is_the_one_of_everybody_else(
    names: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The API finds the spool by the rule of tracing.places, which it does not load."""
    for name in ("HOOKTRACE_HOME", "HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in names.items():
        monkeypatch.setenv(name, value)
    try:
        expected: str | None = str(Places.from_environment().state)
    except PlaceError:
        expected = None
    assert slot.state_directory() == expected


def test_ids_are_uuids() -> None:
    """An id that is made is one that every reader takes, and what is none is none."""
    made = {new_id() for _ in range(1000)}
    assert len(made) == 1000
    assert all(str(parse_uuid(one)) == one == known_id(one.upper()) for one in made)
    no_ids = [
        "",
        "x",
        "0" * 36,
        "00000000-0000-0000-0000-000000000000",
        f"{uuid4()} ",
        uuid4().hex,
        f"{uuid4()}"[:-1] + "g",
    ]
    assert [known_id(text) for text in no_ids] == [None] * len(no_ids)


def test_content_that_is_not_to_be_kept_is_not(home: Installation) -> None:
    """Under HOOKTRACE_CAPTURE=no-content names, times and outcomes stay; attributes, endpoints and messages do not."""
    run_program(
        home,
        """
        import tracing
        with tracing.execution("job", customer="Ada Lovelace") as job:
            with job.endpoint_call("billing", "/customers/lovelace") as call:
                call.fail("refused", "no Lovelace here")
            job.fail("refused", "no Lovelace here")
        """,
        env={"HOOKTRACE_CAPTURE": "no-content"},
    )
    job = tasks(home)["job"]
    assert (job["status"], job["error_type"], job["error_message"]) == ("failed", "was_refused", None)
    ((service, endpoint, error_type),) = home.query("SELECT service, endpoint, error_type FROM endpoint_calls")
    assert (service, endpoint, error_type) == ("billing", "unknown", "refused")
    everything = home.query("SELECT to_jsonb(e)::text, to_jsonb(h)::text FROM execution_traces e, hook_executions h")
    assert "ovelace" not in str(everything)


# -- what is written about it


@pytest.mark.parametrize("module", sorted((CHECKOUT / "tracing/api").glob("*.py")), ids=lambda file: file.stem)
def test_the_examples_of_the_docstrings_run(away: Places, module: Path) -> None:
    """Each example does what stands beneath it."""
    found = doctest.testmod(importlib.import_module(f"tracing.api.{module.stem}"))
    assert found.failed == 0
    assert found.attempted or ">>>" not in module.read_text()


def test_the_readmes_programs_run(home: Installation) -> None:
    """Each Python block of the README is a program that runs, and what it records is stored."""
    programs = re.findall(r"```python\n(.*?)```", (CHECKOUT / "README.md").read_text(), re.DOTALL)
    assert programs
    binaries = home.root / "bin"
    binaries.mkdir(exist_ok=True)
    (binaries / "claude").write_text("#!/bin/sh\n")
    (binaries / "claude").chmod(0o755)
    for program in programs:
        run_program(home, program, env={"PATH": f"{binaries}:{home.env['PATH']}"})
    assert tasks(home)


def test_types_are_as_the_typing_file_says() -> None:
    """A type checker sees what each name gives, and refuses what is wrong."""
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "tests/typing/api.py"], cwd=CHECKOUT, capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stdout


def test_every_name_is_there_and_explained() -> None:
    """What `tracing` offers is listed, loads, and has a docstring; anything else is an AttributeError."""
    assert set(tracing.__all__) <= set(dir(tracing))
    for name in tracing.__all__:
        assert getattr(tracing, name).__doc__
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        tracing.nothing  # type: ignore[attr-defined]  # noqa: B018


# -- readers


def test_readers_get_a_connection_and_urls(home: Installation) -> None:
    """A pooled connection, and URLs that psycopg, psycopg2 and SQLAlchemy take, to the database, asleep or not."""
    home.stop_collector()
    home.server.stop()
    said = run_program(
        home,
        """
        import os, psycopg, psycopg2, sqlalchemy, tracing
        with tracing.execution("reader"):
            pass
        pids = set()
        for _ in range(3):
            with tracing.connect() as connection:
                pids.add(connection.info.backend_pid)
                (count,) = connection.execute("SELECT count(*) FROM execution_traces").fetchone()
        assert len(pids) == 1
        try:
            with tracing.connect() as connection:
                connection.execute("DELETE FROM execution_traces")
        except psycopg.errors.ReadOnlySqlTransaction:
            print("read only")
        with tracing.connect(read_only=False) as connection:
            connection.execute("CREATE TABLE api_reader (n int)")
        try:
            with tracing.connect(read_only=False) as connection:
                connection.execute("INSERT INTO api_reader VALUES (1)")
                raise KeyError
        except KeyError:
            pass
        with tracing.connect(read_only=False) as connection:
            print(connection.execute("SELECT count(*) FROM api_reader").fetchone())
            connection.execute("DROP TABLE api_reader")
        if (pid := os.fork()) == 0:
            with tracing.connect() as connection:
                print("forked", connection.info.backend_pid not in pids, flush=True)
            os._exit(0)
        os.waitpid(pid, 0)
        for driver in (psycopg, psycopg2):
            with driver.connect(tracing.database_url(driver.__name__)) as connection:
                connection.cursor().execute("SELECT 1 FROM execution_traces")
        for driver in ("sqlalchemy", "sqlalchemy+psycopg2"):
            with sqlalchemy.create_engine(tracing.database_url(driver)).connect() as connection:
                connection.execute(sqlalchemy.text("SELECT 1 FROM execution_traces"))
        """,
        env={"PYTHONUNBUFFERED": "1"},  # what waits to be printed would be printed by the fork, too
    )
    assert said.split("\n") == ["read only", "(0,)", "forked True"]


def test_readers_are_told_what_is_wrong(away: Places) -> None:
    """Without an installation, or with a database that does not answer, the exception says so, and what to do."""
    for ask in (tracing.database_url, lambda: tracing.connect().__enter__()):
        with pytest.raises(tracing.NoDatabase, match="hooktrace init"):
            ask()
    away.config.mkdir()
    away.config_file.write_text('[database]\nurl = "postgresql://u:secret@127.0.0.1:1/x"\nsource = "--db"\n')
    with pytest.raises(tracing.NoDatabase, match="does not answer") as raised, tracing.connect():
        pass
    assert "hint:" in str(raised.value) and "secret" not in str(raised.value)
    with pytest.raises(ValueError, match="oracle"):
        tracing.database_url("oracle")  # type: ignore[arg-type]


def test_with_the_database_away_nothing_is_lost(with_remote_database: Installation, remote: Installation) -> None:
    """What a program records while the database is away is stored once it is back, with its own times."""
    home = with_remote_database
    remote.server.stop()
    run_program(home, BRANCHES)
    assert eventually(lambda: any(home.places.packed.iterdir()))
    remote.server.start()
    stored = tasks(home)
    assert len(stored) == 15
    assert all(task["started_at"] <= task["completed_at"] for task in stored.values())


def test_log_records_have_the_ids(away: Places, caplog: pytest.LogCaptureFixture) -> None:
    """Within an execution records have its ids, beneath a caller its ids, and else a dash."""
    caplog.handler.addFilter(tracing.LogFilter())
    logger = logging.getLogger("shop")
    logger.warning("before")
    with tracing.execution("order") as order:
        logger.warning("within")
    root, parent = str(uuid4()), str(uuid4())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOOKTRACE_ROOT_ID", root)
        patch.setenv("HOOKTRACE_CORRELATION_ID", parent)
        logger.warning("beneath")
    ids = [(vars(record)["root_id"], vars(record)["correlation_id"]) for record in caplog.records]
    assert ids == [("-", "-"), (order.root_id, order.correlation_id), (root, parent)]
