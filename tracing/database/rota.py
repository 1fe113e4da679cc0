"""The rota: which daily chore was done last, when, and how it went.

It stands in the database, since collectors come and go every quarter of an hour, and several may care for
one database: whoever comes first when a chore is due does it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from tracing.database.caretaker import Caretaker, NotDone

RETENTION, MAINTENANCE = "retention", "maintenance"
"""The chores."""

EVERY = timedelta(days=1)

RETRY = timedelta(hours=1)
"""After a failure, or where somebody who began was cut off: that one may also still be at it."""


class Report(Protocol):
    """What there is to tell of a chore that was done."""

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values."""


Done = TypeVar("Done", bound=Report)


class Rota:
    """The rota of one database.

    Raises:
        NotDone: every method, when the database is away.
    """

    def __init__(self, caretaker: Caretaker) -> None:
        self._caretaker = caretaker

    def claim(self, chore: str, now: datetime | None = None, force: bool = False) -> bool:
        """Take *chore* on if it is due at *now* (default: the server's time), or in any case with *force*."""
        values = {"now": now, "force": force, "every": EVERY, "retry": RETRY}
        return bool(self._caretaker.query("claim_chore", chore=chore, **values))

    def perform(self, chore: str, work: Callable[[], Done], now: datetime | None = None) -> Done:
        """Do the *work* of a chore that was claimed, note how it went, and return what it returns.

        Work that ends otherwise than by its own failure is noted as begun, no more.
        """
        try:
            done = work()
        except NotDone as error:
            with suppress(NotDone):  # the first one is told
                self._finish(chore, False, {"failed": str(error)}, now)
            raise
        self._finish(chore, True, done.as_json(), now)
        return done

    def _finish(self, chore: str, succeeded: bool, report: Mapping[str, Any], now: datetime | None) -> None:
        text = json.dumps(report)
        self._caretaker.query("finish_chore", chore=chore, now=now, succeeded=succeeded, report=text)
