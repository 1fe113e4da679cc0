"""The lane for old work: what an outage left behind is delivered beside new events, not before them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from itertools import islice

from tracing.backoff import Backoff
from tracing.collector.delivery import BATCH_SIZE, Delivery, first_batch
from tracing.database.store import Unavailable
from tracing.spool import Entry


class Backlog:
    """A thread that delivers what it is given, in order of time; idle without anything."""

    def __init__(self, delivery: Delivery, failed: Callable[[Exception], None]) -> None:
        self._delivery = delivery
        self._failed = failed
        self._entries: dict[str, Entry] = {}
        self._unfinished: list[Entry] = []
        self._unavailable: Unavailable | None = None
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="backlog", daemon=True)
        self._thread.start()

    @property
    def busy(self) -> bool:
        """Tell whether anything is still to be delivered."""
        return bool(self._entries)

    def holds(self, name: str) -> bool:
        """Tell whether the entry *name* is among what is still to be delivered."""
        return name in self._entries

    def add(self, entries: Sequence[Entry]) -> None:
        """Take *entries* over."""
        with self._changed:
            together = sorted([*self._entries.values(), *entries])
            self._entries = {entry.name: entry for entry in together}
            self._changed.notify()

    def take_unfinished(self) -> list[Entry]:
        """Hand back the entries whose hooks were still writing."""
        with self._changed:
            unfinished, self._unfinished = self._unfinished, []
        return unfinished

    def take_unavailable(self) -> Unavailable | None:
        """Hand over what the database last failed with, once: the collector may be able to bring it back."""
        error, self._unavailable = self._unavailable, None
        return error

    def stop(self) -> None:
        """End after the batch at hand; what is left stays in the spool."""
        self._stopping.set()
        with self._changed:
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        backoff = Backoff()
        while batch := self._next_batch():
            try:
                opened = self._delivery.open(batch)
                self._delivery.deliver(opened.items)
            except Unavailable as error:
                self._unavailable = error
                self._stopping.wait(backoff.delay())
                continue
            except Exception as error:  # the thread cannot die; the collector decides what a failure means
                self._failed(error)
                self._stopping.wait(backoff.delay())
                continue
            backoff.reset()
            self._done(batch, opened.unfinished)

    def _next_batch(self) -> list[Entry]:
        """Wait for entries and return the oldest; nothing once the lane is to stop."""
        with self._changed:
            self._changed.wait_for(lambda: self._entries or self._stopping.is_set())
            oldest = list(islice(self._entries.values(), BATCH_SIZE))
        return [] if self._stopping.is_set() else oldest[: first_batch(oldest)]

    def _done(self, batch: Sequence[Entry], unfinished: Sequence[Entry]) -> None:
        with self._changed:
            self._unfinished += unfinished
            for entry in batch:
                self._entries.pop(entry.name, None)
