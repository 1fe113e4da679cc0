"""Delivers entries of the spool to the database: read, redact, write, and only then unlink."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tracing.database.store import RowRefused, Unavailable
from tracing.database.writer import Item, Writer
from tracing.event import Event, read_event
from tracing.lineage import claim
from tracing.payload import Unreadable
from tracing.propagation import Propagation
from tracing.spool import Dropped, Entry, Rejected, Spool, Unfinished
from tracing.surroundings import Lookout, Surroundings

BATCH_SIZE = 500
"""Entries of one transaction at most: past it a batch gains little speed and costs memory."""

BATCH_BYTES = 16 * 2**20
"""Bytes of one batch at most, unless a single entry is larger."""

START_WAIT_S = 2.0
"""How long the first events of a nested session wait for its SessionStart."""

Stored = Callable[[Sequence[Item]], None]
"""Is told what has been stored, before its files are unlinked."""

log = logging.getLogger(__name__)


@dataclass
class Sorted:
    """What became of the entries of a batch that were looked at."""

    items: list[Item] = field(default_factory=list)
    unfinished: list[Entry] = field(default_factory=list)


class Delivery:
    """Carries batches; used by each lane for itself."""

    def __init__(self, spool: Spool, writer: Writer, propagation: Propagation, stored: Stored) -> None:
        self._spool = spool
        self._writer = writer
        self._propagation = propagation
        self._stored = stored
        self._lookout = Lookout()

    def open(self, entries: Sequence[Entry]) -> Sorted:
        """Read *entries*; what holds no event is set aside or counted at once.

        Raises:
            Unavailable: the database had to be asked about a session, and is away.
        """
        result = Sorted()
        for entry in entries:
            try:
                self._open(entry, result)
            except OSError as error:  # a full disk, a directory that was taken away: the others are not to wait for it
                log.warning("left %s where it is: %s", entry.name, error)
        return self._without_early(result)

    def _open(self, entry: Entry, result: Sorted) -> None:
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
        except Exception as error:
            self._set_aside(entry, _reason(error))
        else:
            self._see(event)
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
            log.warning("session %s is not told its prompt: %s", event.session_id, error)

    def _without_early(self, opened: Sorted) -> Sorted:
        """Let the first events of a nested session wait a moment for its SessionStart.

        Only that one tells from which call the session was started, and the client fires others
        (InstructionsLoaded) without waiting for it.
        """
        starting = {item.event.session_id for item in opened.items if item.event.name == "SessionStart"}
        kept = []
        for item in opened.items:
            event = item.event
            early = event.session_id not in starting and time.time() - event.at.timestamp() < START_WAIT_S
            if early and claim(event).outer_session and not self._writer.knows(event.session_id):
                opened.unfinished.append(item.entry)
            else:
                kept.append(item)
        return Sorted(kept, opened.unfinished)

    def deliver(self, items: Sequence[Item]) -> None:
        """Store *items* and unlink their files.

        Raises:
            Unavailable: the database is away; what is not stored is still in the spool.
        """
        for part in self._writer.parts(items):
            self._deliver(part)

    def _deliver(self, items: Sequence[Item]) -> None:
        try:
            self._writer.write(items)
        except Unavailable:
            raise
        except Exception as error:  # whatever it is about one event must not hold up the others
            if len(items) == 1:
                self._set_aside(items[0].entry, _reason(error))
                return
            middle = len(items) // 2
            self._deliver(items[:middle])
            self._deliver(items[middle:])
        else:
            self._stored(items)
            self._spool.remove(item.entry for item in items)

    def _set_aside(self, entry: Entry, reason: str) -> None:
        log.warning("set aside %s: %s", entry.name, reason)
        self._spool.reject(entry, reason)


def _reason(error: Exception) -> str:
    """Return why an event was set aside; of an error nobody foresaw only the kind, since its text may quote."""
    if isinstance(error, RowRefused):
        return f"the database refused it: {error}"
    return f"not understood: {type(error).__name__}"


def first_batch(entries: Sequence[Entry]) -> int:
    """Return how many of *entries* make up the first batch."""
    size = 0
    for count, entry in enumerate(entries[:BATCH_SIZE]):
        size += entry.size
        if size > BATCH_BYTES and count:
            return count
    return min(len(entries), BATCH_SIZE)
