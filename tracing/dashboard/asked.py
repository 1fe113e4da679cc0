"""What a request asks for: its parameters, read by kind, so that no page takes a text for a time or a number."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from urllib.parse import urlencode

from tracing.database.reports import moment
from tracing.wording import one_line

LONGEST_TEXT = 500
"""Characters of a parameter; more is a mistake or an attack."""

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

MOST_ROWS = 500
"""On one page, and in one answer of the API."""


class NotUnderstood(Exception):
    """A parameter says something that it cannot mean; the message says what it takes."""


class Asked:
    """The parameters of one request."""

    def __init__(self, values: Mapping[str, str], path: Mapping[str, str], now: datetime) -> None:
        """Take *values* of the query and *path*, the parts of the address that stand for something.

        A NUL in *path* becomes what no text holds either, and the database can be asked for.
        """
        self._values = values
        self._taken: set[str] = set()
        self.path = {name: text.replace("\0", REPLACEMENT) for name, text in path.items()}
        self.now = now

    def text(self, name: str) -> str | None:
        """Return a text; None where nothing is asked for.

        Raises:
            NotUnderstood: it is too long, or holds a NUL, which no text of the database does.
        """
        self._taken.add(name)
        text = self._values.get(name, "").strip()
        if len(text) > LONGEST_TEXT or "\0" in text:
            raise NotUnderstood(f"{name} takes at most {LONGEST_TEXT} readable characters")
        return text or None

    def choice(self, name: str, of: Collection[str], otherwise: str | None = None) -> str | None:
        """Return one of several words, or *otherwise* where nothing is asked for.

        Raises:
            NotUnderstood: it is none of them.
        """
        word = self.text(name)
        if word is not None and word not in of:
            raise NotUnderstood(f"{name} takes one of {', '.join(sorted(of))}, not {word!r}")
        return word or otherwise

    def number(self, name: str, otherwise: int, most: int = MOST_ROWS) -> int:
        """Return a whole number from 1 to *most*, or *otherwise* where nothing is asked for.

        Raises:
            NotUnderstood: it is none.
        """
        text = self.text(name)
        if text is None:
            return otherwise
        number = int(text) if re.fullmatch(r"[0-9]{1,9}", text) else 0
        if not 1 <= number <= most:
            raise NotUnderstood(f"{name} takes a number from 1 to {most}, not {text!r}")
        return number

    def since(self, otherwise: str) -> datetime | None:
        """Return from when on, None for all times; *otherwise* (such as "7d") holds where nothing is asked for.

        Raises:
            NotUnderstood: it is no time.
        """
        return self._time("since", otherwise)

    def until(self) -> datetime | None:
        """Return until when (that moment left out); None for no end.

        Raises:
            NotUnderstood: it is no time.
        """
        return self._time("until", "all")

    def _time(self, name: str, otherwise: str) -> datetime | None:
        text = self.text(name) or otherwise
        if text == "all":
            return None
        at = moment(text, self.now)
        if at is None:
            raise NotUnderstood(f"{name} takes a time such as 24h, 7d or 4w ago, 2026-11-01 or all, not {text!r}")
        return at

    def all_taken(self) -> None:
        """Make sure that every parameter was asked for by now: a filter that is passed over would lie.

        Raises:
            NotUnderstood: somebody says more.
        """
        for name in self._values:
            if name not in self._taken:
                takes = ", ".join(sorted(self._taken)) or "nothing"
                raise NotUnderstood(f"there is no parameter {one_line(name, 50)!r} here; this address takes {takes}")

    def query(self, **changed: str | None) -> str:
        """Return the query of this request with some parameters *changed* (None: left out), for a link."""
        values = {**self._values, **changed}
        return urlencode({name: value for name, value in values.items() if value})
