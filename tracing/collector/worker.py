"""A thread beside the lanes of the events, that goes its round again and again, whatever happens on it.

Whoever wants to wait for a round puts a file into the worker's directory, and waits until it is gone.
"""

from __future__ import annotations

import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from tracing.backoff import Backoff
from tracing.collector.watch import Watch, watch
from tracing.places import PRIVATE_DIRECTORY

END_S = 5.0
"""How long the collector's end waits for what a worker has at hand."""

log = logging.getLogger(__name__)


class Worker(ABC):
    """The thread.  It cannot die: what nobody foresaw is told to ``failed``, and it goes on after a pause."""

    def __init__(self, directory: Path, failed: Callable[[Exception], None], *, cap_s: float | None = None) -> None:
        """Work in *directory*; pauses after failures grow up to *cap_s* (default: the database's)."""
        self._directory = directory
        self._failed = failed
        self._backoff = Backoff(cap_s) if cap_s else Backoff()
        self._stopping = False
        self._told = ""
        self._directory.mkdir(mode=PRIVATE_DIRECTORY, exist_ok=True)
        self._thread = threading.Thread(target=self._run, name=directory.name, daemon=True)

    @abstractmethod
    def _round(self, urgent: bool) -> float:
        """Do what is to be done, at once if somebody waits for it (*urgent*); return the seconds until the next."""

    @abstractmethod
    def _expected(self, error: Exception) -> str | None:
        """Return the sentence for the log if *error* is of a kind that passes by itself, None if nobody foresaw it."""

    def _pause(self, _error: Exception, _waited_for: Sequence[Path], delay_s: float) -> float:
        """Return how long to pause after an expected error instead of *delay_s*; who waits may be released here."""
        return delay_s

    def _ended(self) -> None:  # noqa: B027  # not every worker has something to give back
        """Give back what the thread had, once it has ended."""

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after what is at hand; what is left is done another time."""
        self._stopping = True
        wake = self._directory / "stop"
        with suppress(OSError):
            wake.touch()
        self._thread.join(END_S)
        with suppress(OSError):
            wake.unlink()
        if not self._thread.is_alive():
            self._ended()

    def _run(self) -> None:
        watching: Watch = watch(self._directory)
        while not self._stopping:
            watching.wait(self._turn())
        watching.close()

    def _turn(self) -> float:
        """Go one round, whatever happens on it; return the seconds until the next."""
        waited_for: list[Path] = []
        try:
            waited_for = self._requests()
            pause_s = self._round(bool(waited_for))
            if not self._stopping:  # else it was broken off, and the next collector finds who waits
                release(waited_for)
        except Exception as error:
            return self._after(error, waited_for)
        self._backoff.reset()
        self._told = ""
        return pause_s

    def _after(self, error: Exception, waited_for: Sequence[Path]) -> float:
        """Tell of *error*; return how long to pause, also where telling fails, as on a full disk."""
        delay_s = self._backoff.delay()
        try:
            if (why := self._expected(error)) is not None:
                self._tell(why)
                return self._pause(error, waited_for, delay_s)
        except Exception as another:
            error = another
        self._failed(error)
        return delay_s

    def _tell(self, why: str) -> None:
        """Log why nothing is done, once."""
        if why != self._told:
            self._told = why
            log.warning("%s", why)

    def _requests(self) -> list[Path]:
        try:
            return list(self._directory.iterdir())
        except OSError:
            self._directory.mkdir(mode=PRIVATE_DIRECTORY, exist_ok=True)
            return []


def release(requests: Sequence[Path]) -> None:
    """Let those go on who wait for a round."""
    for request in requests:
        request.unlink(missing_ok=True)
