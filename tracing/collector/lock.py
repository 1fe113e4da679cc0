"""Only one collector: a lock that the kernel gives back when its holder dies."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from pathlib import Path

ATTEMPTS = 3
"""A look at the lock (``running``) holds it for an instant, so one refusal decides nothing."""


class CollectorLock:
    """The lock of one installation, and the pid file beside it.

    A command may hold it, too, to keep collectors away; then the pid file's second line tells which.
    """

    def __init__(self, path: Path, pid_file: Path) -> None:
        self._path = path
        self._pid_file = pid_file
        self._descriptor: int | None = None

    def acquire(self, command: str = "") -> bool:
        """Take the lock if nobody has it, for a collector or a *command*, and write the pid file."""
        for attempt in range(ATTEMPTS):
            if attempt:
                time.sleep(0.05)
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                continue
            self._descriptor = descriptor
            with contextlib.suppress(OSError):  # a full disk: the file is a hint for the hooks
                self._pid_file.write_text(f"{os.getpid()}\n{command}")
            return True
        return False

    def release(self) -> None:
        """Give the lock back; the pid file goes first, if it is still ours."""
        if self._descriptor is not None:
            if self.held():
                self._pid_file.unlink(missing_ok=True)
            os.close(self._descriptor)
            self._descriptor = None

    def held(self) -> bool:
        """Tell whether the lock is ours and still the one that others would find."""
        if self._descriptor is None:
            return False
        try:
            return os.fstat(self._descriptor).st_ino == self._path.stat().st_ino
        except FileNotFoundError:
            return False

    def running(self) -> int | None:
        """Return the process id of the collector that runs, or of the command that keeps it away; or None."""
        return self.holder()[0]

    def holder(self) -> tuple[int | None, str]:
        """Return the process id of what holds the lock, None if nothing does, and which command it is, if it is one."""
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return None, ""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return self._recorded()
        finally:
            os.close(descriptor)
        return None, ""

    def _recorded(self) -> tuple[int | None, str]:
        try:
            pid, _, command = self._pid_file.read_text().partition("\n")
            return int(pid), command.strip()
        except (FileNotFoundError, ValueError):
            return None, ""
