"""Which process runs a session, and whether that very one still lives.

A pid alone does not tell: it is used again.  A process is known by its *birth*, which is the boot of
the machine and the moment in it at which the process began.
"""

from __future__ import annotations

import functools
import os
import platform
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tracing.event import Event

PROC = Path("/proc")

CLOCK_SLACK_S = 2.0
"""The machine's boot is known to the second, and a file's time is some milliseconds behind."""

PS_TIMEOUT_S = 5.0

SHELLS = frozenset({"sh", "dash", "bash", "zsh", "busybox", "ash", "ksh"})
"""What a hook is started by in between where the client itself does not start it."""


@dataclass(frozen=True)
class Process:
    """A process that fired events."""

    host: str
    pid: int
    birth: str
    """Empty: it was gone, or its pid another's, before anybody looked."""

    @property
    def alive(self) -> bool:
        """Tell whether it still runs; of one whose birth is not known nobody can tell, so no."""
        return bool(self.birth) and birth_of(self.pid) == self.birth


def host() -> str:
    """Return the name of this machine."""
    return platform.node() or "localhost"


def process_of(event: Event) -> Process | None:
    """Return the agent's process that fired *event*, if the event tells it.

    Older clients do not tell their pid; the hook's parent is the client unless a shell is in between.  A program's own
    process wrote its events.
    """
    if event.is_programs:
        return _known(_pid(event.header.get("pid")), event)
    told, parent = _pid(event.header.get("CLAUDE_PID")), _pid(event.header.get("ppid"))
    return _known(told or (parent if parent and _command(parent) not in SHELLS | {""} else None), event)


def _known(pid: int | None, event: Event) -> Process | None:
    if pid is None:
        return None
    birth = birth_of(pid)
    began_at = _began_at(birth) if birth else None
    if began_at is None or began_at - event.at.timestamp() > CLOCK_SLACK_S:
        birth = ""  # whoever has the pid now began after the event
    return Process(host(), pid, birth)


def birth_of(pid: int) -> str:
    """Return what tells the living process *pid* from every other; empty if there is none, or only its remains."""
    if not PROC.joinpath("self", "stat").exists():
        return _birth_by_ps(pid)
    try:
        stat = PROC.joinpath(str(pid), "stat").read_bytes()
    except OSError:
        return ""
    # The name in parentheses may hold anything; behind it: state, ..., and as the 20th the start in clock ticks.
    fields = stat.rpartition(b")")[2].split()
    return "" if fields[0] in (b"Z", b"X") else f"{_boot()}/{int(fields[19])}"


def same_boot(birth: str) -> bool:
    """Tell whether the machine has been running since that *birth*; where no boot is told, that it has."""
    boot, slash, _ = birth.rpartition("/")
    return not slash or boot == _boot()


def _birth_by_ps(pid: int) -> str:
    said = _ps("stat=,lstart=", pid)
    state, _, began = said.partition(" ")
    return "" if not began or state.startswith("Z") else " ".join(began.split())


def _began_at(birth: str) -> float | None:
    """Return the Unix time of a birth."""
    boot, slash, ticks = birth.rpartition("/")
    if not slash:
        try:
            return datetime.strptime(birth, "%a %b %d %H:%M:%S %Y").astimezone(UTC).timestamp()
        except ValueError:
            return None
    return _booted_at() + int(ticks) / os.sysconf("SC_CLK_TCK") if boot == _boot() else None


@functools.cache
def _boot() -> str:
    try:
        return PROC.joinpath("sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def _booted_at() -> float:
    """Return the Unix time of the boot by the clock as it is now, which may have been set since."""
    for line in PROC.joinpath("stat").read_text().splitlines():
        if line.startswith("btime "):
            return float(line.split()[1])
    return 0.0


def _command(pid: int) -> str:
    """Return the name of the program that *pid* runs; empty if there is none."""
    try:
        return PROC.joinpath(str(pid), "comm").read_text().strip()
    except FileNotFoundError:
        return "" if PROC.joinpath("self").exists() else Path(_ps("comm=", pid)).name.removeprefix("-")
    except OSError:
        return ""


def _ps(columns: str, pid: int) -> str:
    try:
        ps = ["ps", "-o", columns, "-p", str(pid)]
        done = subprocess.run(ps, capture_output=True, text=True, timeout=PS_TIMEOUT_S, env={"LC_ALL": "C"})
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()


def _pid(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() and 1 < int(text) < 2**31 else None
