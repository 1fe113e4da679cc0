"""Places in a list ordered by time: a page begins behind the last row of the one before, whatever came since."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from tracing.dashboard.asked import Asked, NotUnderstood
from tracing.identity import parse_uuid


class Place(NamedTuple):
    """Where one row stands: at its time, and among those of the same time at its id."""

    at: datetime
    id: UUID

    def __str__(self) -> str:
        """Return it as a parameter has it."""
        return f"{self.at.astimezone(UTC).strftime('%Y-%m-%dT%H:%M:%S.%fZ')}_{self.id}"


BEGINNING = Place(datetime.min.replace(tzinfo=UTC), UUID(int=0))
"""Before every row."""


def asked_place(asked: Asked, name: str) -> Place | None:
    """Return the place that the parameter *name* gives; None where nothing is asked for.

    Raises:
        NotUnderstood: it is no place.
    """
    text = asked.text(name)
    if text is None:
        return None
    time, _, id_text = text.partition("_")
    id_ = parse_uuid(id_text)
    try:
        at = datetime.fromisoformat(time)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None or id_ is None:
        raise NotUnderstood(f"{name} takes a place that an earlier page gave, not {text!r}")
    return Place(at, id_)


def behind(rows: list[dict[str, Any]], limit: int, id_: str = "id") -> tuple[list[Mapping[str, Any]], str | None]:
    """Return the first *limit* of *rows*, and the place of the last of them if there are more."""
    shown: list[Mapping[str, Any]] = list(rows[:limit])
    if len(rows) <= limit:
        return shown, None
    return shown, str(Place(shown[-1]["started_at"], shown[-1][id_]))
