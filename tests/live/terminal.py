"""A terminal for an interactive client: what it shows, and the keys that are pressed."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pyte

from tests.live.waiting import wait_until

ENTER, ESC, DOWN, TAB, CTRL_C, CTRL_D = "\r", "\x1b", "\x1b[B", "\t", "\x03", "\x04"

CURSOR = "\N{HEAVY RIGHT-POINTING ANGLE QUOTATION MARK ORNAMENT}"
"""Where the client waits for a prompt, and at the answer that Enter would give."""

LINES, COLUMNS = 50, 140


class Terminal:
    """A program that runs in a terminal of its own."""

    def __init__(self, command: Sequence[str], cwd: Path, env: Mapping[str, str]) -> None:
        self._screen = pyte.Screen(COLUMNS, LINES)
        self._stream = pyte.ByteStream(self._screen)
        self._lock = threading.Lock()
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        # setsid becomes the program itself, with this terminal as its controlling one: closed, it sends SIGHUP.
        self.process = subprocess.Popen(
            ["setsid", "--ctty", *command], cwd=cwd, env=dict(env), stdin=slave, stdout=slave, stderr=slave
        )
        os.close(slave)
        self._closed = False
        self._stop, self._stopped = os.pipe()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        """Keep the screen current until the terminal is closed or nobody has it open any more."""
        while self._stop not in select.select([self._master, self._stop], [], [])[0]:
            try:
                data = os.read(self._master, 65536)
            except OSError:  # EIO: the last process that had it open has left
                return
            with self._lock:
                self._stream.feed(data)

    def close(self) -> None:
        """Close the terminal, as when its window is closed: what runs in it is told with SIGHUP."""
        if self._closed:
            return
        self._closed = True
        os.close(self._stopped)
        self._reader.join()
        os.close(self._stop)
        os.close(self._master)

    @property
    def shown(self) -> str:
        """What stands on the screen."""
        with self._lock:
            return "\n".join(line.rstrip() for line in self._screen.display)

    def see(self, text: str) -> None:
        """Wait until *text* stands on the screen."""
        wait_until(lambda: text in self.shown, lambda: f"{text!r} is not shown:\n{self.shown.strip()}")

    def see_no_more(self, text: str) -> None:
        """Wait until *text* stands on the screen no more."""
        wait_until(lambda: text not in self.shown, lambda: f"{text!r} is shown still:\n{self.shown.strip()}")

    def press(self, *keys: str) -> None:
        """Press *keys* one after the other."""
        for key in keys:
            os.write(self._master, key.encode())

    def insist(self, key: str, until: Callable[[str], bool]) -> None:
        """Press *key* until what is shown says that it was taken: a dialog that has just changed takes no key."""

        def taken() -> bool:
            if until(self.shown):
                return True
            self.press(key)
            return False

        wait_until(taken, lambda: f"{key!r} is not taken:\n{self.shown.strip()}", pause=1)

    def enter(self, text: str) -> None:
        """Type *text* and then Enter; both at once would be taken for something pasted."""
        self.press(text)
        self.see(text)
        self.press(ENTER)

    def choose(self, answer: str, until: Callable[[str], bool]) -> None:
        """Give the numbered *answer* of the dialog that is shown, or will be, until it was taken."""
        choice = re.compile(rf"(\d)\. {re.escape(answer)}\s*$", re.MULTILINE)
        wait_until(lambda: choice.search(self.shown), lambda: f"no answer {answer!r}:\n{self.shown.strip()}")
        found = choice.search(self.shown)
        assert found
        self.insist(found[1], until)
