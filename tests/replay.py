"""Fires a recorded run of Claude Code through the hooks, as the client itself would.

A recording (tests/recordings/claude-code) has a line an event: when it came, the hook's
environment, and its stdin.  Each is given again to the commands that hooks.json registers
for it, each command a process of its own session, with the recorded environment and next
to nothing else.  The client's part around the hooks is played too:

* transcripts lie where the payload says they are, the project is an empty directory;
* SessionStart hooks get a CLAUDE_ENV_FILE, one a hook, kept for a resumed session;
* a session that was started from a Bash call of another one inherits what the outer
  session's env file exports there, while a process with that call's command line lives.

    python -m tests.replay RECORDING --home DIR [--hooks hooks.json] [--speed 10]
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

CHECKOUT = Path(__file__).resolve().parent.parent
HOOKS = CHECKOUT / "hooks" / "hooks.json"
RECORDINGS = CHECKOUT / "tests" / "recordings" / "claude-code"

RECORDED_HOME = "/home/dev"
"""The home directory that all recordings were cleaned to."""

HOOK_TIMEOUT_S = 60
"""Far above what a hook may take on a loaded machine: a hook that reaches it hangs."""

CLOSES_CALL = ("PostToolUse", "PostToolUseFailure")


class ReplayError(Exception):
    """The recording or the hooks cannot be played as the client would."""


# --------------------------------------------------------------------------
# Recordings


@dataclass(frozen=True)
class Event:
    """One line of a recording."""

    number: int
    """Its place in the recording, from 0."""
    at: float
    """When it came, in Unix time."""
    env: Mapping[str, str]
    """The hook's variables that matter."""
    payload: Mapping[str, Any]
    """The hook's stdin."""

    @property
    def session_id(self) -> str:
        """The session as the agent named it."""
        return str(self.payload["session_id"])

    @property
    def name(self) -> str:
        """The event's name, as hooks.json has it."""
        return str(self.payload["hook_event_name"])

    @property
    def tool_use_id(self) -> str | None:
        """The tool call it speaks of, if any."""
        return self.payload.get("tool_use_id")

    @property
    def command(self) -> str:
        """The command of a Bash call; else empty."""
        return str(self.payload["tool_input"]["command"]) if self.payload.get("tool_name") == "Bash" else ""


def read(recording: Path) -> list[Event]:
    """Return the events of *recording* in the order they came."""
    lines = (json.loads(line) for line in recording.read_text(encoding="utf-8").splitlines())
    return [Event(number, line["at"], line["env"], line["payload"]) for number, line in enumerate(lines)]


def recordings() -> list[Path]:
    """Return every recorded run of Claude Code, of all versions."""
    return sorted(RECORDINGS.glob("*/*.jsonl"))


def transcripts_of(recording: Path) -> Path:
    """Return the directory that stands for the client's projects/ at the time; it may be missing."""
    return recording.parent / "transcripts" / recording.stem


_NAMES = re.compile(
    r"(?P<uuid>\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b)|(?P<tool>\btoolu_\w+)|(?P<agent>\ba[0-9a-f]{16}\b)"
)


def retarget(recording: Path, seed: str, into: Path | None = None) -> Path:
    """Copy *recording* with its transcripts under new ids, so that it is a run never seen before.

    The same seed gives the same ids.  The copy lies in *into* (default: a new temporary
    directory, which the caller removes) under the recording's own file name.
    """

    def renamed(match: re.Match[str]) -> str:
        old = match.group()
        digest = hashlib.sha256(f"{seed}\0{old}".encode()).hexdigest()
        if match["uuid"]:
            return str(uuid.UUID(digest[:32], version=4))
        return f"{old}_{digest[:8]}" if match["tool"] else f"a{digest[:16]}"

    directory = into or Path(tempfile.mkdtemp(prefix="ht-recording-"))
    directory.mkdir(parents=True, exist_ok=True)
    copy = directory / recording.name
    copy.write_text(_NAMES.sub(renamed, recording.read_text(encoding="utf-8")), encoding="utf-8")
    for file in transcripts_of(recording).rglob("*.json*"):
        name = _NAMES.sub(renamed, str(file.relative_to(transcripts_of(recording))))
        target = transcripts_of(copy) / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(_NAMES.sub(renamed, file.read_text(encoding="utf-8")), encoding="utf-8")
    return copy


def numbered(path: Path, count: int, seed: str = "numbered") -> Path:
    """Write a recording of *count* events to *path*: one session, one prompt, and numbered Bash calls.

    Its session id follows from *seed*.  At least 4 events: a session and a prompt begin and end.
    """
    if count < 4:
        raise ValueError(f"a recording has at least 4 events, not {count}")
    session = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{seed} session"))
    prompt = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{seed} prompt"))
    project = f"{RECORDED_HOME}/project"
    common = {
        "session_id": session,
        "transcript_path": f"{RECORDED_HOME}/.claude/projects/-home-dev-project/{session}.jsonl",
        "cwd": project,
    }
    env = {
        "AI_AGENT": "claude-code_2-1-330_harness",
        "CLAUDECODE": "1",
        "CLAUDE_CODE_CHILD_SESSION": "1",
        "CLAUDE_CODE_ENTRYPOINT": "sdk-cli",
        "CLAUDE_CODE_SESSION_ID": session,
        "CLAUDE_PID": "1000",
        "CLAUDE_PROJECT_DIR": project,
    }

    def call(number: int) -> dict[str, Any]:
        which, after = divmod(number, 2)
        body: dict[str, Any] = {
            "hook_event_name": "PostToolUse" if after else "PreToolUse",
            "tool_name": "Bash",
            "tool_input": {"command": f"true # {which}"},
            "tool_use_id": f"toolu_{seed}_{which}",
        }
        return {**body, "tool_response": {"stdout": str(which)}, "duration_ms": 1} if after else body

    bodies = [
        {"hook_event_name": "SessionStart", "source": "startup"},
        {"hook_event_name": "UserPromptSubmit", "prompt_id": prompt, "prompt": "count"},
        *({"prompt_id": prompt, **call(number)} for number in range(count - 4)),
        {"hook_event_name": "Stop", "prompt_id": prompt},
        {"hook_event_name": "SessionEnd", "prompt_id": prompt, "reason": "other"},
    ]
    with path.open("w", encoding="utf-8") as file:
        for number, body in enumerate(bodies):
            variables = {**env, "CLAUDE_ENV_FILE": "sessionstart-hook-0.sh"} if number == 0 else env
            line = {"at": 1.7e9 + number / 100, "env": variables, "payload": {**common, **body}}
            file.write(json.dumps(line) + "\n")
    return path


# --------------------------------------------------------------------------
# hooks.json


@dataclass(frozen=True)
class Handler:
    """One command that a hooks.json registers for an event."""

    command: str
    args: tuple[str, ...] | None = None
    """With arguments (exec form) the command is started directly, else by a shell."""

    def argv(self, names: Mapping[str, str]) -> Sequence[str]:
        """Return what the client starts; *names* are the variables it replaces in exec form."""
        if self.args is None:
            return ("/bin/sh", "-c", self.command)
        known = r"\$\{(CLAUDE_PLUGIN_ROOT|CLAUDE_PROJECT_DIR)\}"
        return [re.sub(known, lambda match: names[match[1]], word) for word in (self.command, *self.args)]


def handlers(hooks: Path = HOOKS) -> dict[str, list[Handler]]:
    """Return the commands of each event; a command registered twice for one event is run once."""
    registry: dict[str, list[Handler]] = {}
    for event, groups in json.loads(hooks.read_text(encoding="utf-8"))["hooks"].items():
        for group in groups:
            if group.get("matcher") not in (None, "", "*"):
                raise ReplayError(f"{hooks}: {event} has a matcher, which the replayer does not play")
            for hook in group["hooks"]:
                if hook["type"] != "command":
                    raise ReplayError(f"{hooks}: {event} has a hook of type {hook['type']!r}, not a command")
                args = tuple(hook["args"]) if "args" in hook else None
                registry.setdefault(event, []).append(Handler(hook["command"], args))
    return {event: list(dict.fromkeys(commands)) for event, commands in registry.items()}


def registered(hooks: Path = HOOKS) -> set[str]:
    """Return the names of the events that *hooks* registers a command for."""
    return set(handlers(hooks))


# --------------------------------------------------------------------------
# What was fired

Key = tuple[str, str, str | None]
"""Session, event and tool call: what tells two events of a recording apart, but for repeated ones."""


@dataclass(frozen=True)
class Firing:
    """One hook process and what became of it."""

    number: int
    """The event's place in the recording."""
    session_id: str
    event: str
    tool_use_id: str | None
    command: str
    returncode: int
    stdout: bytes
    stderr: bytes
    seconds: float
    """From its start to its end, which is how long the agent waits."""


@dataclass
class Fired:
    """What a replay did."""

    directory: Path
    """Home, project and transcripts of the played client; the collector may still want to read there."""
    firings: list[Firing] = field(default_factory=list)

    @property
    def noise(self) -> list[Firing]:
        """Hooks that an agent would notice: output, or a status other than 0."""
        return [one for one in self.firings if one.stdout or one.stderr or one.returncode]

    @property
    def events(self) -> Counter[Key]:
        """How often each event was fired, however many commands it has."""
        by_number = {one.number: (one.session_id, one.event, one.tool_use_id) for one in self.firings}
        return Counter(by_number.values())

    @property
    def sessions(self) -> list[str]:
        """The sessions in the order in which they began."""
        return list(dict.fromkeys(one.session_id for one in self.firings))


# --------------------------------------------------------------------------
# Processes of the played client


class LivePids:
    """Gives each recorded CLAUDE_PID a process that lives until the block ends."""

    def __init__(self) -> None:
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def of(self, recorded: str) -> str:
        """Return the pid that stands for *recorded*; the same one each time."""
        if recorded not in self._processes:
            self._processes[recorded] = subprocess.Popen(["cat"], stdin=subprocess.PIPE, start_new_session=True)
        return str(self._processes[recorded].pid)

    def __enter__(self) -> LivePids:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes.values():
            process.communicate()  # the end of its stdin is the end of cat
        self._processes.clear()


class BashCall:
    """A Bash call of the client that lives until ``close``; its command itself is never run.

    Its command line is the client's (facts of 2.1.330): the env file's text, then the quoted
    command.  Between them it tells its environment, waits, and leaves.
    """

    def __init__(self, text: str, command: str, env: Mapping[str, str], cwd: Path) -> None:
        quoted = "'" + command.replace("'", "'\"'\"'") + "'"
        stdin = "" if "<" in command else " < /dev/null"
        line = (
            f"source {cwd}/no-snapshot 2>/dev/null || true && {text}\n"
            ": && \\builtin shopt -u extglob 2>/dev/null || true"
            " && { printf '\\0\\0'; env -0; exec >/dev/null; IFS= read -r _; exit 0; }"
            f" && eval {quoted}{stdin} && pwd -P >| /dev/null"
        )
        with tempfile.TemporaryFile() as stderr:
            self._process = subprocess.Popen(
                ["/bin/bash", "-c", line],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                env=dict(env),
                cwd=cwd,
                start_new_session=True,
            )
            assert self._process.stdout is not None
            said, told, environment = self._process.stdout.read().partition(b"\0\0")
            stderr.seek(0)
            said += stderr.read()
        if said or not told:
            self.close()
            fault = "prints into every Bash call" if told else "makes every Bash call fail"
            raise ReplayError(f"the env file's text {fault}: {said.decode(errors='replace')!r}\n{text}")
        pairs = (entry.decode(errors="surrogateescape").partition("=") for entry in environment.split(b"\0"))
        self.exported = {name: value for name, _, value in pairs if name.startswith("HOOKTRACE_")}
        """What a client started from this call finds of ours in its environment."""

    def close(self) -> None:
        """End the call."""
        self._process.communicate()


def outer_calls(events: Iterable[Event]) -> dict[str, Event]:
    """Find the sessions that were started from inside another, each with its outer Bash call's PreToolUse.

    Such a session's first event lies inside an open Bash call that starts a client.  Where
    several are open, the prompt tells them apart, as it stands in the call's command.
    """
    events = list(events)
    prompts: dict[str, str] = {}
    for event in events:
        if "prompt" in event.payload:
            prompts.setdefault(event.session_id, event.payload["prompt"])
    seen: set[str] = set()
    open_calls: dict[str | None, Event] = {}
    found: dict[str, Event] = {}
    for event in events:
        inner, calls = event.session_id, list(open_calls.values())
        if inner not in seen and calls:
            prompt = prompts.get(inner, "\0")
            named = [call for call in calls if prompt in call.command]
            found[inner] = (named or calls)[-1]
        seen.add(inner)
        if event.name == "PreToolUse" and "claude" in event.command:
            open_calls[event.tool_use_id] = event
        elif event.name in CLOSES_CALL:
            open_calls.pop(event.tool_use_id, None)
    return found


class Client:
    """The client of one replay: its directories, its environment and its Bash calls."""

    def __init__(
        self, directory: Path, recording: Path, home: Path, env: Mapping[str, str], pids: LivePids | None
    ) -> None:
        self.home, self.project = directory / "home", directory / "project"
        self.project.mkdir(parents=True, exist_ok=True)
        self.config = self.home / ".claude"
        projects = self.config / "projects"
        projects.mkdir(parents=True, exist_ok=True)
        if transcripts_of(recording).is_dir():
            shutil.copytree(transcripts_of(recording), projects, dirs_exist_ok=True)
        self._base = {"PATH": os.environ["PATH"], "HOME": str(self.home), "HOOKTRACE_HOME": str(home), **env}
        self._pids = pids
        self._calls: dict[str | None, BashCall] = {}
        self._inherited: dict[str, dict[str, str]] = {}

    def here(self, recorded: str) -> str:
        """Return the path of this replay for one of the recorded home."""
        for old, new in ((f"{RECORDED_HOME}/project", self.project), (RECORDED_HOME, self.home)):
            if recorded == old or recorded.startswith(f"{old}/"):
                return f"{new}{recorded.removeprefix(old)}"
        return recorded

    def stdin(self, event: Event) -> bytes:
        """Return the payload as the client sends it, with the paths that hooks read made real."""
        paths = {
            name: self.here(event.payload[name])
            for name in ("transcript_path", "agent_transcript_path", "cwd")
            if isinstance(event.payload.get(name), str)
        }
        return json.dumps({**event.payload, **paths}, ensure_ascii=False, separators=(",", ":")).encode()

    def env(self, event: Event, hook: int, root: Path) -> dict[str, str]:
        """Return the environment of the hook that is number *hook* of the event's."""
        names = {**self._bare(event), "CLAUDE_PLUGIN_ROOT": str(root)}
        if "CLAUDE_PROJECT_DIR" in event.env:
            names["CLAUDE_PROJECT_DIR"] = self.here(event.env["CLAUDE_PROJECT_DIR"])
        if "CLAUDE_ENV_FILE" in event.env:
            file = self.env_files(event.session_id) / f"{event.name.lower()}-hook-{hook}.sh"
            file.parent.mkdir(parents=True, exist_ok=True)  # the file itself is the hook's to make
            names["CLAUDE_ENV_FILE"] = str(file)
        return names

    def env_files(self, session_id: str) -> Path:
        """Return the directory of a session's env files."""
        return self.config / "session-env" / session_id

    def _bare(self, event: Event) -> dict[str, str]:
        """Return what hooks and Bash calls of the event's client have in common."""
        of_hooks = ("CLAUDE_ENV_FILE", "CLAUDE_PROJECT_DIR")
        recorded = {name: value for name, value in event.env.items() if name not in of_hooks}
        if self._pids and "CLAUDE_PID" in recorded:
            recorded["CLAUDE_PID"] = self._pids.of(recorded["CLAUDE_PID"])
        return {**recorded, **self._base, **self._inherited.get(event.session_id, {})}

    def start_inner(self, session_id: str, outer: Event) -> None:
        """Let *session_id* be started from the Bash call *outer*, which lives from now on."""
        if session_id in self._inherited:
            return
        if outer.tool_use_id not in self._calls:
            env = self._bare(outer)
            env["AI_AGENT"] = env.get("AI_AGENT", "").replace("_harness", "_agent")
            files = sorted(self.env_files(outer.session_id).glob("*.sh"))
            text = "".join(file.read_text(encoding="utf-8") for file in files).rstrip("\n")
            self._calls[outer.tool_use_id] = BashCall(text or ":", outer.command, env, self.project)
        self._inherited[session_id] = self._calls[outer.tool_use_id].exported

    def end_call(self, tool_use_id: str | None) -> None:
        """End a Bash call, if it was made to live."""
        if call := self._calls.pop(tool_use_id, None):
            call.close()

    def close(self) -> None:
        """End every Bash call that is still open."""
        for tool_use_id in list(self._calls):
            self.end_call(tool_use_id)


@contextlib.contextmanager
def _started(argv: Sequence[str], env: Mapping[str, str], cwd: Path) -> Iterator[_Started]:
    """Start a hook as the client does: in a session of its own, stdin from a pipe."""
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        # Files, not pipes: the client waits for the hook, not for whoever inherited its stdout.
        begin = time.perf_counter()
        process = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=stdout,
            stderr=stderr,
            env=env,
            cwd=cwd,
            start_new_session=True,
        )
        yield _Started(process, stdout, stderr, begin)


@dataclass(frozen=True)
class _Started:
    process: subprocess.Popen[bytes]
    stdout: IO[bytes]
    stderr: IO[bytes]
    begin: float

    def finish(self, stdin: bytes) -> tuple[int, bytes, bytes, float]:
        """Give it *stdin*, wait for it, and return status, stdout, stderr, and the seconds since its start."""
        try:
            self.process.communicate(stdin, timeout=HOOK_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
        seconds = time.perf_counter() - self.begin
        for file in (self.stdout, self.stderr):
            file.seek(0)
        return self.process.returncode, self.stdout.read(), self.stderr.read(), seconds


# --------------------------------------------------------------------------
# The replay


def replay(
    recording: Path,
    *,
    home: Path,
    hooks: Path = HOOKS,
    speed: float | None = None,
    events: Callable[[Event], bool] = lambda _: True,
    before: Callable[[Event], None] = lambda _: None,
    env: Mapping[str, str] | None = None,
    pids: LivePids | None = None,
    directory: Path | None = None,
) -> Fired:
    """Fire *recording* through the commands of *hooks*, one event after the other.

    *home* is the HOOKTRACE_HOME of the hooks.  *speed* 1 keeps the recorded pauses, 2 halves
    them; without it there are none.  Only what *events* agrees to is fired, and *before* is
    called before each.  *env* is added to the agent's environment.  *pids* replaces the
    recorded CLAUDE_PID by live processes.  *directory* takes what the client would have
    around it; the same one for a second replay lets sessions be resumed (default: a new
    temporary directory, which the caller removes).

    Raises:
        ReplayError: the text a hook left in its env file would spoil the agent's Bash calls.
    """
    commands = handlers(hooks)
    root = hooks.resolve().parent.parent
    fired = Fired(directory or Path(tempfile.mkdtemp(prefix="ht-replay-")))
    recorded = read(recording)
    outer = outer_calls(recorded)
    client = Client(fired.directory, recording, home, env or {}, pids)
    previous: float | None = None
    with contextlib.closing(client):
        for event in recorded:
            if event.name not in commands or not events(event):
                continue
            if speed and previous is not None:
                time.sleep(max(0.0, event.at - previous) / speed)
            previous = event.at
            before(event)
            if event.name in CLOSES_CALL:
                client.end_call(event.tool_use_id)
            if event.session_id in outer:
                client.start_inner(event.session_id, outer[event.session_id])
            fired.firings.extend(_fire(event, commands[event.name], client, root))
    return fired


def _fire(event: Event, commands: Sequence[Handler], client: Client, root: Path) -> list[Firing]:
    """Run all commands of one event at once, as the client does, and wait for them."""
    stdin = client.stdin(event)
    cwd = Path(client.here(str(event.payload.get("cwd", ""))))
    with contextlib.ExitStack() as stack:
        started = []
        for number, handler in enumerate(commands):
            env = client.env(event, number, root)
            where = cwd if cwd.is_dir() else client.project
            started.append(stack.enter_context(_started(handler.argv(env), env, where)))
        ends = [one.finish(stdin) for one in started]
    return [
        Firing(event.number, event.session_id, event.name, event.tool_use_id, handler.command, *end)
        for handler, end in zip(commands, ends, strict=True)
    ]


def main() -> int:
    """Replay a recording and tell what the hooks did; 1 if an agent would have noticed them."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        prog="python -m tests.replay",
    )
    parser.add_argument("recording", type=Path)
    parser.add_argument("--home", type=Path, required=True, help="the HOOKTRACE_HOME of the hooks")
    parser.add_argument("--hooks", type=Path, default=HOOKS, help="default: %(default)s")
    parser.add_argument("--speed", type=float, help="1: as recorded; default: without pauses")
    parser.add_argument("--seed", help="fire it under new ids that follow from this word")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ht-recording-") as copies:
        recording = retarget(args.recording, args.seed, Path(copies)) if args.seed else args.recording
        fired = replay(recording, home=args.home.resolve(), hooks=args.hooks, speed=args.speed)
    for one in fired.noise:
        print(f"{one.event}: exit {one.returncode}, said {(one.stdout + one.stderr)!r}", file=sys.stderr)
    for (session_id, name, tool_use_id), count in fired.events.items():
        print(session_id, name, tool_use_id or "", f"x{count}" if count > 1 else "")
    print(f"{fired.events.total()} events of {len(fired.sessions)} sessions; client: {fired.directory}")
    return 1 if fired.noise else 0


if __name__ == "__main__":
    raise SystemExit(main())
