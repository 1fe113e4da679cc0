"""What the hooks promise: exit 0, silence, no hang, and no event lost without a trace of the loss."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import CHECKOUT, Installation
from tests.replay import HOOK_TIMEOUT_S
from tracing.hookconfig import settings_hooks
from tracing.spool import SETTLED_S, Dropped, Rejected, Spool, Spooled

HOOKS = CHECKOUT / "hooks"
SH = "/bin/sh"

SESSION = "5e551017-0000-4000-8000-000000000002"
EVENT = json.dumps({"session_id": SESSION, "hook_event_name": "Notification", "message": "hello"}).encode()

WAIT_S = 30
"""How long a test waits for a process that nobody waits for; far above what it takes."""


# --------------------------------------------------------------------------
# Running a hook, and finding out what became of its event


def fire(
    home: Installation,
    payload: bytes = EVENT,
    *arguments: str,
    hook: str | Path = "record",
    shell: Sequence[str] = (),
    env: Mapping[str, str | None] | None = None,
    first: str = ":",
    prefix: Sequence[str] = (),
) -> None:
    """Run a hook as *shell* would, after the shell code *first*; it must end well and say nothing.

    *env* is added to the client's environment; None takes a variable away.
    """
    interpreter = [str(shutil.which(shell[0])), *shell[1:]] if shell else []
    names = home.hook_env({"session_id": SESSION}) | dict(env or {})
    process = subprocess.run(
        [*prefix, SH, "-c", f'{first}\nexec "$@"', "sh", *interpreter, str(HOOKS / hook), *arguments],
        env={name: value for name, value in names.items() if value is not None},
        cwd=home.root,
        input=payload,
        capture_output=True,
        timeout=HOOK_TIMEOUT_S,
        start_new_session=True,
    )
    assert (process.returncode, process.stdout, process.stderr) == (0, b"", b"")


def spooled(home: Installation) -> list[Spooled]:
    """Return the complete events in the spool of an installation without a collector."""
    spool = Spool(home.places)
    return [spool.read(entry) for entry in spool.scan()]


def files_below(directory: Path) -> set[Path]:
    """Return every path below *directory*."""
    return set(directory.rglob("*"))


@dataclass(frozen=True)
class Fate:
    """What became of the events since a moment."""

    stored: list[tuple[str, Any, Any]]
    """Of each stored event its name, input and output."""
    bad: list[str]
    """The reason of each that was set aside."""
    dropped: int


class Since:
    """A moment of an installation, after which one asks what became of the events."""

    def __init__(self, home: Installation) -> None:
        self._home = home
        self._ids = {row[0] for row in home.query("SELECT id FROM hook_executions")}
        self._bad = {path.name for path in home.places.bad.iterdir()}
        self._counts = self._read_counts()

    def fate(self) -> Fate:
        """Let the collector finish, and tell."""
        home = self._home
        home.flush()
        rows = home.query("SELECT id, hook_type, input_data, output_data FROM hook_executions ORDER BY id")
        reasons = [path for path in sorted(home.places.bad.glob("*.reason")) if path.name not in self._bad]
        bad, dropped = (now - then for now, then in zip(self._read_counts(), self._counts, strict=True))
        assert bad == len(reasons), "status counts other bad events than there are reasons"
        stored = [(row[1], row[2], row[3]) for row in rows if row[0] not in self._ids]
        return Fate(stored, [path.read_text().rstrip("\n") for path in reasons], dropped)

    def _read_counts(self) -> tuple[int, int]:
        spool = self._home.status()["spool"]
        return spool["bad"], spool["dropped"]


STORED = Fate([("Notification", None, None)], [], 0)
"""The fate of EVENT, if all is well."""


@pytest.fixture
def bare(tmp_path: Path) -> Installation:
    """Give an installation where nobody ran ``init``: the plugin alone, no directory, no collector."""
    return Installation(tmp_path)


# --------------------------------------------------------------------------
# Whatever stdin holds


def post_tool_use(response: str) -> bytes:
    """Return a PostToolUse event with *response*, which is JSON or nearly so."""
    return (
        f'{{"session_id": "{SESSION}", "hook_event_name": "PostToolUse", "tool_name": "Bash",'
        f' "tool_use_id": "toolu_{uuid.uuid4().hex}", "tool_response": {response}}}'
    ).encode()


OUT_OF_RANGE = "[hooktrace: number out of range: {}]"


@pytest.mark.parametrize(
    ("response", "kept"),
    [
        pytest.param(r'"a\u0000b"', "a\ufffdb", id="NUL"),
        pytest.param(r'"\ud83d and \ude00"', "\ufffd and \ufffd", id="lone surrogates"),
        pytest.param("[NaN, -Infinity]", [OUT_OF_RANGE.format("NaN"), OUT_OF_RANGE.format("-Infinity")], id="NaN"),
        pytest.param("1e999999", OUT_OF_RANGE.format("1e999999"), id="1e999999"),
        pytest.param("7" * 5000, OUT_OF_RANGE.format("7" * 40 + "…"), id="5,000 digits"),
    ],
)
def test_a_value_that_jsonb_refuses_is_replaced(
    module_home: Installation, shells: list[str], response: str, kept: Any
) -> None:
    """Ordinary tool output that JSON allows and jsonb does not costs the value, not the event."""
    since = Since(module_home)
    fire(module_home, post_tool_use(response), shell=shells)
    assert since.fate() == Fate([("PostToolUse", None, kept)], [], 0)


def test_ten_thousand_levels_are_stored(module_home: Installation, shells: list[str]) -> None:
    """Of a value 10,000 levels deep the first hundred are kept, and a mark."""
    since = Since(module_home)
    fire(module_home, post_tool_use("[" * 10_000 + "]" * 10_000), shell=shells)
    fate = since.fate()
    assert (len(fate.stored), fate.bad, fate.dropped) == (1, [], 0)
    value, levels = fate.stored[0][2], 0
    while isinstance(value, list):
        value, levels = value[0], levels + 1
    assert levels == 99  # the payload's own object is the first
    assert value.startswith("[hooktrace: nested deeper than 100 levels")


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        pytest.param(b"", "empty", id="empty"),
        pytest.param(b'{"session_id": "\xff\xfe"}', "not UTF-8 at byte 16", id="invalid UTF-8"),
        pytest.param(b'{"session_id": oops}', "not JSON at byte 15: Expecting value", id="invalid JSON"),
        pytest.param(b"[" + EVENT + b"]", "a JSON array, not an object", id="array"),
        pytest.param(b'{"hook_event_name": "Stop"}', "no session_id", id="no session_id"),
        pytest.param(b'{"session_id": 5, "hook_event_name": "Stop"}', "no session_id", id="session_id a number"),
        pytest.param(b'{"session_id": "x"}', "no hook_event_name", id="no event name"),
    ],
)
def test_what_is_no_event_is_set_aside(
    module_home: Installation, shells: list[str], payload: bytes, reason: str
) -> None:
    """The file goes to bad/ with the reason beside it, and is counted."""
    since = Since(module_home)
    fire(module_home, payload, shell=shells)
    assert since.fate() == Fate([], [reason], 0)


def test_closed_stdin_is_a_counted_drop(module_home: Installation, shells: list[str]) -> None:
    """A hook without stdin has no event: what it leaves counts as dropped, once."""
    since = Since(module_home)
    fire(module_home, shell=shells, first="exec <&-")
    assert since.fate() == Fate([], [], 1)


MEGABYTES_100 = 100_000_000


def test_a_hundred_megabytes_reach_the_spool(bare: Installation, shells: list[str]) -> None:
    """100 MB on stdin are 100 MB in the spool."""
    payload = b"x" * MEGABYTES_100
    fire(bare, payload, shell=shells)
    assert spooled(bare)[0].payload == payload
    shutil.rmtree(bare.spool)


def test_a_hundred_megabytes_are_stored_cut(module_home: Installation) -> None:
    """Of a string of 100 MB the beginning is stored, and how long it was."""
    since = Since(module_home)
    fire(module_home, post_tool_use('"' + "x" * MEGABYTES_100 + '"'))
    fate = since.fate()
    assert (len(fate.stored), fate.bad, fate.dropped) == (1, [], 0)
    assert fate.stored[0][2].startswith("xxx")
    assert fate.stored[0][2].endswith(f"…[hooktrace: cut, {MEGABYTES_100} characters]")


def test_the_payload_is_kept_byte_for_byte(bare: Installation, shells: list[str]) -> None:
    """Any bytes are kept, even what looks like the end of the file's header or of the file."""
    payload = b"\0\0\0end 1" + bytes(range(256)) * 1000 + b"\0end 2\n\n"
    fire(bare, payload, shell=shells)
    assert spooled(bare)[0].payload == payload


def test_a_file_size_limit_is_a_counted_drop(module_home: Installation, shells: list[str]) -> None:
    """Past the user's `ulimit -f` an event is dropped and counted; SIGXFSZ kills nobody."""
    since = Since(module_home)
    fire(module_home, post_tool_use('"' + "x" * 100_000 + '"'), shell=shells, first="ulimit -f 1")
    assert since.fate() == Fate([], [], 1)


# --------------------------------------------------------------------------
# Whatever the environment holds


@pytest.mark.parametrize(
    ("env", "arguments", "state"),
    [
        pytest.param({"HOOKTRACE_HOME": "{root}/h"}, [], "h", id="HOOKTRACE_HOME"),
        pytest.param({"HOOKTRACE_HOME": None}, ["{root}/given"], "given", id="STATE"),
        pytest.param({"HOOKTRACE_HOME": None, "XDG_STATE_HOME": "{root}/x"}, [], "x/hooktrace", id="XDG_STATE_HOME"),
        pytest.param({"HOOKTRACE_HOME": "{root}/h"}, ["{root}/given"], "h", id="HOOKTRACE_HOME before STATE"),
    ],
)
@pytest.mark.parametrize("hook", ["record", "session-start"])
def test_without_home_the_spool_is_found(
    bare: Installation,
    shells: list[str],
    hook: str,
    env: dict[str, str | None],
    arguments: list[str],
    state: str,
) -> None:
    """HOOKTRACE_HOME, the place known at installation, and XDG_STATE_HOME need no HOME."""
    filled = {name: value and value.format(root=bare.root) for name, value in env.items()}
    places = [argument.format(root=bare.root) for argument in arguments]
    fire(bare, EVENT, *places, hook=hook, shell=shells, env={"HOME": None, **filled})
    assert len(list((bare.root / state / "spool").iterdir())) == 1
    assert sorted(path.name for path in bare.root.iterdir()) == sorted({"u", state.partition("/")[0]})


@pytest.mark.parametrize(
    ("env", "arguments"),
    [
        pytest.param({"HOOKTRACE_HOME": None, "HOME": None}, [], id="nothing set"),
        pytest.param({"HOOKTRACE_HOME": None, "HOME": ""}, [], id="HOME empty"),
        pytest.param({"HOOKTRACE_HOME": None, "HOME": None, "XDG_STATE_HOME": "x"}, [], id="XDG_STATE_HOME relative"),
        pytest.param({"HOOKTRACE_HOME": "relative"}, [], id="HOOKTRACE_HOME relative"),
        pytest.param({"HOOKTRACE_HOME": None}, ["relative"], id="STATE relative"),
        pytest.param({"HOOKTRACE_HOME": "/dev/null/h"}, [], id="HOOKTRACE_HOME impossible"),
        pytest.param({"HOOKTRACE_HOME": "/proc/hooktrace"}, [], id="HOOKTRACE_HOME unwritable"),
    ],
)
@pytest.mark.parametrize("hook", ["record", "session-start"])
def test_without_a_place_nothing_is_written(
    bare: Installation, shells: list[str], hook: str, env: dict[str, str | None], arguments: list[str]
) -> None:
    """Where no absolute path is known, or it cannot be, the hooks write nowhere: not into the agent's directory."""
    before = files_below(bare.root)
    fire(bare, EVENT, *arguments, hook=hook, shell=shells, env=env)
    fire(bare, EVENT, *arguments, hook=hook, shell=shells, env={**env, "HOOKTRACE_ENABLED": "0"})
    assert files_below(bare.root) == before


def test_home_is_the_last_resort(bare: Installation, shells: list[str]) -> None:
    """Without any of these the spool lies in ~/.local/state/hooktrace; a relative XDG_STATE_HOME is ignored."""
    for _ in range(2):
        fire(bare, shell=shells, env={"HOOKTRACE_HOME": None, "XDG_STATE_HOME": "x"})
    assert len(list((bare.user_home / ".local/state/hooktrace/spool").iterdir())) == 2


@pytest.mark.parametrize("path", [None, "", ":", ".", "/nowhere"])
@pytest.mark.parametrize("hook", ["record", "session-start"])
def test_a_poor_path_is_enough(bare: Installation, shells: list[str], hook: str, path: str | None) -> None:
    """Unset, empty or useless, PATH does not keep an event away."""
    fire(bare, hook=hook, shell=shells, env={"PATH": path})
    assert [event.payload for event in spooled(bare)] == [EVENT]


@pytest.mark.parametrize("path", [None, "", ":", ".", "{root}", "{root}:/usr/bin:/bin"])
@pytest.mark.parametrize("hook", ["record", "session-start"])
def test_a_cat_of_somebody_else_is_not_run(bare: Installation, shells: list[str], hook: str, path: str | None) -> None:
    """A `cat` in the current directory, or first on PATH, is not the one that gets the payload."""
    for name in ("cat", "mkdir", "du", "ps", "printf", "kill"):
        hostile = bare.root / name
        hostile.write_text(f"#!/bin/sh\n: >'{bare.root}/PWNED'\n")
        hostile.chmod(0o755)
    env = {"PATH": path and path.format(root=bare.root), "HOOKTRACE_CALL": "1"}
    fire(bare, hook=hook, shell=shells, env=env)
    assert [event.payload for event in spooled(bare)] == [EVENT]
    assert not (bare.root / "PWNED").exists()


ALLOWED = """
    AI_AGENT CLAUDE_PID CLAUDE_PROJECT_DIR CLAUDE_CODE_ENTRYPOINT CODEX_MANAGED_BY_NPM COPILOT_CLI_BINARY_VERSION
    GEMINI_SESSION_ID QWEN_PROJECT_DIR HOOKTRACE_ROOT_ID HOOKTRACE_SESSION_ID HOOKTRACE_CORRELATION_ID
    HOOKTRACE_CAPTURE TRACEPARENT TRACESTATE
"""

SECRETS = """
    ANTHROPIC_API_KEY ANTHROPIC_AUTH_TOKEN CLAUDE_CODE_MESSAGING_TOKEN CLAUDE_CODE_OAUTH_TOKEN HOOKTRACE_DATABASE_URL
    HOOKTRACE_X OPENAI_API_KEY AWS_SECRET_ACCESS_KEY GITHUB_TOKEN PGPASSWORD POSTGRES_PASSWORD
"""

OWN_VARIABLES = "call collector enabled file hook kilobytes name number quoted rest root session state turn up"
"""What the hooks call their own variables."""


@pytest.mark.parametrize("hook", ["record", "session-start"])
def test_only_listed_variables_reach_the_spool(bare: Installation, shells: list[str], hook: str) -> None:
    """The header holds the variables listed here and no other, whatever their names begin with."""
    allowed = {name: f"value of {name}\nwith ' and \\" for name in ALLOWED.split()}
    secret = dict.fromkeys((*SECRETS.split(), *OWN_VARIABLES.split()), "LEAKED")
    fire(bare, hook=hook, shell=shells, env={**allowed, **secret})
    (event,) = spooled(bare)
    (file,) = bare.spool.iterdir()
    assert b"LEAKED" not in file.read_bytes()
    assert "LEAKED" not in file.name
    own = {"hook": hook, "pid": file.name.partition("-")[2], "ppid": str(os.getpid())}
    assert event.header == {**own, **allowed}


@pytest.mark.parametrize("hook", ["record", "session-start"])
def test_files_are_private(bare: Installation, shells: list[str], hook: str) -> None:
    """Under umask 000 directories are 0700 and files 0600: payloads are there before they are redacted."""
    fire(bare, hook=hook, shell=shells, first="umask 000", env={"CLAUDE_CODE_SESSION_ID": SESSION})
    off = {"HOOKTRACE_ENABLED": "0", "CLAUDE_CODE_SESSION_ID": SESSION}
    fire(bare, hook=hook, shell=shells, first="umask 000", env=off)
    (bare.path / "full").touch(0o600)
    fire(bare, hook=hook, shell=shells, first="umask 000")
    made = {bare.path, *files_below(bare.path)}
    assert len(made) == {"record": 5, "session-start": 7}[hook]
    assert {stat.S_IMODE(path.stat().st_mode) for path in made if path.is_dir()} == {0o700}
    assert {stat.S_IMODE(path.stat().st_mode) for path in made if path.is_file()} == {0o600}


@pytest.mark.parametrize("value", ["0", "false", "OFF", "No", "nO", "False"])
@pytest.mark.parametrize("hook", ["record", "session-start"])
def test_switched_off_nothing_is_recorded(bare: Installation, shells: list[str], hook: str, value: str) -> None:
    """HOOKTRACE_ENABLED=0: no event; only the session is noted, so that nothing brings it back."""
    fire(bare, EVENT, "--turn", hook=hook, shell=shells, env={"HOOKTRACE_ENABLED": value})
    noted = {bare.places.off, bare.places.off / SESSION} if hook == "session-start" else set()
    assert files_below(bare.path) == noted
    assert not noted or (bare.places.off / SESSION).read_bytes() == b""


@pytest.mark.parametrize("value", ["", "1", "true", "on", "yes", "00", "disabled"])
def test_any_other_value_leaves_it_on(bare: Installation, value: str) -> None:
    """Only these words switch off."""
    fire(bare, env={"HOOKTRACE_ENABLED": value})
    assert len(spooled(bare)) == 1


@pytest.mark.parametrize("session_id", ["", "../../escaped", "a/b", "a b", ".", "$(touch PWNED)"])
def test_a_session_id_is_no_path(bare: Installation, shells: list[str], session_id: str) -> None:
    """Switched off, a session id that is not of letters, digits, - and _ names no file."""
    before = files_below(bare.root)
    env = {"HOOKTRACE_ENABLED": "0", "CLAUDE_CODE_SESSION_ID": session_id}
    fire(bare, hook="session-start", shell=shells, env=env)
    assert files_below(bare.root) == before


# --------------------------------------------------------------------------
# Whatever the spool is


def test_a_missing_spool_is_made_again(module_home: Installation, shells: list[str]) -> None:
    """A hook makes the spool that somebody removed; its event is stored."""
    since = Since(module_home)
    with module_home.without_collector():
        module_home.spool.rmdir()
        fire(module_home, shell=shells)
        assert stat.S_IMODE(module_home.spool.stat().st_mode) == 0o700
    assert since.fate() == STORED


def test_a_spool_that_is_a_file_is_a_counted_drop(bare: Installation, shells: list[str]) -> None:
    """What stands in the spool's place is left alone, and the event counted as dropped."""
    bare.path.mkdir()
    bare.spool.write_text("mine")
    fire(bare, shell=shells)
    assert bare.spool.read_text() == "mine"
    assert Spool(bare.places).dropped() == 1


@functools.cache
def why_no_mounts() -> str:
    """Return why this process cannot mount anything in a namespace of its own; empty if it can."""
    if os.geteuid() != 0:
        return "not root"
    if not shutil.which("unshare"):
        return "unshare is not installed"
    process = subprocess.run(["unshare", "-m", SH, "-c", "mount -t tmpfs tmpfs /tmp"], capture_output=True, text=True)
    return process.stderr.strip() if process.returncode else ""


@contextlib.contextmanager
def read_only(directory: Path) -> Iterator[list[str]]:
    """Give the beginning of a command to which *directory* is read-only: a mount if possible, else permissions."""
    if not why_no_mounts():
        mount = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'
        yield ["unshare", "-m", SH, "-c", mount, str(directory)]
        return
    if os.geteuid() == 0 and not shutil.which("setpriv"):
        pytest.skip(f"root may write everywhere: no mount ({why_no_mounts()}) and no setpriv")
    nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"] if os.geteuid() == 0 else []
    # pytest's directories are 0700: what lies above must let the other user in.
    above = [parent for parent in directory.parents if nobody and not parent.stat().st_mode & 0o001]
    below = [directory, *(path for path in files_below(directory) if path.is_dir())]
    modes = {path: path.stat().st_mode for path in (*above, *below)}
    for path in above:
        path.chmod(0o755)
    for path in below:
        path.chmod(0o555)
    if nobody and subprocess.run([*nobody, "test", "-r", str(HOOKS / "record")]).returncode:
        pytest.skip(f"no mount ({why_no_mounts()}), and another user may not read {HOOKS}")
    try:
        yield nobody
    finally:
        for path, mode in modes.items():
            path.chmod(stat.S_IMODE(mode))


@pytest.mark.parametrize("hook", ["record", "session-start"])
def test_a_read_only_home_is_borne(bare: Installation, shells: list[str], hook: str) -> None:
    """Where nothing can be written, not even a count, the agent does not notice."""
    bare.spool.mkdir(parents=True)
    before = files_below(bare.path)
    with read_only(bare.path) as prefix:
        fire(bare, EVENT, "--turn", hook=hook, shell=shells, prefix=prefix)
        fire(bare, hook=hook, shell=shells, prefix=prefix, env={"HOOKTRACE_ENABLED": "0"})
        missing = {"HOOKTRACE_HOME": str(bare.path / "below")}
        fire(bare, hook=hook, shell=shells, prefix=prefix, env=missing)
    assert files_below(bare.path) == before


def test_a_read_only_spool_is_a_counted_drop(bare: Installation, shells: list[str]) -> None:
    """An event that the spool does not take is counted, if only its directory can be written."""
    bare.spool.mkdir(parents=True)
    bare.path.chmod(0o777)  # where another user stands for the one who may not write the spool
    with read_only(bare.spool) as prefix:
        fire(bare, shell=shells, prefix=prefix)
    assert spooled(bare) == []
    assert Spool(bare.places).dropped() == 1


@pytest.mark.parametrize("free", [0, 16], ids=["full", "full in the middle"])
def test_a_full_disk_is_a_counted_drop(
    bare: Installation, module_home: Installation, shells: list[str], free: int
) -> None:
    """On a full disk an empty file remains, and counts as one dropped event, once."""
    if reason := why_no_mounts():
        pytest.skip(f"no disk to fill: {reason}")
    bare.spool.mkdir(parents=True)
    kept = bare.root / "kept"
    kept.mkdir()
    script = """
        spool=$1 kept=$2 free=$3 && shift 3
        mount -t tmpfs -o size=64k tmpfs "$spool"
        head -c $((65536 - free * 1024)) /dev/zero >"$spool/filling" || exit 1
        "$@" || exit 2
        rm "$spool/filling" && cp -p "$spool"/* "$kept"
    """
    payload = post_tool_use('"' + "x" * 200_000 + '"')
    arguments = [str(bare.spool), str(kept), str(free)]
    fire(bare, payload, shell=shells, prefix=["unshare", "-m", SH, "-c", script, "sh", *arguments])
    (file,) = kept.iterdir()
    assert file.read_bytes() == b""
    since = Since(module_home)
    module_home.stop_collector()
    shutil.copy2(file, module_home.spool)
    assert since.fate() == Fate([], [], 1)
    assert since.fate() == Fate([], [], 1)


def test_past_the_bound_events_are_counted(module_home: Installation, shells: list[str]) -> None:
    """While the collector says that the spool is full, every hook counts one byte and spools nothing."""
    since = Since(module_home)
    with module_home.without_collector():
        module_home.places.full_flag.touch()
        fire(module_home, shell=shells)
        fire(module_home, EVENT, "--turn", shell=shells)
        fire(module_home, shell=shells, hook="session-start")
        assert module_home.spooled() == []
        module_home.places.full_flag.unlink()
    assert since.fate() == Fate([], [], 3)


OBSTACLES = {
    "a FIFO": 'mkfifo "$name"',
    "a dangling link": 'ln -s "$HOOKTRACE_HOME/nowhere" "$name"',
    "a link to a file": 'ln -s "$HOOKTRACE_HOME/victim" "$name"',
    "a directory": 'mkdir "$name"',
    "a file": 'cp "$HOOKTRACE_HOME/victim" "$name"',
}
ATTEMPTS = 300


@pytest.mark.parametrize("obstacle", OBSTACLES)
def test_what_stands_at_the_name_is_left_alone(bare: Installation, shells: list[str], obstacle: str) -> None:
    """A hook whose file's name is taken takes another name: it neither waits nor follows nor overwrites."""
    victim = bare.path / "victim"
    for _ in range(ATTEMPTS):  # until the hook starts in the same hundredth of a second
        shutil.rmtree(bare.path, ignore_errors=True)
        bare.spool.mkdir(parents=True)
        victim.write_text("mine")
        name = "read -r up _ </proc/uptime; name=$HOOKTRACE_HOME/spool/$up-$$"
        fire(bare, shell=shells, first=f"{name}; {OBSTACLES[obstacle]}")
        if written := [path for path in bare.spool.iterdir() if path.name.endswith("-1") and path.name.count("-") == 2]:
            break
    else:
        raise AssertionError(f"no collision in {ATTEMPTS} attempts")
    assert EVENT in written[0].read_bytes()
    (planted,) = set(bare.spool.iterdir()) - set(written)
    assert planted.name == written[0].name.removesuffix("-1")
    assert victim.read_text() == "mine"
    assert not (bare.path / "nowhere").exists()
    assert obstacle != "a file" or planted.read_text() == "mine"
    assert obstacle != "a directory" or list(planted.iterdir()) == []


def make_socket(path: Path) -> None:
    """Leave a socket at *path*."""
    with contextlib.chdir(path.parent), socket.socket(socket.AF_UNIX) as made:
        made.bind(path.name)


def make_device(path: Path) -> None:
    """Make another /dev/zero, which never ends."""
    try:
        os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("a device may be made by root only, and not in every container")


PLANTED: Mapping[str, Callable[[Path], None]] = {
    "a FIFO": os.mkfifo,
    "a directory": Path.mkdir,
    "a device": make_device,
    "a socket": make_socket,
    "a dangling link": lambda path: path.symlink_to("nowhere"),
    "a link to an event": lambda path: path.symlink_to("../elsewhere"),
    "a link to a directory": lambda path: path.symlink_to(".."),
}


@pytest.mark.parametrize("planted", PLANTED)
def test_what_is_no_file_is_set_aside(module_home: Installation, bare: Installation, planted: str) -> None:
    """Whatever somebody planted in the spool is set aside with a reason, not followed, and holds nobody up."""
    fire(bare)
    elsewhere = module_home.path / "elsewhere"
    shutil.copy(next(bare.spool.iterdir()), elsewhere)
    content = elsewhere.read_bytes()
    since = Since(module_home)
    module_home.stop_collector()
    name = f"1.00-{os.getpid()}"  # as if this living process were writing it
    PLANTED[planted](module_home.spool / name)
    kind = stat.S_IFMT((module_home.spool / name).lstat().st_mode)
    fire(module_home)
    fate = since.fate()
    assert (fate.stored, fate.dropped) == (STORED.stored, 0)
    assert [bool(re.fullmatch(r"not a regular file|cannot be opened: .+", reason)) for reason in fate.bad] == [True]
    assert elsewhere.read_bytes() == content
    aside = module_home.places.bad / name
    assert stat.S_IFMT(aside.lstat().st_mode) == kind
    aside.rmdir() if planted == "a directory" else aside.unlink()  # the next one has the same name
    aside.with_name(f"{name}.reason").unlink()


@pytest.mark.parametrize("rest", ["half", "whole"])
def test_a_hook_killed_at_its_stdin(module_home: Installation, shells: list[str], rest: str) -> None:
    """Killed at its stdin a hook leaves an incomplete file: an event if the payload parses, else set aside."""
    payload = post_tool_use('"' + "x" * 20_000 + '"')
    since = Since(module_home)
    command = [*shells, str(HOOKS / "record")]
    process = subprocess.Popen(
        command, env=module_home.hook_env({}), stdin=subprocess.PIPE, start_new_session=True, cwd=module_home.root
    )
    assert process.stdin
    part = payload if rest == "whole" else payload[: len(payload) // 2]
    process.stdin.write(part)
    process.stdin.flush()
    wait_until(lambda: any(part in file.read_bytes() for file in module_home.spooled()))
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=HOOK_TIMEOUT_S)
    assert process.returncode == -signal.SIGKILL
    fate = since.fate()
    if rest == "whole":
        assert fate == Fate([("PostToolUse", None, "x" * 20_000)], [], 0)
    else:
        assert fate == Fate([], ["incomplete: the hook ended before its event did"], 0)


def test_a_file_cut_anywhere_is_told_from_a_whole_one(bare: Installation, shells: list[str]) -> None:
    """At whatever byte a hook or the machine stops, what is left is known as empty, as incomplete, or has it all."""
    fire(bare, shell=shells)
    (entry,) = Spool(bare.places).scan()
    file = bare.spool / entry.name
    whole = file.read_bytes()
    payload_end = whole.index(EVENT) + len(EVENT)
    found = []
    for length in range(len(whole)):
        file.write_bytes(whole[:length])
        try:
            found.append(
                Spool(bare.places).read(entry, now=time.time() + SETTLED_S).payload.partition(b"\0")[0].decode()
            )
        except (Dropped, Rejected) as error:
            found.append(type(error).__name__)
    assert found[0] == "Dropped"
    assert set(found[1:payload_end]) == {"Rejected"}
    assert set(found[payload_end + 1 :]) <= {"Rejected", EVENT.decode()}
    assert found[payload_end] == EVENT.decode()


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for what another process does and tells nobody."""
    deadline = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline, f"not within {WAIT_S} s"
        time.sleep(0.01)


# --------------------------------------------------------------------------
# Waking the collector


def test_a_turn_wakes_a_collector_that_was_killed(module_home: Installation, shells: list[str]) -> None:
    """After kill -9 the next once-a-turn event brings the collector back, and is stored without further help."""
    home = module_home
    home.flush()
    pid = home.collector_pid()
    assert pid
    before = home.count("hook_executions")
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not alive(pid))
    fire(home, EVENT, "--turn", shell=shells)
    wait_until(lambda: home.count("hook_executions") == before + 1)
    assert home.collector_pid() not in (None, pid)


def alive(pid: int) -> bool:
    """Tell whether the process is there: a hook, too, can only ask so."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def launched(launches: Path, agent: str) -> bool:
    """Tell whether the collector was started by *agent*."""
    return agent in launches.read_text().split()


@pytest.fixture
def launches(bare: Installation) -> Path:
    """Give a file that gets the AI_AGENT of each hook that starts the collector of ``bare``."""
    bare.spool.mkdir(parents=True)
    file = bare.root / "launches"
    file.touch()
    bare.places.launcher.write_text(f"#!/bin/sh\necho \"$AI_AGENT\" >>'{file}'\n")
    bare.places.launcher.chmod(0o700)
    return file


def test_a_collector_that_lives_is_left_alone(bare: Installation, shells: list[str], launches: Path) -> None:
    """A once-a-turn event starts no second collector; without a pid file, or with a bad or dead pid, it starts one."""
    gone = subprocess.Popen(["true"])
    gone.wait()
    contents = {
        "lives": str(os.getpid()),
        "none": None,
        "dead": str(gone.pid),
        "empty": "",
        "words": "x; y",
        "-1": "-1",
    }
    for agent, content in contents.items():
        bare.places.pid_file.unlink(missing_ok=True)
        if content is not None:
            bare.places.pid_file.write_text(f"{content}\n")
        # A variable that is called like the hook's own decides nothing.
        fire(bare, EVENT, "--turn", shell=shells, env={"AI_AGENT": agent, "collector": str(os.getpid())})
        if agent != "lives":
            wait_until(functools.partial(launched, launches, agent))
    assert launches.read_text().split() == ["none", "dead", "empty", "words", "-1"]


def test_only_once_a_turn_and_once_a_session(bare: Installation, shells: list[str], launches: Path) -> None:
    """Other events do not look whether the collector lives; SessionStart starts it in any case."""
    bare.places.pid_file.write_text(f"{os.getpid()}\n")
    fire(bare, shell=shells, env={"AI_AGENT": "record"})
    fire(bare, shell=shells, env={"AI_AGENT": "off", "HOOKTRACE_ENABLED": "0"}, hook="session-start")
    fire(bare, shell=shells, env={"AI_AGENT": "session-start"}, hook="session-start")
    wait_until(lambda: launches.read_text() != "")
    assert launches.read_text().split() == ["session-start"]


@pytest.mark.parametrize("hook", ["record", "session-start"])
def test_a_launcher_that_hangs_holds_nobody_up(bare: Installation, shells: list[str], hook: str) -> None:
    """A hook neither waits for the launcher nor lends it a pipe that the client would wait for."""
    bare.spool.mkdir(parents=True)
    gate = bare.root / "gate"
    os.mkfifo(gate)
    bare.places.launcher.write_text(f"#!/bin/sh\nread -r _ <'{gate}'\n")
    bare.places.launcher.chmod(0o700)
    turn = ["--turn"] if hook == "record" else []  # session-start would start a second one, to hang for ever
    fire(bare, EVENT, *turn, hook=hook, shell=shells)
    gate.write_text("go\n")  # somebody is there to read it: the launcher was waiting


def test_without_a_launcher_the_bound_is_kept(bare: Installation, shells: list[str]) -> None:
    """Where no collector can be started, a once-a-turn event measures the spool and raises the flag itself."""
    bare.spool.mkdir(parents=True)
    du = bare.root / "du"  # 600 MB are not worth writing
    du.write_text('#!/bin/sh\necho "${SIZE} $2"\n')
    du.chmod(0o755)
    record = bare.root / "record"
    text = (HOOKS / "record").read_text()
    assert text.count("du -sk ") == 1
    record.write_text(text.replace("du -sk ", f"'{du}' -sk "))
    record.chmod(0o755)
    fire(bare, EVENT, "--turn", hook=record, shell=shells, env={"SIZE": str(512 * 1024 + 1)})
    wait_until(bare.places.full_flag.exists)


# --------------------------------------------------------------------------
# What the agent is told to run


KNOWN_TO_2_1_197 = """
    PreToolUse PostToolUse PostToolUseFailure PostToolBatch Notification UserPromptSubmit UserPromptExpansion
    SessionStart SessionEnd Stop StopFailure SubagentStart SubagentStop PreCompact PostCompact PermissionRequest
    PermissionDenied Setup TeammateIdle TaskCreated TaskCompleted Elicitation ElicitationResult ConfigChange
    WorktreeCreate WorktreeRemove InstructionsLoaded CwdChanged FileChanged MessageDisplay
"""
"""The events of the oldest supported client: one unknown name, and it loads no hook at all."""

NOT_WANTED = {"WorktreeCreate", "WorktreeRemove", "MessageDisplay", "FileChanged", "PostToolBatch"}
"""The first two replace git worktree by their output; the others fire too often for what they tell.

Of a batch the transcript tells as much, as soon: which calls were refused.
"""


def plugin_hooks() -> dict[str, dict[str, Any]]:
    """Return each event's one handler in hooks.json."""
    groups = json.loads((HOOKS / "hooks.json").read_text())["hooks"]
    handlers = {}
    for event, registered in groups.items():
        ((handler,),) = [group.pop("hooks") for group in registered]
        assert registered == [{}], "a matcher would leave events out"
        handlers[event] = handler
    return handlers


def test_every_event_of_the_oldest_client_is_registered() -> None:
    """hooks.json has the events that 2.1.197 knows, but for five, and none that is newer."""
    assert set(plugin_hooks()) == set(KNOWN_TO_2_1_197.split()) - NOT_WANTED


def test_every_hook_has_a_timeout_and_is_waited_for() -> None:
    """No hook is async: the client kills those when it ends. Each has a timeout far below the client's own."""
    for handler in plugin_hooks().values():
        assert set(handler) == {"type", "command", "timeout"}
        assert (handler["type"], handler["timeout"]) == ("command", 10)


def test_hooks_json_registers_the_right_script() -> None:
    """SessionStart has its own script; the once-a-turn events wake the collector."""
    commands = {event: handler["command"] for event, handler in plugin_hooks().items()}
    assert {event for event, command in commands.items() if "hooks/session-start" in command} == {"SessionStart"}
    turns = {event for event, command in commands.items() if "--turn" in command}
    assert turns == {"UserPromptSubmit", "Stop", "SessionEnd"}


def run_command(home: Installation, shell: Sequence[str], command: str, root: str) -> tuple[int, bytes]:
    """Run a command of hooks.json as the client does; return its status and all that it printed."""
    process = subprocess.run(
        [*shell, "-c", command],
        env=home.hook_env({"session_id": SESSION}, {"CLAUDE_PLUGIN_ROOT": root}),
        cwd=home.root,
        input=EVENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=HOOK_TIMEOUT_S,
        start_new_session=True,
    )
    return process.returncode, process.stdout


def test_a_plugin_that_is_gone_is_not_noticed(bare: Installation, shells: list[str]) -> None:
    """When the plugin's directory was deleted under a running session every hook exits 0 and is silent."""
    for command in {handler["command"] for handler in plugin_hooks().values()}:
        assert run_command(bare, shells, command, "/nowhere/at all") == (0, b"")


def test_a_plugin_root_may_hold_anything(bare: Installation, shells: list[str]) -> None:
    """Spaces, quotes and a trailing slash in the plugin's path keep no event away."""
    commands = {handler["command"] for handler in plugin_hooks().values()}
    for number, name in enumerate(("a b", "it's", '"', "$(touch PWNED)", "slash/"), 1):
        root = bare.root / "roots" / name
        shutil.copytree(HOOKS, root / "hooks")
        for command in commands:
            assert run_command(bare, shells, command, f"{bare.root}/roots/{name}") == (0, b"")
        assert len(spooled(bare)) == number * len(commands)
    assert not [path for path in files_below(bare.root) if path.name == "PWNED"]


def test_settings_json_gets_exec_form() -> None:
    """For settings.json every hook is a program with arguments, and the newer events are there too."""
    table = settings_hooks(Path("/opt/hook trace/hooks"), Path("/var/state"))
    assert set(table) == set(plugin_hooks()) | {"DirectoryAdded", "PreModelSwitch", "PostModelSwitch"}
    for event, ((group),) in table.items():
        (handler,) = group["hooks"]
        assert set(group) == {"hooks"}
        assert set(handler) == {"type", "command", "args", "timeout"}
        assert (handler["type"], handler["timeout"]) == ("command", 10)
        script = "session-start" if event == "SessionStart" else "record"
        turn = ["--turn"] if event in {"UserPromptSubmit", "Stop", "SessionEnd"} else []
        arguments = [f"/opt/hook trace/hooks/{script}", *turn, "/var/state"]
        assert handler["args"][-len(arguments) :] == arguments
        assert Path(handler["command"]).is_absolute()


def run_settings(shell: Sequence[str], hooks: Path, state: Path) -> list[tuple[int, bytes]]:
    """Run all that settings.json says, without HOME, *shell* in place of /bin/sh; return statuses and outputs."""
    ends = []
    for (group,) in settings_hooks(hooks, state).values():
        command = [group["hooks"][0]["command"], *group["hooks"][0]["args"]]
        if command[0] == SH:
            command[:1] = [str(shutil.which(shell[0])), *shell[1:]]
        process = subprocess.run(
            command,
            env={"CLAUDE_CODE_SESSION_ID": SESSION},
            input=EVENT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=HOOK_TIMEOUT_S,
        )
        ends.append((process.returncode, process.stdout))
    return ends


def test_what_settings_json_says_can_be_run(bare: Installation, shells: list[str]) -> None:
    """Each of these commands, run with its arguments and an empty environment, spools an event."""
    hooks = bare.root / "it's a place"
    shutil.copytree(HOOKS, hooks)
    ends = run_settings(shells, hooks, bare.path)
    assert ends == [(0, b"")] * len(ends)
    assert sorted((event.payload, event.header["hook"]) for event in spooled(bare)) == [
        *[(EVENT, "record")] * (len(ends) - 1),
        (EVENT, "session-start"),
    ]


def test_settings_of_a_removed_hooktrace_are_not_noticed(bare: Installation, shells: list[str]) -> None:
    """When the hooks were deleted under a running session every one of these exits 0 and is silent."""
    ends = run_settings(shells, Path("/nowhere/at all"), bare.path)
    assert ends == [(0, b"")] * len(ends)


def test_the_hooks_pass_shellcheck() -> None:
    """Shellcheck has nothing to say."""
    if not shutil.which("shellcheck"):
        pytest.skip("shellcheck is not installed")
    command = ["shellcheck", "-x", "-P", "SCRIPTDIR", "hooks/record", "hooks/session-start"]
    process = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True)
    assert (process.returncode, process.stdout + process.stderr) == (0, "")
