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
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tracing.collector.deference import Deference
from tracing.collector.worker import Worker, release
from tracing.database.caretaker import Caretaker, NotDone
from tracing.database.learner import Learner, is_refused
from tracing.item import Item
from tracing.learning.embedding import Embedder
from tracing.places import Places

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

REST = 3.0
"""How long to rest after a batch, in times of what it took: the events of a busy hour are not to wait for lessons."""

REST_SLICE_S = 0.1
"""How often, while resting, to see whether somebody waits."""

BUSY_S = 1.0
"""For how long after an event others are at work: what is learned of an import need not rest."""

RECENT_S = 3600.0
"""How long a session is remembered after its last event, for whoever wants to wait until it is learned from."""

REFUSED_WAIT_S = 600.0
"""A login that may not learn may be granted it."""

log = logging.getLogger(__name__)


class Learning(Worker):
    """The worker; which sessions to look at it learns from the events that are stored."""

    def __init__(
        self,
        places: Places,
        caretaker: Caretaker,
        embedder: Embedder,
        failed: Callable[[Exception], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Learn by a connection that nobody else uses; *failed* is told what nobody foresaw."""
        super().__init__(places.learning, failed)
        self._places = places
        self._caretaker = caretaker
        self._learner = Learner(caretaker, embedder, stopping=self.gives_way, rest=self._rest)
        self._deference = Deference(places, GIVE_WAY_S, clock)
        self._look_at: dict[str, float] = {}
        self._seen_at: dict[str, float] = {}
        self._changed = threading.Lock()
        self._catch_up_at = 0.0
        self._last_event_at = 0.0
        self._urgent = False
        self._tried: set[Path] = set()

    def start(self) -> None:
        """Begin, after a moment: a collector that has just started has events to fetch."""
        self._catch_up_at = time.monotonic() + SETTLED_S
        super().start()

    def gives_way(self) -> bool:
        """Tell whether to end what is being learned: it goes on later where it was."""
        return self._stopping or (not self._urgent and (bool(self._requests()) or self._deference.is_due()))

    def see(self, items: Iterable[Item]) -> None:
        """Hear of events that are stored."""
        now = self._last_event_at = time.monotonic()
        with self._changed:
            for item in items:
                event = item.event
                if event.is_programs:
                    continue  # there is no prompt in it
                look_at = now + (SETTLED_S if event.name in TURNS else QUIET_S)
                self._look_at[event.session_id] = min(look_at, self._look_at.get(event.session_id, look_at))
                self._seen_at[event.session_id] = now

    def look_at(self, session_id: str) -> None:
        """Hear of a session of which more is known than its events told."""
        now = time.monotonic()
        with self._changed:
            self._look_at[session_id] = min(now + SETTLED_S, self._look_at.get(session_id, now + SETTLED_S))
            self._seen_at[session_id] = now

    def _ended(self) -> None:
        self._caretaker.close()

    def _expected(self, error: Exception) -> str | None:
        return f"nothing is learned: {error}" if isinstance(error, NotDone) else None

    def _pause(self, error: Exception, waited_for: Sequence[Path], delay_s: float) -> float:
        # What is stored is stored: who waits is not to wait for this login's rights, nor for more than a second try.
        refused = isinstance(error, NotDone) and is_refused(error)
        release([request for request in waited_for if refused or request in self._tried])
        self._tried = set(waited_for)
        return REFUSED_WAIT_S if refused and not waited_for else delay_s

    def _round(self, urgent: bool) -> float:
        if urgent or not self._deference.is_due():
            self._learn(urgent)
        return LOOK_EVERY_S

    def _learn(self, urgent: bool) -> None:
        self._urgent = urgent
        # What is due everywhere is found by its own row alone: what hangs below it is looked for in its session, first.
        catches_up = not urgent and time.monotonic() >= self._catch_up_at
        sessions = self._take(urgent, catches_up)
        settled = datetime.now(UTC) - timedelta(seconds=0 if urgent else SETTLED_S - 1)
        done = False
        try:
            if sessions:
                self._learner.learn_sessions(sessions, settled)
            if catches_up:
                self._learner.learn_due(settled)
                if not self.gives_way():
                    self._catch_up_at = time.monotonic() + CATCH_UP_EVERY_S
            done = not self.gives_way()
        finally:
            if not done:
                self._put_back(sessions)
        if not self._look_at:
            self._caretaker.close()  # an idle collector needs no connection for this

    def _rest(self, taken_s: float) -> None:
        """Leave the processor to events for a while, if any come, and unless somebody waits for what is learned."""
        now = time.monotonic()
        until = now + REST * taken_s
        while now < min(until, self._last_event_at + BUSY_S) and not (self._urgent or self.gives_way()):
            time.sleep(min(until - now, REST_SLICE_S))
            now = time.monotonic()

    def _take(self, urgent: bool, catches_up: bool) -> list[str]:
        """Return the sessions to look at; those that are due need not be looked at again until more comes."""
        now = time.monotonic()
        with self._changed:
            self._seen_at = {session: at for session, at in self._seen_at.items() if now - at < RECENT_S}
            if urgent:
                return list(self._seen_at)
            soon = list(self._look_at)
            due = [session for session in soon if self._look_at[session] <= now]
            for session in due:
                del self._look_at[session]
            return soon if catches_up else due

    def _put_back(self, sessions: Iterable[str]) -> None:
        now = time.monotonic()
        with self._changed:
            for session in sessions:
                self._look_at.setdefault(session, now)
