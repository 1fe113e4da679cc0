"""Closes sessions of which nothing more will come: their process is gone, or they have been silent for too long.

What it concludes is an inferred end; an event that comes after all corrects it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from tracing.collector.followed import Followed
from tracing.database.queries import query
from tracing.database.store import Store, lock_trees
from tracing.identity import session_uuid
from tracing.process import host, same_boot

GRACE_S = 1.5
"""An agent's last event is on its way while the agent is already gone."""

UNSEEN_S = 600.0
"""A process that was gone before it was looked at may be one of a container: it is not seen from here."""

SILENT = timedelta(hours=24)
"""After so long without an event a session whose process nobody knows is over."""

SILENT_ELSEWHERE = timedelta(days=30)
"""Another machine's collector can see whether its sessions live; if it comes back."""

ASK_EVERY_S = 3600.0

log = logging.getLogger(__name__)


class Sweeper:
    """Judges the sessions that a collector follows."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._ask_at = 0.0

    def look(self, followed: Followed) -> None:
        """Close the session if its processes are gone.

        Raises:
            Unavailable: the database is away.
        """
        if not followed.open or not followed.processes:
            return
        if followed.alive():
            followed.seen_alive, followed.gone_at = True, None
            return
        now = time.monotonic()
        followed.gone_at = followed.gone_at or now
        if now - followed.gone_at >= GRACE_S and self._is_sure(followed):
            at = datetime.now(UTC) if followed.seen_alive else followed.last_event_at
            self._close(followed, at, "cancelled", "process_gone", _what_became_of(followed))

    def look_for_silent(self, followed: Iterable[Followed]) -> None:
        """Close sessions of unknown processes that have been silent for too long; asked of the database now and then.

        Raises:
            Unavailable: the database is away.
        """
        if time.monotonic() < self._ask_at:
            return
        now = datetime.now(UTC)
        alive = [each.session.session_id for each in followed if each.open and each.alive()]
        limits = {"before": now - SILENT, "before_elsewhere": now - SILENT_ELSEWHERE}
        for row in self._store.query("silent_sessions", host=host(), alive=alive, **limits):
            said = f"no event came after {row['last_event_at']:%Y-%m-%d %H:%M} UTC"
            self._end(row["root_id"], row["session_id"], row["last_event_at"], "timeout", "silent", said)
        self._ask_at = time.monotonic() + ASK_EVERY_S

    def _is_sure(self, followed: Followed) -> bool:
        """Tell whether the processes are gone, and not only out of sight."""
        if any(process.birth for process in followed.processes):
            return True
        return (datetime.now(UTC) - followed.last_event_at).total_seconds() >= UNSEEN_S

    def _close(self, followed: Followed, at: datetime, status: str, error_type: str, message: str) -> None:
        session = followed.session
        self._end(session.root_id, session.session_id, at, status, error_type, message)
        followed.open, followed.closed_at = False, time.monotonic()
        log.info("session %s is over: %s", session.session_id, message)

    def _end(self, root_id: UUID, session_id: str, at: datetime, *told: str) -> None:
        status, error_type, message = told
        now, correlation_id = datetime.now(UTC), session_uuid(session_id)
        about = {"root_id": root_id, "correlation_id": correlation_id, "session_id": session_id, "now": now}
        end = {"at": at, "status": status, "error_type": error_type, "message": message}
        with self._store.transaction() as connection:
            lock_trees(connection, [root_id])
            connection.execute(query("close_session"), {**about, **end})
            settled = {"root_ids": [root_id], "correlation_ids": [correlation_id], "now": now}
            connection.execute(query("settle_sessions"), settled)


def _what_became_of(followed: Followed) -> str:
    pids = ", ".join(sorted(str(process.pid) for process in followed.processes))
    if any(process.birth and not same_boot(process.birth) for process in followed.processes):
        return f"the machine was restarted while it ran (process {pids})"
    whose = "program" if followed.open_tasks else "agent"
    return f"the {whose}'s process ({pids}) ended without an event"
