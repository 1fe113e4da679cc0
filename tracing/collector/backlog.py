"""The lane for old work: what an outage left behind is delivered beside new events, not before them.

It comes in packs; or, while the database takes it as fast as it is read, from memory, and then its files stay
in the spool until it is stored.
"""

from __future__ import annotations

import logging
import threading
import time
from bisect import insort
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tracing.backoff import Backoff
from tracing.collector.delivery import Delivery
from tracing.collector.intake import BATCH_BYTES, BATCH_SIZE
from tracing.database.store import Unavailable
from tracing.deadletters import DeadLetters
from tracing.item import Item
from tracing.packs import Damage, Pack, Packs

HANDFULS = 2
"""Batches in memory at most: one is stored while the next is read."""

PATIENCE_S = 0.5
"""How long a batch that was read waits for room here; a database that is slower than that gets packs."""

STUCK_S = 1.5
"""After how long with one batch nothing more is taken: the database hangs."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Handful:
    """A batch in memory."""

    items: Sequence[Item]
    done: Callable[[bool], None]
    """Is told whether it is stored."""


class Backlog:
    """A thread that delivers batches in order of their time; idle without any."""

    def __init__(
        self, packs: Packs, delivery: Delivery, dead_letters: DeadLetters, failed: Callable[[Exception], None]
    ) -> None:
        self._packs = packs
        self._delivery = delivery
        self._dead_letters = dead_letters
        self._failed = failed
        self._row = packs.scan()
        self._handfuls: deque[Handful] = deque()
        self._keeps_up = True
        self._began_at = 0.0
        self._unavailable: Unavailable | None = None
        self._delivered = False
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="backlog", daemon=True)

    def start(self) -> None:
        """Begin, with what an earlier collector left."""
        self._thread.start()

    @property
    def busy(self) -> bool:
        """Tell whether anything is still to be delivered."""
        return bool(self._row or self._handfuls)

    def offer(self, items: Sequence[Item], done: Callable[[bool], None]) -> bool:
        """Take *items* without a pack, if they can be expected to be stored soon; *done* is told what became of them.

        Not while packs wait, which are older.
        """
        with self._changed:
            self._changed.wait_for(lambda: len(self._handfuls) < HANDFULS or not self._takes, PATIENCE_S)
            if len(self._handfuls) >= HANDFULS or not self._takes:
                return False
            self._handfuls.append(Handful(items, done))
            self._changed.notify_all()
            return True

    @property
    def _takes(self) -> bool:
        stuck = bool(self._handfuls) and time.monotonic() - self._began_at > STUCK_S
        return self._keeps_up and not (self._row or stuck or self._stopping.is_set())

    def add(self, pack: Pack) -> None:
        """Take *pack* over."""
        with self._changed:
            insort(self._row, pack)
            self._changed.notify_all()

    def take_unavailable(self) -> Unavailable | None:
        """Hand over what the database last failed with, once: the collector may be able to bring it back."""
        error, self._unavailable = self._unavailable, None
        return error

    def take_delivered(self) -> bool:
        """Tell, once, whether something was stored since this was asked last: the database is there."""
        delivered, self._delivered = self._delivered, False
        return delivered

    def stop(self) -> None:
        """End after the batch at hand; what is left stays packed."""
        self._stopping.set()
        with self._changed:
            self._changed.notify_all()
        self._thread.join()

    def _run(self) -> None:
        backoff = Backoff()
        while self._wait():
            try:
                self._next()
            except Unavailable as error:
                self._unavailable = error
                self._fall_behind()
                self._stopping.wait(backoff.delay())
            except Exception as error:  # the thread cannot die; the collector decides what a failure means
                self._failed(error)
                self._fall_behind()
                self._stopping.wait(backoff.delay())
            else:
                backoff.reset()
                self._keeps_up = self._delivered = True

    def _wait(self) -> bool:
        """Wait for something to deliver; tell whether to go on."""
        with self._changed:
            self._changed.wait_for(lambda: self.busy or self._stopping.is_set())
            self._began_at = time.monotonic()
        return not self._stopping.is_set()

    def _next(self) -> None:
        """Deliver one batch.  Packs that came after a handful are younger: it was taken when there was none."""
        if self._handfuls:
            handful = self._handfuls[0]
            self._delivery.deliver(handful.items)
            handful.done(True)
            with self._changed:
                self._handfuls.popleft()
                self._changed.notify_all()
        else:
            batch = _first_batch(self._row)
            self._deliver(batch)
            self._done(batch)

    def _fall_behind(self) -> None:
        """Give back what is in memory, to be packed."""
        with self._changed:
            self._keeps_up = False
            handfuls = list(self._handfuls)
            self._handfuls.clear()
            self._changed.notify_all()
        for handful in handfuls:
            handful.done(False)

    def _deliver(self, batch: Sequence[Pack]) -> None:
        """Store the events of *batch*, and only then unlink it.

        A pack that cannot be read is set aside: as long as it lay there, what is later would wait for it to be stored.
        """
        items: list[Item] = []
        damages: list[Damage] = []
        read, unread = [], []
        for pack in batch:
            try:
                contents = self._packs.read(pack)
            except OSError as error:  # a disk that fails, another user's pack, or one that was taken away
                log.warning("set aside the pack %s: %s", pack.name, error.strerror)
                unread.append((pack, f"{pack.events} events in a pack that cannot be read: {error.strerror}"))
                continue
            read.append(pack)
            items += contents.items
            damages += contents.damages
        self._delivery.deliver(sorted(items, key=lambda item: item.entry))
        for damage in damages:
            log.warning("set aside a line of a pack: %s", damage.name)
            self._dead_letters.put_text(damage.name, damage.line, "a damaged line of a pack")
        for pack in read:
            self._packs.remove(pack)
        for pack, reason in unread:
            self._dead_letters.move(self._packs.path(pack), reason)

    def _done(self, batch: Sequence[Pack]) -> None:
        done = set(batch)
        with self._changed:
            self._row = [pack for pack in self._row if pack not in done]
            self._changed.notify_all()


def _first_batch(row: Sequence[Pack]) -> list[Pack]:
    batch: list[Pack] = []
    events = size = 0
    for pack in row:
        events += pack.events
        size += pack.size
        if batch and (events > BATCH_SIZE or size > BATCH_BYTES):
            break
        batch.append(pack)
    return batch
