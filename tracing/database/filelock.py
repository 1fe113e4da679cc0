"""Locks on files, which end with their holder however it ends; also across containers that share a directory."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from tracing.database.servererror import ServerError

POLL_S = 0.02


def try_lock(path: Path) -> int | None:
    """Return a descriptor that holds the lock *path*, None when somebody else holds it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Whoever held it may have removed the server, and the file with it: then this lock locks nothing.
        if os.path.samestat(os.fstat(descriptor), path.stat()):
            return descriptor
    except (BlockingIOError, FileNotFoundError):
        pass
    except BaseException:
        os.close(descriptor)
        raise
    os.close(descriptor)
    return None


@contextlib.contextmanager
def held(path: Path, limit_s: float) -> Iterator[int]:
    """Hold the lock *path* for a ``with`` block.

    Raises:
        ServerError: it is not to be had within *limit_s*.
    """
    until = time.monotonic() + limit_s
    while (descriptor := try_lock(path)) is None:
        if time.monotonic() > until:
            raise ServerError(f"another process has held {path} for {limit_s:.0f} s\nhint: `fuser {path}` names it")
        time.sleep(POLL_S)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
