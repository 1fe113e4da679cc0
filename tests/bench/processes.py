"""What processes take: seconds from fork to exit, processor time, memory, wake-ups."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from tracing.database.embedded import EmbeddedServer

Condition = Callable[[], bool]

TICKS = os.sysconf("SC_CLK_TCK")


def seconds(argv: list[str], stdin: Path, env: Mapping[str, str]) -> float:
    """Return the seconds from fork to exit of one process, started directly; what it prints goes nowhere."""
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, str(stdin), os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
        (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
    ]
    begin = time.perf_counter()
    pid = os.posix_spawn(argv[0], argv, env, file_actions=actions)
    os.waitpid(pid, 0)
    return time.perf_counter() - begin


def seconds_fed(argv: list[str], stdin: Path, env: Mapping[str, str]) -> float:
    """Return the same of a process that is given what is in *stdin* through a socket, as the client does."""
    data = stdin.read_bytes()
    ours, its = socket.socketpair()
    with ours, its:
        actions = [
            (os.POSIX_SPAWN_DUP2, its.fileno(), 0),
            (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
            (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
        ]
        begin = time.perf_counter()
        pid = os.posix_spawn(argv[0], argv, env, file_actions=actions)
        its.close()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # not everything reads its stdin
            ours.sendall(data)
        ours.close()
        os.waitpid(pid, 0)
        return time.perf_counter() - begin


def scheduled(pids: Iterable[int]) -> tuple[int, float]:
    """Return how often the threads of *pids* gave up the processor, and the seconds they ran."""
    wakes, nanoseconds = 0, 0
    for pid in pids:
        try:
            for task in Path(f"/proc/{pid}/task").iterdir():
                status = (task / "status").read_text()
                wakes += next(int(line.split()[1]) for line in status.splitlines() if line.startswith("voluntary"))
                nanoseconds += int((task / "schedstat").read_text().split()[0])
        except FileNotFoundError:
            continue  # it ended
    return wakes, nanoseconds / 1e9


def memory_mb(pids: Iterable[int]) -> tuple[float, float]:
    """Return resident and proportional memory of *pids*; what they share is counted once in the second."""
    resident = proportional = 0
    for pid in pids:
        told = ""
        with suppress(FileNotFoundError):  # a backend may have gone
            told = Path(f"/proc/{pid}/smaps_rollup").read_text()
        for line in told.splitlines():
            if line.startswith("Rss:"):
                resident += int(line.split()[1])
            elif line.startswith("Pss:"):
                proportional += int(line.split()[1])
    return resident / 1024, proportional / 1024


def cpu_s(pid: int) -> float:
    """Return the processor time of a process, and of its children that it has waited for."""
    return sum(_stat(pid)) / TICKS


class Server:
    """The processes of an embedded server."""

    def __init__(self, server: EmbeddedServer) -> None:
        pid = server.pid()
        if pid is None:
            raise RuntimeError("the embedded server does not run")
        self.pid = pid

    @property
    def pids(self) -> list[int]:
        """All of them that live."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return [self.pid, *map(int, children)]

    def cpu_s(self) -> float:
        """Return the processor time of all that live, and of all that have ended."""
        ended = _stat(self.pid)[2:]
        return (sum(ended) + sum(sum(_stat(pid)[:2]) for pid in self.pids)) / TICKS


def _stat(pid: int) -> list[int]:
    """Return utime, stime, cutime and cstime."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return [0, 0, 0, 0]
    return [int(field) for field in fields[11:15]]
