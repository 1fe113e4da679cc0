"""A proxy between the collector and its server that misbehaves as it is told."""

from __future__ import annotations

import contextlib
import random
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

CHUNK = 65_536

SOCKET = ".s.PGSQL.5432"
"""The name that libpq looks for in the directory of a server."""


class Cut(Exception):
    """The connection is to be closed now."""


class Manner:
    """How what is said is passed on: here, as it is."""

    def asked(self, data: bytes, _client: socket.socket, /) -> bytes:
        """Return what the server gets of *data*."""
        return data

    def answered(self, data: bytes, _client: socket.socket, /) -> bytes:
        """Return what *client* gets of *data*."""
        return data


class Silent(Manner):
    """Accepts, and loses all that is said: a black hole."""

    def asked(self, _data: bytes, _client: socket.socket, /) -> bytes:
        """Swallow it."""
        return b""

    answered = asked


class Late(Manner):
    """Brings every answer late."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def answered(self, data: bytes, _client: socket.socket, /) -> bytes:
        """Keep it for a while."""
        time.sleep(self._seconds)
        return data


class Breaking(Manner):
    """Closes connections at random."""

    def __init__(self, seed: int, one_in: int) -> None:
        self.breaks = 0
        """How many it closed."""
        self._chance = random.Random(seed)
        self._one_in = one_in

    def asked(self, data: bytes, _client: socket.socket, /) -> bytes:
        """Pass it on, or break off."""
        if not self._chance.randrange(self._one_in):
            self.breaks += 1
            raise Cut
        return data

    answered = asked


class Unconfirming(Manner):
    """Lets the server commit, and breaks off before the client hears of it."""

    def __init__(self) -> None:
        self._committing: set[socket.socket] = set()

    def asked(self, data: bytes, client: socket.socket, /) -> bytes:
        """Notice a COMMIT."""
        if b"COMMIT" in data:
            self._committing.add(client)
        return data

    def answered(self, data: bytes, client: socket.socket, /) -> bytes:
        """Break off behind a COMMIT: that there is an answer means that it was done."""
        if client in self._committing:
            self._committing.remove(client)
            raise Cut
        return data


class Proxy:
    """Listens in *directory*, as a server would, for who is to reach the server whose socket is in *beyond*."""

    def __init__(self, directory: Path, beyond: Path) -> None:
        self.directory = directory
        self.manner = Manner()
        self._own, self._beyond = directory / SOCKET, beyond / SOCKET
        self._open: set[socket.socket] = set()
        self._changed = threading.Lock()
        self._listener: socket.socket | None = None

    def start(self) -> None:
        """Accept connections."""
        self._own.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self._own))
        self._listener.listen(64)
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def stop(self) -> None:
        """Refuse connections, and close those that there are."""
        if self._listener:
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes who waits in accept
            self._listener.close()
        self.cut()

    def cut(self) -> None:
        """Close the connections that there are."""
        with self._changed:
            for end in self._open:
                _hang_up(end)

    @contextlib.contextmanager
    def behaving(self, manner: Manner, cut: bool = True) -> Iterator[None]:
        """Behave so for the block, with old connections and new ones; all are *cut* at the end."""
        self.manner = manner
        try:
            yield
        finally:
            self.manner = Manner()
            if cut:
                self.cut()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:  # closed
                return
            server = socket.socket(socket.AF_UNIX)
            if server.connect_ex(str(self._beyond)):
                client.close()
                server.close()
                continue
            with self._changed:
                self._open |= {client, server}
            for answers in (False, True):
                threading.Thread(target=self._carry, args=(client, server, answers), daemon=True).start()

    def _carry(self, client: socket.socket, server: socket.socket, answers: bool) -> None:
        """Carry what one side says, until either is gone."""
        source, target = (server, client) if answers else (client, server)
        with contextlib.suppress(OSError, Cut):
            while data := source.recv(CHUNK):
                passed_on = self.manner.answered if answers else self.manner.asked
                target.sendall(passed_on(data, client))
        with self._changed:
            for end in (client, server):
                _hang_up(end)
            self._open -= {source}
        source.close()


def _hang_up(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def new_proxy(directory: Path, beyond: Path) -> Iterator[Proxy]:
    """Run one for the block."""
    proxy = Proxy(directory, beyond)
    proxy.start()
    try:
        yield proxy
    finally:
        proxy.stop()
