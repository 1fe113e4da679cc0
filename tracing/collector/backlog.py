"""The lane for old work: packs, which an outage left behind, are delivered beside new events, not before them."""

from __future__ import annotations

import logging
import threading
from bisect import insort
from collections.abc import Callable, Sequence

from tracing.backoff import Backoff
from tracing.collector.delivery import Delivery
from tracing.collector.intake import BATCH_BYTES, BATCH_SIZE
from tracing.database.store import Unavailable
from tracing.deadletters import DeadLetters
from tracing.item import Item
from tracing.packs import Damage, Pack, Packs

log = logging.getLogger(__name__)


class Backlog:
    """A thread that delivers packs in order of their time; idle without any."""

    def __init__(
        self, packs: Packs, delivery: Delivery, dead_letters: DeadLetters, failed: Callable[[Exception], None]
    ) -> None:
        self._packs = packs
        self._delivery = delivery
        self._dead_letters = dead_letters
        self._failed = failed
        self._row = packs.scan()
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
        return bool(self._row)

    def add(self, pack: Pack) -> None:
        """Take *pack* over."""
        with self._changed:
            insort(self._row, pack)
            self._changed.notify()

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
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        backoff = Backoff()
        while batch := self._next_batch():
            try:
                self._deliver(batch)
            except Unavailable as error:
                self._unavailable = error
                self._stopping.wait(backoff.delay())
            except Exception as error:  # the thread cannot die; the collector decides what a failure means
                self._failed(error)
                self._stopping.wait(backoff.delay())
            else:
                backoff.reset()
                self._delivered = True
                self._done(batch)

    def _next_batch(self) -> list[Pack]:
        """Wait for packs and return the oldest, as many as one batch holds; nothing once the lane is to stop."""
        with self._changed:
            self._changed.wait_for(lambda: self._row or self._stopping.is_set())
            return [] if self._stopping.is_set() else _first_batch(self._row)

    def _deliver(self, batch: Sequence[Pack]) -> None:
        """Store the events of *batch*, and only then unlink it."""
        items: list[Item] = []
        damages: list[Damage] = []
        read = []
        for pack in batch:
            try:
                contents = self._packs.read(pack)
            except OSError as error:  # a disk that fails, a pack that was taken away: the others are not to wait for it
                log.warning("left the pack %s where it is: %s", pack.name, error.strerror)
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

    def _done(self, batch: Sequence[Pack]) -> None:
        done = set(batch)
        with self._changed:
            self._row = [pack for pack in self._row if pack not in done]


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
