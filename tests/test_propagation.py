"""How an agent that is started from another agent's shell finds its place: env file, data file, session links."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import stat
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.conftest import CHECKOUT, Installation
from tests.replay import HOOK_TIMEOUT_S
from tests.test_hooks import fire, why_no_mounts
from tracing.identity import tool_uuid

HOOK = CHECKOUT / "hooks" / "session-start"

SESSION = "5e551017-0000-4000-8000-00000000000a"
PROMPT = "b01dface-0000-4000-8000-00000000000b"
ROOT = "CAFECAFE-0000-4000-8000-00000000000C"
"""In upper case: it is passed on as it is."""

CALL_SHELLS = ("bash", "zsh", "dash")
"""What the client may run Bash calls with ($SHELL), and the strictest of all."""


# --------------------------------------------------------------------------
# The client's part: an env file for the hook, its text in front of every Bash call


class Client:
    """A session of the client, as far as hooks/session-start and Bash calls see it."""

    def __init__(self, directory: Path, state: Path | None = None, session_id: str = SESSION) -> None:
        self.directory = directory
        self.state = state or directory / "h"
        self.session_id = session_id
        self.home = Installation(directory)
        self.env_file = directory / "sessionstart-hook-1.sh"

    def start(self, shell: Sequence[str] = (), prefix: Sequence[str] = (), **inherited: str) -> None:
        """Fire SessionStart with the *inherited* variables; it must end well and say nothing."""
        env = {
            "HOOKTRACE_HOME": str(self.state),
            "CLAUDE_ENV_FILE": str(self.env_file),
            "CLAUDE_CODE_SESSION_ID": self.session_id,
            **inherited,
        }
        event = {"session_id": self.session_id, "hook_event_name": "SessionStart", "source": "startup"}
        fire(self.home, json.dumps(event).encode(), hook="session-start", shell=shell, prefix=prefix, env=env)

    def running_prompt(self, line: str | bytes | None = f"{PROMPT}\n") -> None:
        """Put *line* where the collector puts the id of the running prompt."""
        data = line.encode() if isinstance(line, str) else line
        (self.state / "sessions").mkdir(parents=True, exist_ok=True)
        if data is not None:
            (self.state / "sessions" / self.session_id).write_bytes(data)

    def call(
        self, command: str, shell: str = "bash", first: str = "", **inherited: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a Bash call as the client does, the env file's text in front."""
        text = self.env_file.read_text().rstrip("\n")
        return subprocess.run(
            [shell, "-c", f"{first}{text} && eval {shlex.quote(command)}"],
            env={"PATH": os.environ["PATH"], **inherited},
            cwd=self.directory,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=HOOK_TIMEOUT_S,
        )

    def exported(self, shell: str = "bash", first: str = "", **inherited: str) -> dict[str, str]:
        """Return what a Bash call exports of ours; HOOKTRACE_CALL, always its shell's pid, is checked here."""
        process = self.call("echo $$; env", shell, first, **inherited)
        assert (process.returncode, process.stderr) == (0, "")
        pid, _, env = process.stdout.partition("\n")
        ours = dict(line.split("=", 1) for line in env.splitlines() if line.startswith("HOOKTRACE_"))
        assert ours.pop("HOOKTRACE_CALL") == pid
        return ours


@pytest.fixture
def client(tmp_path: Path) -> Client:
    """Give a session that is about to start, in an installation nobody ran ``init`` for."""
    return Client(tmp_path)


@pytest.fixture(params=CALL_SHELLS)
def call_shell(request: pytest.FixtureRequest) -> str:
    """Give each shell that a Bash call may run in."""
    name: str = request.param
    if not shutil.which(name):
        pytest.skip(f"{name} is not installed")
    return name


OWN = {"HOOKTRACE_ROOT_ID": SESSION, "HOOKTRACE_SESSION_ID": SESSION}
"""What the Bash calls of a session export that was not started from another one."""

WITH_PROMPT = {**OWN, "HOOKTRACE_CORRELATION_ID": PROMPT}


# --------------------------------------------------------------------------
# The env file


@pytest.mark.parametrize("first", ["", "set -eu; "], ids=["plain", "set -eu"])
def test_a_bash_call_exports_the_session_and_its_prompt(
    client: Client, shells: list[str], call_shell: str, first: str
) -> None:
    """Every Bash call exports root, session, the pid of its shell, and the running prompt."""
    client.start(shells)
    client.running_prompt()
    assert client.exported(call_shell, first) == WITH_PROMPT


@pytest.mark.parametrize("first", ["", "set -eu; "], ids=["plain", "set -eu"])
def test_without_a_prompt_there_is_no_correlation_id(client: Client, call_shell: str, first: str) -> None:
    """Without a data file, or without the whole installation, a call exports the rest and is silent."""
    client.start()
    client.running_prompt(None)
    assert client.exported(call_shell, first) == OWN
    shutil.rmtree(client.state)
    assert client.exported(call_shell, first) == OWN


def test_an_inherited_correlation_id_is_not_passed_on(client: Client, call_shell: str) -> None:
    """A nested session's calls do not name the outer session's prompt as theirs."""
    client.start()
    assert client.exported(call_shell, HOOKTRACE_CORRELATION_ID=PROMPT, HOOKTRACE_SESSION_ID=PROMPT) == OWN


@pytest.mark.parametrize("first", ["", "set -eu; "], ids=["plain", "set -eu"])
@pytest.mark.parametrize("status", [0, 1, 7])
def test_the_status_is_the_commands(client: Client, call_shell: str, first: str, status: int) -> None:
    """A call ends with its command's status and output, whether there is a data file or not."""
    client.start()
    for _ in range(2):
        process = client.call(f"echo out; (exit {status})", call_shell, first)
        assert (process.returncode, process.stdout, process.stderr) == (status, "out\n", "")
        client.running_prompt()


def test_an_inherited_root_is_kept(client: Client, shells: list[str], call_shell: str) -> None:
    """A HOOKTRACE_ROOT_ID that was set before the agent started is the root of its calls; upper case stays."""
    client.start(shells, HOOKTRACE_ROOT_ID=ROOT)
    assert client.exported(call_shell) == {**OWN, "HOOKTRACE_ROOT_ID": ROOT}


NO_UUIDS = [
    "",
    "'; rm -rf x; '",
    "$(touch PWNED)",
    "`touch PWNED`",
    f"{ROOT}\n",
    f"\n{ROOT}",
    f"{ROOT}\ntouch PWNED",
    f"{ROOT} ",
    f"{ROOT}0",
    ROOT[:-1],
    ROOT * 1000,
    "00000000-0000-0000-0000-000000000000",
    "-" * 36,
    "CAFECAFE-0000-4000-8000-00000000000-",
    "CAFECAFE-0000-4000-8000-00000000000G",
    "CAFECAFE-0000-4000-8000-00000000000é",
    "CAFECAFE00000000400000000080000000000C",
    "????????-????-????-????-????????????",
]


@pytest.mark.parametrize("value", NO_UUIDS, ids=lambda value: repr(value)[:30])
def test_a_hostile_root_never_reaches_the_env_file(client: Client, shells: list[str], value: str) -> None:
    """A HOOKTRACE_ROOT_ID that is no UUID is as good as none: the session is its own root."""
    client.start(shells)
    text = client.env_file.read_text()
    client.env_file.unlink()
    client.start(shells, HOOKTRACE_ROOT_ID=value)
    assert client.env_file.read_text() == text
    assert client.exported() == OWN
    assert not (client.directory / "PWNED").exists()


@pytest.mark.parametrize("value", NO_UUIDS, ids=lambda value: repr(value)[:30])
def test_without_a_uuid_for_a_session_nothing_is_written(client: Client, shells: list[str], value: str) -> None:
    """A session id that is missing or no UUID leaves no env file."""
    client.start(shells, CLAUDE_CODE_SESSION_ID=value, HOOKTRACE_ROOT_ID=ROOT)
    assert not client.env_file.exists()


HOSTILE_LINES = {
    "nothing": b"",
    "an empty line": b"\n",
    "shell code": b"'; touch PWNED; '\n",
    "a substitution": b"$(touch PWNED)`touch PWNED`\n",
    "shell code of 36 characters": b"$(touch PWNED)-aaaa-aaaa-aaaa-aaaaaa\n",
    "36 bad characters": b"z" * 36 + b"\n",
    "36 hyphens": b"-" * 36 + b"\n",
    "a UUID and more": f"{PROMPT} x\n".encode(),
    "two UUIDs": f"{PROMPT}{PROMPT}\n".encode(),
    "a very long line": b"a" * 1_000_000 + b"\n",
    "a very long line without end": b"a" * 1_000_000,
    "shell code without a newline": b"touch PWNED",
    "backslashes": b"\\" * 36,
    "a binary": bytes(range(1, 256)) * 10,
}


@pytest.mark.parametrize("line", HOSTILE_LINES)
def test_a_hostile_data_file_exports_nothing(client: Client, call_shell: str, line: str) -> None:
    """What stands in the data file is exported if it is a UUID; else the call is as if there were none."""
    client.start()
    client.running_prompt(HOSTILE_LINES[line])
    for first in ("", "set -eu; "):
        assert client.exported(call_shell, first) == OWN
    assert not (client.directory / "PWNED").exists()


HOMES = {
    "a quote": "it's",
    "many quotes": "''a'b''",
    "a quote that ends": "x'; touch PWNED; '",
    "a substitution": "$(touch PWNED)",
    "backticks": "`touch PWNED`",
    "a variable": "$HOME ${HOME}",
    "spaces": " a  b ",
    "a newline": "a\nb",
    "a newline at the end": "a\n",
    "a double quote": 'a"b',
    "a backslash": "a\\b\\",
    "a pattern": "*?[a-z]",
    "operators": "a&&b||c;d|e>f<g",
    "a comment": "#a !b",
    "letters": "é 🐍",
}


@pytest.mark.parametrize("name", HOMES)
def test_a_home_may_be_called_anything(tmp_path: Path, shells: list[str], name: str) -> None:
    """Whatever stands in the path of the data file, it is read, and nothing of it is run."""
    client = Client(tmp_path, state=tmp_path / HOMES[name] / "h")
    client.start(shells)
    client.running_prompt()
    for call_shell in filter(shutil.which, CALL_SHELLS):
        for first in ("", "set -eu; "):
            assert client.exported(call_shell, first) == WITH_PROMPT
    assert {path.name for path in tmp_path.iterdir()} == {"u", client.env_file.name, HOMES[name]}
    assert len(list((client.state / "spool").iterdir())) == 1


def test_a_resumed_session_has_one_text(client: Client, shells: list[str]) -> None:
    """The client keeps the file for a resumed session: a second SessionStart replaces the text."""
    client.start(shells)
    text = client.env_file.read_text()
    client.start(shells)
    assert client.env_file.read_text() == text
    assert text.count("export ") == 1


def test_a_file_that_others_share_is_left_alone(client: Client, shells: list[str]) -> None:
    """An env file with content, under a name that the client does not give to one hook alone, stays as it is."""
    client.env_file = client.directory / "env.sh"
    client.env_file.write_text("export THEIRS=1\n")
    client.start(shells)
    assert client.env_file.read_text() == "export THEIRS=1\n"
    client.env_file.write_text("")
    client.start(shells)
    assert client.exported() == OWN


@pytest.mark.parametrize("name", ["env.sh", "sessionstart-hook-1.sh"])
def test_an_env_file_that_is_none_is_left_alone(client: Client, shells: list[str], name: str) -> None:
    """A directory or a FIFO in its place makes the hook neither wait nor fail; its event is spooled."""
    client.env_file = client.directory / name
    client.env_file.mkdir()
    client.start(shells)
    assert list(client.env_file.iterdir()) == []
    client.env_file.rmdir()
    os.mkfifo(client.env_file)
    client.start(shells)
    assert stat.S_ISFIFO(client.env_file.stat().st_mode)
    client.env_file = Path("/dev/null")
    client.start(shells)
    client.env_file = client.directory / "missing" / name
    client.start(shells)
    assert len(client.home.spooled()) == 4


def test_without_an_env_file_there_is_none(client: Client, shells: list[str]) -> None:
    """Other agents give no env file: the event is all there is."""
    client.start(shells, CLAUDE_ENV_FILE="")
    assert {path.name for path in client.directory.iterdir()} == {"h", "u"}


@pytest.mark.parametrize("free_kb", [0, 4], ids=["full", "full in the middle"])
def test_a_full_disk_leaves_an_empty_env_file(tmp_path: Path, shells: list[str], free_kb: int) -> None:
    """Half a text would be a syntax error in every Bash call: on a full disk the file is empty."""
    if reason := why_no_mounts():
        pytest.skip(f"no disk to fill: {reason}")
    long_path = tmp_path.joinpath(*["'" * 250] * 5)  # quoted it has 5,000 characters, more than a page of the disk
    client = Client(tmp_path, state=long_path)
    client.start(shells)
    assert len(client.env_file.read_bytes()) > 4096
    disk, kept = tmp_path / "disk", tmp_path / "kept"
    disk.mkdir()
    client.env_file = disk / client.env_file.name
    script = """
        disk=$1 kept=$2 file=$3 free=$4 && shift 4
        mount -t tmpfs -o size=64k tmpfs "$disk"
        head -c $((65536 - free * 1024)) /dev/zero >"$disk/filling" || exit 1
        "$@" || exit 2
        cp "$file" "$kept"
    """
    arguments = [str(disk), str(kept), str(client.env_file), str(free_kb)]
    client.start(shells, prefix=["unshare", "-m", "/bin/sh", "-c", script, "sh", *arguments])
    assert kept.read_bytes() == b""


# --------------------------------------------------------------------------
# The data file


def submit(home: Installation, session_id: str, prompt_id: str) -> None:
    """Fire a UserPromptSubmit."""
    event = {"session_id": session_id, "hook_event_name": "UserPromptSubmit", "prompt": "go", "prompt_id": prompt_id}
    home.fire(event, "--turn")


def end(home: Installation, session_id: str) -> None:
    """Fire a SessionEnd."""
    home.fire({"session_id": session_id, "hook_event_name": "SessionEnd", "reason": "other"}, "--turn")


def start(home: Installation, session_id: str, source: str = "startup", **inherited: str) -> None:
    """Fire a SessionStart with the *inherited* variables."""
    event = {"session_id": session_id, "hook_event_name": "SessionStart", "source": source}
    home.fire(event, hook="session-start", env=inherited)


@pytest.fixture
def outer() -> str:
    """Give a session id that no other test has."""
    return str(uuid4())


@pytest.fixture
def inner() -> str:
    """Give another one."""
    return str(uuid4())


def test_the_data_file_holds_the_running_prompt(module_home: Installation, outer: str) -> None:
    """From a prompt on it holds that prompt's id, for the user alone; with the session it goes."""
    file = module_home.places.sessions / outer
    start(module_home, outer)
    module_home.flush()
    assert not file.exists()
    for prompt_id in (str(uuid4()), str(uuid4())):
        submit(module_home, outer, prompt_id)
        module_home.flush()
        assert file.read_text() == f"{prompt_id}\n"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    module_home.fire({"session_id": outer, "hook_event_name": "Stop", "prompt_id": prompt_id}, "--turn")
    module_home.flush()
    assert file.exists()
    end(module_home, outer)
    module_home.flush()
    assert not file.exists()
    assert not list(module_home.places.sessions.glob(f".{outer}*"))


@pytest.mark.parametrize("session_id", ["../../escaped", "not a uuid", "a/b"])
def test_a_session_id_is_no_path(module_home: Installation, session_id: str) -> None:
    """A session whose id is no UUID has no data file: nothing would read it, and the id may be a path."""
    before = set(module_home.path.parent.rglob("*escaped*")) | set(module_home.places.sessions.iterdir())
    submit(module_home, session_id, str(uuid4()))
    module_home.flush()
    assert set(module_home.path.parent.rglob("*escaped*")) | set(module_home.places.sessions.iterdir()) == before


# --------------------------------------------------------------------------
# Session links

WORKPLACE = ("user", "host", "repository", "branch", "commit")
"""What else is remembered of a session: where it runs."""


def link(home: Installation, session_id: str) -> tuple[UUID, UUID | None, bool, Mapping[str, Any]]:
    """Return what was decided about a session: root, parent, whether that is certain, and how it was found."""
    home.flush()
    statement = "SELECT root_id, parent_id, parent_certain, context FROM hooktrace.sessions WHERE session_id = %s"
    ((root, parent, certain, context),) = home.query(statement, session_id)
    shown = "SELECT root_id, parent_id, context -> 'ignored' FROM execution_traces WHERE session_id = %s AND kind = %s"
    assert home.query(shown, session_id, "session") == [(root, parent, context.get("ignored"))]
    return root, parent, certain, {name: told for name, told in context.items() if name not in WORKPLACE}


@pytest.fixture
def with_outer(module_home: Installation, outer: str) -> Installation:
    """Give an installation in which the session ``outer`` is open, its prompt PROMPT running."""
    start(module_home, outer)
    submit(module_home, outer, PROMPT)
    module_home.flush()
    return module_home


def test_a_nested_session_joins_the_tree(with_outer: Installation, outer: str, inner: str) -> None:
    """An agent started from an open session's shell is in its tree, below the prompt that ran."""
    inherited = {"HOOKTRACE_SESSION_ID": outer, "HOOKTRACE_CORRELATION_ID": PROMPT}
    start(with_outer, inner, HOOKTRACE_ROOT_ID=outer, **inherited)
    found = {"outer_session_id": outer, "parent_found_by": "prompt"}
    assert link(with_outer, inner) == (UUID(outer), UUID(PROMPT), False, found)


def test_the_outer_session_decides_the_root(with_outer: Installation, outer: str, inner: str) -> None:
    """The root is the outer session's own, whatever root is claimed beside it; without a prompt it is the parent."""
    start(with_outer, inner, HOOKTRACE_ROOT_ID=ROOT, HOOKTRACE_SESSION_ID=outer)
    assert link(with_outer, inner)[:3] == (UUID(outer), UUID(outer), False)


def test_a_hint_must_be_a_prompt_of_the_outer_session(with_outer: Installation, outer: str, inner: str) -> None:
    """A correlation id that is no prompt of the outer session is no parent: the session is."""
    inherited = {"HOOKTRACE_SESSION_ID": outer, "HOOKTRACE_CORRELATION_ID": str(uuid4())}
    start(with_outer, inner, HOOKTRACE_ROOT_ID=outer, **inherited)
    assert link(with_outer, inner)[:3] == (UUID(outer), UUID(outer), False)


def test_a_real_shell_gives_the_exact_call(tmp_path: Path, module_home: Installation, outer: str, inner: str) -> None:
    """Through env file, shell and command line, a nested session finds which of two Bash calls started it."""
    home = module_home
    client = Client(tmp_path, state=home.path, session_id=outer)
    client.start()
    submit(home, outer, str(uuid4()))
    nested = {"session_id": inner, "hook_event_name": "SessionStart", "source": "startup"}
    command = f"echo {shlex.quote(json.dumps(nested))} | CLAUDE_CODE_SESSION_ID={inner} {shlex.quote(str(HOOK))}"
    for tool_use_id, line in (("toolu_this", command), ("toolu_other", "sleep 5; echo 'other'")):
        call = {"tool_name": "Bash", "tool_use_id": tool_use_id, "tool_input": {"command": line}}
        home.fire({"session_id": outer, "hook_event_name": "PreToolUse", **call})
    home.flush()
    process = client.call(command, HOOKTRACE_HOME=str(home.path))
    assert (process.returncode, process.stdout, process.stderr) == (0, "", "")
    found = {"outer_session_id": outer, "parent_found_by": "command line"}
    assert link(home, inner) == (UUID(outer), tool_uuid(outer, "toolu_this"), True, found)


def test_a_session_that_is_over_claims_nothing(with_outer: Installation, outer: str, inner: str) -> None:
    """From a shell that was left open a session starts a tree of its own, and tells why."""
    end(with_outer, outer)
    with_outer.flush()
    inherited = {"HOOKTRACE_SESSION_ID": outer, "HOOKTRACE_CORRELATION_ID": PROMPT}
    start(with_outer, inner, HOOKTRACE_ROOT_ID=outer, **inherited)
    ignored = {"HOOKTRACE_SESSION_ID": "its session is over or unknown"}
    assert link(with_outer, inner) == (UUID(inner), None, True, {"ignored": ignored})


def test_a_session_that_nobody_knows_claims_nothing(module_home: Installation, outer: str, inner: str) -> None:
    """The same of a session that was never recorded."""
    start(module_home, inner, HOOKTRACE_ROOT_ID=outer, HOOKTRACE_SESSION_ID=outer)
    assert link(module_home, inner)[0] == UUID(inner)


@pytest.mark.parametrize("value", ["x", "'; DROP TABLE hook_executions; --", str(UUID(int=0)), "-" * 36, ROOT[:-1]])
def test_ids_that_are_no_uuids_are_noted(module_home: Installation, inner: str, value: str) -> None:
    """Each of the three is ignored, and the session tells which were."""
    names = ("HOOKTRACE_ROOT_ID", "HOOKTRACE_SESSION_ID", "HOOKTRACE_CORRELATION_ID")
    start(module_home, inner, **dict.fromkeys(names, value))
    ignored = dict.fromkeys(names, "not a UUID")
    assert link(module_home, inner) == (UUID(inner), None, True, {"ignored": ignored})


@pytest.mark.parametrize("name", ["HOOKTRACE_ROOT_ID", "HOOKTRACE_SESSION_ID", "HOOKTRACE_CORRELATION_ID"])
def test_one_id_that_is_no_uuid(with_outer: Installation, outer: str, inner: str, name: str) -> None:
    """A bad root or hint costs only itself; a bad outer session cannot be asked, so that nothing is believed."""
    good = {
        "HOOKTRACE_ROOT_ID": outer,
        "HOOKTRACE_SESSION_ID": outer,
        "HOOKTRACE_CORRELATION_ID": PROMPT,
    }
    start(with_outer, inner, **{**good, name: "bad"})
    root, parent, _, context = link(with_outer, inner)
    assert context["ignored"] == {name: "not a UUID"}
    expected: dict[str, tuple[UUID, UUID | None]] = {
        "HOOKTRACE_ROOT_ID": (UUID(outer), UUID(PROMPT)),
        "HOOKTRACE_SESSION_ID": (UUID(inner), None),
        "HOOKTRACE_CORRELATION_ID": (UUID(outer), UUID(outer)),
    }
    assert (root, parent) == expected[name]


def test_a_caller_owns_the_tree(module_home: Installation, inner: str) -> None:
    """Root and correlation id without a session come from a caller, such as a CI job: root and parent are its own."""
    start(module_home, inner, HOOKTRACE_ROOT_ID=ROOT, HOOKTRACE_CORRELATION_ID=PROMPT)
    assert link(module_home, inner) == (UUID(ROOT), UUID(PROMPT), True, {"parent_found_by": "caller"})


def test_a_callers_root_alone(module_home: Installation, inner: str) -> None:
    """A root alone gives a tree and no parent in it."""
    start(module_home, inner, HOOKTRACE_ROOT_ID=ROOT)
    assert link(module_home, inner)[:2] == (UUID(ROOT), None)


def test_a_resumed_session_keeps_its_root(module_home: Installation, inner: str) -> None:
    """Resumed under another root, and by a new collector, a session stays in the tree of its first event."""
    first, second = str(uuid4()), str(uuid4())
    start(module_home, inner, HOOKTRACE_ROOT_ID=first)
    end(module_home, inner)
    module_home.flush()
    module_home.stop_collector()
    start(module_home, inner, "resume", HOOKTRACE_ROOT_ID=second)
    submit(module_home, inner, str(uuid4()))
    assert link(module_home, inner)[0] == UUID(first)
    roots = "SELECT DISTINCT root_id FROM hook_executions WHERE session_id = %s"
    assert module_home.query(roots, inner) == [(UUID(first),)]


def test_a_session_resumed_from_its_own_shell(with_outer: Installation, outer: str) -> None:
    """A session that inherited itself has no parent."""
    start(with_outer, outer, "resume", HOOKTRACE_ROOT_ID=outer, HOOKTRACE_SESSION_ID=outer)
    assert link(with_outer, outer)[:2] == (UUID(outer), None)


def test_events_of_a_nested_session_share_its_tree(with_outer: Installation, outer: str, inner: str) -> None:
    """Hooks of the nested session that inherit nothing are stored under the root that its first event found."""
    start(with_outer, inner, HOOKTRACE_ROOT_ID=outer, HOOKTRACE_SESSION_ID=outer)
    submit(with_outer, inner, str(uuid4()))
    end(with_outer, inner)
    with_outer.flush()
    roots = "SELECT root_id, count(*) FROM hook_executions WHERE session_id = %s GROUP BY root_id"
    assert with_outer.query(roots, inner) == [(UUID(outer), 3)]
