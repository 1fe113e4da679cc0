"""Answers the advice hook: a socket in the state directory, one prompt at a time, and silence on any doubt.

    the hook sends     DEADLINE LENGTH newline, then LENGTH bytes: its event as the agent sent it
    it is answered     TEXT newline; or nothing
    the hook sends     newline: the text was passed on

DEADLINE is in milliseconds of the monotonic clock, which is one for all processes.  What was not passed on is not
noted as offered.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tracing.backoff import Backoff
from tracing.database.caretaker import NotDone
from tracing.database.offers import Asked, Offer, Offers
from tracing.database.store import Unavailable
from tracing.identity import parse_uuid, prompt_uuid
from tracing.notification import PREFIX
from tracing.places import PRIVATE_FILE

LONGEST_PROMPT = 1 << 20
"""Bytes of the event; hooks/advise.py sends no more."""

LONGEST_BUDGET_S = 0.15

RESERVE_S = 0.02
"""Of the budget, left for the answer's way to the model."""

LISTENING_S = 0.5
"""How soon the thread sees that it is to end."""

WARM_UP_CAP_S = 60.0
"""Between two tries to connect at most: while one lasts, which can be seconds, prompts wait in vain."""

LONGEST_PATH = 100
"""Of a socket: the system allows 103 or 107."""

log = logging.getLogger(__name__)


class Adviser:
    """The thread; made only where advice is switched on.  It cannot die: what nobody foresaw is told to ``failed``."""

    def __init__(
        self,
        path: Path,
        offers: Offers,
        failed: Callable[[Exception], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path = path
        self._offers = offers
        self._failed = failed
        self._clock = clock
        self._stopping = threading.Event()
        self._pauses = Backoff()
        self._warm = False
        self._warm_up_at = 0.0
        self._warm_ups = Backoff(WARM_UP_CAP_S)
        self._thread = threading.Thread(target=self._run, name="adviser", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after the prompt at hand."""
        self._stopping.set()
        self._thread.join(2 * LISTENING_S)

    def _run(self) -> None:
        try:
            listening = _listen(self._path)
        except OSError as error:
            log.warning("no advice is given: %s: %s", self._path, error.strerror or error)
            return
        with contextlib.closing(listening), _removed(self._path):
            while not self._stopping.is_set():
                try:
                    self._listen_once(listening)
                    self._pauses.reset()
                except Exception as error:  # the thread cannot die; the collector decides what a failure means
                    self._failed(error)
                    self._stopping.wait(self._pauses.delay())

    def _listen_once(self, listening: socket.socket) -> None:
        if not self._warm and self._clock() >= self._warm_up_at:
            self._warm_up()
        with contextlib.suppress(TimeoutError):
            self._serve(listening.accept()[0])

    def _warm_up(self) -> None:
        """Connect before anybody asks; where that fails or takes long it is seldom tried, and nobody has to wait."""
        try:
            self._offers.warm_up()
        except (NotDone, Unavailable):
            self._put_off()
        except Exception:
            self._put_off()
            raise
        else:
            self._warm = True
            self._warm_ups.reset()

    def _put_off(self) -> None:
        self._warm_up_at = self._clock() + self._warm_ups.delay()

    def _serve(self, connection: socket.socket) -> None:
        """Answer one hook, or leave it without an answer: it does not wait for long."""
        with contextlib.closing(connection):
            if not self._warm:
                return
            try:
                self._answer(connection)
            except (OSError, ValueError, NotDone, Unavailable):  # the hook is gone, or the database: nobody waits now
                self._warm = False

    def _answer(self, connection: socket.socket) -> None:
        connection.settimeout(LONGEST_BUDGET_S)
        until, event = _received(connection)
        asked = _asked(event)
        if asked is None or (left := until - RESERVE_S - time.monotonic()) <= 0:
            return
        offer = self._offers.make(asked, int(left * 1000))
        if offer is None:
            return
        if not self._passed_on(connection, offer, until):
            self._offers.retract(offer)

    def _passed_on(self, connection: socket.socket, offer: Offer, until: float) -> bool:
        """Tell the hook, and whether the agent heard it; what is withheld need only have been ready in time."""
        if time.monotonic() > until - RESERVE_S / 2:
            return False
        if offer.said is None:
            return True
        try:
            connection.sendall(offer.said.encode("ascii") + b"\n")
            return connection.recv(1) == b"\n"
        except OSError:
            return False


@contextlib.contextmanager
def _removed(path: Path) -> Iterator[None]:
    """Remove *path* in the end, unless another collector's socket has taken its place."""
    own = path.stat()
    try:
        yield
    finally:
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(own, path.stat()):
                path.unlink()


def _listen(path: Path) -> socket.socket:
    """Return a socket at *path* that only this user can connect to; an older one gives way."""
    path.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            long = len(os.fsencode(path)) > LONGEST_PATH and sys.platform == "linux"
            listening.bind(f"/proc/self/fd/{directory}/{path.name}" if long else str(path))
        finally:
            os.close(directory)
        path.chmod(PRIVATE_FILE)
        listening.listen(8)
        listening.settimeout(LISTENING_S)
    except BaseException:
        listening.close()
        raise
    return listening


def _received(connection: socket.socket) -> tuple[float, bytes]:
    """Return until when an answer is awaited, in seconds of the monotonic clock, and the event.

    Raises:
        ValueError: that is not what a hook sends.
        OSError: it does not go on.
    """
    data = b""
    while b"\n" not in data:
        data += _some(connection)
        if len(data) > LONGEST_PROMPT:
            raise ValueError("no first line")
    head, data = data.split(b"\n", 1)
    deadline, length = map(int, head.split())
    if not 0 <= length <= LONGEST_PROMPT:
        raise ValueError("too long")
    parts, size = [data], len(data)
    while size < length:
        parts.append(_some(connection))
        size += len(parts[-1])
    now = time.monotonic()
    return min(deadline / 1000, now + LONGEST_BUDGET_S), b"".join(parts)[:length]


def _some(connection: socket.socket) -> bytes:
    part = connection.recv(65536)
    if not part:
        raise ValueError("cut short")
    return part


def _asked(event: bytes) -> Asked | None:
    """Return the prompt of *event*; None where there is none that a person wrote."""
    try:
        told: Any = json.loads(event)
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, dict) or told.get("hook_event_name") != "UserPromptSubmit":
        return None
    names = ("session_id", "prompt_id", "prompt", "cwd")
    session_id, prompt_id, text, cwd = (value if isinstance(value := told.get(name), str) else "" for name in names)
    if not session_id or not prompt_id or not cwd.startswith("/") or not text.strip():
        return None  # without an id of its own nobody could find out how the prompt ended
    if text.startswith((PREFIX, "/")):
        return None  # of the agent to itself, or a command
    return Asked(session_id, parse_uuid(prompt_id) or prompt_uuid(session_id, prompt_id), text, cwd)
