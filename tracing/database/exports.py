"""What is to be sent as spans, and the position of the export: what was.

The collector's own login sends what it stored itself, and sees nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain

from tracing.database.connection import Row
from tracing.database.parameters import recordset
from tracing.database.queries import query
from tracing.database.store import Store
from tracing.otel.span import MOST_EVENTS, Manner, Mark, Span, execution_spans, request_span
from tracing.period import NEVER

BATCH = 500
"""Executions, and requests to the model, that are sent together: below half a MB, without content."""


@dataclass(frozen=True)
class Window:
    """Which executions are looked at, by time."""

    since: datetime
    """What ended before is not sent."""
    settled_before: datetime
    """What ended, or changed, later may change yet."""
    changed_since: datetime = NEVER
    """What did not change since then was looked at already."""
    again: bool = False
    """Whether what was sent is sent again."""


class Exports:
    """Reads what is to be sent, and remembers what was; as safe to use from several threads as its store.

    Raises:
        Unavailable: every method, when the database is away.
    """

    def __init__(self, store: Store, manner: Manner) -> None:
        self._store = store
        self._manner = manner

    def sessions(self, since: datetime) -> list[str]:
        """Return the sessions that may have something to send of the time *since*."""
        return [row["session_id"] for row in self._store.query("sessions_to_send", since=since)]

    def spans(self, session_ids: Sequence[str], window: Window) -> list[Span]:
        """Return the first BATCH executions and requests of some sessions that are to be sent; *again*, all of them."""
        values = {**vars(window), "session_ids": list(session_ids), "batch": None if window.again else BATCH}
        told = {"content": self._manner.content, "most_events": MOST_EVENTS}
        with self._store.transaction() as connection, connection.pipeline():  # asked in one round trip
            ended = connection.execute(query("executions_to_send"), {**values, **told})
            requests = connection.execute(query("requests_to_send"), values)
            return [*self._of(ended.fetchall(), requests.fetchall())]

    def mark(self, marks: Iterable[Mark]) -> None:
        """Remember that spans were sent."""
        with self._store.transaction() as connection:
            values = {"told": recordset(mark._asdict() for mark in marks), "now": datetime.now(UTC)}
            connection.execute(query("mark_sent"), values)

    def _of(self, ended: Iterable[Row], requests: Iterable[Row]) -> chain[Span]:
        return chain(
            (span for row in ended for span in execution_spans(row, self._manner)),
            (request_span(row, self._manner) for row in requests),
        )
