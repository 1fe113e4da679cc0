"""Packs what cannot be stored soon, so that nothing lies about unredacted (tracing/packs.py).

Of what it was given it packs nothing that the backlog takes from memory and stores before it is stuck with it.
A thread of its own, which never asks the database anything: it works when the collector's loop hangs
in a statement or in the start of a server, too.  Without an alarm, and with nothing to pack, it sleeps.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from tracing.backoff import Backoff
from tracing.collector.intake import Intake, first_batch, without_early
from tracing.item import Item
from tracing.packs import Pack, Packs
from tracing.spool import Entry, Spool

RIPE_S = 2.0
"""How long the live lane has for an event; then it is packed."""

NESTED_RIPE_S = 3.5
"""How long it may take a nested session's first events, so that they are packed with its SessionStart."""

IN_HAND_S = 2.0
"""How long the backlog has for what it took from memory; then it is packed."""

LOOK_EVERY_S = 0.5
"""While the alarm is on.  With the above, no event is older than five seconds before it is packed."""


class Lane(Protocol):
    """Where events go from here: the backlog."""

    def add(self, pack: Pack) -> None:
        """Take *pack* over."""

    def offer(self, items: Sequence[Item], done: Callable[[bool], None]) -> bool:
        """Take *items* without a pack, or refuse; *done* is told whether they are stored."""


class Packer:
    """The thread; while it has entries in hand, nobody else needs to look at them."""

    def __init__(
        self,
        spool: Spool,
        intake: Intake,
        packs: Packs,
        lane: Lane,
        failed: Callable[[Exception], None],
    ) -> None:
        self._spool = spool
        self._intake = intake
        self._packs = packs
        self._lane = lane
        self._failed = failed
        self._given: dict[str, Entry] = {}
        self._in_hand: dict[str, tuple[Entry, float]] = {}
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
        return bool(self._given or self._in_hand)

    def holds(self, name: str) -> bool:
        """Tell whether the entry *name* is among those."""
        return name in self._given or name in self._in_hand

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
            self._changed.wait_for(lambda: self._stopping or self.busy or self._alarm)
            self._changed.wait_for(lambda: self._stopping or self._given, LOOK_EVERY_S)
        return not self._stopping

    def _pause(self, seconds: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._stopping, seconds)

    def _pack_due(self) -> None:
        self._take_back(time.monotonic() - IN_HAND_S)
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
        entries = self._spool.look(name for name in self._spool.names() if not self.holds(name))
        now = time.time()  # not before: what comes during the look is no file of the future, as a clock set back makes
        return [entry for entry in entries if not 0 <= now - entry.mtime_ns / 1e9 < RIPE_S]

    def _pack(self, entries: Sequence[Entry]) -> None:
        opened = without_early(self._intake.open(entries), NESTED_RIPE_S, known=lambda _: False)
        given = [item for item in opened.items if item.entry.name in self._given]
        if given and len(given) == len(opened.items) and self._hand_over(given):
            handed = {item.entry.name for item in given}
            self._release([entry for entry in entries if entry.name not in handed], opened.unfinished)
            return
        if opened.items:
            self._lane.add(self._packs.write(opened.items))
            self._spool.remove(item.entry for item in opened.items)
            self.works = True
        self._release(entries, opened.unfinished)

    def _hand_over(self, items: Sequence[Item]) -> bool:
        """Let the backlog have *items* as they are, if it will."""
        entries = [item.entry for item in items]
        with self._changed:
            for entry in entries:  # before it is offered: what became of it may be told at once
                self._given.pop(entry.name, None)
                self._in_hand[entry.name] = (entry, time.monotonic())
        taken = self._lane.offer(items, lambda stored: self._handed(entries, stored))
        if not taken:
            self._handed(entries, stored=False)
        return taken

    def _handed(self, entries: Sequence[Entry], stored: bool) -> None:
        """Hear what became of what was handed over."""
        if stored:
            self._spool.remove(entries)
        with self._changed:
            for entry in entries:
                if self._in_hand.pop(entry.name, None) and not stored:
                    self._given[entry.name] = entry
            self._changed.notify()

    def _take_back(self, until: float) -> None:
        """Pack what was handed over before *until*, and is not stored yet; should it be after all, it is one row."""
        with self._changed:
            for entry, at in list(self._in_hand.values()):
                if at < until:
                    self._given[entry.name] = self._in_hand.pop(entry.name)[0]

    def _release(self, entries: Sequence[Entry], unpacked: Sequence[Entry]) -> None:
        with self._changed:
            self._returned += [entry for entry in unpacked if entry.name in self._given]
            for entry in entries:
                self._given.pop(entry.name, None)

    def _give_back(self) -> None:
        with self._changed:
            self._returned += self._given.values()
            self._given.clear()
