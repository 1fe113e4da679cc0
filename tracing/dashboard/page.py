"""A page: where it is, what it reads, how it is drawn.  Its data are the same as a page and as JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tracing.dashboard.asked import Asked
from tracing.database.reader import Reader
from tracing.installation import Installation


class NotThere(Exception):
    """Nothing has the id that the address names; the message says what was looked for."""


@dataclass(frozen=True)
class Sources:
    """What the figures of a page come from."""

    reader: Reader
    """One connection, read-only, each of whose queries is broken off after a while."""
    installation: Installation
    """For the health of it all, and for what is not in the database."""


Read = Callable[[Sources, Asked], Mapping[str, Any]]
"""What a page shows: values, rows and nested rows, as JSON can hold them once ``tree.plain`` has seen the leaves."""


@dataclass(frozen=True)
class Page:
    """One page."""

    name: str
    """As its module, its template and its entry in the menu are called."""
    path: str
    """Its address, such as ``/traces/{id}``."""
    api: str
    """Where the same data are as JSON."""
    read: Read
    title: str
    in_menu: bool = True

    @property
    def template(self) -> str:
        """The file below ``templates/`` that draws it."""
        return f"{self.name}.html"
