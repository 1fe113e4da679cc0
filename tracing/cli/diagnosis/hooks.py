"""The hooks themselves: they are there, they are silent, they leave one event; and what one costs."""

from __future__ import annotations

import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tracing.cli.diagnosis.finding import Finding, NotApplicable, problem
from tracing.cli.diagnosis.situation import Situation
from tracing.hookconfig import settings_hooks
from tracing.places import Places
from tracing.resources import resource
from tracing.spool import Spool

HOOKS = {"record": "PreToolUse", "session-start": "SessionStart"}
"""Each executable, with an event that it is registered for."""

HOOK_LIMIT_S = 10.0
"""As in the agent's settings."""

SESSION = "00000000-0000-4000-8000-000000000001"

COST_RUNS = 30
"""Enough for a median; the whole measurement takes about a quarter of a second."""

PAYLOAD_BYTES = 1600
"""A usual PreToolUse event."""


def files_there(situation: Situation) -> Iterator[Finding]:
    """Look for the files that the agent is told to run; without them it goes on in silence."""
    if not situation.hook_directories:
        raise NotApplicable
    for form, directory in situation.hook_directories.items():
        cure = "`hooktrace init` puts them back"
        if form == "plugin":
            cure = f"`claude plugin uninstall {situation.plugin} --keep-data`, then install it again"
        for name in HOOKS:
            path = directory / name
            if not path.is_file():
                yield problem("hook-files-missing", f"the {form} names {path}, which is not there", cure)
            elif not os.access(path, os.R_OK):
                yield problem("hook-files-unreadable", f"{path} may not be read by this user", cure)


def hooks_behave(situation: Situation) -> Iterator[Finding]:
    """Run each hook into a temporary directory: it must be silent, exit 0 and leave one whole event."""
    for directory in _usable(situation):
        for name, event in HOOKS.items():
            yield from _run(directory, name, event)


def hook_cost_ms(situation: Situation) -> dict[str, float] | None:
    """Return what one hook costs on this machine, beside a shell that does nothing but write a file.

    Medians of ``runs`` whole processes each, in turn, from fork to exit; None when there is no hook to run.
    """
    directories = _usable(situation) if situation.hook_directories else [resource("hooks")]
    if not directories:
        return None
    with tempfile.TemporaryDirectory(prefix="hooktrace-") as temporary:
        state, stdin = Path(temporary, "state"), Path(temporary, "payload")
        (state / "spool").mkdir(parents=True)
        stdin.write_text('{"hook_event_name": "PreToolUse", "pad": "' + "a" * PAYLOAD_BYTES + '"}')
        hook = _command(directories[0], state, "PreToolUse")
        plain = ["/bin/sh", "-c", 'cat >"$0-$$"', f"{state}/spool/plain"]
        times: dict[str, list[float]] = {"hook": [], "plain_shell": []}
        for _ in range(COST_RUNS):
            times["hook"].append(_timed(hook, stdin, _environment(state)))
            times["plain_shell"].append(_timed(plain, stdin, _environment(state)))
    return {kind: round(statistics.median(taken) * 1000, 2) for kind, taken in times.items()} | {"runs": COST_RUNS}


def _usable(situation: Situation) -> list[Path]:
    directories = list(dict.fromkeys(situation.hook_directories.values()))
    found = [directory for directory in directories if all(os.access(directory / name, os.R_OK) for name in HOOKS)]
    if not found:
        raise NotApplicable
    return found


def _run(directory: Path, name: str, event: str) -> Iterator[Finding]:
    path = directory / name
    reinstall = f"{path} is not the file that was installed: `hooktrace init` writes it anew"
    with tempfile.TemporaryDirectory(prefix="hooktrace-") as temporary:
        state, stdin, output = (Path(temporary, part) for part in ("state", "stdin", "output"))
        stdin.write_text(f'{{"hook_event_name": "{event}", "session_id": "{SESSION}"}}')
        status = _status(_command(directory, state, event), _environment(state), stdin, output)
        if status is None:
            message = f"{path} does not end within {HOOK_LIMIT_S:g} s, and the agent waits for it"
            yield problem("hook-hangs", message, reinstall)
            return
        if printed := output.read_bytes()[:80]:
            yield problem("hook-prints", f"{path} prints {printed!r}, which the model may be given", reinstall)
        if status:
            message = f"{path} exits {status}, which can block the agent's tools"
            yield problem("hook-exits-nonzero", message, reinstall)
        if (left := _events_left(state)) != 1:
            yield problem("hook-loses-events", f"{path} left {left} whole events in a spool instead of 1", reinstall)


def _status(command: list[str], environment: dict[str, str], stdin: Path, output: Path) -> int | None:
    """Run a hook and return its exit status, None when it hangs; what it leaves running is not waited for."""
    with stdin.open("rb") as given, output.open("wb") as printed:
        try:
            hook = subprocess.run(
                command, env=environment, stdin=given, stdout=printed, stderr=printed, timeout=HOOK_LIMIT_S, check=False
            )
        except subprocess.TimeoutExpired:
            return None
    return hook.returncode


def _events_left(state: Path) -> int:
    spool = Spool(Places.from_environment({"HOOKTRACE_HOME": str(state)}))
    count = 0
    for entry in spool.scan() if spool.directory.is_dir() else []:
        try:
            count += bool(spool.read(entry).payload)
        except Exception:  # noqa: S112 - whatever it is, it is no whole event
            continue
    return count


def _command(directory: Path, state: Path, event: str) -> list[str]:
    (handler,) = settings_hooks(directory, state)[event][0]["hooks"]
    return [handler["command"], *handler["args"]]


def _environment(state: Path) -> dict[str, str]:
    """Return a hook's environment in which it can find no spool but that in *state*."""
    given = {"HOOKTRACE_HOME": str(state), "CLAUDE_CODE_SESSION_ID": SESSION}
    return {"PATH": os.defpath, **given, "CLAUDE_ENV_FILE": f"{state}/sessionstart-hook-0.sh"}


def _timed(command: list[str], stdin: Path, environment: dict[str, str]) -> float:
    """Return the seconds from fork to exit; subprocess would add its own."""
    actions = [(os.POSIX_SPAWN_OPEN, 0, str(stdin), os.O_RDONLY, 0)]
    begin = time.perf_counter()
    pid = os.posix_spawn(command[0], command, environment, file_actions=actions)
    os.waitpid(pid, 0)
    return time.perf_counter() - begin
