"""A command in a terminal of its own: what it writes there, byte for byte."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
from collections.abc import Mapping

from tests.conftest import COMMAND_TIMEOUT_S, Installation, _hooktrace

ESCAPE = "\x1b"

COLOUR = re.compile(r"\x1b\[(?:\d+;)*(?:3[1-7]|9[0-7])m")
"""What switches a colour on."""

STYLE = re.compile(r"\x1b\[[\d;]*m")
"""What switches colours, bold and dim on and off: nothing else is sent to a terminal."""


def in_terminal(
    home: Installation, *arguments: str, columns: int = 100, env: Mapping[str, str] | None = None
) -> tuple[int, str]:
    """Run ``hooktrace ARGUMENTS`` in a terminal *columns* wide; return how it ended, and all that it wrote."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    process = subprocess.Popen(
        [*_hooktrace(), *arguments],
        env={**home.env, "TERM": "xterm-256color", **(env or {})},
        stdin=slave,
        stdout=slave,
        stderr=slave,
    )
    os.close(slave)
    written = b""
    with os.fdopen(master, "rb", buffering=0) as screen:
        try:
            while block := screen.read(65536):
                written += block
        except OSError:  # EIO: the command has left the terminal
            pass
    code = process.wait(COMMAND_TIMEOUT_S)
    return code, written.decode().replace("\r\n", "\n")
