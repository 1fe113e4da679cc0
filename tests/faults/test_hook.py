"""The hook's faults: killed, in a crowd, without a place to write, without an environment, with a strange stdin."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT, Installation
from tests.faults.numbered import Numbered
from tests.replay import HOOK_TIMEOUT_S
from tests.story import PROMPT, SESSION
from tests.test_healing import Beside, answer, prompt, result
from tests.test_hooks import make_device, read_only, why_no_mounts
from tests.test_ledger import ledger
from tests.transcripts import asked
from tests.waiting import eventually
from tracing.identity import tool_uuid

RECORD = CHECKOUT / "hooks/record"

SEED = 20_261_130
"""Of the moments at which hooks are killed."""


# --------------------------------------------------------------------------
# Killed


def started(home: Installation, stdin: Path, payload: Mapping[str, object]) -> subprocess.Popen[bytes]:
    """Start a hook that reads a file, in a process group of its own, as the client does."""
    stdin.unlink(missing_ok=True)  # what outlived a hook that was killed may still be reading it
    stdin.write_text(json.dumps(payload))
    with stdin.open("rb") as opened:
        return subprocess.Popen(
            [str(RECORD)],
            env=home.hook_env(payload),
            stdin=opened,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )


def running_groups() -> set[int]:
    """Return the process groups of which anything runs; what is dead and unburied does not."""
    told = subprocess.run(["ps", "-A", "-o", "pgid=,stat="], capture_output=True, text=True, check=True).stdout
    return {int(group) for group, state in map(str.split, told.splitlines()) if not state.startswith("Z")}


@pytest.mark.parametrize("kills", [30, pytest.param(200, marks=pytest.mark.long)])
def test_a_hook_killed_at_random_moments_loses_nothing_unseen(home: Installation, tmp_path: Path, kills: int) -> None:
    """It left an event, or a file that counts as dropped or is set aside; or nothing, if it came to no file at all."""
    numbered = Numbered(home)
    chance = random.Random(SEED)
    stdin = tmp_path / "stdin"
    with home.without_collector():
        begun = time.monotonic()
        for _ in range(5):
            started(home, stdin, numbered.payload(numbered.next, more="x" * 500_000)).wait(HOOK_TIMEOUT_S)
        takes_s = (time.monotonic() - begun) / 5
        killed, groups = 0, set[int]()
        for _ in range(kills):
            process = started(home, stdin, numbered.payload(numbered.next, more="x" * 500_000))
            time.sleep(chance.uniform(0, takes_s))
            # The client kills all that the hook started; what kills the shell alone leaves `cat` to read to its end.
            with contextlib.suppress(ProcessLookupError):
                chance.choice((os.killpg, os.kill))(process.pid, signal.SIGKILL)
            killed += process.wait(HOOK_TIMEOUT_S) == -signal.SIGKILL
            groups.add(process.pid)
        assert eventually(lambda: not running_groups() & groups)  # what outlived a shell may yet have made its file
        written = len(home.spooled())
    home.flush()
    balance = numbered.balance()
    gone = len(balance.fired) - written
    assert killed > 0
    assert gone <= killed, "a hook that nobody killed left nothing"
    assert len(balance.missing) - gone <= killed, "of a hook that nobody killed no event came"
    numbered.check(bad=balance.set_aside, dropped=balance.dropped, gone=gone)


@pytest.mark.parametrize("told", ["whole", "half", "nothing"])
def test_a_stdin_that_is_never_closed_ends_with_the_client_s_patience(home: Installation, told: str) -> None:
    """The client kills the hook and what it started: what came whole is an event, the rest is set aside."""
    numbered = Numbered(home)
    numbered.fire(2)
    payload = json.dumps(numbered.payload(numbered.next)).encode()
    part = {"whole": payload, "half": payload[:-5], "nothing": b""}[told]
    command = [str(RECORD)]
    before = set(home.spooled())
    with subprocess.Popen(command, env=home.hook_env({}), stdin=subprocess.PIPE, start_new_session=True) as process:
        assert process.stdin
        process.stdin.write(part)
        process.stdin.flush()

        def reads() -> bool:
            return any(b"\0\0" + part in file.read_bytes() for file in set(home.spooled()) - before)

        assert eventually(reads)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    numbered.fire(2)
    numbered.check(bad=told != "whole")


# --------------------------------------------------------------------------
# A crowd


@pytest.mark.parametrize("count", [100, pytest.param(1_000, marks=pytest.mark.long)])
def test_many_hooks_at_once(home: Installation, tmp_path: Path, count: int) -> None:
    """Hooks that run at the same time leave as many events, and say nothing."""
    numbered = Numbered(home)
    gate, said = tmp_path / "gate", tmp_path / "said"
    os.mkfifo(gate)
    # Each reads a line at the gate before it becomes the hook, so that they really run together.
    command = ["/bin/sh", "-c", 'read -r _ <"$1"; exec "$2" <"$3"', "sh", str(gate), str(RECORD)]
    processes = []
    keeper = os.open(gate, os.O_RDWR)  # who comes late still finds the gate open, and its line in it
    with said.open("wb") as out:
        try:
            for _ in range(count):
                stdin = tmp_path / str(numbered.next)
                payload = numbered.payload(numbered.next)
                stdin.write_text(json.dumps(payload))
                env = home.hook_env(payload)
                arguments = [*command, str(stdin)]
                processes.append(subprocess.Popen(arguments, env=env, stdout=out, stderr=out, start_new_session=True))
            os.write(keeper, b"go\n" * count)
            ends = {process.wait(HOOK_TIMEOUT_S) for process in processes}
        finally:
            os.close(keeper)
    assert (ends, said.read_bytes()) == ({0}, b"")
    numbered.check()


# --------------------------------------------------------------------------
# Wherever it is to write, and whatever surrounds it


@dataclass
class Firing:
    """How hooks are fired under a fault."""

    env: Mapping[str, str | None] = field(default_factory=dict)
    """Added to the client's environment; None takes a variable away."""
    prefix: Sequence[str] = ()
    arguments: Sequence[str] = ()
    first: str = ":"
    """Shell code in front of the hook."""
    more: int = 0
    """Letters beside the number, in each payload."""


def fire(numbered: Numbered, count: int, how: Firing) -> None:
    """Fire events under a fault: each hook ends well and says nothing."""
    for _ in range(count):
        payload = numbered.payload(numbered.next, more="x" * how.more)
        env = numbered.home.hook_env(payload) | dict(how.env)
        process = subprocess.run(
            [*how.prefix, "/bin/sh", "-c", f'{how.first}\nexec "$@"', "sh", str(RECORD), *how.arguments],
            env={name: value for name, value in env.items() if value is not None},
            cwd=numbered.home.root,
            input=json.dumps(payload).encode(),
            capture_output=True,
            timeout=HOOK_TIMEOUT_S,
            start_new_session=True,
        )
        assert (process.returncode, process.stdout, process.stderr) == (0, b"", b"")


@contextlib.contextmanager
def missing(home: Installation) -> Iterator[Firing]:
    """Take the spool away."""
    aside = home.path / "spool.aside"
    home.spool.rename(aside)
    yield Firing()
    aside.rmdir()


@contextlib.contextmanager
def replaced(home: Installation) -> Iterator[Firing]:
    """Put a file in the spool's place."""
    home.spool.rmdir()
    home.spool.write_text("mine")
    yield Firing()
    assert home.spool.read_text() == "mine"
    home.spool.unlink()


@contextlib.contextmanager
def somebody_else_s(home: Installation) -> Iterator[Firing]:
    """Fire as a user to whom the spool does not belong, only what is around it is open."""
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        pytest.skip("only root can be two users, with setpriv")
    above = [path for path in (home.path, *home.path.parents) if not path.stat().st_mode & 0o001]
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in {*above, home.path}}
    for path in above:
        path.chmod(0o755)
    home.path.chmod(0o777)
    nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"]
    try:
        if subprocess.run([*nobody, "test", "-r", str(RECORD)]).returncode:
            pytest.skip(f"another user may not read {RECORD}")
        yield Firing(prefix=nobody)
    finally:
        for path, mode in modes.items():
            path.chmod(mode)


@contextlib.contextmanager
def unwritable(home: Installation) -> Iterator[Firing]:
    """Make the spool read-only to the hooks."""
    if reason := why_no_mounts():
        pytest.skip(f"no read-only mount: {reason}")
    with read_only(home.spool) as prefix:
        yield Firing(prefix=prefix)


@contextlib.contextmanager
def mounted(home: Installation, options: str) -> Iterator[None]:
    """Mount a small tmpfs on the spool, for the hooks and the collector alike."""
    if reason := why_no_mounts():
        pytest.skip(f"no disk to fill: {reason}")
    home.stop_collector()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"mode=0700,{options}", "tmpfs", str(home.spool)], check=True)
    try:
        yield
    finally:
        home.stop_collector()
        subprocess.run(["umount", str(home.spool)], check=True)


@contextlib.contextmanager
def full(home: Installation, free: int = 0, more: int = 0) -> Iterator[Firing]:
    """Put the spool on a file system of which *free* kB are left."""
    with mounted(home, "size=256k"):
        filling = home.spool / "filling"
        with filling.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(b"\0" * 4096)
        os.truncate(filling, (256 - free) * 1024)
        yield Firing(more=more)
        filling.unlink()
        home.flush()  # while what it collects lies there


@contextlib.contextmanager
def full_in_the_middle(home: Installation) -> Iterator[Firing]:
    """Leave room for the beginning of an event."""
    with full(home, 16, 200_000) as how:
        yield how


@contextlib.contextmanager
def without_inodes(home: Installation) -> Iterator[Firing]:
    """Put the spool on a file system that takes no more files."""
    with mounted(home, "size=256k,nr_inodes=1"):
        yield Firing()


@contextlib.contextmanager
def without_home(home: Installation) -> Iterator[Firing]:
    """Take HOME away, and what would tell the place but for what was known at installation."""
    yield Firing(env={"HOME": None, "HOOKTRACE_HOME": None}, arguments=[str(home.path)])


@contextlib.contextmanager
def coreutils_alone(home: Installation) -> Iterator[Firing]:
    """Give a PATH of one directory with nothing in it but a few of the coreutils."""
    directory = home.root / "coreutils"
    directory.mkdir()
    for name in ("cat", "mkdir", "du"):
        (directory / name).symlink_to(str(shutil.which(name)))
    yield Firing(env={"PATH": str(directory)})
    shutil.rmtree(directory)


@contextlib.contextmanager
def without_stdin(home: Installation) -> Iterator[Firing]:
    """Close stdin."""
    yield Firing(first="exec <&-")


Fault = Callable[[Installation], contextlib.AbstractContextManager[Firing]]

STORED, DROPPED = False, True

FAULTS: Mapping[str, tuple[Fault, bool]] = {
    "spool missing": (missing, STORED),
    "spool replaced by a file": (replaced, DROPPED),
    "spool of another user": (somebody_else_s, DROPPED),
    "spool read-only": (unwritable, DROPPED),
    "spool on a full disk": (full, DROPPED),
    "spool on a disk that fills in the middle": (full_in_the_middle, DROPPED),
    "spool on a disk without inodes": (without_inodes, DROPPED),
    "no HOME": (without_home, STORED),
    "PATH of coreutils alone": (coreutils_alone, STORED),
    "stdin closed": (without_stdin, DROPPED),
}

FIRED = 4


@pytest.mark.parametrize("fault", FAULTS)
def test_under_a_fault_every_event_is_accounted_for(home: Installation, fault: str) -> None:
    """Before, under and after it: what was fired is stored or counted as dropped, and the agent notices nothing."""
    meet, dropped = FAULTS[fault]
    numbered = Numbered(home)
    numbered.fire(FIRED)
    home.flush()
    with meet(home) as how:
        fire(numbered, FIRED, how)
    numbered.fire(FIRED)
    numbered.check(dropped=FIRED if dropped else 0)


@pytest.mark.parametrize("fault", ["spool missing", "spool replaced by a file"])
def test_a_collector_outlives_the_spool_that_it_watches(home: Installation, fault: str) -> None:
    """Taken away under it, the spool is empty until it comes back; a flush meanwhile has nothing to wait for."""
    meet, dropped = FAULTS[fault]
    numbered = Numbered(home)
    numbered.fire(FIRED)
    home.flush()
    pid = home.collector_pid()
    with meet(home) as how:
        assert home.run("flush", "--timeout", "60").returncode == 0
        fire(numbered, FIRED, how)
    numbered.fire(FIRED)
    numbered.check(dropped=FIRED if dropped else 0)
    assert home.collector_pid() == pid


@pytest.mark.parametrize("waiting", [5_000, pytest.param(300_000, marks=pytest.mark.long)])
def test_a_spool_with_very_many_files_takes_more(home: Installation, waiting: int) -> None:
    """Hooks write into it as ever while the collector drains it."""
    numbered = Numbered(home)
    home.stop_collector()
    numbered.leave(waiting, time.time() - 7_200)
    numbered.fire(10)
    home.done("collector", "start")
    numbered.fire(20)
    numbered.check()


@pytest.mark.parametrize("size", [8_000_000, pytest.param(200_000_000, marks=pytest.mark.long)])
def test_a_huge_stdin_is_one_event(home: Installation, size: int) -> None:
    """It is stored, cut, beside the small ones around it."""
    numbered = Numbered(home)
    numbered.fire(2)
    fire(numbered, 1, Firing(more=size))
    numbered.fire(2)
    numbered.check()


# --------------------------------------------------------------------------
# What is planted


def test_what_is_planted_in_the_spool_is_not_followed(home: Installation, tmp_path: Path) -> None:
    """Links out of the spool to a file, a directory, a FIFO and a device, and these themselves, hold no event up."""
    numbered = Numbered(home)
    home.stop_collector()
    numbered.fire(1)
    (mine,) = home.spooled()
    event = tmp_path / "event"
    event.write_bytes(mine.read_bytes().replace(b"number 0", b"number 999"))  # would be one that nobody fired
    directory, fifo, device = (tmp_path / name for name in ("directory", "fifo", "device"))
    directory.mkdir()
    (directory / "1.00-1").write_bytes(event.read_bytes())
    os.mkfifo(fifo)
    make_device(device)
    outside = {path: path.lstat() for path in (event, directory, directory / "1.00-1", fifo, device)}
    for number, target in enumerate((event, directory, fifo, device)):
        (home.spool / f"{number}.01-{os.getpid()}").symlink_to(target)  # as if this living process wrote it
    (home.spool / "4.01-1").mkdir()
    os.mkfifo(home.spool / "5.01-1")
    make_device(home.spool / "6.01-1")
    home.done("collector", "start")
    numbered.fire(10)
    numbered.check(planted=7)
    assert {path: path.lstat() for path in outside} == outside
    (home.places.bad / "4.01-1").rmdir()  # emptying an installation unlinks files


# --------------------------------------------------------------------------
# Where nothing of ours can write


def test_what_could_not_even_be_counted_is_found_in_the_transcript(home: Installation, tmp_path: Path) -> None:
    """Hooks that find the whole state read-only leave no trace: the ledger finds their calls, and they are healed."""
    beside = Beside(home, tmp_path)
    beside.story.prompts()
    beside.add(prompt("go", -9))
    uses = [f"t{number}" for number in range(6)]
    lost = uses[2:4]
    for number, use in enumerate(uses):
        beside.add(answer(number, -8 + number, asked(use), stop="tool_use"), result(use, -7.5 + number))
        if use not in lost:
            beside.story.calls(use)
            beside.story.returns(use)
            continue
        with read_only(home.path) as prefix:
            for name in ("PreToolUse", "PostToolUse"):
                payload = {"hook_event_name": name, "session_id": SESSION, "prompt_id": PROMPT, "tool_use_id": use}
                done = subprocess.run(
                    [*prefix, str(RECORD)],
                    env=home.hook_env(payload),
                    input=json.dumps({**payload, "tool_name": "Bash", "tool_input": {}}).encode(),
                    capture_output=True,
                    timeout=HOOK_TIMEOUT_S,
                )
                assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    beside.add(answer(9, -1))
    beside.story.tell("Stop", prompt_id=PROMPT)
    home.flush()
    found = ledger(home, SESSION)
    assert home.count("hook_executions") == 3 + 2 * (len(uses) - len(lost))
    assert home.status()["spool"]["dropped"] == 0
    assert (found.calls, found.recorded, found.lost) == (len(uses), len(uses), ())
    told = sorted((gap.correlation_id, gap.missing, gap.explained) for gap in found.gaps)
    unheard = ("PreToolUse", "PostToolUse")
    assert told == sorted((str(tool_uuid(SESSION, use)), name, "healed") for use in lost for name in unheard)
