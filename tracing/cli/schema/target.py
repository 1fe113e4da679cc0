"""What the schema commands work on: the pinned database by the login that may change it, and the schema in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tracing.database.caretaker import care_url
from tracing.database.destination import without_password
from tracing.database.migration import Applied
from tracing.installation import Installation
from tracing.wording import listed


@dataclass(frozen=True)
class Target:
    """A database, a schema, and how long embeddings are."""

    url: str
    schema: str
    dimensions: int
    named: str
    """As the user knows it, without a password."""

    @classmethod
    def of(cls, installation: Installation) -> Target:
        """Return the target that *installation*'s settings name.

        Raises:
            CommandError: nothing is initialised.
            ServerError: the embedded server does not start.
        """
        settings, url = installation.settings, installation.url()
        schema = settings.text("database.schema")
        where = "embedded PostgreSQL" if installation.server else without_password(url)
        dimensions = settings.number("embedding.dimensions")
        return cls(care_url(settings, url), schema, dimensions, f"{where}, schema {schema}")


def report(done: Applied) -> Iterator[str]:
    """Yield what was done beside the migrations, a line each."""
    if done.lost:
        yield f"restored  {listed(f'{kind} {name}' for kind, name in done.lost)}"
    if done.way_back:
        yield "moved     the way back, once hooktrace's tables of these names are gone or in another schema:"
        yield from (f"          {statement}" for statement in done.way_back)


def outcome(done: Applied) -> str:
    """Return in a few words what became of the schema."""
    if done.new:
        return f"{len(done.new)} migrations applied"
    return f"{len(done.lost)} lost objects made again" if done.lost else "up to date"
