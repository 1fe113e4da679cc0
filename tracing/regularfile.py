"""Opening a file at a path that somebody else may have put there."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO


class NotRegular(OSError):
    """A directory, a FIFO, a device, a socket."""


def open_regular(path: Path | str) -> BinaryIO:
    """Open a regular file for reading; no link is followed, and no FIFO waited for.

    Raises:
        NotRegular: it is something else.
        OSError: it is gone, a link, or may not be read.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NotRegular("not a regular file")
    return os.fdopen(descriptor, "rb")
