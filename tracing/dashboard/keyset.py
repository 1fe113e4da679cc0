"""Paging by key: a page begins after the last row of the one before, so the last costs no more than the first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from tracing.dashboard.asked import Asked, NotUnderstood
from tracing.database.connection import Row
from tracing.tree import plain

AFTER = "after"
BETWEEN = "~"
"""Between the value that rows are ordered by and their id."""

ROWS = 50
"""On a page, unless somebody asks for another number."""

LARGEST = 2**63
"""What no whole number of the database reaches."""


@dataclass(frozen=True)
class Paging:
    """Where a page begins, and how many rows it takes."""

    limit: int
    after: Any
    """The value that rows are ordered by, of the last row of the page before; None: from the first row on."""
    after_id: UUID | str | None
    """Its id, which decides among rows of the same value."""

    @classmethod
    def of(
        cls,
        asked: Asked,
        kind: Callable[[str], Any],
        id_kind: Callable[[str], Any] = UUID,
        *,
        rows: int = ROWS,
        parameter: str = AFTER,
    ) -> Paging:
        """Read what *parameter* asks for: a value of *kind* and an id of *id_kind*, as ``page`` wrote them.

        Raises:
            NotUnderstood: it is none that ``page`` wrote.
        """
        limit, text = asked.number("limit", rows), asked.text(parameter)
        if text is None:
            return cls(limit, None, None)
        value, _, id_ = text.partition(BETWEEN)
        try:
            return cls(limit, kind(value), id_kind(id_))
        except (ValueError, InvalidOperation) as error:
            raise NotUnderstood(f"{parameter} takes what the page before gives as next, not {text!r}") from error

    @property
    def values(self) -> Mapping[str, Any]:
        """What a query is told; it is asked for one row more, which tells whether there is another page."""
        return {"limit": self.limit + 1, "after": self.after, "after_id": self.after_id}

    def page(self, rows: Sequence[Row], value: str, id_: str, unknown: Any = None) -> tuple[Sequence[Row], str | None]:
        """Return the rows of this page, and what the next one begins after; None: this is the last.

        They are ordered by column *value* (where it is NULL: as by *unknown*) and then by column *id_*.
        """
        shown = rows[: self.limit]
        if len(rows) <= self.limit:
            return shown, None
        last = shown[-1]
        key = unknown if last[value] is None else last[value]
        return shown, f"{str(key) if isinstance(key, Decimal) else plain(key)}{BETWEEN}{last[id_]}"


def time(text: str) -> datetime:
    """Read a time with its zone.

    Raises:
        ValueError: it is none.
    """
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(text)
    return at


def whole(text: str) -> int:
    """Read a whole number that the database can hold.

    Raises:
        ValueError: it is none.
    """
    number = int(text)
    if not -LARGEST <= number < LARGEST:
        raise ValueError(text)
    return number
