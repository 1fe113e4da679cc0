"""Learns from prompts that have ended: a thread of its own, with a connection of its own, that nobody waits for.

A prompt is learned once it has settled, for its last events and what the transcript tells of it come a little
later; what comes later still makes it due again.  While many events wait, nothing is learned for a while.  Whoever
wants to wait for it puts a file into ``learning/`` and waits until it is gone (`hooktrace flush`): then nothing has to
settle.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tracing.backoff import Backoff
from tracing.collector.deference import Deference
from tracing.collector.watch import Watch, watch
from tracing.database.caretaker import Caretaker, NotDone
from tracing.database.learner import Learner, is_refused
from tracing.item import Item
from tracing.learning.embedding import Embedder
from tracing.places import PRIVATE_DIRECTORY, Places

SETTLED_S = 15.0
"""How long a prompt that ended is left alone; longer than what its transcript tells may wait for (rounds.py)."""

QUIET_S = 60.0
"""How soon after another event than those of TURNS to look: it may have come late, or the turn goes on."""

TURNS = frozenset({"UserPromptSubmit", "Stop", "StopFailure", "SessionEnd"})
"""Events at which a prompt ends, or is told to have been wrong."""

LOOK_EVERY_S = 5.0

CATCH_UP_EVERY_S = 600.0
"""How often to ask the database for whatever no event told of: an import, an end that was concluded."""

GIVE_WAY_S = 600.0
"""How long learning waits for a backlog to be stored: longer than the rounds, which close sessions."""

RECENT_S = 3600.0
"""How long a session is remembered after its last event, for whoever wants to wait until it is learned from."""

REFUSED_WAIT_S = 600.0
"""A login that may not learn may be granted it."""

log = logging.getLogger(__name__)


class Learning:
    """The thread; which sessions to look at it learns from the events that are stored."""

    def __init__(
        self,
        places: Places,
        caretaker: Caretaker,
        embedder: Embedder,
        failed: Callable[[Exception], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Learn by a connection that nobody else uses; *failed* is told what nobody foresaw."""
        self._places = places
        self._directory = places.learning
        self._caretaker = caretaker
        self._learner = Learner(caretaker, embedder, stopping=self.gives_way)
        self._failed = failed
        self._deference = Deference(places, GIVE_WAY_S, clock)
        self._look_at: dict[str, float] = {}
        self._seen_at: dict[str, float] = {}
        self._changed = threading.Lock()
        self._catch_up_at = 0.0
        self._urgent = False
        self._stopping = False
        self._told = ""
        self._directory.mkdir(mode=PRIVATE_DIRECTORY, exist_ok=True)
        self._thread = threading.Thread(target=self._run, name="learning", daemon=True)

    def start(self) -> None:
        """Begin, after a moment: a collector that has just started has events to fetch."""
        self._catch_up_at = time.monotonic() + SETTLED_S
        self._thread.start()

    def stop(self) -> None:
        """End after the batch at hand; what is left is learned another time."""
        self._stopping = True
        wake = self._directory / "stop"
        with suppress(OSError):
            wake.touch()
        self._thread.join(5.0)
        with suppress(OSError):
            wake.unlink()
        if not self._thread.is_alive():
            self._caretaker.close()

    def gives_way(self) -> bool:
        """Tell whether to end what is being learned: it goes on later where it was."""
        return self._stopping or (not self._urgent and (bool(self._requests()) or self._deference.is_due()))

    def see(self, items: Iterable[Item]) -> None:
        """Hear of events that are stored."""
        now = time.monotonic()
        with self._changed:
            for item in items:
                event = item.event
                if event.is_programs:
                    continue  # there is no prompt in it
                look_at = now + (SETTLED_S if event.name in TURNS else QUIET_S)
                self._look_at[event.session_id] = min(look_at, self._look_at.get(event.session_id, look_at))
                self._seen_at[event.session_id] = now

    def _run(self) -> None:
        watching: Watch = watch(self._directory)
        backoff = Backoff()
        while not self._stopping:
            waited_for = self._requests()
            try:
                self._round(bool(waited_for))
            except NotDone as error:
                self._tell(str(error))
                _release(waited_for)  # what is stored is stored: who waits is not to wait for this login's rights
                watching.wait(REFUSED_WAIT_S if is_refused(error) and not waited_for else backoff.delay())
                continue
            except Exception as error:  # the thread cannot die; the collector decides what a failure means
                self._failed(error)
                watching.wait(backoff.delay())
                continue
            backoff.reset()
            self._told = ""
            _release(waited_for)
            watching.wait(LOOK_EVERY_S)
        watching.close()

    def _tell(self, why: str) -> None:
        """Log why nothing is learned, once."""
        if why != self._told:
            self._told = why
            log.warning("nothing is learned: %s", why)

    def _requests(self) -> list[Path]:
        try:
            return list(self._directory.iterdir())
        except OSError:
            self._directory.mkdir(mode=PRIVATE_DIRECTORY, exist_ok=True)
            return []

    def _round(self, urgent: bool) -> None:
        if not urgent and self._deference.is_due():
            return
        self._urgent = urgent
        sessions = self._take(urgent)
        settled = datetime.now(UTC) - timedelta(seconds=0 if urgent else SETTLED_S - 1)
        done = False
        try:
            if sessions:
                self._learner.learn_sessions(sessions, settled)
            if not urgent and time.monotonic() >= self._catch_up_at:
                self._learner.learn_due(settled)
                if not self.gives_way():
                    self._catch_up_at = time.monotonic() + CATCH_UP_EVERY_S
            done = not self.gives_way()
        finally:
            if not done:
                self._put_back(sessions)
        if not self._look_at:
            self._caretaker.close()  # an idle collector needs no connection for this

    def _take(self, urgent: bool) -> list[str]:
        """Return the sessions to look at, which need not be looked at again until more comes."""
        now = time.monotonic()
        with self._changed:
            self._seen_at = {session: at for session, at in self._seen_at.items() if now - at < RECENT_S}
            if urgent:
                return list(self._seen_at)
            due = [session for session, at in self._look_at.items() if at <= now]
            for session in due:
                del self._look_at[session]
            return due

    def _put_back(self, sessions: Iterable[str]) -> None:
        now = time.monotonic()
        with self._changed:
            for session in sessions:
                self._look_at.setdefault(session, now)


def _release(requests: Iterable[Path]) -> None:
    for request in requests:
        request.unlink(missing_ok=True)
