"""`hooktrace run`: a command is recorded as a task, and notices nothing of it."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Installation
from tests.waiting import eventually
from tracing.places import Places
from tracing.spool import Spool

RUN = [sys.executable, "-m", "tracing", "run"]

TERMINAL_TIMEOUT_S = 20
"""For the next thing that appears on a screen."""

TOLD = """
SELECT name, to_jsonb(execution_traces) FROM execution_traces WHERE kind = 'task'
"""


@pytest.fixture
def alone(tmp_path: Path) -> Places:
    """Give the places of an installation that nobody made: what is run there is only spooled."""
    return Places.from_environment({"HOOKTRACE_HOME": str(tmp_path / "h")})


def env_of(places: Places) -> dict[str, str]:
    """Return an environment for commands beneath *places*."""
    return {"PATH": os.environ["PATH"], "HOOKTRACE_HOME": str(places.state), "TERM": "dumb"}


def run(
    places: Places, *command: str, env: dict[str, str] | None = None, **options: Any
) -> subprocess.CompletedProcess[str]:
    """Run ``hooktrace run COMMAND`` beneath *places*, and wait for it."""
    names = {**env_of(places), **(env or {})}
    return subprocess.run([*RUN, *command], env=names, capture_output=True, text=True, timeout=60, **options)


def told(places: Places) -> list[dict[str, Any]]:
    """Return the events that are spooled beneath *places*, in the order of their time."""
    spool = Spool(places)
    return [json.loads(spool.read(entry).payload) for entry in spool.scan()]


def test_the_command_gets_everything_and_gives_everything(alone: Places, tmp_path: Path) -> None:
    """Arguments, stdin, both outputs, directory, other descriptors and the exit status are the command's own."""
    (tmp_path / "file").write_text("other")
    with (tmp_path / "file").open() as other:
        script = f'cat; echo "$1|$2" >&2; pwd; cat <&{other.fileno()}; exit 3'
        command = ["bash", "-c", script, "sh", "a b", "--name"]  # dash knows no descriptor of two digits
        done = run(alone, "--", *command, input="in", cwd=tmp_path, pass_fds=[other.fileno()])
    assert (done.stdout, done.stderr, done.returncode) == (f"in{tmp_path}\nother", "a b|--name\n", 3)
    start, end = told(alone)
    assert (start["execution_name"], start["attributes"]) == ("bash", {"command": " ".join(command)})
    assert (end["execution_status"], end["error_type"], end["error"]) == ("failed", "exit_status", "exit status 3")


@pytest.mark.parametrize("arguments", [["--name", "nightly", "--", "true"], ["--name", "nightly", "true", "-x"]])
def test_it_has_a_name(alone: Places, arguments: list[str]) -> None:
    """A name may be given, with or without the dashes before the command; options behind that are its own."""
    assert run(alone, *arguments).returncode == 0
    assert {event["execution_name"] for event in told(alone)} == {"nightly"}


@pytest.mark.parametrize(
    ("command", "status", "complaint"),
    [
        ("no-such-command", 127, "No such file or directory"),
        ("", 127, "No such file or directory"),
        ("/etc/passwd", 126, "Permission denied"),
    ],
)
def test_what_cannot_be_run_is_said_as_a_shell_says_it(
    alone: Places, command: str, status: int, complaint: str
) -> None:
    """127 where there is no such command, 126 where it cannot be executed; recorded as failed, or not at all."""
    for switch in ("1", "0"):
        done = run(alone, "--", command, env={"HOOKTRACE_ENABLED": switch})
        assert (done.returncode, done.stderr) == (status, f"hooktrace run: {command}: {complaint}\n")
    assert [event.get("error_type") for event in told(alone)] == [None, "not_run"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGSEGV, signal.SIGINT])
def test_it_ends_by_the_signal_that_ended_the_command(alone: Places, number: signal.Signals) -> None:
    """Whoever waits for it sees the command's own end: by a signal, not by a number that stands for one."""
    done = run(alone, "--", "sh", "-c", f"kill -{number.value} $$")
    assert (done.returncode, done.stdout + done.stderr) == (-number, "")
    broken_off = number in (signal.SIGTERM, signal.SIGINT)
    assert told(alone)[1]["execution_status"] == ("cancelled" if broken_off else "failed")
    assert told(alone)[1]["error"] == f"ended by {number.name}"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1])
def test_signals_are_passed_on(alone: Places, number: signal.Signals) -> None:
    """What is sent to it reaches the command, once, and only the command decides what comes of it."""
    name = number.name.removeprefix("SIG")
    waits = "read -r _ || read -r _ || read -r _"  # a signal ends it, if it has begun
    script = f"trap 'n=$((n+1)); echo got' {name}; echo ready; {waits}; echo $n; exit 5"
    with subprocess.Popen(
        [*RUN, "--", "sh", "-c", script],
        env=env_of(alone),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdin and process.stdout
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        assert process.stdout.readline() == "got\n"
        process.stdin.write("\n")
        process.stdin.flush()
        assert process.stdout.readline() == "1\n"
    assert process.returncode == 5


def test_nohup_holds(alone: Places) -> None:
    """A signal that is ignored where it begins is ignored by the command, too."""
    done = run(alone, "--", "sh", "-c", "kill -HUP $$; echo alive", preexec_fn=_ignore_hangup)
    assert (done.stdout, done.returncode) == ("alive\n", 0)


def _ignore_hangup() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


class Shell:
    """An interactive shell with a terminal and job control."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.screen = ""

    def type(self, text: str) -> None:
        """Type *text*."""
        self.screen = ""
        os.write(self._descriptor, text.encode())

    def see(self, text: str) -> None:
        """Read until *text* is there."""
        while text not in self.screen:
            ready, _, _ = select.select([self._descriptor], [], [], TERMINAL_TIMEOUT_S)
            assert ready, f"{text!r} is not to be seen in {self.screen!r}"
            self.screen += os.read(self._descriptor, 4096).decode(errors="replace")


@contextmanager
def interactive(places: Places) -> Iterator[Shell]:
    """Give a shell in a terminal of its own, beneath *places*."""
    pid, descriptor = pty.fork()
    if pid == 0:
        names = {**env_of(places), "PS1": "> ", "RUN": " ".join(RUN)}
        os.execvpe("bash", ["bash", "--norc", "--noprofile", "-i"], names)  # noqa: S606  # what a user has
    try:
        shell = Shell(descriptor)
        shell.see("> ")
        shell.type("stty -echo; echo read''y\n")
        shell.see("ready")
        yield shell
    finally:
        os.kill(pid, signal.SIGKILL)
        os.close(descriptor)
        os.waitpid(pid, 0)


TYPED_AT = """
import os, signal, sys, time
count = 0
def interrupted(*_):
    global count
    count += 1
    os.write(1, b"got\\n")
signal.signal(signal.SIGINT, interrupted)
signal.signal(signal.SIGCONT, lambda *_: os.write(1, b"goes on\\n"))  # which may come in the middle of a print
assert sys.stdin.isatty()
print("begun", flush=True)
while not count:
    time.sleep(0.05)
time.sleep(0.2)  # for a second one, which must not come
print("end", count, flush=True)
"""
"""No shell: one that is stopped between vfork and exec does not stop."""


def test_at_a_terminal_ctrl_z_and_ctrl_c_do_what_they_do(alone: Places, tmp_path: Path) -> None:
    """The command has the terminal: Ctrl-Z stops the job, fg goes on with it, Ctrl-C reaches it exactly once."""
    script = tmp_path / "script.py"
    script.write_text(TYPED_AT)
    with interactive(alone) as shell:
        shell.type(f"$RUN -- {sys.executable} {script}\n")
        shell.see("begun\r\n")
        shell.type("\x1a")
        shell.see("Stopped")
        shell.type("fg\n")
        shell.see("goes on\r\n")
        shell.type("\x03")
        shell.see("got\r\n")
        shell.see("end 1\r\n")
        shell.type("echo status $?\n")
        shell.see("status")
    assert [event["hook_event_name"] for event in told(alone)] == ["TaskStart", "TaskEnd"]


def test_ctrl_c_ends_both_and_the_shell_sees_it(alone: Places) -> None:
    """Of a command that Ctrl-C ends the shell is told 130, and nothing else is printed."""
    with interactive(alone) as shell:
        shell.type("$RUN -- sh -c 'echo begun; exec sleep 60'\n")
        shell.see("begun\r\n")
        shell.type("\x03")
        shell.see("> ")
        assert "Traceback" not in shell.screen
        shell.type("echo status $?\n")
        shell.see("status 130")
    assert told(alone)[1]["execution_status"] == "cancelled"


INTERRUPTED = """
import signal, sys
from tracing.__main__ import main

class Slow:
    def find_spec(self, name, *_):
        if name == "tracing.run.child":
            signal.raise_signal(signal.SIGINT)

sys.meta_path.insert(0, Slow())
sys.argv = ["hooktrace", "run", "--", "true"]
main()
"""


def test_ctrl_c_before_the_command_began_is_no_traceback(alone: Places) -> None:
    """While Python is still loading what it needs."""
    done = subprocess.run([sys.executable, "-c", INTERRUPTED], env=env_of(alone), capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (130, "")


@pytest.mark.parametrize("hindrance", ["switched off", "no home", "unwritable", "full"])
def test_the_command_runs_whatever_is_wrong(alone: Places, hindrance: str) -> None:
    """Where nothing can be recorded the command runs all the same, and nothing is said about it."""
    env = {}
    if hindrance == "switched off":
        env = {"HOOKTRACE_ENABLED": "off"}
    elif hindrance == "no home":
        env = {"HOOKTRACE_HOME": "not/absolute"}
    elif hindrance == "unwritable":
        alone.state.mkdir()
        alone.spool.write_text("no directory")
    else:
        alone.state.mkdir()
        alone.full_flag.touch()
    done = run(alone, "--", "sh", "-c", "echo run; exit 4", env=env)
    assert (done.stdout, done.stderr, done.returncode) == ("run\n", "", 4)
    assert Spool(alone).dropped() == (2 if hindrance in ("unwritable", "full") else 0)


def test_it_loads_next_to_nothing(alone: Places) -> None:
    """What stands before the command is an interpreter and a few modules: no command line library, no database."""
    code = "import sys; sys.argv[1:] = ['run', '--', 'true']; import atexit; from tracing.__main__ import main"
    code += "; atexit.register(lambda: print(*sorted({name.split('.')[0] for name in sys.modules}))); main()"
    done = subprocess.run([sys.executable, "-c", code], env=env_of(alone), capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) & {"click", "rich", "psycopg", "dataclasses", "pathlib", "logging"} == set()


def test_a_run_within_a_run_is_its_child(home: Installation) -> None:
    """Ids are in the command's environment: runs within it, and programs, are beneath it; two runs are two trees."""
    inner = f"{' '.join(RUN)} --name inner -- true"
    for name in ("one", "two"):
        done = run(home.places, "--name", name, "--", "sh", "-c", f"{inner} && {inner}", env=home.env)
        assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)
    home.flush()
    outlines = {home.outline(str(root)) for (root,) in home.query("SELECT DISTINCT root_id FROM execution_traces")}
    assert outlines == {"task\n  task\n  task\n"}
    assert home.query("SELECT count(DISTINCT root_id) FROM execution_traces") == [(2,)]
    assert {name for name, _ in home.query(TOLD)} == {"one", "two", "inner"}


def test_one_that_is_killed_is_closed(home: Installation) -> None:
    """After kill -9 the task is over, though nobody could tell; the command lives on."""
    with subprocess.Popen(
        [*RUN, "--", "sh", "-c", "echo $$; read -r _"],
        env={**env_of(home.places), **home.env},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout and process.stdin
        child = int(process.stdout.readline())
        home.flush()
        process.kill()
        process.wait()
        os.kill(child, 0)
        closed = "SELECT status, error_type FROM execution_traces WHERE kind = 'task'"
        assert eventually(lambda: home.query(closed) == [("cancelled", "process_gone")])
