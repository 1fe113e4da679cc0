"""The intake: entries of the spool become items, without a look at the database."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tracing.deadletters import DeadLetters
from tracing.event import Event, read_event
from tracing.item import Item
from tracing.lineage import claim
from tracing.payload import Unreadable
from tracing.propagation import TELLING, Propagation
from tracing.spool import Dropped, Entry, Rejected, Spool, Unfinished
from tracing.surroundings import Lookout, Surroundings

BATCH_SIZE = 500
"""Entries of one batch at most: past it a transaction gains little speed and costs memory."""

BATCH_BYTES = 16 * 2**20
"""Bytes of one batch at most, unless a single entry is larger."""

log = logging.getLogger(__name__)


@dataclass
class Opened:
    """What became of the entries of a batch that were looked at."""

    items: list[Item] = field(default_factory=list)
    unfinished: list[Entry] = field(default_factory=list)


class Intake:
    """Opens entries; safe to use from several threads, even for the same ones."""

    def __init__(self, spool: Spool, dead_letters: DeadLetters, propagation: Propagation) -> None:
        self._spool = spool
        self._dead_letters = dead_letters
        self._propagation = propagation
        self._lookout = Lookout()

    def open(self, entries: Sequence[Entry]) -> Opened:
        """Read *entries*; what holds no event is set aside or counted at once."""
        result = Opened()
        for entry in entries:
            try:
                self._open(entry, result)
            except OSError as error:  # a full disk, a directory that was taken away: the others are not to wait for it
                log.warning("left %s where it is: %s", entry.name, error.strerror)
        telling = (item.event for item in result.items if item.event.name in TELLING)
        for event in {event.session_id: event for event in telling}.values():  # the last of each session
            self._see(event)
        return result

    def _open(self, entry: Entry, result: Opened) -> None:
        try:
            spooled = self._spool.read(entry)
            event = read_event(spooled)
        except Unfinished:
            result.unfinished.append(entry)
        except Dropped:
            self._spool.count_drop(entry)
        except (Rejected, Unreadable) as error:
            self._set_aside(entry, str(error))
        except FileNotFoundError:
            return
        except OSError:
            raise
        except Exception as error:  # only its kind, since the text of an error nobody foresaw may quote
            self._set_aside(entry, f"not understood: {type(error).__name__}")
        else:
            result.items.append(Item(spooled.entry, event, self._around(event)))

    def _around(self, event: Event) -> Surroundings:
        """Look around; what is seen there adds to an event, so failing costs that and never the event."""
        try:
            return self._lookout.look(event)
        except Exception as error:
            log.warning("nothing is known around an event of %s: %s", event.session_id, type(error).__name__)
            return Surroundings()

    def _see(self, event: Event) -> None:
        """Tell the session's Bash calls; that is a hint to them, so failing costs nothing else."""
        try:
            self._propagation.see(event)
        except OSError as error:
            log.warning("session %s is not told its prompt: %s", event.session_id, error.strerror)

    def _set_aside(self, entry: Entry, reason: str) -> None:
        log.warning("set aside %s: %s", entry.name, reason)
        self._dead_letters.take(self._spool.directory / entry.name, reason)


def without_early(opened: Opened, patience_s: float, known: Callable[[str], bool]) -> Opened:
    """Let the first events of a nested session wait for its SessionStart, at most *patience_s* seconds.

    Only that one tells from which call the session was started, and the client fires others
    (InstructionsLoaded) without waiting for it.  *known* tells of a session whether it is decided
    where it belongs.
    """
    starting = {item.event.session_id for item in opened.items if item.event.name == "SessionStart"}
    kept, unfinished = [], list(opened.unfinished)
    for item in opened.items:
        event = item.event
        age_s = time.time() - event.at.timestamp()  # below 0 once the clock was set back: then nobody waits
        early = event.session_id not in starting and 0 <= age_s < patience_s
        early = early and not event.is_programs  # each of its events tells that
        if early and claim(event).outer_session and not known(event.session_id):
            unfinished.append(item.entry)
        else:
            kept.append(item)
    return Opened(kept, unfinished)


def first_batch(entries: Sequence[Entry]) -> int:
    """Return how many of *entries* make up the first batch."""
    size = 0
    for count, entry in enumerate(entries[:BATCH_SIZE]):
        size += entry.size
        if size > BATCH_BYTES and count:
            return count
    return min(len(entries), BATCH_SIZE)
