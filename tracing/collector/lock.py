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
    """The lock of one installation, and the pid file beside it."""

    def __init__(self, path: Path, pid_file: Path) -> None:
        self._path = path
        self._pid_file = pid_file
        self._descriptor: int | None = None

    def acquire(self) -> bool:
        """Take the lock if nobody has it, and write the pid file."""
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
                self._pid_file.write_text(f"{os.getpid()}\n")
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
        """Return the process id of the collector that runs, or None."""
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return self._recorded_pid()
        finally:
            os.close(descriptor)
        return None

    def _recorded_pid(self) -> int | None:
        try:
            return int(self._pid_file.read_text())
        except (FileNotFoundError, ValueError):
            return None
