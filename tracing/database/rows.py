"""Rows on their way from one database to another, in the text form of COPY: a line each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from tracing.database.tables import Table


@dataclass(frozen=True)
class Rows:
    """Rows of one table or partition of one; they can be read once."""

    schema: str
    """Where the table lies; of one of ours it may be another one in the database that the rows go to."""
    table: str
    columns: tuple[str, ...]
    """What the fields of a line are."""
    lines: Iterator[bytes]

    @property
    def full_name(self) -> str:
        """The table's name for people, as :attr:`Table.full_name`."""
        return f"{self.schema}.{self.table}" if self.schema == "hooktrace" else self.table


Source = Callable[[Sequence[Table]], Iterator[Rows]]
"""Yields the rows of the tables it is given, in that order: what other rows refer to comes first."""

Progress = Callable[[str, int, int | None], None]
"""Is told what is being done, how much of it is done, and how much there is to do (None: unknown)."""


def unseen(_what: str, _done: int, _total: int | None) -> None:
    """Tell the progress to nobody."""


class EndsEarly(Exception):
    """The text ends in the middle of a table's rows."""


_NAME = rb'"(?:[^"]|"")+"|[\w$]+'
_COPY = re.compile(rb"COPY (%(n)b)\.(%(n)b) \((.+)\) FROM stdin;\n" % {b"n": _NAME})


def of_script(script: BinaryIO) -> Iterator[Rows]:
    """Yield what pg_dump wrote as SQL; nothing of it is executed, and what is not rows is passed over.

    Raises:
        EndsEarly: see the class.
    """
    for line in script:
        if copy := _COPY.fullmatch(line):
            schema, table = (_unquoted(copy[number]) for number in (1, 2))
            columns = tuple(map(_unquoted, re.findall(_NAME, copy[3])))
            lines = _to_end(script)
            yield Rows(schema, table, columns, lines)
            for _ in lines:
                pass  # whoever asked for the rows did not want them all


def _to_end(script: BinaryIO) -> Iterator[bytes]:
    for line in script:
        if line == b"\\.\n":
            return
        yield line
    raise EndsEarly


def _unquoted(name: bytes) -> str:
    text = name.decode()
    return text[1:-1].replace('""', '"') if text.startswith('"') else text
