"""Sending to an OpenTelemetry backend from a command, and how the collector's own sending goes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tracing.database.embedded import ServerError
from tracing.database.exports import BATCH, Exports, Window
from tracing.database.reader import Unreachable
from tracing.database.rows import Progress
from tracing.database.store import Store
from tracing.installation.installed import CommandError, Installation
from tracing.otel.journal import Journal
from tracing.otel.target import Target

if TYPE_CHECKING:
    from tracing.otel.export import Sender

LONGEST = timedelta(days=30)
"""How long before its end an execution may have begun and still be counted among what waits."""


@dataclass(frozen=True)
class Sending:
    """A backend, and what is to be sent to it."""

    exports: Exports
    sender: Sender

    @classmethod
    @contextmanager
    def of(cls, installation: Installation) -> Iterator[Sending]:
        """Give what sends, for the length of the block."""
        from tracing.otel.export import Sender

        target, schema = Target.of(installation.settings), installation.settings.text("database.schema")
        with closing(Store(installation.url(), schema, size=1)) as store, closing(Sender(target)) as sender:
            store.open()
            yield cls(Exports(store, target.manner), sender)

    def replay(self, since: datetime, dry_run: bool, progress: Progress) -> int:
        """Send everything that ended since a time, a session at a time; return how many spans that is.

        Raises:
            CommandError: the backend does not take them; what was sent is sent.
            Unavailable: the database is away.
        """
        from tracing.otel.export import NotSent

        sessions, count = self.exports.sessions(since), 0
        window = Window(since, datetime.now(UTC), again=True)
        for number, session in enumerate(sessions, 1):
            spans = self.exports.spans([session], window)
            for begin in range(0, 0 if dry_run else len(spans), BATCH):
                try:
                    self.sender.send(spans[begin : begin + BATCH])
                except NotSent as error:
                    hint = "hint: begin again once it does; what is sent twice has the same ids"
                    raise CommandError(f"{error}, after {count:,} spans\n{hint}") from error
                self.exports.mark(span.mark for span in spans[begin : begin + BATCH])
            count += len(spans)
            progress("sessions", number, len(sessions))
        return count


def how_it_goes(installation: Installation) -> dict[str, Any]:
    """Return how sending goes, as JSON values; what is not known is None."""
    settings, now = installation.settings, datetime.now(UTC)
    endpoint = settings.text("otel.endpoint")
    on = bool(endpoint) and not settings.switch("otel.disabled")
    journal = Journal.read(installation.places.export_journal) if on else None
    told: dict[str, Any] = {
        "sending": on,
        "endpoint": Target.of(settings).named if endpoint else None,
        "content": settings.switch("otel.content"),
        "since": journal.begun_at if journal else None,
        "sent": None,
        "last_sent_at": None,
        "waiting": None,
        "oldest_at": None,
        "refused": journal.refused if journal else None,
        "failing_since": journal.failing_since if journal else None,
        "why": journal.why if journal else None,
    }
    if journal:
        told |= _position(installation, journal.since(now), now - timedelta(seconds=settings.number("otel.settle_s")))
    return told


def _position(installation: Installation, since: datetime, settled_before: datetime) -> dict[str, Any]:
    """Return how far the export is, as the database knows."""
    try:
        with installation.reader() as reader:
            sent = reader.row("sent")
            period = {"since": since, "settled_before": settled_before, "begun_since": since - LONGEST}
            waiting = reader.row("waiting_to_send", **period)
    except (CommandError, ServerError, Unreachable):
        return {}
    moments = {"last_sent_at": sent["last_at"], "oldest_at": waiting["oldest_at"]}
    return {
        "sent": sent["spans"],
        "waiting": waiting["executions"],
        **{name: at.isoformat(timespec="seconds") if at else None for name, at in moments.items()},
    }
