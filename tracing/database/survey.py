"""What a database holds before anything of hooktrace is made in it: so that nobody's tables get mixed up."""

from __future__ import annotations

from dataclasses import dataclass

from tracing.database.books import Books
from tracing.database.catalogue import ours
from tracing.database.failure import answering
from tracing.database.stranger import strangers


@dataclass(frozen=True)
class Survey:
    """Who lives in a database."""

    home: str | None
    """The schema in which hooktrace's tables are already."""
    tables: int
    """How many tables schema public holds."""
    same_names: list[str]
    """What there has names that ours have, too."""


def survey(url: str) -> Survey:
    """Look into the database at *url*; changes nothing.

    Raises:
        MigrationError: it does not answer.
    """
    with answering(), Books(url, "public") as books, books.reading():
        marks = books.marks()
        homes = [schema for schema in books.facts()["schemas"] if marks and all(mark.is_of(schema) for mark in marks)]
        same = [one.name for one in strangers(books.connection, "public", ours())]
        return Survey(homes[0] if homes else None, books.row("other_tables", schema="public")["tables"], same)
