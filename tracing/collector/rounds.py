"""Goes round the open sessions: reads what their transcripts tell, closes those whose process is gone.

A thread beside the lanes of the events, with a connection of its own, so that a long transcript
delays no event.  Whoever wants to wait for a round puts a file into ``rounds/`` and waits until it is
gone (`hooktrace flush`).
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path

from tracing.assemble import Session
from tracing.collector.deference import Deference
from tracing.collector.followed import Followed
from tracing.collector.sweeper import Sweeper
from tracing.collector.worker import Worker
from tracing.database.store import RowRefused, Store, Unavailable
from tracing.database.tombstones import Forgotten
from tracing.database.transcriber import Premature, Transcriber
from tracing.database.writer import Writer
from tracing.event import Event
from tracing.item import Item
from tracing.period import NEVER, Period
from tracing.places import Places
from tracing.process import Process, host
from tracing.programevent import END, START
from tracing.queue import Queue
from tracing.refusals import Refusals
from tracing.tally import marks_copies

ROUND_EVERY_S = 1.0
"""While a session is open; a round with nothing new costs a look at each of its files and processes."""

IDLE_EVERY_S = 5.0

CLOSED_FOR_S = 15.0
"""How long a session is followed after its end: the agent writes its account last."""

PATIENCE_S = 10.0
"""How long what a transcript tells waits for the events that should have come before it."""

GIVE_WAY_S = 60.0
"""How long rounds wait for a backlog to be stored: one that never is must not keep sessions from being closed."""

RECENT = timedelta(hours=1)
"""How long ago a session may have ended for a new collector to look at it once more, undone or not."""

UNDONE = timedelta(days=7)
"""The same where what its transcripts tell was not applied behind its end: the collector ended before it was."""

OVERLAP = timedelta(minutes=10)
"""How far back what was told is applied again: an execution may have been stored after its end was read."""

log = logging.getLogger(__name__)


class Rounds(Worker):
    """The worker; what it follows it learns from the events that are stored."""

    def __init__(
        self,
        places: Places,
        store: Store,
        writer: Writer,
        failed: Callable[[Exception], None],
        changed: Callable[[str], None] = lambda _session_id: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Tell *changed* of which session something was learned that no event told."""
        super().__init__(places.rounds, failed)
        self._changed_session = changed
        self._places = places
        self._store = store
        self._writer = writer
        self._transcriber = Transcriber(store)
        self._refusals = Refusals(places)
        self._sweeper = Sweeper(store)
        self._followed: dict[str, Followed] = {}
        self._changed = threading.Lock()
        self._loaded = False
        self._unavailable: Unavailable | None = None
        self._deference = Deference(places, GIVE_WAY_S, clock)

    def take_unavailable(self) -> Unavailable | None:
        """Hand over what the database last failed with, once: the collector may be able to bring it back."""
        error, self._unavailable = self._unavailable, None
        return error

    def gives_way(self) -> bool:
        """Tell whether rounds wait until a backlog is stored."""
        return self._deference.is_due()

    def see(self, items: Iterable[Item]) -> None:
        """Hear of events that are stored."""
        with self._changed:
            for item in items:
                session = self._writer.session(item.event.session_id)
                if session and item.event.is_programs:
                    self._see_program(item, session)
                elif session:
                    self._see(item, session)

    def _see(self, item: Item, session: Session) -> None:
        event, around = item.event, item.around
        followed = self._followed.setdefault(session.session_id, Followed(session))
        followed.session = session  # its tree may have been decided anew, in new tables
        followed.told_anew = True
        followed.last_event_at = max(followed.last_event_at, event.at)
        if around.transcript and around.transcript.startswith("/") and around.transcript.endswith(".jsonl"):
            followed.transcript = Path(around.transcript)
        if around.process:
            followed.processes |= {around.process}
        if event.name == "SessionEnd":
            followed.closed_at, followed.open = time.monotonic(), False  # in this order: a round looks meanwhile
        elif event.name == "SessionStart":
            followed.open = True
            followed.copied_before = _copied_before(event) or followed.copied_before

    def _see_program(self, item: Item, session: Session) -> None:
        """Follow a program as long as something of it is open: it has no transcript, and what is over is over."""
        event = item.event
        task = (event.text("execution_id") or "").lower()
        followed = self._followed.setdefault(session.session_id, Followed(session))
        followed.last_event_at = max(followed.last_event_at, event.at)
        if item.around.process:
            followed.processes |= {item.around.process}
        if event.name == START:
            followed.open_tasks.add(task)
            followed.open = True
        elif event.name == END:
            followed.open_tasks.discard(task)
        if not followed.open_tasks:
            del self._followed[session.session_id]

    def _round(self, urgent: bool) -> float:
        self._go_round(patient=not urgent)
        return ROUND_EVERY_S if self._followed else IDLE_EVERY_S

    def _expected(self, error: Exception) -> str | None:
        if not isinstance(error, Unavailable):
            return None
        self._unavailable = error
        return f"transcripts are not read: {error}"

    def _go_round(self, patient: bool) -> None:
        if patient and self.gives_way():
            return  # most of what transcripts tell will have been told by then
        if not self._loaded:
            self._load()
        with self._changed:
            sessions = list(self._followed.values())
        # What a transcript tells of a later time may still be on its way.  Mostly it tells nothing, and nobody asks.
        at = datetime.now(UTC) - timedelta(seconds=PATIENCE_S if patient else 0)
        told_until = cache(partial(self._told_until, at))
        self._find_positions([followed for followed in sessions if followed.positions is None])
        failures: list[Exception] = []
        for followed in sessions:
            if self._stopping:
                return
            try:
                self._look_at(followed, told_until)
            except Unavailable:
                raise
            except Exception as error:  # what nobody foresaw in one session; the others are not to wait for it
                failures.append(error)
        self._sweeper.look_for_silent(sessions)
        if failures:
            raise failures[0]

    def _look_at(self, followed: Followed, told_until: Callable[[], datetime]) -> None:
        self._read(followed, told_until)
        self._sweeper.look(followed)
        with self._changed:  # an event may be opening it again
            over = not followed.open and time.monotonic() - followed.closed_at > CLOSED_FOR_S
            if over and followed.waits_since is None and not followed.told_anew:  # else something is to be healed yet
                self._followed.pop(followed.session.session_id, None)

    def _load(self) -> None:
        """Follow what was open, closed lately or not looked after to its end, when the last collector left."""
        now = datetime.now(UTC)
        for row in self._store.query("followed_sessions", recent=now - RECENT, undone=now - UNDONE):
            session = Session(row["session_id"], row["root_id"], context=row["context"])
            with self._changed:
                followed = self._followed.setdefault(row["session_id"], Followed(session, open=row["open"]))
            followed.transcript = followed.transcript or (Path(row["transcript"]) if row["transcript"] else None)
            if not marks_copies(row["version"]):
                followed.copied_before = followed.copied_before or row["forked_at"]
            followed.last_event_at = max(followed.last_event_at, row["last_event_at"] or NEVER)
            followed.open_tasks |= {str(task) for task in row["open_tasks"]}
            followed.closed_at = followed.closed_at or time.monotonic()
            if row["host"] == host():
                followed.processes |= {Process(row["host"], row["pid"], row["birth"])}
            self._changed_session(row["session_id"])  # the last collector may not have come to it
        self._loaded = True

    def _find_positions(self, sessions: Sequence[Followed]) -> None:
        """Ask how far the transcripts of *sessions* were read, which are new here; of all of them at once."""
        if sessions:
            positions = self._transcriber.positions({followed.session.session_id for followed in sessions})
            for followed in sessions:
                followed.positions = positions[followed.session.session_id]

    def _told_until(self, at: datetime) -> datetime:
        """Return until when, at most until *at*, all events are stored."""
        return min(at, Queue.of(self._places).oldest_at or at)

    def _read(self, followed: Followed, told_until: Callable[[], datetime]) -> None:
        """Store what the session's transcripts tell anew; all events until *told_until* are stored."""
        now = datetime.now(UTC)
        with self._changed:
            told_anew, followed.told_anew = followed.told_anew, False
        try:
            readings = followed.read(partial(self._refused, followed.session.session_id), partial(_unread, followed))
            if not readings and not followed.has_told:
                return
            if readings or told_anew:
                followed.waits_since = now
            elif followed.waits_since is None or followed.waits_since > told_until():
                return
            since = followed.applied_until - OVERLAP
            until = told_until()
            whole = followed.read_to_end
            changed = self._transcriber.store(followed.session, readings, since=since, told_until=until, whole=whole)
        except Premature:
            self._again(followed)
        except Forgotten:
            self._leave(followed)
        except RowRefused as error:  # what is behind it is not to wait for ever
            log.warning("a part of a transcript of session %s is left out: %s", followed.session.session_id, error)
            followed.go_on(readings)
        except Exception:  # the database is away, or what nobody foresaw
            self._again(followed)
            raise
        else:
            followed.go_on(readings)
            if changed:
                self._changed_session(followed.session.session_id)
            if whole:  # else what is read later may tell of times before
                followed.applied_until = until
            if followed.waits_since and followed.waits_since <= until:
                followed.waits_since = None

    def _refused(self, session_id: str) -> list[Period]:
        """Return when the session was not to be recorded."""
        events = self._store.query("event_times", session_id=session_id) if self._refusals.began(session_id) else []
        return self._refusals.of(session_id, [row["started_at"] for row in events])

    def _leave(self, followed: Followed) -> None:
        """Follow the session no more, until an event of it is stored."""
        with self._changed:
            self._followed.pop(followed.session.session_id, None)

    def _again(self, followed: Followed) -> None:
        followed.forget_stamps()
        followed.told_anew = True


def _unread(followed: Followed, error: OSError) -> None:
    """Log that a transcript cannot be read, once: it is tried again each round."""
    if error.errno not in followed.unread_for:
        log.warning("a transcript of session %s is not read: %s", followed.session.session_id, error.strerror)
    followed.unread_for.add(error.errno)


def _copied_before(event: Event) -> datetime | None:
    """Return since when a session's transcript is its own, of one that began as a copy that nothing marks."""
    copied = event.text("source") == "fork" and not marks_copies(event.agent_version)
    return event.at if copied else None
