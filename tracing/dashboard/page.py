"""A page: where it is, what it reads, how it is drawn.  Its data are the same as a page and as JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

from tracing.dashboard.asked import Asked
from tracing.dashboard.memory import Memory
from tracing.database.embedded import ServerError
from tracing.database.reader import Reader, Unreachable
from tracing.database.readers import Readers
from tracing.installation import CommandError, Installation


class NotThere(Exception):
    """Nothing has the id that the address names; the message says what was looked for."""


class Sources:
    """What the figures of a page come from, for the length of a ``with`` block: one request."""

    def __init__(self, installation: Installation, readers: Readers, memory: Memory) -> None:
        """Read of *installation*, for the health of it all; what is dear and asked for often is in *memory*."""
        self.installation = installation
        self.memory = memory
        self._readers = readers
        self._lent = ExitStack()
        self._trouble: Unreachable | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: Any) -> None:
        self._lent.__exit__(*raised)

    def give_back(self) -> None:
        """Let others have the reader while something else is waited for; asked for again, it is another one."""
        self._lent.close()
        self.__dict__.pop("reader", None)

    @cached_property
    def reader(self) -> Reader:
        """One connection, read-only, each of whose queries is broken off after a while.

        Raises:
            Unreachable: there is none to be had; asked again, at once.
        """
        if self._trouble is None:
            try:
                self.installation.url()  # starts the embedded server, which is put away when idle
                return self._lent.enter_context(self._readers.lent())
            except (CommandError, ServerError) as error:
                self._trouble = Unreachable(str(error))
            except Unreachable as error:
                self._trouble = error
        raise self._trouble


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
    read_json: Callable[[Sources, Asked], Any] | None = None
    """What the JSON is, where it is more than the page can show; None: what the page shows."""

    @property
    def template(self) -> str:
        """The file below ``templates/`` that draws it."""
        return f"{self.name}.html"
