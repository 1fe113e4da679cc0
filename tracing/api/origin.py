"""Where an execution comes from: what the environment tells of the session, or the caller, around this process."""

from __future__ import annotations

import os

from tracing.api.ids import known_id

_PASSED_ON = (
    *("CLAUDE_PROJECT_DIR", "HOOKTRACE_ROOT_ID", "HOOKTRACE_SESSION_ID", "HOOKTRACE_CORRELATION_ID"),
    *("HOOKTRACE_CAPTURE", "TRACEPARENT", "TRACESTATE"),
)
"""Taken from the environment, by name: keys and tokens stand beside them."""

INHERITED = ("HOOKTRACE_ROOT_ID", "HOOKTRACE_SESSION_ID", "HOOKTRACE_CORRELATION_ID", "HOOKTRACE_CALL")


class Origin:
    """What all executions have in common that began beneath the same outermost one."""

    def __init__(self, own_id: str, source: str) -> None:
        """Look around for the outermost execution *own_id*; *source* is what kind of program it is."""
        self.session_id = own_id
        self.cwd = _working_directory()
        self.root_id = inherited_root() or own_id
        self.parent_id = known_id(os.environ.get("HOOKTRACE_CORRELATION_ID")) if self.root_id != own_id else None
        told = {"source": source, "ppid": str(os.getppid()), "call": _call(os.environ.get("HOOKTRACE_CALL", ""))}
        told |= {name: os.environ.get(name, "") for name in _PASSED_ON}
        self.header = b"".join(os.fsencode(f"{name}={value}") + b"\0" for name, value in told.items() if value)
        """As tracing.api.slot takes it; the collector weighs the claims in it (tracing/lineage.py)."""


def inherited_root() -> str | None:
    """Return the root that the environment names, as far as it can be believed here."""
    outer = os.environ.get("HOOKTRACE_SESSION_ID")
    if outer and not known_id(outer):
        return None  # inherited from nobody who can be asked
    return known_id(os.environ.get("HOOKTRACE_ROOT_ID"))


def _working_directory() -> str:
    try:
        return os.getcwd()  # noqa: PTH109  # no pathlib here
    except OSError:
        return ""  # it was removed


def _call(pid: str) -> str:
    """Return the command line of the shell of the agent's Bash call that this process was started from.

    As hooks/session-start, without the NULs.
    """
    if not pid.isascii() or not pid.isdecimal():
        return ""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:  # noqa: PTH123
            return os.fsdecode(file.read().replace(b"\0", b""))
    except OSError:
        return _call_by_ps(pid) if not os.path.exists("/proc/self") else ""  # noqa: PTH110


def _call_by_ps(pid: str) -> str:
    try:
        import subprocess

        command = ["ps", "-o", "args=", "-p", pid]
        said = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    except (OSError, ImportError):  # no file or process is left for it
        return ""
    return os.fsdecode(said.stdout).strip()  # a command line is in no encoding
