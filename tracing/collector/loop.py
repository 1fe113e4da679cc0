"""The collector's loop: wait, look, deliver; it ends only when asked to or when nothing is left to do.

Two lanes.  The live lane is this loop.  What it finds too much of at once (at the first start), and what
it cannot store within two seconds (in an outage), is packed by one thread (tracing/collector/packer.py) and
delivered by another (tracing/collector/backlog.py), so that old work never delays new.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from tracing.backoff import Backoff
from tracing.collector.backlog import Backlog
from tracing.collector.chores import Chores
from tracing.collector.delivery import Delivery
from tracing.collector.intake import BATCH_SIZE, Intake, first_batch, without_early
from tracing.collector.lock import CollectorLock
from tracing.collector.packer import Packer
from tracing.collector.rounds import Rounds
from tracing.collector.swallow import Swallow
from tracing.collector.watch import Watch, watch
from tracing.database.store import SchemaLost, Store, Unavailable
from tracing.database.writer import Writer
from tracing.item import Item
from tracing.lineage import claim
from tracing.places import Places
from tracing.queue import Queue
from tracing.spool import Entry, Spool

IDLE_WAIT_S = 1.0
"""An idle collector wakes so often, to see that its lock is still there and whether to leave."""

UNFINISHED_WAIT_S = 0.25
"""How soon to look again at a file whose hook is still writing."""

MEASURE_EVERY_S = 5.0
"""How often the size of a spool that does not empty is measured."""

START_WAIT_S = 2.0
"""How long the first events of a nested session wait for its SessionStart."""

OPEN_SESSION_IDLE_S = 12 * 3600
"""How long a collector stays while a session is open but silent."""

ASK_EVERY_S = 60.0
"""How often an idle collector asks whether a session is still open."""

log = logging.getLogger(__name__)


class Collector:
    """One run of the collector; every collaborator is given, so that a test can give its own."""

    def __init__(
        self,
        places: Places,
        store: Store,
        writer: Writer,
        intake: Intake,
        delivery: Delivery,
        packer: Packer,
        backlog: Backlog,
        rounds: Rounds,
        spool: Spool,
        lock: CollectorLock,
        *,
        spool_limit: int,
        idle_s: float,
        ensure_database: Callable[[], None],
        restore_schema: Callable[[], None],
        chores: Chores,
        swallow: Swallow,
    ) -> None:
        self._places = places
        self._store = store
        self._writer = writer
        self._intake = intake
        self._delivery = delivery
        self._packer = packer
        self._backlog = backlog
        self._rounds = rounds
        self._spool = spool
        self._lock = lock
        self._spool_limit = spool_limit
        self._idle_s = idle_s
        self._ensure_database = ensure_database
        self._restore_schema = restore_schema
        self._chores = chores
        self._waiting: list[Entry] = []
        self._unfinished: list[Entry] = []
        self._swallow = swallow
        self._backoff = Backoff()
        self._measured_at = 0.0
        self._last_event = time.monotonic()
        self._stay_until = 0.0
        self._failing = False
        self.stopping = False
        self.stuck: set[str] = set()
        """Names of entries that could be neither opened nor counted nor set aside: no reason to stay awake."""

    def run(self) -> None:
        """Deliver until asked to stop, until the lock is lost, or until nothing happened for long enough."""
        watching = watch(self._places.spool)
        self._waiting = self._spool.scan()
        while not (self.stopping or self._swallow.failure) and self._lock.held():
            pause = self._turn()
            if pause is None:  # nothing waits: the time for everything else
                self._chores.start_due()
                if self._idle():
                    break
            self._wait(watching, pause)
        watching.close()
        if self._swallow.failure:
            raise self._swallow.failure

    def _wait(self, watching: Watch, pause: float | None) -> None:
        """Wait for events, at most *pause* seconds (None: a while); after a failure for all of it, in slices.

        Unless the backlog finds the database there meanwhile: new events are not to wait for longer than old ones.
        """
        until = time.monotonic() + (IDLE_WAIT_S if pause is None else pause)
        self._backlog.take_delivered()
        while not self.stopping and (left := until - time.monotonic()) > 0:
            names = watching.wait(min(left, IDLE_WAIT_S))
            if not names and pause is None:
                names = None  # what was put there without being written tells nobody
            if self._find(names):
                watching.found()
                if not self._failing:
                    return
            if self._failing and self._backlog.take_delivered():
                return

    def _turn(self) -> float | None:
        """Deliver what waits; return how long to wait before the next turn, None for "until something comes".

        What fails here for a reason that nobody foresaw is swallowed (tracing/collector/swallow.py).
        """
        self._failing = True
        try:
            if error := self._backlog.take_unavailable() or self._rounds.take_unavailable():
                raise error
            if self._waiting:
                self._packer.alert()
            if len(self._waiting) > 2 * BATCH_SIZE and self._packer.works:
                self._packer.take(self._waiting)
                self._waiting = []
            self._deliver()
            self._keep_bound()
        except Unavailable as error:
            self._packer.alert()
            self._away(error)
            return self._backoff.delay()
        except Exception as error:
            self._packer.alert()
            self._swallow(error)
            return self._backoff.delay()
        self._failing = False
        self._backoff.reset()
        self._packer.relax()
        again = {entry.name for entry in (*self._unfinished, *self._packer.take_returned())}
        self._waiting, self._unfinished = self._spool.look(again), []
        return UNFINISHED_WAIT_S if self._waiting else None

    def _deliver(self) -> None:
        """Deliver ``_waiting``, batch by batch."""
        self.stuck = set()
        while self._waiting and not self.stopping:
            count = first_batch(self._waiting)
            opened = without_early(self._intake.open(self._waiting[:count]), START_WAIT_S, self._writer.knows)
            taken = [*(item.entry for item in opened.items), *opened.unfinished]
            if taken:
                self._last_event = time.monotonic()
            self.stuck |= {entry.name for entry in self._waiting[:count]} - {entry.name for entry in taken}
            items = self._without_deferred(opened.items)
            self._delivery.deliver(items)
            self._spool.remove(item.entry for item in items)
            self._unfinished += opened.unfinished
            self._waiting = self._waiting[count:]

    def _without_deferred(self, items: list[Item]) -> list[Item]:
        """Leave to the backlog what belongs behind it: events whose session it has yet to decide about."""
        if not self._behind:
            return items
        self._writer.recall(item.event.session_id for item in items)
        begun = set()
        now, later = [], []
        for item in items:
            event = item.event
            first = event.name == "SessionStart" and event.text("source") == "startup"
            decidable = first and not claim(event).outer_session
            if decidable or event.session_id in begun or self._writer.session(event.session_id):
                begun.add(event.session_id)
                now.append(item)
            else:
                later.append(item.entry)
        self._packer.take(later)
        return now

    @property
    def _behind(self) -> bool:
        """Tell whether older events than those of the live lane are still to be delivered."""
        return self._packer.busy or self._backlog.busy

    def _find(self, names: set[str] | None) -> bool:
        """Put what is new among *names* (None: among everything) behind what waits; tell whether there was any."""
        known = {entry.name for entry in (*self._waiting, *self._unfinished)}
        found = self._spool.names() if names is None else names
        new = self._spool.look(name for name in found if name not in known and not self._packer.holds(name))
        self._waiting += new
        return bool(new)

    def _away(self, error: Unavailable) -> None:
        """Note that the database is away, and bring back what is ours to bring: the embedded one, lost tables."""
        log.warning("database unavailable: %s", error)
        try:
            try:
                if isinstance(error, SchemaLost) and not self.stopping:
                    self._restore_schema()
                    self._writer.forget()
                elif not self.stopping:
                    self._ensure_database()
            finally:
                self._keep_bound()
        except Exception as failure:
            self._swallow(failure)

    def _keep_bound(self) -> None:
        """Raise or lower the flag by which the hooks know that the spool is full."""
        flag = self._places.full_flag
        if not self._waiting and not self._behind:
            flag.unlink(missing_ok=True)
            return
        now = time.monotonic()
        if now - self._measured_at < MEASURE_EVERY_S:
            return
        size = Queue.of(self._places).size
        self._measured_at = time.monotonic() + 20 * (time.monotonic() - now)  # a large spool is measured less often
        if size > self._spool_limit:
            flag.touch(mode=0o600)
        elif size < self._spool_limit * 0.9:
            flag.unlink(missing_ok=True)

    def _idle(self) -> bool:
        """Tell whether to leave: nothing came for long enough, and no session is open or all are silent."""
        now = time.monotonic()
        silent = now - self._last_event
        if self._behind or self._chores.busy or silent < self._idle_s or now < self._stay_until:
            return False
        if silent >= OPEN_SESSION_IDLE_S:
            return True
        self._stay_until = now + ASK_EVERY_S
        try:
            return not self._store.query("open_sessions")
        except Unavailable:
            return True
