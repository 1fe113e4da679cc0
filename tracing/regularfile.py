"""Opening a file at a path that somebody else may have put there."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO


class NotRegular(OSError):
    """A directory, a FIFO, a device, a socket."""


def read_regular(path: str) -> tuple[bytes, os.stat_result]:
    """Return what is in a small regular file, and what the file was once it was read; as :func:`open_regular`.

    For thousands of files: a file object for each takes longer than the reading.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        size = _regular(descriptor).st_size
        parts = [os.read(descriptor, size + 1)]
        while parts[-1] and sum(map(len, parts)) != size:
            parts.append(os.read(descriptor, 2**20))
        return b"".join(parts), os.fstat(descriptor)
    finally:
        os.close(descriptor)


def open_regular(path: Path) -> BinaryIO:
    """Open a regular file for reading; no link is followed, and no FIFO waited for.

    Raises:
        NotRegular: it is something else.
        OSError: it is gone, a link, or may not be read.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        _regular(descriptor)
    except NotRegular:
        os.close(descriptor)
        raise
    return os.fdopen(descriptor, "rb")


def _regular(descriptor: int) -> os.stat_result:
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise NotRegular("not a regular file")
    return status
