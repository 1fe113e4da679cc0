"""The collector, where something beside the database goes wrong."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from inspect import signature
from typing import Any
from unittest.mock import MagicMock

import pytest

from tests.conftest import Installation
from tests.waiting import PATIENCE_S, eventually
from tracing.cli.standstill import paused
from tracing.collector import watch as watching
from tracing.collector.chores import RETRY_S, Chore, Chores
from tracing.collector.intake import Opened
from tracing.collector.lock import CollectorLock
from tracing.collector.loop import Collector
from tracing.collector.swallow import said
from tracing.database.embedded import ServerError
from tracing.database.store import Unavailable
from tracing.identity import tool_uuid
from tracing.installation import CommandError
from tracing.installation import Installation as Installed
from tracing.spool import Entry

OUTER = "11111111-1111-4111-8111-111111111111"
INNER = "22222222-2222-4222-8222-222222222222"
PROMPT = "33333333-3333-4333-8333-333333333333"


def notify(home: Installation, session: str = "s", **payload: object) -> None:
    """Fire an event of a session."""
    home.fire({"hook_event_name": "Notification", "session_id": session, **payload})


def test_a_server_that_dies_under_a_backlog_alone_is_brought_back(own_home: Installation) -> None:
    """No new event is needed: what waits from an outage is delivered as soon as the server can be started again."""
    own_home.stop_collector()
    with own_home.without_collector():
        for number in range(1200):
            notify(own_home, message=str(number))
    own_home.done("collector", "start")
    pid = own_home.server.pid()
    assert pid
    os.kill(pid, signal.SIGKILL)
    own_home.flush()
    counts = "SELECT count(*), count(DISTINCT metadata ->> 'message') FROM hook_executions"
    assert own_home.query(counts) == [(1200, 1200)]


def test_a_directory_that_was_taken_away_holds_up_nothing(home: Installation) -> None:
    """Without sessions/ and bad/ events are stored, and both are made again when they are needed."""
    for directory in (home.places.sessions, home.places.bad):
        directory.rmdir()
    about = {"session_id": OUTER, "prompt_id": PROMPT}
    home.fire({"hook_event_name": "UserPromptSubmit", "prompt": "go", **about})
    home.fire(b"no json")
    notify(home)
    home.flush()
    assert home.count("hook_executions") == 2
    assert home.json("status")["spool"]["bad"] == 1
    assert (home.places.sessions / OUTER).read_text().strip() == PROMPT


def test_a_drop_that_cannot_be_counted_holds_up_nothing(home: Installation) -> None:
    """The empty file stays, to be counted later; the events beside it are stored now."""
    home.places.dropped.mkdir()
    (home.spool / "0.01-4194301").touch()
    os.utime(home.spool / "0.01-4194301", (1, 1))
    notify(home)
    home.run("flush", "--timeout", "3")
    assert home.count("hook_executions") == 1
    assert [file.name for file in home.spooled()] == ["0.01-4194301"]
    home.places.dropped.rmdir()
    home.flush()
    assert home.json("status")["spool"]["dropped"] == 1


def test_a_drop_that_cannot_be_counted_keeps_nobody_awake(own_home: Installation) -> None:
    """It is found again each second, and is no event for which a collector would stay, or begin anew."""
    own_home.stop_collector()
    own_home.places.dropped.mkdir()
    own_home.done("config", "set", "collector.idle_minutes", "0")
    (own_home.spool / "0.01-4194301").touch()
    collector = [sys.executable, "-P", "-m", "tracing.collector", "--foreground"]
    subprocess.run(collector, env=own_home.env, check=True, timeout=PATIENCE_S)
    assert [file.name for file in own_home.spooled()] == ["0.01-4194301"]


def test_only_what_was_opened_counts_as_an_event() -> None:
    """What lies in the spool for good does not put off the time to leave."""
    given: dict[str, Any] = {name: MagicMock() for name in signature(Collector).parameters}
    collector = Collector(**given)
    before = collector._last_event
    collector._waiting = [Entry(1, "0.01-4194301", 0)]
    given["intake"].open.return_value = Opened()
    collector._deliver()
    assert (collector._last_event, collector.stuck) == (before, {"0.01-4194301"})
    collector._waiting = [Entry(1, "0.01-4194301", 0)]
    given["intake"].open.return_value = Opened(unfinished=[Entry(1, "0.01-4194301", 0)])
    collector._deliver()
    assert collector._last_event > before
    assert not collector.stuck


def test_a_spool_that_cannot_be_measured_is_no_end_while_the_database_is_away() -> None:
    """It is logged, and the collector goes on to bring the database back."""
    given: dict[str, Any] = {name: MagicMock() for name in signature(Collector).parameters}
    given["places"].full_flag.unlink.side_effect = OSError(30, "Read-only file system")
    given["packer"].busy = given["backlog"].busy = False
    Collector(**given)._away(Unavailable("away"))
    given["ensure_database"].assert_called_once()
    given["swallow"].assert_called_once()


def test_who_asks_between_two_turns_is_heard(own_home: Installation) -> None:
    """A collector that has released the lock, and takes it again for what came meanwhile, has not forgotten."""
    own_home.stop_collector()
    code = (
        "from tracing.collector import __main__ as collector; from tracing.places import Places;"
        "collector._asked_to_stop.append(True); collector._collect_in_turns(Places.from_environment())"
    )
    subprocess.run([sys.executable, "-P", "-c", code], env=own_home.env, check=True, timeout=PATIENCE_S)


def test_the_bound_is_kept_where_no_collector_can_begin(own_home: Installation) -> None:
    """Settings that cannot be loaded end every collector: the spool is full all the same, until one empties it."""
    own_home.stop_collector()
    settings = own_home.places.config_file.read_bytes()
    own_home.places.config_file.write_text("no settings")
    event = own_home.spool / "0.01-4194301"
    event.touch()
    os.truncate(event, 513 * 2**20)
    subprocess.run([own_home.places.launcher], check=True)
    assert eventually(own_home.places.full_flag.exists)
    event.unlink()
    own_home.places.config_file.write_bytes(settings)
    own_home.done("collector", "start")
    assert eventually(lambda: not own_home.places.full_flag.exists())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else's collector")
def test_root_is_not_the_collector_of_a_user(own_home: Installation) -> None:
    """Under sudo nothing is started that would store the user's events where the user does not find them."""
    own_home.stop_collector()
    own_home.server.stop()
    before = {path.name for path in own_home.path.iterdir()}
    os.chown(own_home.spool, 1234, 1234)
    for command in (["db", "url"], ["collector", "start"], ["collector", "run"], ["init", "--yes"]):
        refused = own_home.run(*command)
        assert refused.returncode == 1
        assert f"run as root, but {own_home.spool} belongs to user 1234" in refused.stderr
        assert refused.stderr.splitlines()[-1] == "hint: run it without sudo; it needs no root"
    launched = subprocess.run([own_home.places.launcher], capture_output=True, text=True)
    assert (launched.returncode, "run as root" in launched.stderr) == (1, True)
    assert own_home.server.pid() is None
    assert {path.name for path in own_home.path.iterdir()} == before


def test_a_log_that_cannot_be_written_holds_up_nothing(own_home: Installation) -> None:
    """What root left behind, say: events are stored without it."""
    own_home.stop_collector()
    own_home.places.log.unlink(missing_ok=True)
    own_home.places.log.mkdir()
    notify(own_home)
    own_home.flush()
    assert own_home.count("hook_executions") == 1


@contextmanager
def shell_of(command: str) -> Iterator[int]:
    """Run a shell whose command line is that of a Bash call of the client; yield its pid."""
    script = f"read _; : && eval {shlex.quote(command)} < /dev/null && pwd -P >| /tmp/claude-cwd"
    with subprocess.Popen(["bash", "-c", script], stdin=subprocess.PIPE) as shell:
        yield shell.pid
        shell.kill()


def test_a_nested_session_is_decided_by_its_start_even_if_another_event_comes_first(home: Installation) -> None:
    """InstructionsLoaded may be in the spool before SessionStart, which alone tells of the call."""
    home.fire({"hook_event_name": "SessionStart", "session_id": OUTER, "source": "startup"})
    about = {"session_id": OUTER, "prompt_id": PROMPT, "tool_name": "Bash"}
    for call in ("left", "right"):
        told = {"tool_use_id": call, "tool_input": {"command": f"claude -p {call}"}}
        home.fire({"hook_event_name": "PreToolUse", **about, **told})
    home.flush()
    with shell_of("claude -p right") as shell:
        env = {"HOOKTRACE_ROOT_ID": OUTER, "HOOKTRACE_SESSION_ID": OUTER, "HOOKTRACE_CALL": str(shell)}
        home.fire({"hook_event_name": "InstructionsLoaded", "session_id": INNER}, env=env)
        start = {"hook_event_name": "SessionStart", "session_id": INNER, "source": "startup"}
        home.fire(start, env=env, hook="session-start")
    home.flush()
    decided = home.query("SELECT parent_id, parent_certain FROM hooktrace.sessions WHERE session_id = %s", INNER)
    assert decided == [(tool_uuid(OUTER, "right"), True)]


def test_a_shell_of_something_else_is_not_mistaken_for_the_open_call(home: Installation) -> None:
    """A terminal left open by an earlier call: the running prompt is the parent, and the link is marked."""
    home.fire({"hook_event_name": "SessionStart", "session_id": OUTER, "source": "startup"})
    about = {"session_id": OUTER, "prompt_id": PROMPT}
    home.fire({"hook_event_name": "UserPromptSubmit", "prompt": "go", **about})
    told = {"tool_name": "Bash", "tool_use_id": "t", "tool_input": {"command": "make test"}}
    home.fire({"hook_event_name": "PreToolUse", **about, **told})
    with shell_of("tmux new -d") as shell:
        env = {"HOOKTRACE_ROOT_ID": OUTER, "HOOKTRACE_SESSION_ID": OUTER, "HOOKTRACE_CORRELATION_ID": PROMPT}
        env |= {"HOOKTRACE_CALL": str(shell)}
        start = {"hook_event_name": "SessionStart", "session_id": INNER, "source": "startup"}
        home.fire(start, env=env, hook="session-start")
    home.flush()
    decided = home.query("SELECT parent_id::text, parent_certain FROM hooktrace.sessions WHERE session_id = %s", INNER)
    assert decided == [(PROMPT, False)]


def test_an_old_prompt_does_not_replace_the_running_one(home: Installation) -> None:
    """What an outage's backlog tells of earlier prompts, and of an end before a resumption, changes no hint."""
    about = {"hook_event_name": "UserPromptSubmit", "session_id": OUTER, "prompt": "go"}
    home.fire({**about, "prompt_id": PROMPT})
    home.flush()
    with home.without_collector():
        home.fire({**about, "prompt_id": INNER})
        home.fire({"hook_event_name": "SessionEnd", "session_id": OUTER, "reason": "other"})
        for file in home.spooled():
            os.utime(file, (1_700_000_000, 1_700_000_000))
    home.flush()
    assert (home.places.sessions / OUTER).read_text().strip() == PROMPT


def test_where_the_kernel_lends_no_watch_the_spool_is_polled(
    home: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A user whose inotify instances are used up is recorded all the same."""

    def used_up(*_: object) -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(watching._KernelWatch, "__init__", used_up)
    watch = watching.watch(home.spool)
    assert watch.wait(0.01) is None
    watch.found()
    watch.close()


def test_only_one_collector_holds_the_lock(home: Installation) -> None:
    """A second one is refused; a lock file that was deleted is noticed by the first."""
    home.stop_collector()
    one, two = (CollectorLock(home.places.lock, home.places.pid_file) for _ in range(2))
    assert one.acquire()
    assert (two.acquire(), two.running()) == (False, os.getpid())
    home.places.lock.unlink()
    assert (one.held(), two.acquire(), two.held()) == (False, True, True)
    one.release()
    assert two.running() == os.getpid(), "the pid file is not the first one's to remove any more"
    two.release()
    assert not home.places.pid_file.exists()


def test_a_command_that_keeps_the_collector_away_is_not_stopped(home: Installation) -> None:
    """`collector stop` ends a collector, not what restores or moves the database meanwhile: it names that."""

    def ended(*_: object) -> None:
        raise AssertionError("it was told to end")

    before = signal.signal(signal.SIGTERM, ended)
    with paused(Installed(home.places)):
        refused = home.run("collector", "stop")
        assert refused.returncode == 1
        assert f"another command`, process {os.getpid()}, keeps the collector away\nhint: " in refused.stderr
        with pytest.raises(CommandError, match="keeps the collector away"), paused(Installed(home.places)):
            pass
    signal.signal(signal.SIGTERM, before)
    home.done("collector", "start")
    assert home.done("collector", "stop") == "the collector has stopped\n"


def test_a_chore_that_fails_is_tried_again_soon_and_stops_no_other() -> None:
    """Time is given: a day for what succeeded, a minute for what failed."""
    done: list[str] = []

    def fails() -> str:
        done.append("fails")
        raise RuntimeError("away")

    chores = Chores([Chore("one", fails), Chore("two", lambda: done.append("succeeds"))])
    for now in (0.0, 1.0, RETRY_S + 1):
        chores.run_due(now)
    assert done == ["fails", "succeeds", "fails"]


def test_a_slow_chore_holds_up_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """It runs beside the collecting, not twice at a time, and when the collector ends nothing more is begun."""
    begun = threading.Event()
    done: list[str] = []

    def slow() -> None:
        begun.set()
        while not chores._stopping:
            time.sleep(0.001)
        done.append("slow")

    chores = Chores([Chore("slow", slow), Chore("next", lambda: done.append("next"))])
    chores.start_due()
    assert begun.wait(60)
    chores.start_due()
    assert (chores.busy, done) == (True, [])
    assert chores.stop()
    assert (chores.busy, done, caplog.text) == (False, ["slow"], "")


def raised(error: Exception) -> Exception:
    """Return *error* as whoever catches it sees it."""
    try:
        raise error
    except Exception as caught:
        return caught


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(13, "Permission denied", "/secret"), "Permission denied (test_collector.py, line "),
        (KeyError("secret"), "test_collector.py, line "),
        (ServerError("the server does not start"), "the server does not start"),
    ],
)
def test_the_log_quotes_nothing(error: Exception, told: str) -> None:
    """Of a failure that nobody foresaw it holds the kind and the place; our own sentences stand there as they are."""
    line = said(raised(error))
    assert line.startswith(told) and "secret" not in line
