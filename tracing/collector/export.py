"""Sends what has ended to an OpenTelemetry backend: a worker of its own, with a connection of its own.

An execution is sent once it has settled, for its last events come together; what is learned of it later is told by
`hooktrace otel replay` alone.  A span is marked as sent when the backend has taken it: whoever is killed between the
two sends it again, with the same ids.  While many events wait, nothing is sent.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tracing.collector.worker import Worker
from tracing.database.connection import Row
from tracing.database.exports import BATCH, Exports, Window
from tracing.database.store import Store, Unavailable
from tracing.item import Item
from tracing.otel.export import NotSent, Sender
from tracing.otel.journal import JournalFile
from tracing.otel.metrics import Meters
from tracing.otel.span import Mark, Span
from tracing.otel.target import Target
from tracing.otel.waiting import spooled
from tracing.period import NEVER
from tracing.places import Places
from tracing.queue import is_backlog

LOOK_EVERY_S = 2.0

TOGETHER = 3
"""So many times what one execution takes to settle lies between two sendings: each costs as much as twenty spans."""

AGAIN_S = 60.0
"""How soon a session is looked at once more after its last event: what its transcript tells comes later."""

CATCH_UP_EVERY_S = 600.0
"""How often to ask for whatever no event told of, like an end that was concluded."""

CATCH_UP = timedelta(hours=1)
"""How far back that looks; when the collector begins, as far as anything is sent."""

OVERLAP = timedelta(seconds=30)
"""What changed so shortly before a session was looked at may have been committed after that."""

LONGEST_PAUSE_S = 120.0
"""Between two tries at a backend that is away."""

METRICS_EVERY_S = 60.0

NO_METRICS_S = 600.0
"""Before metrics are tried again at a backend that does not take them: many take spans alone."""

SESSIONS = 50
"""Sessions that are asked for together."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Rows:
    """What metrics are read with."""

    store: Store

    def rows(self, name: str, **values: Any) -> list[Row]:
        """Return the rows of the query *name*."""
        return self.store.query(name, **values)


class Export(Worker):
    """The worker; which sessions to look at it learns from the events that are stored."""

    def __init__(self, places: Places, store: Store, target: Target, failed: Callable[[Exception], None]) -> None:
        """Send to *target* what *store*, which nobody else uses, holds."""
        super().__init__(places.export, failed, cap_s=LONGEST_PAUSE_S)
        self._places = places
        self._store = store
        self._exports = Exports(store, target.manner)
        self._sender = Sender(target)
        self._settle = timedelta(seconds=target.settle_s)
        told_to = datetime.fromtimestamp(places.config_file.stat().st_mtime, UTC)  # this is the first to know, if new
        self._journal = JournalFile(places.export_journal, told_to)
        self._look_at: dict[str, float] = {}
        self._settled_at: dict[str, float] = {}
        self._looked_at: dict[str, datetime] = {}
        self._changed = threading.Lock()
        self._catch_up_at = 0.0
        self._send_at = 0.0
        self._reach = datetime.now(UTC) - NEVER
        self._sent: list[Mark] = []
        self._meters = Meters(target, _Rows(store), lambda: spooled(places)) if target.metrics else None
        self._metrics_at = time.monotonic() + METRICS_EVERY_S

    def start(self) -> None:
        """Begin."""
        self._store.open()
        super().start()

    def stop(self) -> None:
        """End; what is being tried is broken off, and sent when the next collector begins."""
        self._sender.close()
        if self._meters:
            self._meters.close()
        super().stop()

    def see(self, items: Iterable[Item]) -> None:
        """Hear of events that are stored."""
        settled_at = time.monotonic() + self._settle.total_seconds() + LOOK_EVERY_S
        with self._changed:
            for item in items:
                session_id = item.event.session_id
                self._settled_at[session_id] = settled_at
                self._look_at[session_id] = min(settled_at, self._look_at.get(session_id, settled_at))

    def _ended(self) -> None:
        self._store.close()

    def _expected(self, error: Exception) -> str | None:
        if isinstance(error, NotSent):
            self._journal.failed(str(error), datetime.now(UTC))
        return f"no span is sent: {error}" if isinstance(error, NotSent | Unavailable) else None

    def _pause(self, error: Exception, _waited_for: Sequence[Path], delay_s: float) -> float:
        return max(delay_s, error.wait_s) if isinstance(error, NotSent) else delay_s

    def _round(self, urgent: bool) -> float:
        self._mark()
        if not is_backlog(self._places):
            self._catch_up()
            try:
                if urgent or time.monotonic() >= self._send_at:
                    self._send_due(urgent)
            finally:  # a backend may take metrics alone
                self._measure()
        return LOOK_EVERY_S

    def _send_due(self, urgent: bool) -> None:
        """Send what is due, and then nothing for a while; what failed stays due, for the next round to fail, too."""
        due = self._take(urgent)
        for begin in range(0, len(due), SESSIONS):
            self._look(due[begin : begin + SESSIONS], due[begin + SESSIONS :])
        if due:
            self._send_at = time.monotonic() + TOGETHER * self._settle.total_seconds()

    def _measure(self) -> None:
        """Send metrics, if it is time; they hold up no span."""
        if self._meters and time.monotonic() >= self._metrics_at:
            taken = self._meters.send()
            self._metrics_at = time.monotonic() + (METRICS_EVERY_S if taken else NO_METRICS_S)

    def _catch_up(self) -> None:
        """Have every session looked at that may have something to send."""
        if time.monotonic() < self._catch_up_at:
            return
        now = datetime.now(UTC)
        since = max(self._journal.journal.since(now), now - self._reach)
        for session_id in self._exports.sessions(since):
            self._look_again([session_id], 0)
        self._looked_at.clear()
        self._reach = CATCH_UP
        self._catch_up_at = time.monotonic() + CATCH_UP_EVERY_S

    def _take(self, urgent: bool) -> list[str]:
        now = time.monotonic()
        with self._changed:
            due = [session for session, at in self._look_at.items() if urgent or at <= now]
            for session in due:
                del self._look_at[session]
                if self._settled_at.get(session, now) > now:  # more came since that look was meant for
                    self._look_at[session] = self._settled_at[session]
                else:
                    self._settled_at.pop(session, None)
        return due

    def _look_again(self, session_ids: Iterable[str], in_s: float) -> None:
        at = time.monotonic() + in_s
        with self._changed:
            for session_id in session_ids:
                self._look_at.setdefault(session_id, at)

    def _look(self, session_ids: list[str], others: list[str]) -> None:
        """Send what is to be sent of some sessions; if that fails, *others* are looked at first, and they again."""
        try:
            sent, settled_before = self._send(session_ids)
        except Exception:
            self._look_again([*others, *session_ids], 0)
            raise
        with self._changed:
            for session_id in session_ids:
                self._looked_at[session_id] = settled_before
        if sent:  # then there may be more: a request is read from its transcript later
            self._look_again(session_ids, AGAIN_S)

    def _send(self, session_ids: list[str]) -> tuple[int, datetime]:
        """Send what is to be sent of some sessions; return how much it was, and until when that is everything."""
        now = datetime.now(UTC)
        changed_since = min(self._looked_at.get(session_id, NEVER) for session_id in session_ids)
        window = Window(self._journal.journal.since(now), now - self._settle, max(changed_since - OVERLAP, NEVER))
        sent = 0
        while not self._stopping:
            spans = self._exports.spans(session_ids, window)
            if spans:
                self._deliver(spans)
            sent += len(spans)
            if len(spans) < BATCH:
                break
        return sent, window.settled_before

    def _deliver(self, spans: Sequence[Span]) -> None:
        """Send *spans*; those that are refused while others are taken are given up."""
        refused = self._sender.deliver(spans, self._taken)
        if refused:
            self._journal.refused(len(refused))
            self._remember(refused)

    def _taken(self, spans: Sequence[Span]) -> None:
        self._journal.sent(datetime.now(UTC))
        self._remember(spans)

    def _remember(self, spans: Sequence[Span]) -> None:
        self._sent.extend(span.mark for span in spans)
        self._mark()

    def _mark(self) -> None:
        """Remember what was sent; while the database is away nothing else is, so that nothing is sent twice."""
        if self._sent:
            self._exports.mark(self._sent)
            self._sent.clear()
