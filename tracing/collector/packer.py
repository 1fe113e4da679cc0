"""Packs what cannot be stored soon, so that nothing lies about unredacted (tracing/packs.py).

A thread of its own, which never asks the database anything: it works when the collector's loop hangs
in a statement or in the start of a server, too.  Without an alarm, and with nothing to pack, it sleeps.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from tracing.backoff import Backoff
from tracing.collector.intake import Intake, first_batch, without_early
from tracing.packs import Pack, Packs
from tracing.spool import Entry, Spool

RIPE_S = 2.0
"""How long the live lane has for an event; then it is packed."""

NESTED_RIPE_S = 3.5
"""How long it may take a nested session's first events, so that they are packed with its SessionStart."""

LOOK_EVERY_S = 0.5
"""While the alarm is on.  With the above, no event is older than five seconds before it is packed."""


class Packer:
    """The thread; while it has entries in hand, nobody else needs to look at them."""

    def __init__(
        self,
        spool: Spool,
        intake: Intake,
        packs: Packs,
        packed: Callable[[Pack], None],
        failed: Callable[[Exception], None],
    ) -> None:
        self._spool = spool
        self._intake = intake
        self._packs = packs
        self._packed = packed
        self._failed = failed
        self._given: dict[str, Entry] = {}
        self._returned: list[Entry] = []
        self._alarm = True  # who knows for how long nobody collected
        self._stopping = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="packer", daemon=True)
        self.works = True
        """False after a failure, until a pack could be written again: the disk may be full."""

    def start(self) -> None:
        """Begin, with the alarm on."""
        self._thread.start()

    def stop(self) -> None:
        """End after the pack at hand."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._thread.join()

    @property
    def busy(self) -> bool:
        """Tell whether it has entries in hand that it was given."""
        return bool(self._given)

    def holds(self, name: str) -> bool:
        """Tell whether the entry *name* is among those."""
        return name in self._given

    def take(self, entries: Sequence[Entry]) -> None:
        """Pack *entries* now, however young they are."""
        if entries:
            with self._changed:
                self._given |= {entry.name: entry for entry in entries}
                self._changed.notify()

    def take_returned(self) -> list[Entry]:
        """Hand back what was given and could not be packed: an unfinished file, a full disk."""
        with self._changed:
            returned, self._returned = self._returned, []
        return returned

    def alert(self) -> None:
        """Pack from now on what grows old in the spool."""
        if not self._alarm:
            with self._changed:
                self._alarm = True
                self._changed.notify()

    def relax(self) -> None:
        """Hear that the live lane stores what comes."""
        self._alarm = False

    def _run(self) -> None:
        backoff = Backoff()
        while self._wait():
            try:
                self._pack_due()
            except Exception as error:  # the thread cannot die; the collector decides what a failure means
                self.works = False
                self._give_back()
                self._failed(error)
                self._pause(backoff.delay())
            else:
                backoff.reset()

    def _wait(self) -> bool:
        """Wait for something to do; tell whether to go on."""
        with self._changed:
            self._changed.wait_for(lambda: self._stopping or self._given or self._alarm)
            self._changed.wait_for(lambda: self._stopping or self._given, LOOK_EVERY_S)
        return not self._stopping

    def _pause(self, seconds: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._stopping, seconds)

    def _pack_due(self) -> None:
        ripe = {entry.name: entry for entry in self._ripe()}
        with self._changed:
            due = sorted({**self._given, **ripe}.values())
        while due and not self._stopping:
            count = first_batch(due)
            self._pack(due[:count])
            due = due[count:]

    def _ripe(self) -> list[Entry]:
        if not self._alarm:
            return []
        entries = self._spool.scan()
        now = time.time()  # not before: what comes during the look is no file of the future, as a clock set back makes
        return [entry for entry in entries if not 0 <= now - entry.mtime_ns / 1e9 < RIPE_S]

    def _pack(self, entries: Sequence[Entry]) -> None:
        opened = without_early(self._intake.open(entries), NESTED_RIPE_S, known=lambda _: False)
        if opened.items:
            self._packed(self._packs.write(opened.items))
            self._spool.remove(item.entry for item in opened.items)
            self.works = True
        self._release(entries, opened.unfinished)

    def _release(self, entries: Sequence[Entry], unpacked: Sequence[Entry]) -> None:
        with self._changed:
            self._returned += [entry for entry in unpacked if entry.name in self._given]
            for entry in entries:
                self._given.pop(entry.name, None)

    def _give_back(self) -> None:
        with self._changed:
            self._returned += self._given.values()
            self._given.clear()
