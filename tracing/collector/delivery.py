"""Delivers items to the database; what it refuses is set aside alone."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence

from tracing.database.store import RowRefused, Unavailable
from tracing.database.writer import Writer
from tracing.deadletters import DeadLetters
from tracing.item import Item
from tracing.propagation import Propagation

Stored = Callable[[Sequence[Item]], None]
"""Is told what has been stored."""

log = logging.getLogger(__name__)


class Delivery:
    """Carries batches; used by each lane for itself."""

    def __init__(
        self, writer: Writer, dead_letters: DeadLetters, propagation: Propagation, stored: Iterable[Stored]
    ) -> None:
        self._writer = writer
        self._dead_letters = dead_letters
        self._propagation = propagation
        self._stored = list(stored)

    def deliver(self, items: Sequence[Item]) -> None:
        """Store *items*; once this returns, nobody needs the files any more in which they came.

        Raises:
            Unavailable: the database is away; some of them may be stored.
        """
        for part in self._writer.parts(items):
            self._deliver(part)

    def _deliver(self, items: Sequence[Item]) -> None:
        try:
            forgotten = self._writer.write(items)
        except Unavailable:
            raise
        except Exception as error:  # whatever it is about one event must not hold up the others
            if len(items) == 1:
                self._set_aside(items[0], _reason(error))
                return
            middle = len(items) // 2
            self._deliver(items[:middle])
            self._deliver(items[middle:])
        else:
            self._drop([item for item in items if item.event.session_id in forgotten])
            kept = [item for item in items if item.event.session_id not in forgotten]
            for stored in self._stored:
                stored(kept)

    def _drop(self, items: Sequence[Item]) -> None:
        """Keep of events of forgotten sessions, which were not stored, no more than how many there were."""
        if items:
            log.info("dropped %d events of forgotten sessions", len(items))
        for session_id in {item.event.session_id for item in items}:
            try:
                self._propagation.forget(session_id)
            except OSError as error:  # it holds the id of a prompt, no more
                log.warning("the file of a forgotten session stays: %s", error.strerror)

    def _set_aside(self, item: Item, reason: str) -> None:
        log.warning("set aside %s: %s", item.entry.name, reason)
        event = self._writer.kept(item).event
        self._dead_letters.put(item.entry, event.header, event.payload, reason)


def _reason(error: Exception) -> str:
    """Return why an event was set aside; of an error nobody foresaw only the kind, since its text may quote."""
    if isinstance(error, RowRefused):
        return f"the database refused it: {error}"
    return f"not understood: {type(error).__name__}"
